//! Operations whose result depends on where values are: lookups, scatters, sorting, checks of ranges.

use super::engine::{self, Value};
use super::random::Iota;
use super::{Attributes, Builder, Check, Id, Lowering, Node, Op, arity, check_axis, indices, same_dtype};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::map::Binary;
use crate::kernels::{index, segment, sort};
use crate::shape::{Shape, Spec};
use std::sync::Arc;

pub use crate::kernels::index::Mode;

pub const NAMES: [&str; 6] = ["take", "segment_sum", "scatter", "sort", "argsort", "check_range"];

pub fn create(name: &str, attributes: &Attributes) -> Option<Result<Arc<dyn Op>>> {
    Some(match name {
        "take" => attributes.size("axis").map(|axis| Arc::new(Take { axis }) as _),
        "segment_sum" => attributes.size("rows").map(|rows| Arc::new(SegmentSum { rows }) as _),
        "scatter" => scatter(attributes),
        "sort" => sorting(attributes).map(|(axis, descending)| Arc::new(Sort { axis, descending }) as _),
        "argsort" => sorting(attributes).map(|(axis, descending)| Arc::new(ArgSort { axis, descending }) as _),
        "check_range" => check_range(attributes),
        _ => return None,
    })
}

fn scatter(attributes: &Attributes) -> Result<Arc<dyn Op>> {
    let mode = match attributes.text("mode")? {
        "set" => Mode::Set,
        "add" => Mode::Add,
        "max" => Mode::Max,
        "min" => Mode::Min,
        "mul" => Mode::Mul,
        other => {
            return Err(Error::value(format!("`mode` must be one of set, add, max, min, mul. Received: mode={other}")));
        }
    };
    Ok(Arc::new(Scatter { mode }))
}

fn sorting(attributes: &Attributes) -> Result<(usize, bool)> {
    Ok((attributes.size("axis")?, attributes.bool("descending")?))
}

fn check_range(attributes: &Attributes) -> Result<Arc<dyn Op>> {
    Ok(Arc::new(CheckRange {
        low: attributes.int("low")?,
        high: attributes.int("high")?,
        message: attributes.text("message")?.to_owned(),
    }))
}

/// The slices of `x` along `axis` that `indices` name, in the indices' shape.
#[derive(Debug)]
pub struct Take {
    pub axis: usize,
}

impl Op for Take {
    fn name(&self) -> &'static str {
        "take"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 2)?;
        check_axis(self.name(), self.axis, &inputs[0].shape)?;
        indices(self.name(), inputs[1])?;
        let dims = &inputs[0].shape.0;
        let dims = [&dims[..self.axis], inputs[1].shape.dims(), &dims[self.axis + 1..]].concat();
        Ok(Spec::new(dims, inputs[0].dtype))
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let (x, positions) = (node.inputs[0], node.inputs[1]);
        let shape = g.spec(x).shape.clone();
        let count = g.spec(positions).shape.clone();
        // The taken axes come first, then the rest, so that whole rows are added.
        let rank = g.spec(grad).shape.rank();
        let taken: Vec<usize> = (self.axis..self.axis + count.rank()).collect();
        let rest: Vec<usize> = (0..rank).filter(|axis| !taken.contains(axis)).collect();
        let front = g.transpose(grad, [taken, rest].concat())?;
        let summed = g.op(Arc::new(SegmentSum { rows: shape.0[self.axis] }), &[positions, front])?;
        let mut back: Vec<usize> = (1..shape.rank()).collect();
        back.insert(self.axis, 0);
        Ok(vec![Some(g.transpose(summed, back)?), None])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::take(inputs[0], inputs[1], self.axis)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(index::Take { axis: self.axis }))
    }

    fn check(&self) -> Check {
        Check::Given(1)
    }
}

/// For each of so many rows, the sum of the updates that `indices` give it.
#[derive(Debug)]
pub struct SegmentSum {
    pub rows: usize,
}

impl Op for SegmentSum {
    fn name(&self) -> &'static str {
        "segment_sum"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 2)?;
        let (positions, updates) = (inputs[0], inputs[1]);
        indices(self.name(), positions)?;
        let Some(row) = updates.shape.0.strip_prefix(positions.shape.dims()) else {
            return Err(Error::value(format!(
                "segment_sum takes a row for each index. Received: indices of shape {} and updates of shape {}",
                positions.shape, updates.shape
            )));
        };
        if updates.dtype == DType::Bool {
            return Err(Error::dtype("segment_sum does not take this dtype. Received: dtype=bool"));
        }
        Ok(Spec::new([&[self.rows], row].concat(), updates.dtype))
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        Ok(vec![None, Some(g.op(Arc::new(Take { axis: 0 }), &[grad, node.inputs[0]])?)])
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        let count = inputs[0].shape().count();
        let flat = engine::reshape(inputs[0], &Shape(vec![count]))?;
        let updates = engine::reshape(inputs[1], &Shape([&[count], &output.shape.0[1..]].concat()))?;
        engine::scatter(Mode::Add, &inputs[1].zeros(output.shape.clone()), &flat, &updates)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(segment::SegmentSum))
    }

    fn check(&self) -> Check {
        Check::Given(0)
    }
}

/// `x` with the rows that `indices` name combined with `updates`.
#[derive(Debug)]
pub struct Scatter {
    pub mode: Mode,
}

impl Op for Scatter {
    fn name(&self) -> &'static str {
        "scatter"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 3)?;
        let (x, positions, updates) = (inputs[0], inputs[1], inputs[2]);
        same_dtype(self.name(), &[x, updates])?;
        indices(self.name(), positions)?;
        check_axis(self.name(), 0, &x.shape)?;
        let expected = [positions.shape.dims(), &x.shape.0[1..]].concat();
        if positions.shape.rank() != 1 || updates.shape.0 != expected {
            return Err(Error::value(format!(
                "scatter: updates must have the shape {:?}, for indices of shape {} into shape {}. Received: {}",
                expected, positions.shape, x.shape, updates.shape
            )));
        }
        Ok(x.clone())
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let (x, positions, updates) = (node.inputs[0], node.inputs[1], node.inputs[2]);
        let at = |g: &mut dyn Builder, from: Id| g.op(Arc::new(Take { axis: 0 }), &[from, positions]);
        let (dx, du) = match self.mode {
            Mode::Add => (grad, at(g, grad)?),
            Mode::Set => {
                let shape = g.spec(updates).shape.clone();
                let zero = g.scalar(0.0, g.spec(grad).dtype);
                let zeros = g.broadcast(zero, &shape)?;
                let kept = g.op(Arc::new(Self { mode: Mode::Set }), &[grad, positions, zeros])?;
                (kept, at(g, grad)?)
            }
            Mode::Mul => {
                let shape = g.spec(x).shape.clone();
                let one = g.scalar(1.0, g.spec(grad).dtype);
                let ones = g.broadcast(one, &shape)?;
                let factors = g.op(Arc::new(Self { mode: Mode::Mul }), &[ones, positions, updates])?;
                let dx = g.mul(grad, factors)?;
                let product = g.mul(grad, node.output)?;
                let rows = at(g, product)?;
                let shared = g.div(rows, updates)?;
                // An update of 0 leaves nothing to divide: it multiplies x alone.
                let product = g.mul(grad, x)?;
                let alone = at(g, product)?;
                let zero = g.scalar(0.0, g.spec(grad).dtype);
                let is_zero = g.binary(Binary::Eq, updates, zero)?;
                (dx, g.select(is_zero, alone, shared)?)
            }
            Mode::Max | Mode::Min => {
                let zero = g.scalar(0.0, g.spec(grad).dtype);
                let own = g.binary(Binary::Eq, x, node.output)?;
                let dx = g.select(own, grad, zero)?;
                let (best, rows) = (at(g, node.output)?, at(g, grad)?);
                let won = g.binary(Binary::Eq, updates, best)?;
                (dx, g.select(won, rows, zero)?)
            }
        };
        Ok(vec![Some(dx), None, Some(du)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::scatter(self.mode, inputs[0], inputs[1], inputs[2])
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(index::Scatter { mode: self.mode }))
    }

    fn check(&self) -> Check {
        Check::Given(1)
    }
}

fn infer_sort(name: &str, axis: usize, inputs: &[&Spec]) -> Result<()> {
    arity(name, inputs, 1)?;
    check_axis(name, axis, &inputs[0].shape)
}

#[derive(Debug)]
pub struct Sort {
    pub axis: usize,
    pub descending: bool,
}

impl Op for Sort {
    fn name(&self) -> &'static str {
        "sort"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        infer_sort(self.name(), self.axis, inputs)?;
        Ok(inputs[0].clone())
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let shape = g.spec(grad).shape.clone();
        let order = ArgSort { axis: self.axis, descending: self.descending };
        let order = g.op(Arc::new(order), &[node.inputs[0]])?;
        // Linear positions: the axis' part comes from the order, every other axis' from counting.
        let mut position = {
            let stride = g.scalar(shape.strides()[self.axis] as f64, DType::Int32);
            g.mul(order, stride)?
        };
        for (axis, &stride) in shape.strides().iter().enumerate() {
            if axis != self.axis {
                let count = g.op(Arc::new(Iota { shape: shape.clone(), axis, dtype: DType::Int32 }), &[])?;
                let scaled = g.with(Binary::Mul, count, stride as f64)?;
                position = g.add(position, scaled)?;
            }
        }
        let flat = Shape(vec![shape.count()]);
        let position = g.reshape(position, &flat)?;
        let updates = g.reshape(grad, &flat)?;
        let zero = g.scalar(0.0, g.spec(grad).dtype);
        let zeros = g.broadcast(zero, &flat)?;
        let placed = g.op(Arc::new(Scatter { mode: Mode::Set }), &[zeros, position, updates])?;
        Ok(vec![Some(g.reshape(placed, &shape)?)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::sort(inputs[0], self.axis, self.descending)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(sort::Sort { axis: self.axis, descending: self.descending }))
    }
}

/// The positions that sort `x` along an axis; equal elements stay in order.
#[derive(Debug)]
pub struct ArgSort {
    pub axis: usize,
    pub descending: bool,
}

impl Op for ArgSort {
    fn name(&self) -> &'static str {
        "argsort"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        infer_sort(self.name(), self.axis, inputs)?;
        Ok(Spec { shape: inputs[0].shape.clone(), dtype: DType::Int32 })
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Ok(vec![None])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::argsort(inputs[0], self.axis, self.descending)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(sort::ArgSort { axis: self.axis, descending: self.descending }))
    }
}

/// `x` itself; a value outside of `low..high` is an error when it runs.
#[derive(Debug)]
pub struct CheckRange {
    pub low: i64,
    pub high: i64,
    pub message: String,
}

impl CheckRange {
    fn kernel(&self) -> index::CheckRange {
        index::CheckRange { low: self.low, high: self.high, message: self.message.clone() }
    }
}

impl Op for CheckRange {
    fn name(&self) -> &'static str {
        "check_range"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        indices(self.name(), inputs[0])?;
        Ok(inputs[0].clone())
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Ok(vec![None])
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        if inputs[0].within(self.low, self.high) {
            return Ok(inputs[0].clone());
        }
        engine::host(&self.kernel(), inputs, output)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(self.kernel()))
    }

    fn check(&self) -> Check {
        Check::Always
    }
}
