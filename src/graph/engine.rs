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

#[cfg(all(test, feature = "ndarray"))]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::dtype::DType;
    use crate::graph::run::interpret;
    use crate::kernels::map::Binary;
    use crate::ops::Builder;
    use crate::shape::Spec;
    use crate::tensor::Tensor;

    #[test]
    fn broadcasts_are_left_to_functions_of_elements() {
        let mut graph = Graph::new(Device::NdArray);
        let x = graph.input(Spec::new(vec![2, 1], DType::Float32));
        let y = graph.input(Spec::new(vec![2, 3], DType::Float32));
        let g: &mut dyn Builder = &mut graph;
        let wide = g.broadcast(x, &Shape(vec![2, 3])).unwrap();
        let sum = g.binary(Binary::Add, wide, y).unwrap();
        let square = g.binary(Binary::Mul, wide, wide).unwrap();
        let ready = prepared(&graph, &[x, y], &[sum, square]).unwrap();
        let operands = |id: Id| match &ready.values[id].source {
            Source::Op(_, operands) => operands.clone(),
            Source::Input | Source::Constant(_) => unreachable!(),
        };
        assert_eq!(operands(sum), [x, y]);
        // One of two equal ones stays: nothing else has the shape.
        assert!(operands(square).contains(&wide));
        let feed = |shape: &[usize], numbers: &[f32]| {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            let spec = Spec::new(shape, DType::Float32);
            Tensor::from_bytes(&bytes, spec, Device::NdArray).unwrap().to_engine(Device::NdArray).unwrap()
        };
        let feeds = vec![feed(&[2, 1], &[1.0, 2.0]), feed(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0])];
        let run = |graph: &Graph| interpret(graph, &[x, y], feeds.clone(), &[sum, square]).unwrap();
        for (found, wanted) in run(&ready).iter().zip(run(&graph)) {
            assert_eq!((found.spec(), found.download().unwrap()), (wanted.spec(), wanted.download().unwrap()));
        }
    }
}
