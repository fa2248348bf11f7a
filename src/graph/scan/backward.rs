//! The gradient of a loop: its steps once more, last to first, each computed again from the values that it carried.

use super::super::build::Graph;
use super::{Body, at, joined, machine, running};
use crate::error::{Error, Result};
use crate::graph::engine::prepared;
use crate::graph::run::interpret;
use crate::kernels::looped::{Given, Loop, Region, Track};
use crate::kernels::machine::Machine;
use crate::kernels::map::{Binary, Fold};
use crate::ops::engine::{self, Value};
use crate::ops::{Builder, Id, Lowering, Node, Op};
use crate::shape::{Shape, Spec};
use std::fmt;
use std::sync::Arc;

/// Gradients for the inputs of a loop's result.
pub(super) fn gradients(g: &mut dyn Builder, body: &Arc<Body>, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
    let wanted: Vec<usize> = (body.carries..body.inputs.len())
        .filter(|&index| node.wanted[1 + index] && body.input(index).dtype == body.dtype())
        .collect();
    let step = Step::new(body.clone(), &wanted)?;
    let starts = step.starts();
    let shapes: Vec<Spec> = body.expected();
    let operands = [&[grad], &node.inputs[..1], &node.inputs[1 + body.carries..]].concat();
    let kernel = step.machine()?.map(|machine| Arc::new(step.looped(machine)));
    let back = g.op(Arc::new(Backward { step, kernel }), &operands)?;
    let mut grads = vec![None; node.inputs.len()];
    for (index, &start) in (0..body.carries).chain(wanted).zip(&starts) {
        grads[1 + index] = Some(g.part(back, start, &shapes[index].shape)?);
    }
    Ok(grads)
}

/// One step backward. Inputs are those of the body, then the gradients of its outputs, then the sums of the gradients of
/// what is the same for every step; outputs are gradients of carried values and of slices, and the sums with more.
struct Step {
    body: Arc<Body>,
    graph: Graph,
    inputs: Vec<Id>,
    outputs: Vec<Id>,
    /// The body's inputs behind the carried values whose gradients are wanted.
    wanted: Vec<usize>,
}

impl Step {
    fn new(body: Arc<Body>, wanted: &[usize]) -> Result<Self> {
        let mut graph = body.graph.clone();
        let mut inputs = body.inputs.clone();
        let mut target = graph.scalar(0.0, body.dtype());
        for &output in &body.outputs {
            let spec = graph.spec(output).clone();
            let axes = (0..spec.shape.rank()).collect();
            let seed = graph.input(spec);
            inputs.push(seed);
            let g: &mut dyn Builder = &mut graph;
            let product = g.mul(output, seed)?;
            let sum = g.fold(Fold::Sum, product, axes, false)?;
            target = g.add(target, sum)?;
        }
        let sources: Vec<Id> =
            (0..body.carries).chain(wanted.iter().copied()).map(|index| body.inputs[index]).collect();
        let found = graph.gradients(target, &sources, None, &[])?;
        let mut outputs = Vec::new();
        for ((index, source), found) in (0..body.carries).chain(wanted.iter().copied()).zip(sources).zip(found) {
            let spec = graph.spec(source).clone();
            let found = match found {
                Some(found) => found,
                None => {
                    let zero = graph.scalar(0.0, spec.dtype);
                    let g: &mut dyn Builder = &mut graph;
                    g.broadcast(zero, &spec.shape)?
                }
            };
            if index < body.carries + body.sequences {
                outputs.push(found);
                continue;
            }
            let sum = graph.input(spec);
            inputs.push(sum);
            let g: &mut dyn Builder = &mut graph;
            outputs.push(g.binary(Binary::Add, sum, found)?);
        }
        Ok(Self { body, graph, inputs, outputs, wanted: wanted.to_vec() })
    }

    /// How often an output's elements stand in the result.
    fn times(&self, output: usize) -> usize {
        let slices = output >= self.body.carries && self.wanted[output - self.body.carries] < self.shared();
        if slices { self.body.count } else { 1 }
    }

    /// The first of the body's inputs that is the same for every step.
    fn shared(&self) -> usize {
        self.body.carries + self.body.sequences
    }

    fn spec(&self, output: usize) -> &Spec {
        self.graph.spec(self.outputs[output])
    }

    /// Where each output is in the result, in elements.
    fn starts(&self) -> Vec<usize> {
        running((0..self.outputs.len()).map(|output| self.times(output) * self.spec(output).shape.count()), 0)
    }

    fn elements(&self) -> usize {
        (0..self.outputs.len()).map(|output| self.times(output) * self.spec(output).shape.count()).sum()
    }

    /// The outputs that are sums, each with its input.
    fn sums(&self) -> Vec<(usize, usize)> {
        let outputs = (self.body.carries..self.outputs.len())
            .filter(|&output| self.wanted[output - self.body.carries] >= self.shared());
        outputs.zip(self.body.inputs.len() + self.body.outputs.len()..).collect()
    }

    fn machine(&self) -> Result<Option<Machine>> {
        let mut donated = vec![None; self.outputs.len()];
        self.sums().into_iter().for_each(|(output, input)| donated[output] = Some(input));
        machine(&self.graph, &self.inputs, &self.outputs, donated)
    }

    /// The loop's inputs: the result's gradient, the packed result, sequences, and what is the same for every step.
    fn looped(&self, machine: Machine) -> Loop {
        let body = &*self.body;
        let (count, size) = (body.count, body.dtype().size());
        let (starts, kept, forth) = (self.starts(), body.kept(), body.starts());
        // Two places for each carried value's gradient: the one that comes, and the one that goes.
        let carried = running((0..body.carries).map(|index| 2 * body.input(index).bytes()), 0);
        let place = |index: usize, phase: usize| {
            let bytes = body.input(index).bytes();
            Track { region: Region::Scratch, start: carried[index], stride: bytes as isize, period: 2, phase }
        };
        let mut given: Vec<Given> = Vec::new();
        for (index, &start) in kept.iter().enumerate() {
            given.push(Track::along(Region::Input(1), start * size, body.input(index).bytes(), count, true).into());
        }
        for index in body.carries..body.inputs.len() {
            given.push(Given::from(if index < self.shared() {
                let bytes = body.input(index).bytes();
                Track::along(Region::Input(2 + index - body.carries), 0, bytes, count, !body.reverse)
            } else {
                Track::fixed(Region::Input(2 + index - body.carries), 0)
            }));
        }
        for (index, &start) in forth.iter().enumerate() {
            let bytes = body.output(index).bytes();
            given.push(if index < body.carries {
                Given { track: place(index, 0), first: Some((Region::Input(0), start * size)), last: None }
            } else {
                Given::from(Track::along(Region::Input(0), start * size, bytes, count, !body.reverse))
            });
        }
        let mut zeros = Vec::new();
        for (output, _) in self.sums() {
            let start = starts[output] * size;
            zeros.push((start, self.spec(output).bytes()));
            given.push(Given::from(Track::fixed(Region::Output, start)));
        }
        for (output, &start) in starts.iter().enumerate() {
            let bytes = self.spec(output).bytes();
            if output < body.carries {
                let last = Some((Region::Output, start * size));
                given.push(Given { track: place(output, 1), first: None, last });
            } else if self.wanted[output - body.carries] < self.shared() {
                given.push(Given::from(Track::along(Region::Output, start * size, bytes, count, !body.reverse)));
            }
        }
        let scratch = 2 * (0..body.carries).map(|index| body.input(index).bytes()).sum::<usize>();
        Loop { machine, count, given, copies: Vec::new(), zeros, scratch }
    }
}

/// Inputs: the gradient of the result, the packed result, whole sequences and what is the same for every step. The result
/// is flat: gradients of first carried values, and of the other inputs that are wanted.
struct Backward {
    step: Step,
    kernel: Option<Arc<Loop>>,
}

impl fmt::Debug for Backward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScanBackward({:p}, {:?})", Arc::as_ptr(&self.step.body), self.step.wanted)
    }
}

impl Op for Backward {
    fn name(&self) -> &'static str {
        "scan_backward"
    }

    fn infer(&self, _: &[&Spec]) -> Result<Spec> {
        Ok(Spec::new(vec![self.step.elements()], self.step.body.dtype()))
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Err(Error::value(
            "A loop that runs as one operation is differentiable once, not twice: give `unroll=True` for gradients of \
             gradients. Received: the gradient of scan_backward",
        ))
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        let (step, body) = (&self.step, &*self.step.body);
        let (grad, packed) = (inputs[0], inputs[1]);
        let piece = |from: &Value, start: usize, shape: &Shape| {
            engine::reshape(&engine::slice(from, &[start], &[shape.count()], &[1])?, shape)
        };
        let (forth, kept) = (body.starts(), body.kept());
        let mut carry = (0..body.carries)
            .map(|index| piece(grad, forth[index], &body.input(index).shape))
            .collect::<Result<Vec<_>>>()?;
        let mut slices = vec![Vec::new(); step.outputs.len()];
        let mut sums: Vec<Value> =
            step.sums().iter().map(|&(output, _)| packed.zeros(step.spec(output).shape.clone())).collect();
        let graph = prepared(&step.graph, &step.inputs, &step.outputs)?;
        for turn in (0..body.count).rev() {
            let time = if body.reverse { body.count - 1 - turn } else { turn };
            let mut feeds = Vec::new();
            for index in 0..body.inputs.len() {
                let shape = &body.input(index).shape;
                feeds.push(if index < body.carries {
                    piece(packed, kept[index] + turn * shape.count(), shape)?
                } else if index < step.shared() {
                    at(inputs[2 + index - body.carries], time)?
                } else {
                    inputs[2 + index - body.carries].clone()
                });
            }
            feeds.append(&mut carry);
            for (index, &start) in forth.iter().enumerate().skip(body.carries) {
                let shape = &body.output(index).shape;
                feeds.push(piece(grad, start + time * shape.count(), shape)?);
            }
            feeds.append(&mut sums);
            for (output, value) in interpret(&graph, &step.inputs, feeds, &step.outputs)?.into_iter().enumerate() {
                if output < body.carries {
                    carry.push(value);
                } else if step.times(output) == body.count && step.wanted[output - body.carries] < step.shared() {
                    slices[output].push(value);
                } else {
                    sums.push(value);
                }
            }
        }
        if !body.reverse {
            slices.iter_mut().for_each(|steps| steps.reverse());
        }
        // Carried values come first, sequences before what is the same for every step.
        joined(carry.iter().chain(slices.iter().flatten()).chain(&sums))
    }

    fn lower(&self) -> Lowering {
        self.kernel.as_ref().map_or(Lowering::Interpreted, |kernel| Lowering::Kernel(kernel.clone()))
    }
}
