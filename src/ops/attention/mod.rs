//! Attention over whole sequences, without the matrix of scores.
//!
//! As a recurrence it is two operations: the first computes, and keeps what the gradient needs behind the outputs; the
//! second is a view of the outputs alone, and has the gradient.

#[cfg(test)]
mod tests;
mod twin;

use super::engine::{self, Value};
use super::{Attributes, Builder, Id, Lowering, Node, Op, View};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::attention::{self as kernel, How, Sizes};
use crate::shape::{Shape, Spec};
use std::sync::Arc;

pub const NAMES: [&str; 2] = ["attention", "attention_result"];

pub fn create(name: &str, attributes: &Attributes) -> Option<Result<Arc<dyn Op>>> {
    let how = || Ok(How { scale: attributes.float("scale")?, causal: attributes.bool("causal")? });
    Some(match name {
        "attention" => how().map(|how| Arc::new(Attention(how)) as _),
        "attention_result" => how().map(|how| Arc::new(Outcome(how)) as _),
        _ => return None,
    })
}

/// The sizes of queries, keys, values and perhaps masks, which are checked.
fn sizes(inputs: &[&Spec]) -> Result<Sizes> {
    let [query, key, value, masks @ ..] = inputs else {
        return Err(Error::internal(format!(
            "attention takes queries, keys, values and perhaps masks. Received: {} inputs",
            inputs.len()
        )));
    };
    let wrong = |expected: &str| Err(Error::value(format!("attention takes {expected}. Received: {inputs:?}")));
    let Some(sizes) = Sizes::of(query.shape.dims(), key.shape.dims(), value.shape.dims()) else {
        return wrong("queries, keys and values of four dimensions that fit, at least one key among them");
    };
    if !query.dtype.is_float() || key.dtype != query.dtype || value.dtype != query.dtype {
        return wrong("floats of one dtype");
    }
    let Sizes { batch, queries, keys, heads, .. } = sizes;
    let full = [batch, heads, queries, keys];
    let fits = |mask: &&Spec| {
        let dims = mask.shape.dims();
        mask.dtype == DType::Bool && dims.len() == 4 && dims.iter().zip(full).all(|(&dim, all)| dim == all || dim == 1)
    };
    if !masks.iter().all(fits) {
        return wrong("masks of bool with four dimensions, each as of the scores or 1");
    }
    Ok(sizes)
}

/// `softmax(queries · keysᵀ · scale) · values` for each head.
///
/// Inputs: queries `[batch, queries, heads, size]`, keys `[batch, keys, shared, size]`, values
/// `[batch, keys, shared, width]` and any number of masks `[batch, heads, queries, keys]`, any of these perhaps 1: a key
/// is hidden where one of them is false.
///
/// The result is flat: outputs `[batch, queries, heads, width]`, then for each query of each head the largest score and
/// the sum of the weights relative to it.
#[derive(Debug)]
struct Attention(How);

impl Op for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        Ok(Spec::new(vec![sizes(inputs)?.packed()], inputs[0].dtype))
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Err(Error::internal("The gradient of attention is that of attention_result"))
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        twin::forward(self.0, inputs)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(kernel::Forward(self.0)))
    }
}

/// What a user sees of attention: inputs are its packed result and all that it was computed from.
#[derive(Debug)]
struct Outcome(How);

impl Op for Outcome {
    fn name(&self) -> &'static str {
        "attention_result"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [packed, inputs @ ..] = inputs else {
            return Err(Error::internal("attention_result takes a packed result and its inputs"));
        };
        let sizes = sizes(inputs)?;
        if packed.shape.dims() != [sizes.packed()] || packed.dtype != inputs[0].dtype {
            return Err(Error::internal(format!("attention_result of another attention. Received: {packed:?}")));
        }
        Ok(Spec::new(vec![sizes.outputs()], packed.dtype))
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let operands = [&[grad], node.inputs].concat();
        let back = g.op(Arc::new(Backward(self.0)), &operands)?;
        let mut grads = vec![None; node.inputs.len()];
        let mut start = 0;
        for (&input, grad) in node.inputs.iter().zip(&mut grads).skip(1).take(3) {
            let shape = g.spec(input).shape.clone();
            *grad = Some(g.part(back, start, &shape)?);
            start += shape.count();
        }
        Ok(grads)
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        engine::slice(inputs[0], &[0], output.shape.dims(), &[1])
    }

    fn lower(&self) -> Lowering {
        Lowering::View(View::Slice { start: vec![0], step: vec![1] })
    }
}

/// Inputs: the gradient of the outputs, the packed result, and all that it was computed from. The result is flat: the
/// gradients of queries, keys and values.
#[derive(Debug)]
struct Backward(How);

impl Op for Backward {
    fn name(&self) -> &'static str {
        "attention_backward"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        Ok(Spec::new(vec![sizes(&inputs[2..])?.inputs().iter().sum()], inputs[0].dtype))
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Err(Error::value(
            "Attention that runs as one operation is differentiable once, not twice: give `flash_attention=False` \
             for gradients of gradients. Received: the gradient of attention_backward",
        ))
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        twin::backward(self.0, inputs)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(kernel::Backward(self.0)))
    }
}

/// All of an array, flat.
fn flat(x: &Value) -> Result<Value> {
    engine::reshape(x, &Shape(vec![x.shape().count()]))
}
