//! Recurrences over whole sequences: LSTM, GRU and simple RNN, with their gradients.
//!
//! A recurrence is two operations, because an operation has one result. The first computes, and keeps what the
//! gradient needs behind the result; the second is a view of the result alone, and has the gradient.

mod gradient;
mod shapes;
#[cfg(test)]
mod tests;
mod twin;

use super::engine::{self, Value};
use super::{Attributes, Builder, Id, Lowering, Node, Op, View};
use crate::error::{Error, Result};
use crate::kernels::recurrent::{Cell, Forward};
use crate::shape::Spec;
use shapes::Shapes;
use std::sync::Arc;

pub const NAMES: [&str; 6] = ["lstm", "lstm_result", "gru", "gru_result", "simple_rnn", "simple_rnn_result"];

pub fn create(name: &str, attributes: &Attributes) -> Option<Result<Arc<dyn Op>>> {
    let found = |cell: Result<Cell>| {
        let (cell, reverse) = (cell?, attributes.bool("reverse")?);
        let op: Arc<dyn Op> = if name.ends_with("_result") {
            Arc::new(Outcome { cell, reverse })
        } else {
            Arc::new(Recurrence { cell, reverse })
        };
        Ok(op)
    };
    Some(match name {
        "lstm" | "lstm_result" => found(Ok(Cell::Lstm)),
        "gru" | "gru_result" => {
            found(attributes.bool("reset_after").map(|after| if after { Cell::Gru } else { Cell::GruBefore }))
        }
        "simple_rnn" | "simple_rnn_result" => found(Ok(Cell::SimpleRnn)),
        _ => return None,
    })
}

/// All steps of a recurrence.
///
/// Inputs: projections of the input `[batch, steps, gates · units]`, kernel `[units, gates · units]`, first states
/// `[batch, units]`, for a GRU whose reset gate acts after the product its bias `[gates · units]`, and perhaps a mask
/// `[batch, steps]`. A step that the mask leaves out carries the states over, and its output is that of the step
/// before; 0 before all steps that count.
///
/// The result is flat: outputs `[batch, steps, units]` in the order of steps, last states, then what is kept.
#[derive(Debug)]
struct Recurrence {
    cell: Cell,
    /// From the last time to the first.
    reverse: bool,
}

impl Op for Recurrence {
    fn name(&self) -> &'static str {
        match self.cell {
            Cell::Lstm => "lstm",
            Cell::Gru | Cell::GruBefore => "gru",
            Cell::SimpleRnn => "simple_rnn",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let Shapes { sizes, dtype, .. } = Shapes::new(self.name(), self.cell, inputs)?;
        Ok(Spec::new(vec![sizes.packed(self.cell)], dtype))
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Err(Error::internal(format!("The gradient of {0} is that of {0}_result", self.name())))
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        let specs: Vec<&Spec> = inputs.iter().map(|input| input.spec()).collect();
        let Shapes { sizes, masked, .. } = Shapes::new(self.name(), self.cell, &specs)?;
        twin::forward(self.cell, sizes, self.reverse, masked, inputs)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(Forward { cell: self.cell, reverse: self.reverse }))
    }
}

/// What a user sees of a recurrence: inputs are its packed result and all that it was computed from.
#[derive(Debug)]
struct Outcome {
    cell: Cell,
    reverse: bool,
}

impl Op for Outcome {
    fn name(&self) -> &'static str {
        match self.cell {
            Cell::Lstm => "lstm_result",
            Cell::Gru | Cell::GruBefore => "gru_result",
            Cell::SimpleRnn => "simple_rnn_result",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [packed, inputs @ ..] = inputs else {
            return Err(Error::internal(format!("{} takes a packed result and its inputs", self.name())));
        };
        let Shapes { sizes, dtype, .. } = Shapes::new(self.name(), self.cell, inputs)?;
        if packed.shape.dims() != [sizes.packed(self.cell)] || packed.dtype != dtype {
            return Err(Error::internal(format!("{} of another recurrence. Received: {packed:?}", self.name())));
        }
        Ok(Spec::new(vec![sizes.result(self.cell)], dtype))
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        gradient::of(g, self.cell, self.reverse, node, grad)
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        engine::slice(inputs[0], &[0], output.shape.dims(), &[1])
    }

    fn lower(&self) -> Lowering {
        Lowering::View(View::Slice { start: vec![0], step: vec![1] })
    }
}
