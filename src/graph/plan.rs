//! Plans: every node's memory, the order of the calls, and which inputs are updated in place.

use super::build::Graph;
use super::emit::{self, Places};
use super::engine;
use super::fuse::{Step, fuse};
use super::layout::Layout;
use super::lower::{Kind, Lowered, Operand, lower};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::guard::guarded;
use crate::kernels::machine::{Expected, Instruction, Machine};
use crate::kernels::memory::{Buffer, physical};
use crate::kernels::program::Place;
use crate::ops::Id;
use crate::shape::Spec;
use std::sync::Mutex;

/// Bytes between places, so that no two share a cache line.
const LINE: usize = 64;
/// Constants up to this size share one buffer.
const SMALL: usize = 4096;

/// A graph that is ready to run.
pub struct Plan {
    pub inputs: Vec<Spec>,
    pub outputs: Vec<Spec>,
    /// For each output, the input whose memory it takes over.
    pub donated: Vec<Option<usize>>,
    pub how: How,
}

pub enum How {
    /// On the CPU's own kernels.
    Machine(Machine),
    /// Operation by operation, on burn.
    Engine { graph: Graph, inputs: Vec<Id>, outputs: Vec<Id> },
}

impl Plan {
    /// Plan the computation of `outputs` from `inputs`; `donated[i]` is the input that output `i` replaces.
    pub fn new(graph: &Graph, inputs: &[Id], outputs: &[Id], donated: Vec<Option<usize>>) -> Result<Self> {
        inputs.iter().chain(outputs).try_for_each(|&id| graph.check(id))?;
        let spec = |ids: &[Id]| ids.iter().map(|&id| graph.values[id].spec.clone()).collect();
        let how = if graph.device == Device::Cpu {
            How::Machine(Planner::new(lower(graph, inputs, outputs)?).machine(inputs.len(), &donated))
        } else {
            let graph = guarded(|| engine::prepared(graph, inputs, outputs))?;
            How::Engine { graph, inputs: inputs.to_vec(), outputs: outputs.to_vec() }
        };
        let plan = Self { inputs: spec(inputs), outputs: spec(outputs), donated, how };
        plan.fits()?;
        Ok(plan)
    }
}

impl Plan {
    /// An allocation beyond the machine's memory ends the process on some systems, so it is not tried.
    fn fits(&self) -> Result<()> {
        let How::Machine(machine) = &self.how else { return Ok(()) };
        let written = self.outputs.iter().map(Spec::bytes).chain([machine.arena]);
        let needed = written.fold(0, usize::saturating_add);
        match physical() {
            Some(available) if needed > available => Err(Error::Memory(format!(
                "The computation needs {needed} bytes of memory, and the machine has {available}. \
                 Received: results of shapes {:?}",
                self.outputs.iter().map(|spec| &spec.shape).collect::<Vec<_>>()
            ))),
            Some(_) | None => Ok(()),
        }
    }
}

struct Planner {
    lowered: Lowered,
    steps: Vec<Step>,
    places: Places,
    /// For each node, the step that makes it.
    made: Vec<Option<usize>>,
    /// For each node, the last step that reads its memory.
    last_read: Vec<Option<usize>>,
    /// The last step at which a run may end.
    last_check: Option<usize>,
}

impl Planner {
    fn new(mut lowered: Lowered) -> Self {
        let steps = fuse(&mut lowered);
        let count = lowered.nodes.len();
        let mut made = vec![None; count];
        let mut last_read = vec![None; count];
        for (index, step) in steps.iter().enumerate() {
            match step {
                Step::Single(id) => {
                    made[*id] = Some(index);
                    lowered.nodes[*id].operands().iter().for_each(|operand| last_read[operand.node] = Some(index));
                }
                Step::Cluster(cluster) => {
                    cluster.members.iter().for_each(|&id| made[id] = Some(index));
                    cluster.closings.iter().for_each(|closed| made[closed.node] = Some(index));
                    let read_by_members = cluster.members.iter().flat_map(|&id| lowered.nodes[id].operands());
                    let read_by_closings = cluster.closings.iter().map(|closed| &closed.operand);
                    for operand in read_by_members.chain(read_by_closings) {
                        let inside = made[operand.node] == Some(index) && cluster.members.contains(&operand.node);
                        if !inside {
                            last_read[operand.node] = Some(index);
                        }
                    }
                }
            }
        }
        let last_check = lowered.checks.iter().filter_map(|&id| made[id]).max();
        Self { places: vec![None; count], lowered, steps, made, last_read, last_check }
    }

    fn machine(mut self, inputs: usize, donated: &[Option<usize>]) -> Machine {
        let constants = self.place_constants();
        let first = 1 + constants.len();
        let mut externals = Vec::new();
        for (id, node) in self.lowered.nodes.iter().enumerate() {
            if let Kind::Input(position) = node.kind {
                self.places[id] = Some(Place { base: first + position, offset: 0 });
                externals.push(Expected { bytes: node.spec.bytes(), written: false });
            }
        }
        debug_assert_eq!(externals.len(), inputs);
        let mut copies = Vec::new();
        for (position, &id) in self.lowered.outputs.iter().enumerate() {
            let bytes = self.lowered.nodes[id].spec.bytes();
            match donated[position] {
                Some(input) => {
                    externals[input].written = true;
                    let place = Place { base: first + input, offset: 0 };
                    if self.can_take_over(id, input) {
                        self.places[id] = Some(place);
                    } else {
                        copies.push((id, place, bytes));
                    }
                }
                None => {
                    self.places[id] = Some(Place { base: first + externals.len(), offset: 0 });
                    externals.push(Expected { bytes, written: true });
                }
            }
        }
        for &(id, ..) in &copies {
            self.last_read[id] = Some(self.steps.len());
        }
        let arena = self.place_rest();
        let mut instructions: Vec<Instruction> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            instructions.push(match step {
                Step::Cluster(cluster) => Instruction::Program(emit::cluster(cluster, &self.lowered, &self.places)),
                Step::Single(id) => emit::single(*id, &self.lowered, &self.places),
            });
        }
        instructions.extend(copies.into_iter().map(|(id, to, bytes)| {
            let from = self.places[id].expect("a copied node has a place");
            Instruction::Copy { from, to, bytes }
        }));
        Machine { instructions, arena, constants, externals, pool: Mutex::new(Vec::new()) }
    }

    /// Constants get memory that belongs to the plan.
    fn place_constants(&mut self) -> Vec<Buffer> {
        let mut small = Vec::new();
        let mut large = Vec::new();
        for (id, node) in self.lowered.nodes.iter().enumerate() {
            let Kind::Constant(tensor) = &node.kind else { continue };
            let buffer = tensor.to_host().expect("the CPU's constants are in its memory");
            if buffer.len() <= SMALL {
                let offset = small.len();
                small.extend_from_slice(buffer.bytes());
                small.resize(small.len().next_multiple_of(16), 0);
                self.places[id] = Some(Place { base: 1, offset });
            } else {
                large.push(Buffer::clone(&buffer));
                self.places[id] = Some(Place { base: 1 + large.len(), offset: 0 });
            }
        }
        large.insert(0, Buffer::from_bytes(&small));
        large
    }

    /// Whether a node may be written over an input: whoever reads the input has done so, or does it in step, and no
    /// wrong value can be found any more.
    fn can_take_over(&self, id: usize, input: usize) -> bool {
        let Some(made) = self.made[id] else { return false };
        if self.last_check.is_some_and(|check| made < check) {
            return false;
        }
        match self.last_read[input] {
            None => true,
            Some(last) if last < made => true,
            Some(last) if last > made => false,
            Some(_) => match &self.steps[made] {
                Step::Single(_) => match &self.lowered.nodes[id].kind {
                    Kind::Kernel(kernel, operands) => {
                        let whole = Layout::contiguous(&self.lowered.nodes[input].spec.shape);
                        kernel.in_place()
                            && operands[0].node == input
                            && operands[0].layout == whole
                            && operands[1..].iter().all(|operand| operand.node != input)
                    }
                    _ => false,
                },
                Step::Cluster(cluster) => {
                    let Some(writer) = cluster.members.iter().position(|&member| member == id) else { return false };
                    let in_step = |operand: &&Operand| operand.node != input || cluster.in_step(&operand.layout);
                    let members_fit = cluster.members.iter().enumerate().all(|(position, &member)| {
                        self.lowered.nodes[member]
                            .operands()
                            .iter()
                            .all(|operand| operand.node != input || (position <= writer && in_step(operand)))
                    });
                    members_fit && cluster.closings.iter().all(|closed| closed.operand.node != input)
                }
            },
        }
    }

    /// Places in the arena for what outlives its step; nodes that live at different times share memory.
    fn place_rest(&mut self) -> usize {
        let mut live: Vec<(usize, usize, usize)> = Vec::new();
        let mut arena = 0;
        let mut order: Vec<usize> = (0..self.lowered.nodes.len()).filter(|&id| self.made[id].is_some()).collect();
        order.sort_by_key(|&id| self.made[id]);
        for id in order {
            let closes = matches!(self.lowered.nodes[id].kind, Kind::Fold(..) | Kind::Matmul { .. } | Kind::Kernel(..));
            if self.places[id].is_some() || (self.last_read[id].is_none() && !closes) {
                continue;
            }
            let made = self.made[id].expect("filtered above");
            let last = self.last_read[id].unwrap_or(made);
            live.retain(|&(_, _, until)| until >= made);
            live.sort_unstable();
            let bytes = self.lowered.nodes[id].spec.bytes().next_multiple_of(LINE).max(LINE);
            let mut offset = 0;
            for &(start, end, _) in &live {
                if start >= offset + bytes {
                    break;
                }
                offset = offset.max(end);
            }
            live.push((offset, offset + bytes, last));
            arena = arena.max(offset + bytes);
            self.places[id] = Some(Place { base: 0, offset });
        }
        arena
    }
}
