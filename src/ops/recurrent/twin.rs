//! Recurrences step by step, in operations of the engine: what other devices run, and what the kernels are compared
//! with.

use crate::error::Result;
use crate::kernels::map::{Binary, Unary};
use crate::kernels::recurrent::{Cell, Sizes};
use crate::ops::engine::{self, Value};
use crate::shape::Shape;

fn add(a: &Value, b: &Value) -> Result<Value> {
    engine::binary(Binary::Add, a, b)
}

fn sub(a: &Value, b: &Value) -> Result<Value> {
    engine::binary(Binary::Sub, a, b)
}

fn mul(a: &Value, b: &Value) -> Result<Value> {
    engine::binary(Binary::Mul, a, b)
}

/// `a (1 - a)`
fn slope(a: &Value) -> Result<Value> {
    sub(a, &mul(a, a)?)
}

/// `x (1 - a²)`
fn through_tanh(x: &Value, a: &Value) -> Result<Value> {
    sub(x, &mul(x, &mul(a, a)?)?)
}

/// Columns of a matrix.
fn columns(x: &Value, start: usize, count: usize) -> Result<Value> {
    engine::slice(x, &[0, start], &[x.shape().dims()[0], count], &[1, 1])
}

fn beside(parts: &[&Value]) -> Result<Value> {
    if let [only] = parts { Ok((*only).clone()) } else { engine::concatenate(parts, 1) }
}

/// The elements of a flat array from `start` on, in a shape.
fn part(flat: &Value, start: usize, shape: &[usize]) -> Result<Value> {
    let slice = engine::slice(flat, &[start], &[shape.iter().product()], &[1])?;
    engine::reshape(&slice, &Shape::from(shape))
}

/// What `[batch, steps, ..]` holds of a step.
fn at(x: &Value, time: usize) -> Result<Value> {
    let (batch, width) = (x.shape().dims()[0], x.shape().dims().get(2).copied());
    let rank = 2 + usize::from(width.is_some());
    let size = [batch, 1, width.unwrap_or(1)];
    let slice = engine::slice(x, &[0, time, 0][..rank], &size[..rank], &[1; 3][..rank])?;
    engine::reshape(&slice, &Shape(vec![batch, width.unwrap_or(1)]))
}

/// What `[steps, batch, width]` holds of a step.
fn of_time(x: &Value, time: usize) -> Result<Value> {
    let &[_, batch, width] = x.shape().dims() else { unreachable!("kept for a batch") };
    let slice = engine::slice(x, &[time, 0, 0], &[1, batch, width], &[1; 3])?;
    engine::reshape(&slice, &Shape(vec![batch, width]))
}

/// Matrices `[batch, width]` of all steps as `[batch, steps, width]`, flat.
fn over_time(steps: &[Value]) -> Result<Value> {
    let joined = engine::concatenate(&steps.iter().collect::<Vec<_>>(), 1)?;
    engine::reshape(&joined, &Shape(vec![joined.shape().count()]))
}

fn flat(x: &Value) -> Result<Value> {
    engine::reshape(x, &Shape(vec![x.shape().count()]))
}

/// `a` where the mask counts, else `b`.
fn choose(mask: Option<&Value>, a: Value, b: &Value) -> Result<Value> {
    match mask {
        Some(mask) => engine::select(mask, &a, b),
        None => Ok(a),
    }
}

/// For each step, which rows count, and which have by then.
fn counting(mask: Option<&Value>, sizes: Sizes, reverse: bool) -> Result<Vec<Option<(Value, Value)>>> {
    let Some(mask) = mask else { return Ok(vec![None; sizes.steps]) };
    let mut steps: Vec<Option<(Value, Value)>> = Vec::with_capacity(sizes.steps);
    for step in 0..sizes.steps {
        let counts = at(mask, sizes.time(step, reverse))?;
        let begun = match steps.last() {
            Some(Some((_, begun))) => engine::binary(Binary::Or, begun, &counts)?,
            Some(None) | None => counts.clone(),
        };
        steps.push(Some((counts, begun)));
    }
    Ok(steps)
}

/// The products of a state with the kernel's columns of some gates.
fn product(h: &Value, kernel: &Value, units: usize, from: usize, to: usize) -> Result<Value> {
    engine::matmul(h, &columns(kernel, from * units, (to - from) * units)?)
}

pub(super) fn forward(cell: Cell, sizes: Sizes, reverse: bool, masked: bool, inputs: &[&Value]) -> Result<Value> {
    let (units, kernel) = (sizes.units, inputs[1]);
    let mut states: Vec<Value> = inputs[2..2 + cell.states()].iter().map(|&state| state.clone()).collect();
    let steps = counting(masked.then(|| inputs[cell.inputs()]), sizes, reverse)?;
    let zero = kernel.zeros(vec![sizes.batch, units]);
    let mut outputs = Vec::new();
    let mut operands = vec![Vec::new(); cell.operands()];
    let mut kept = Vec::new();
    for (step, counts) in steps.iter().enumerate() {
        let x = at(inputs[0], sizes.time(step, reverse))?;
        let gate = |x: &Value, gate: usize| columns(x, gate * units, units);
        let joined = |z: &Value, op: Unary, at: usize| engine::unary(op, &add(&gate(&x, at)?, &gate(z, at)?)?);
        let h = &states[0];
        let mut left = None;
        let (new, keep) = match cell {
            Cell::Lstm => {
                let z = product(h, kernel, units, 0, 4)?;
                let [i, f, o] = [0, 1, 3].map(|at| joined(&z, Unary::Sigmoid, at));
                let (i, f, g, o) = (i?, f?, joined(&z, Unary::Tanh, 2)?, o?);
                let c = add(&mul(&f, &states[1])?, &mul(&i, &g)?)?;
                let h = mul(&o, &engine::unary(Unary::Tanh, &c)?)?;
                (vec![h, c], beside(&[&i, &f, &g, &o, &states[1]])?)
            }
            Cell::Gru => {
                let z = add(&product(h, kernel, units, 0, 3)?, inputs[3])?;
                let (u, r) = (joined(&z, Unary::Sigmoid, 0)?, joined(&z, Unary::Sigmoid, 1)?);
                let inner = gate(&z, 2)?;
                let new = engine::unary(Unary::Tanh, &add(&gate(&x, 2)?, &mul(&r, &inner)?)?)?;
                let h = add(&new, &mul(&u, &sub(h, &new)?)?)?;
                (vec![h], beside(&[&u, &r, &new, &inner])?)
            }
            Cell::GruBefore => {
                let z = product(h, kernel, units, 0, 2)?;
                let (u, r) = (joined(&z, Unary::Sigmoid, 0)?, joined(&z, Unary::Sigmoid, 1)?);
                let reset = mul(&r, h)?;
                let inner = product(&reset, kernel, units, 2, 3)?;
                let new = engine::unary(Unary::Tanh, &add(&gate(&x, 2)?, &inner)?)?;
                left = Some(reset);
                let h = add(&new, &mul(&u, &sub(h, &new)?)?)?;
                (vec![h], beside(&[&u, &r, &new])?)
            }
            Cell::SimpleRnn => {
                let h = joined(&product(h, kernel, units, 0, 1)?, Unary::Tanh, 0)?;
                (vec![h.clone()], h)
            }
        };
        let (counts, begun) = match counts {
            Some((counts, begun)) => (Some(counts), Some(begun)),
            None => (None, None),
        };
        operands[0].push(states[0].clone());
        if let Some(left) = left {
            operands[1].push(choose(counts, left, &zero)?);
        }
        kept.push(keep);
        states = new.into_iter().zip(&states).map(|(new, old)| choose(counts, new, old)).collect::<Result<_>>()?;
        outputs.push(choose(begun, states[0].clone(), &zero)?);
    }
    // What belongs to a time is kept in the order of time.
    if reverse {
        operands.iter_mut().for_each(|steps| steps.reverse());
        kept.reverse();
    }
    let mut parts = vec![over_time(&outputs)?];
    for state in &states {
        parts.push(flat(state)?);
    }
    for steps in operands {
        parts.push(over_time(&steps)?);
    }
    parts.push(flat(&engine::concatenate(&kept.iter().collect::<Vec<_>>(), 0)?)?);
    engine::concatenate(&parts.iter().collect::<Vec<_>>(), 0)
}

pub(super) fn backward(cell: Cell, sizes: Sizes, reverse: bool, inputs: &[&Value]) -> Result<Value> {
    let (grad, packed, kernel) = (inputs[0], inputs[1], inputs[2]);
    let Sizes { batch, steps, units } = sizes;
    let counts = counting(inputs.get(3).copied(), sizes, reverse)?;
    let outputs = part(grad, 0, &[batch, steps, units])?;
    let state = |i: usize| part(grad, sizes.all() + i * sizes.state(), &[batch, units]);
    let operands = part(packed, sizes.result(cell), &[batch, steps, units])?;
    let width = cell.kept() * units;
    let kept = part(packed, sizes.result(cell) + cell.operands() * sizes.all(), &[steps, batch, width])?;
    let mut states: Vec<Value> = (0..cell.states()).map(state).collect::<Result<_>>()?;
    let turned =
        |from: usize, to: usize| engine::transpose(&columns(kernel, from * units, (to - from) * units)?, &[1, 0]);
    let (first, last) =
        if cell == Cell::GruBefore { (turned(0, 2)?, Some(turned(2, 3)?)) } else { (turned(0, cell.gates())?, None) };
    let (mut projections, mut split) = (Vec::new(), Vec::new());
    for step in (0..steps).rev() {
        let time = sizes.time(step, reverse);
        let (old, keep) = (at(&operands, time)?, of_time(&kept, time)?);
        let gate = |at: usize| columns(&keep, at * units, units);
        let zero = kernel.zeros(vec![batch, units]);
        let (counts, begun) = match &counts[step] {
            Some((counts, begun)) => (Some(counts), Some(begun)),
            None => (None, None),
        };
        let dh = add(&states[0], &choose(begun, at(&outputs, step)?, &zero)?)?;
        let mut before = Vec::new();
        let dx = match cell {
            Cell::Lstm => {
                let (i, f, g, o, c) = (gate(0)?, gate(1)?, gate(2)?, gate(3)?, gate(4)?);
                let t = engine::unary(Unary::Tanh, &add(&mul(&f, &c)?, &mul(&i, &g)?)?)?;
                let dc = add(&states[1], &through_tanh(&mul(&dh, &o)?, &t)?)?;
                let (di, df) = (mul(&mul(&dc, &g)?, &slope(&i)?)?, mul(&mul(&dc, &c)?, &slope(&f)?)?);
                let (dg, d_o) = (through_tanh(&mul(&dc, &i)?, &g)?, mul(&mul(&dh, &t)?, &slope(&o)?)?);
                let dx = beside(&[&di, &df, &dg, &d_o])?;
                before.extend([engine::matmul(&dx, &first)?, mul(&dc, &f)?]);
                dx
            }
            Cell::Gru | Cell::GruBefore => {
                let (u, r, new) = (gate(0)?, gate(1)?, gate(2)?);
                let du = mul(&mul(&dh, &sub(&old, &new)?)?, &slope(&u)?)?;
                let dnew = through_tanh(&sub(&dh, &mul(&dh, &u)?)?, &new)?;
                let carried = mul(&dh, &u)?;
                if let Some(last) = &last {
                    let left = engine::matmul(&dnew, last)?;
                    let dr = mul(&mul(&left, &old)?, &slope(&r)?)?;
                    let through = engine::matmul(&beside(&[&du, &dr])?, &first)?;
                    before.push(add(&add(&carried, &mul(&left, &r)?)?, &through)?);
                    beside(&[&du, &dr, &dnew])?
                } else {
                    let dr = mul(&mul(&dnew, &gate(3)?)?, &slope(&r)?)?;
                    let inner = mul(&dnew, &r)?;
                    before.push(add(&carried, &engine::matmul(&beside(&[&du, &dr, &inner])?, &first)?)?);
                    split.push(choose(counts, inner, &zero)?);
                    beside(&[&du, &dr, &dnew])?
                }
            }
            Cell::SimpleRnn => {
                let dx = through_tanh(&dh, &gate(0)?)?;
                before.push(engine::matmul(&dx, &first)?);
                dx
            }
        };
        let nothing = kernel.zeros(vec![batch, cell.gates() * units]);
        projections.push(choose(counts, dx, &nothing)?);
        states[0] = dh;
        states = before.into_iter().zip(&states).map(|(new, old)| choose(counts, new, old)).collect::<Result<_>>()?;
    }
    let in_time = |mut steps: Vec<Value>| {
        if !reverse {
            steps.reverse();
        }
        over_time(&steps)
    };
    let mut parts = vec![in_time(projections)?];
    if cell.splits() {
        parts.push(in_time(split)?);
    }
    for state in &states {
        parts.push(flat(state)?);
    }
    engine::concatenate(&parts.iter().collect::<Vec<_>>(), 0)
}
