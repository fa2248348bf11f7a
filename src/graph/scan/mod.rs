//! A graph that is run once for each step of a sequence, and carries values from step to step.
//!
//! As a recurrence it is two operations: the first computes, and keeps every step's carried values behind the result; the
//! second is a view of the result alone, and has the gradient.

mod backward;
#[cfg(test)]
mod tests;

use super::build::Graph;
use super::checks;
use super::engine::prepared;
use super::plan::{How, Plan};
use super::run::interpret;
use crate::device::Device;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::looped::{Given, Loop, Region, Track};
use crate::kernels::machine::Machine;
use crate::ops::engine::{self, Value};
use crate::ops::{Builder, Check, Id, Lowering, Node, Op, View};
use crate::shape::{Shape, Spec};
use std::fmt;
use std::sync::Arc;

/// One step: inputs are the carried values, then slices of sequences, then what is the same for every step; outputs are
/// the next carried values and then the step's results.
pub struct Body {
    pub graph: Graph,
    pub inputs: Vec<Id>,
    pub outputs: Vec<Id>,
    pub carries: usize,
    pub sequences: usize,
    pub count: usize,
    /// From the last slice to the first.
    pub reverse: bool,
}

impl Body {
    fn input(&self, index: usize) -> &Spec {
        self.graph.spec(self.inputs[index])
    }

    fn output(&self, index: usize) -> &Spec {
        self.graph.spec(self.outputs[index])
    }

    fn dtype(&self) -> DType {
        self.input(0).dtype
    }

    /// The inputs as the whole loop is given them.
    fn expected(&self) -> Vec<Spec> {
        (0..self.inputs.len())
            .map(|index| {
                let spec = self.input(index);
                if index < self.carries || index >= self.carries + self.sequences {
                    return spec.clone();
                }
                Spec::new([&[self.count], spec.shape.dims()].concat(), spec.dtype)
            })
            .collect()
    }

    fn carried(&self) -> usize {
        (0..self.carries).map(|index| self.input(index).shape.count()).sum()
    }

    /// The result: last carried values, then all steps' results, one array after the other.
    fn result(&self) -> usize {
        let results = (self.carries..self.outputs.len()).map(|index| self.output(index).shape.count());
        self.carried() + self.count * results.sum::<usize>()
    }

    /// The result, and each carried value before each step.
    fn packed(&self) -> usize {
        self.result() + self.count * self.carried()
    }

    /// Where in the result each output begins, in elements.
    fn starts(&self) -> Vec<usize> {
        let sizes = (0..self.outputs.len()).map(|index| {
            let times = if index < self.carries { 1 } else { self.count };
            times * self.output(index).shape.count()
        });
        running(sizes, 0)
    }

    /// Where each carried value before the first step is, in elements.
    fn kept(&self) -> Vec<usize> {
        running((0..self.carries).map(|index| self.count * self.input(index).shape.count()), self.result())
    }

    fn check(&self) -> Result<()> {
        if self.count == 0 || self.carries == 0 || self.outputs.len() < self.carries {
            return Err(Error::internal("a loop has steps and carries something"));
        }
        for index in 0..self.carries {
            if self.input(index) != self.output(index) {
                return Err(Error::value(format!(
                    "A loop must give carried values as it takes them. Received: {:?}, given back as {:?}",
                    self.input(index),
                    self.output(index)
                )));
            }
        }
        let dtype = self.dtype();
        if !dtype.is_float() || (0..self.outputs.len()).any(|index| self.output(index).dtype != dtype) {
            return Err(Error::internal("what a loop gives is of one float type"));
        }
        Ok(())
    }
}

/// Where each of these sizes begins if they follow each other.
fn running(sizes: impl Iterator<Item = usize>, first: usize) -> Vec<usize> {
    sizes
        .scan(first, |next, size| {
            let start = *next;
            *next += size;
            Some(start)
        })
        .collect()
}

/// The machine behind a graph of the CPU.
fn machine(graph: &Graph, inputs: &[Id], outputs: &[Id], donated: Vec<Option<usize>>) -> Result<Option<Machine>> {
    if graph.device != Device::Cpu {
        return Ok(None);
    }
    match Plan::new(graph, inputs, outputs, donated)?.how {
        How::Machine(machine) => Ok(Some(machine)),
        How::Engine { .. } => Ok(None),
    }
}

/// Add a loop; its inputs are first carried values, whole sequences, and what is the same for every step. The value is
/// flat: last carried values, then all steps' results in the order of the sequences.
pub fn scan(graph: &mut Graph, body: Body, inputs: &[Id]) -> Result<Id> {
    body.check()?;
    let kernel = machine(&body.graph, &body.inputs, &body.outputs, vec![None; body.outputs.len()])?;
    let body = Arc::new(body);
    let kernel = kernel.map(|machine| Arc::new(forward(&body, machine)));
    let builder: &mut dyn Builder = graph;
    let packed = builder.op(Arc::new(Scan { body: body.clone(), kernel }), inputs)?;
    builder.op(Arc::new(Outcome { body }), &[&[packed], inputs].concat())
}

fn forward(body: &Body, machine: Machine) -> Loop {
    let (count, reverse, size) = (body.count, body.reverse, body.dtype().size());
    let (starts, kept) = (body.starts(), body.kept());
    let mut given: Vec<Given> = Vec::new();
    let mut copies = Vec::new();
    for (index, &start) in kept.iter().enumerate() {
        copies.push((index, start * size));
        given.push(Track::along(Region::Output, start * size, body.input(index).bytes(), count, false).into());
    }
    for index in body.carries..body.inputs.len() {
        given.push(Given::from(if index < body.carries + body.sequences {
            Track::along(Region::Input(index), 0, body.input(index).bytes(), count, reverse)
        } else {
            Track::fixed(Region::Input(index), 0)
        }));
    }
    for (index, &start) in starts.iter().enumerate() {
        let bytes = body.output(index).bytes();
        let start = start * size;
        given.push(if index < body.carries {
            let next = Track::along(Region::Output, kept[index] * size + bytes, bytes, count, false);
            Given { track: next, first: None, last: Some((Region::Output, start)) }
        } else {
            Given::from(Track::along(Region::Output, start, bytes, count, reverse))
        });
    }
    Loop { machine, count, given, copies, zeros: Vec::new(), scratch: 0 }
}

/// All steps; see [`scan`]. The result is packed, see [`Body::packed`].
struct Scan {
    body: Arc<Body>,
    /// For the CPU.
    kernel: Option<Arc<Loop>>,
}

// Equal texts are equal operations to a graph: a body is equal to itself alone.
impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scan({:p})", Arc::as_ptr(&self.body))
    }
}

fn check_inputs(body: &Body, inputs: &[&Spec]) -> Result<()> {
    let expected = body.expected();
    if inputs.len() == expected.len() && inputs.iter().zip(&expected).all(|(&given, wanted)| given == wanted) {
        return Ok(());
    }
    Err(Error::value(format!("The inputs of a loop do not fit its body. Expected: {expected:?}. Received: {inputs:?}")))
}

impl Op for Scan {
    fn name(&self) -> &'static str {
        "scan"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        check_inputs(&self.body, inputs)?;
        Ok(Spec::new(vec![self.body.packed()], self.body.dtype()))
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Err(Error::internal("The gradient of scan is that of its result"))
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        let body = &*self.body;
        let mut carry: Vec<Value> = inputs[..body.carries].iter().map(|&value| value.clone()).collect();
        let mut kept = vec![Vec::new(); body.carries];
        let mut results = vec![Vec::new(); body.outputs.len() - body.carries];
        let graph = prepared(&body.graph, &body.inputs, &body.outputs)?;
        for step in 0..body.count {
            let time = if body.reverse { body.count - 1 - step } else { step };
            let mut feeds = carry.clone();
            for (index, &input) in inputs.iter().enumerate().skip(body.carries) {
                feeds.push(if index < body.carries + body.sequences { at(input, time)? } else { input.clone() });
            }
            kept.iter_mut().zip(&carry).for_each(|(kept, carry)| kept.push(carry.clone()));
            carry = interpret(&graph, &body.inputs, feeds, &body.outputs)?;
            results.iter_mut().zip(carry.split_off(body.carries)).for_each(|(all, result)| all.push(result));
        }
        if body.reverse {
            results.iter_mut().for_each(|steps| steps.reverse());
        }
        joined(carry.iter().chain(results.iter().flatten()).chain(kept.iter().flatten()))
    }

    fn lower(&self) -> Lowering {
        self.kernel.as_ref().map_or(Lowering::Interpreted, |kernel| Lowering::Kernel(kernel.clone()))
    }

    fn check(&self) -> Check {
        if checks::any(&self.body.graph, &self.body.inputs) { Check::Always } else { Check::Never }
    }
}

/// A slice of the first axis.
fn at(x: &Value, index: usize) -> Result<Value> {
    let dims = x.shape().dims();
    let start: Vec<usize> = (0..dims.len()).map(|axis| if axis == 0 { index } else { 0 }).collect();
    let slice = engine::slice(x, &start, &[&[1], &dims[1..]].concat(), &vec![1; dims.len()])?;
    engine::reshape(&slice, &Shape(dims[1..].to_vec()))
}

/// All elements of arrays, one after the other.
fn joined<'a>(parts: impl Iterator<Item = &'a Value>) -> Result<Value> {
    let flat = parts.map(|part| engine::reshape(part, &Shape(vec![part.shape().count()])));
    engine::concatenate(&flat.collect::<Result<Vec<_>>>()?.iter().collect::<Vec<_>>(), 0)
}

/// What a user sees of a loop: inputs are its packed result and all that it was computed from.
struct Outcome {
    body: Arc<Body>,
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScanResult({:p})", Arc::as_ptr(&self.body))
    }
}

impl Op for Outcome {
    fn name(&self) -> &'static str {
        "scan_result"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        check_inputs(&self.body, &inputs[1..])?;
        Ok(Spec::new(vec![self.body.result()], self.body.dtype()))
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        backward::gradients(g, &self.body, node, grad)
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        engine::slice(inputs[0], &[0], output.shape.dims(), &[1])
    }

    fn lower(&self) -> Lowering {
        Lowering::View(View::Slice { start: vec![0], step: vec![1] })
    }
}
