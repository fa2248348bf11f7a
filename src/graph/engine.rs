//! A graph as burn runs it best.

use super::build::{Graph, Source};
use super::run::engine_tensor;
use crate::error::Result;
use crate::ops::{Id, Lowering, View};
use crate::shape::Shape;

/// The same computation with its constants on the device, and without broadcasts that functions of elements do themselves:
/// each is an end of what burn fuses.
pub fn prepared(graph: &Graph, inputs: &[Id], outputs: &[Id]) -> Result<Graph> {
    let mut prepared = graph.clone();
    for id in needed(graph, inputs, outputs) {
        match &graph.values[id].source {
            Source::Input => {}
            Source::Constant(tensor) => {
                let value = tensor.to_engine(graph.device)?;
                prepared.values[id].source = Source::Constant(engine_tensor(value, graph.device));
            }
            Source::Op(op, operands) => {
                if matches!(op.lower(), Lowering::Map(_)) {
                    let operands = unbroadcast(graph, operands.clone(), &graph.values[id].spec.shape);
                    prepared.values[id].source = Source::Op(op.clone(), operands);
                }
            }
        }
    }
    Ok(prepared)
}

/// The values on the way from the inputs to the outputs.
fn needed(graph: &Graph, inputs: &[Id], outputs: &[Id]) -> Vec<Id> {
    let mut seen = vec![false; graph.values.len()];
    inputs.iter().for_each(|&input| seen[input] = true);
    let mut stack = outputs.to_vec();
    let mut needed = Vec::new();
    while let Some(id) = stack.pop() {
        if std::mem::replace(&mut seen[id], true) {
            continue;
        }
        needed.push(id);
        if let Source::Op(_, operands) = &graph.values[id].source {
            stack.extend(operands);
        }
    }
    needed
}

/// The operands before they were broadcast, as long as together they still broadcast to `shape`.
fn unbroadcast(graph: &Graph, mut operands: Vec<Id>, shape: &Shape) -> Vec<Id> {
    for position in 0..operands.len() {
        let Source::Op(op, sources) = &graph.values[operands[position]].source else { continue };
        if !matches!(op.lower(), Lowering::View(View::Broadcast)) {
            continue;
        }
        let before = std::mem::replace(&mut operands[position], sources[0]);
        let mut shapes = operands.iter().map(|&id| &graph.values[id].spec.shape);
        let joint = shapes.try_fold(Shape::default(), |joint, shape| joint.broadcast(shape));
        if joint.as_ref() != Ok(shape) {
            operands[position] = before;
        }
    }
    operands
}
