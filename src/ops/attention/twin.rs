//! Attention composed of the engine's operations, with the whole matrix of scores.

use super::{flat, sizes};
use crate::dtype::DType;
use crate::error::Result;
use crate::kernels::attention::{HIDDEN, How, Sizes};
use crate::kernels::map::{Binary, Fold, Unary};
use crate::ops::engine::{self, Value};
use crate::shape::{Shape, Spec};

/// `[batch, length, heads, size]` as `[batch, shared, group, length, size]`, one of the keys' heads after the other.
fn by_head(x: &Value, shared: usize) -> Result<Value> {
    let &[batch, length, heads, size] = x.shape().dims() else { unreachable!("checked by `sizes`") };
    let apart = engine::reshape(x, &Shape(vec![batch, length, shared, heads / shared, size]))?;
    engine::transpose(&apart, &[0, 2, 3, 1, 4])
}

/// Back from there, flat.
fn by_row(x: &Value) -> Result<Value> {
    flat(&engine::transpose(x, &[0, 3, 1, 2, 4])?)
}

fn turned(x: &Value) -> Result<Value> {
    engine::transpose(x, &[0, 1, 2, 4, 3])
}

fn scaled(x: &Value, number: f64) -> Result<Value> {
    engine::binary(Binary::Mul, x, &x.filled(vec![], number))
}

/// Where keys are seen, like the scores.
fn seen(how: How, sizes: Sizes, masks: &[&Value], like: &Value) -> Result<Option<Value>> {
    let Sizes { batch, queries, keys, heads, shared, .. } = sizes;
    let mut mask = None;
    for each in masks {
        let whole = engine::broadcast_to(each, &Shape(vec![batch, heads, queries, keys]))?;
        let whole = engine::reshape(&whole, &Shape(vec![batch, shared, heads / shared, queries, keys]))?;
        mask = Some(match mask {
            Some(mask) => engine::binary(Binary::And, &mask, &whole)?,
            None => whole,
        });
    }
    if !how.causal {
        return Ok(mask);
    }
    let flags: Vec<u8> = (0..queries).flat_map(|i| (0..keys).map(move |j| u8::from(j <= i))).collect();
    let causal = Value::upload(&flags, &Spec::new(vec![queries, keys], DType::Bool), &like.device())?;
    Ok(Some(match mask {
        Some(mask) => engine::binary(Binary::And, &mask, &causal)?,
        None => causal,
    }))
}

struct Parts {
    queries: Value,
    keys: Value,
    values: Value,
    scores: Value,
    seen: Option<Value>,
    sizes: Sizes,
}

impl Parts {
    fn of(how: How, inputs: &[&Value]) -> Result<Self> {
        let sizes = sizes(&inputs.iter().map(|input| input.spec()).collect::<Vec<_>>())?;
        let [queries, keys, values] = [0, 1, 2].map(|i| by_head(inputs[i], sizes.shared));
        let (queries, keys, values) = (queries?, keys?, values?);
        let scores = scaled(&engine::matmul(&queries, &turned(&keys)?)?, how.scale)?;
        let seen = seen(how, sizes, &inputs[3..], &scores)?;
        let scores = match &seen {
            Some(seen) => {
                let most = if scores.dtype() == DType::Float32 { f64::from(f32::MAX) } else { f64::MAX };
                engine::select(seen, &scores, &scores.filled(vec![], HIDDEN * most))?
            }
            None => scores,
        };
        Ok(Self { queries, keys, values, scores, seen, sizes })
    }

    /// Weights relative to each query's largest score.
    fn weights(&self, most: &Value) -> Result<Value> {
        engine::unary(Unary::Exp, &engine::binary(Binary::Sub, &self.scores, most)?)
    }
}

pub(super) fn forward(how: How, inputs: &[&Value]) -> Result<Value> {
    let parts = Parts::of(how, inputs)?;
    let most = engine::fold(Fold::Max, &parts.scores, &[4], true)?;
    let weights = parts.weights(&most)?;
    let sums = engine::fold(Fold::Sum, &weights, &[4], true)?;
    let outputs = engine::binary(Binary::Div, &engine::matmul(&weights, &parts.values)?, &sums)?;
    engine::concatenate(&[&by_row(&outputs)?, &flat(&most)?, &flat(&sums)?], 0)
}

pub(super) fn backward(how: How, inputs: &[&Value]) -> Result<Value> {
    let (grad, packed) = (inputs[0], inputs[1]);
    let parts = Parts::of(how, &inputs[2..])?;
    let Sizes { batch, queries, heads, shared, width, .. } = parts.sizes;
    let outputs = Shape(vec![batch, queries, heads, width]);
    let grad = by_head(&engine::reshape(grad, &outputs)?, shared)?;
    let part = |start: usize, count: usize| engine::slice(packed, &[start], &[count], &[1]);
    let first = parts.sizes.outputs();
    let row = |i: usize| {
        let numbers = part(first + i * parts.sizes.rows(), parts.sizes.rows())?;
        engine::reshape(&numbers, &Shape(vec![batch, shared, heads / shared, queries, 1]))
    };
    let (most, sums) = (row(0)?, row(1)?);
    let result = by_head(&engine::reshape(&part(0, first)?, &outputs)?, shared)?;
    let weights = engine::binary(Binary::Div, &parts.weights(&most)?, &sums)?;
    let by_weight = engine::matmul(&grad, &turned(&parts.values)?)?;
    let shift = engine::fold(Fold::Sum, &engine::binary(Binary::Mul, &grad, &result)?, &[4], true)?;
    let moved = engine::binary(Binary::Sub, &by_weight, &shift)?;
    let mut by_score = scaled(&engine::binary(Binary::Mul, &weights, &moved)?, how.scale)?;
    if let Some(seen) = &parts.seen {
        by_score = engine::select(seen, &by_score, &by_score.filled(vec![], 0.0))?;
    }
    // Heads of queries that share keys share in their gradient.
    let over_group = |x: Value| engine::fold(Fold::Sum, &x, &[2], true);
    let dq = engine::matmul(&by_score, &parts.keys)?;
    let dk = over_group(engine::matmul(&turned(&by_score)?, &parts.queries)?)?;
    let dv = over_group(engine::matmul(&turned(&weights)?, &grad)?)?;
    engine::concatenate(&[&by_row(&dq)?, &by_row(&dk)?, &by_row(&dv)?], 0)
}
