//! Gathers element-wise nodes and the folds that close them into clusters, each one pass over memory.

use super::again::{self, Again};
use super::layout::Layout;
use super::lower::{Kind, Lowered, Operand};
use crate::kernels::program::Extent;
use std::collections::HashSet;

/// More members would not fit the registers that a thread keeps in its first-level cache.
const MEMBERS: usize = 48;
/// How many steps back a cluster is looked for that reads the same memory.
const WINDOW: usize = 24;
/// Rows shorter than this are cheaper gathered one by one than folded row upon row.
const ROW: usize = 8;

pub enum Step {
    Cluster(Cluster),
    /// A node that is not element-wise.
    Single(usize),
}

/// A fold over a cluster's space.
pub struct Closed {
    pub node: usize,
    pub operand: Operand,
    pub extent: Extent,
}

/// Nodes over one iteration space.
pub struct Cluster {
    /// The space, without dimensions of size one.
    pub dims: Vec<usize>,
    /// The length of its rows, once a fold has asked for it.
    pub inner: Option<usize>,
    pub members: Vec<usize>,
    pub closings: Vec<Closed>,
    /// How long the groups are that its folds make, if any does.
    group: Option<usize>,
    reads: HashSet<usize>,
}

impl Cluster {
    fn new(dims: Vec<usize>) -> Self {
        Self { dims, inner: None, members: Vec::new(), closings: Vec::new(), group: None, reads: HashSet::new() }
    }

    /// Whether the operand's elements come in this space's own order, one for one.
    pub fn in_step(&self, layout: &Layout) -> bool {
        let seen = layout.squeezed();
        seen.dims == self.dims && seen.offset == 0 && seen.is_contiguous()
    }

    fn has_room(&self) -> bool {
        self.members.len() + self.closings.len() < MEMBERS
    }
}

/// The steps in order.
pub fn fuse(lowered: &mut Lowered) -> Vec<Step> {
    let count = lowered.nodes.len();
    let again = Again::new(lowered);
    let mut fuser = Fuser { lowered, again, steps: Vec::new(), made: vec![Made::Before; count] };
    for id in 0..count {
        match &fuser.lowered.nodes[id].kind {
            Kind::Input(_) | Kind::Constant(_) => {}
            Kind::Map(_, operands) => {
                let operands = operands.clone();
                fuser.map(id, &operands);
            }
            Kind::Fold(_, axes, operand) => {
                let (axes, operand) = (axes.clone(), operand.clone());
                fuser.fold(id, &axes, &operand);
            }
            Kind::Matmul { .. } | Kind::Kernel(..) => {
                fuser.made[id] = Made::After(fuser.steps.len());
                fuser.steps.push(Step::Single(id));
            }
        }
    }
    fuser.leave_out_unread();
    fuser.steps
}

/// From which step on a node's elements are there.
#[derive(Clone, Copy)]
enum Made {
    /// Before the first step.
    Before,
    /// Element by element within a cluster.
    Within(usize),
    /// When a step is over.
    After(usize),
}

struct Fuser<'a> {
    lowered: &'a mut Lowered,
    again: Again,
    steps: Vec<Step>,
    made: Vec<Made>,
}

impl Fuser<'_> {
    fn cluster(&mut self, step: usize) -> Option<&mut Cluster> {
        match &mut self.steps[step] {
            Step::Cluster(cluster) => Some(cluster),
            Step::Single(_) => None,
        }
    }

    /// The first step in which all operands can be read.
    fn earliest(&mut self, operands: &[Operand]) -> usize {
        let mut earliest = 0;
        for operand in operands {
            let from = match self.made[operand.node] {
                Made::Before => 0,
                Made::After(step) => step + 1,
                Made::Within(step) => {
                    let in_step = self.cluster(step).is_some_and(|cluster| cluster.in_step(&operand.layout));
                    if in_step { step } else { step + 1 }
                }
            };
            earliest = earliest.max(from);
        }
        earliest
    }

    fn map(&mut self, id: usize, operands: &[Operand]) {
        let dims = Layout::contiguous(&self.lowered.nodes[id].spec.shape).squeezed().dims;
        let earliest = self.earliest(operands);
        let last = self.steps.len();
        let step = (earliest.max(last.saturating_sub(WINDOW))..last).find(|&step| {
            let Step::Cluster(cluster) = &self.steps[step] else { return false };
            let related = operands.iter().any(|operand| {
                cluster.members.contains(&operand.node)
                    || (cluster.reads.contains(&operand.node) && operand.layout.strides.iter().any(|&s| s != 0))
            });
            let scalar = dims.is_empty();
            cluster.dims == dims && cluster.has_room() && (related || scalar)
        });
        let step = step.unwrap_or(last);
        if step == last {
            self.steps.push(Step::Cluster(Cluster::new(dims)));
        }
        let operands: Vec<Operand> = operands.iter().map(|operand| self.here(operand, step)).collect();
        self.join(id, &operands, step);
        let Kind::Map(_, own) = &mut self.lowered.nodes[id].kind else { unreachable!("it is a map") };
        *own = operands;
    }

    fn join(&mut self, id: usize, operands: &[Operand], step: usize) {
        self.made[id] = Made::Within(step);
        let cluster = self.cluster(step).expect("the step is a cluster");
        cluster.members.push(id);
        cluster.reads.extend(operands.iter().map(|operand| operand.node));
    }

    /// What a member of a step reads: a value of another step, or the same value computed again where that is cheaper.
    fn here(&mut self, operand: &Operand, step: usize) -> Operand {
        let Made::Within(made) = self.made[operand.node] else { return operand.clone() };
        let fits = self.cluster(step).is_some_and(|cluster| cluster.in_step(&operand.layout));
        if made == step || !fits {
            return operand.clone();
        }
        let Some(chain) = again::chain(self.lowered, &self.again, operand.node) else { return operand.clone() };
        let mut read = Vec::new();
        for &id in &chain {
            read.extend(self.again.outside(self.lowered, id, &chain));
        }
        let room = self.cluster(step).is_some_and(|cluster| cluster.members.len() + chain.len() < MEMBERS);
        if !room || self.earliest(&read) > step {
            return operand.clone();
        }
        let mut copied: Vec<(usize, usize)> = Vec::new();
        for &id in &chain {
            let Step::Cluster(cluster) = &self.steps[step] else { unreachable!("it was one above") };
            let found = cluster.members.iter().copied().find(|&member| self.again.origin(member) == id);
            let copy = found.unwrap_or_else(|| self.again.copy(self.lowered, id, &copied));
            if found.is_none() {
                self.made.push(Made::Within(step));
                let operands: Vec<Operand> = self.lowered.nodes[copy].operands().into_iter().cloned().collect();
                self.join(copy, &operands, step);
            }
            copied.push((id, copy));
        }
        let (_, node) = copied[copied.len() - 1];
        Operand { node, layout: operand.layout.clone() }
    }

    /// What was computed again where it is read may be read nowhere else.
    fn leave_out_unread(&mut self) {
        let mut readers = vec![0; self.lowered.nodes.len()];
        self.lowered.outputs.iter().for_each(|&id| readers[id] += 1);
        for node in &self.lowered.nodes {
            node.operands().iter().for_each(|operand| readers[operand.node] += 1);
        }
        for step in self.steps.iter_mut().rev() {
            let Step::Cluster(cluster) = step else { continue };
            for position in (0..cluster.members.len()).rev() {
                let id = cluster.members[position];
                if readers[id] == 0 {
                    cluster.members.remove(position);
                    self.lowered.nodes[id].operands().iter().for_each(|operand| readers[operand.node] -= 1);
                }
            }
        }
        self.steps.retain(|step| match step {
            Step::Cluster(cluster) => !cluster.members.is_empty() || !cluster.closings.is_empty(),
            Step::Single(_) => true,
        });
    }

    fn fold(&mut self, id: usize, axes: &[usize], operand: &Operand) {
        let (operand, extent, inner) = arrange(operand, axes);
        let group = match extent {
            Extent::Groups(length) => Some(length),
            Extent::Rows | Extent::Columns | Extent::All => None,
        };
        let dims = operand.layout.squeezed().dims;
        let earliest = self.earliest(std::slice::from_ref(&operand));
        let last = self.steps.len();
        let step = (earliest.max(last.saturating_sub(WINDOW))..last).find(|&step| {
            let Step::Cluster(cluster) = &self.steps[step] else { return false };
            cluster.dims == dims
                && cluster.has_room()
                && (cluster.members.contains(&operand.node) || cluster.reads.contains(&operand.node))
                && (inner.is_none() || cluster.inner.is_none() || cluster.inner == inner)
                && (group.is_none() || cluster.group.is_none() || cluster.group == group)
        });
        let step = step.unwrap_or(last);
        if step == last {
            self.steps.push(Step::Cluster(Cluster::new(dims)));
        }
        self.made[id] = Made::After(step);
        let cluster = self.cluster(step).expect("the step is a cluster");
        cluster.inner = cluster.inner.or(inner);
        cluster.group = cluster.group.or(group);
        cluster.reads.insert(operand.node);
        cluster.closings.push(Closed { node: id, operand, extent });
    }
}

/// The operand with what is kept and what is folded as rows or columns, and the length of a row.
fn arrange(operand: &Operand, axes: &[usize]) -> (Operand, Extent, Option<usize>) {
    let layout = &operand.layout;
    let wide = |&axis: &usize| layout.dims[axis] != 1;
    let folded: Vec<usize> = (0..layout.dims.len()).filter(wide).filter(|axis| axes.contains(axis)).collect();
    let kept: Vec<usize> = (0..layout.dims.len()).filter(wide).filter(|axis| !axes.contains(axis)).collect();
    let size = |axes: &[usize]| axes.iter().map(|&axis| layout.dims[axis]).product::<usize>();
    if kept.is_empty() {
        return (operand.clone(), Extent::All, None);
    }
    if folded.is_empty() || folded.iter().max() < kept.iter().min() {
        return (operand.clone(), Extent::Columns, Some(size(&kept)));
    }
    let (before, after): (Vec<usize>, Vec<usize>) = kept.iter().partition(|&&axis| axis < folded[0]);
    let row = size(&after);
    if row >= ROW && after.iter().min() > folded.iter().max() && before.len() + after.len() == kept.len() {
        return (operand.clone(), Extent::Groups(size(&folded) * row), Some(row));
    }
    let order = [kept.clone(), folded.clone()].concat();
    let operand = Operand { node: operand.node, layout: layout.permuted(&order) };
    (operand, Extent::Rows, Some(size(&folded)))
}
