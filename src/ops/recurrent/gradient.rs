//! The gradient of a recurrence: one operation backward through all steps, and products for the kernel's.

use super::shapes::Shapes;
use super::twin;
use crate::error::{Error, Result};
use crate::kernels::map::Fold;
use crate::kernels::recurrent::{self, Cell, Sizes};
use crate::ops::engine::Value;
use crate::ops::folds::Matmul;
use crate::ops::movement::{Concatenate, Slice};
use crate::ops::{Builder, Id, Lowering, Node, Op};
use crate::shape::{Shape, Spec};
use std::sync::Arc;

/// Gradients for the inputs of an [`Outcome`](super::Outcome).
pub(super) fn of(g: &mut dyn Builder, cell: Cell, reverse: bool, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
    let (packed, inputs) = (node.inputs[0], &node.inputs[1..]);
    let specs: Vec<&Spec> = inputs.iter().map(|&input| g.spec(input)).collect();
    let Shapes { sizes, masked, .. } = Shapes::new("gradient", cell, &specs)?;
    let Sizes { batch, steps, units } = sizes;
    let gates = cell.gates();
    let mut operands = vec![grad, packed, inputs[1]];
    if masked {
        operands.push(inputs[cell.inputs()]);
    }
    let back = g.op(Arc::new(Backward { cell, sizes, reverse }), &operands)?;
    let mut grads = vec![None; node.inputs.len()];
    grads[1] = Some(g.part(back, 0, &Shape(vec![batch, steps, gates * units]))?);
    let first = sizes.gradients(cell) - cell.states() * sizes.state();
    for state in 0..cell.states() {
        grads[3 + state] = Some(g.part(back, first + state * sizes.state(), &Shape(vec![batch, units]))?);
    }
    // The kernel's columns belong to the state before, but the last gate's may have a left operand, or a gradient,
    // of its own.
    let rows = batch * steps;
    let apart = cell.splits() || cell.operands() > 1;
    let all = g.part(back, 0, &Shape(vec![rows, gates * units]))?;
    let mut right = vec![all];
    if apart {
        right = vec![columns(g, all, 0, (gates - 1) * units)?];
        right.push(if cell.splits() {
            g.part(back, sizes.projections(cell), &Shape(vec![rows, units]))?
        } else {
            columns(g, all, (gates - 1) * units, units)?
        });
    }
    if node.wanted[2] {
        let mut products = Vec::new();
        for (i, &right) in right.iter().enumerate() {
            let operand = i.min(cell.operands() - 1);
            let left = g.part(packed, sizes.result(cell) + operand * sizes.all(), &Shape(vec![rows, units]))?;
            let left = g.transpose(left, vec![1, 0])?;
            products.push(g.op(Arc::new(Matmul), &[left, right])?);
        }
        grads[2] = Some(joined(g, &products, 1)?);
    }
    if cell == Cell::Gru && node.wanted[4] {
        let sums = right.iter().map(|&right| g.fold(Fold::Sum, right, vec![0], false)).collect::<Result<Vec<_>>>()?;
        grads[4] = Some(joined(g, &sums, 0)?);
    }
    Ok(grads)
}

fn columns(g: &mut dyn Builder, matrix: Id, start: usize, count: usize) -> Result<Id> {
    let rows = g.spec(matrix).shape.0[0];
    g.op(Arc::new(Slice { start: vec![0, start], size: vec![rows, count], step: vec![1, 1] }), &[matrix])
}

fn joined(g: &mut dyn Builder, parts: &[Id], axis: usize) -> Result<Id> {
    match parts {
        [only] => Ok(*only),
        _ => g.op(Arc::new(Concatenate { axis }), parts),
    }
}

/// Inputs: the gradient of the result, the packed result, the kernel and perhaps the mask.
///
/// The result is flat: gradients of the projections, of the last gate's product where that differs, and of the first
/// states.
#[derive(Debug)]
pub(super) struct Backward {
    pub(super) cell: Cell,
    pub(super) sizes: Sizes,
    pub(super) reverse: bool,
}

impl Op for Backward {
    fn name(&self) -> &'static str {
        match self.cell {
            Cell::Lstm => "lstm_backward",
            Cell::Gru | Cell::GruBefore => "gru_backward",
            Cell::SimpleRnn => "simple_rnn_backward",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        Ok(Spec::new(vec![self.sizes.gradients(self.cell)], inputs[0].dtype))
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Err(Error::value(format!(
            "A recurrence that runs as one operation is differentiable once, not twice: give `unroll=True` \
             for gradients of gradients. Received: the gradient of {}",
            self.name()
        )))
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        twin::backward(self.cell, self.sizes, self.reverse, inputs)
    }

    fn lower(&self) -> Lowering {
        let Self { cell, sizes, reverse } = *self;
        Lowering::Kernel(Arc::new(recurrent::Backward { cell, sizes, reverse }))
    }
}
