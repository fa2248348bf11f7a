//! Operations that combine the elements along axes: reductions, running totals, positions of extremes, products of matrices.

use super::engine::{self, Value};
use super::movement::{Pad, Slice};
use super::{Attributes, Builder, Id, Lowering, Node, Op, arity, check_axis, same_dtype};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::map::{Binary, Fold};
use crate::kernels::{arg, scan};
use crate::shape::{Shape, Spec};
use std::sync::Arc;

pub const NAMES: [&str; 9] =
    ["sum", "prod", "max_reduce", "min_reduce", "argmax", "argmin", "cumsum", "cumprod", "matmul"];

pub fn create(name: &str, attributes: &Attributes) -> Option<Result<Arc<dyn Op>>> {
    if let Some(&op) = Fold::ALL.iter().find(|op| op.name() == name) {
        return Some(reduction(op, attributes));
    }
    match name {
        "argmax" | "argmin" => {
            Some(attributes.size("axis").map(|axis| Arc::new(ArgReduce { axis, max: name == "argmax" }) as _))
        }
        "cumsum" | "cumprod" => Some(cumulative(name == "cumprod", attributes)),
        "matmul" => Some(Ok(Arc::new(Matmul))),
        _ => None,
    }
}

fn reduction(op: Fold, attributes: &Attributes) -> Result<Arc<dyn Op>> {
    Ok(Arc::new(Reduce { op, axes: attributes.sizes("axes")?, keepdims: attributes.bool("keepdims")? }))
}

fn cumulative(product: bool, attributes: &Attributes) -> Result<Arc<dyn Op>> {
    Ok(Arc::new(Cumulative { axis: attributes.size("axis")?, product, reverse: attributes.bool("reverse")? }))
}

#[derive(Debug)]
pub struct Reduce {
    pub op: Fold,
    pub axes: Vec<usize>,
    pub keepdims: bool,
}

impl Op for Reduce {
    fn name(&self) -> &'static str {
        self.op.name()
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        let Spec { shape, dtype } = inputs[0];
        self.axes.iter().try_for_each(|&axis| check_axis(self.name(), axis, shape))?;
        let extreme = matches!(self.op, Fold::Max | Fold::Min);
        if *dtype == DType::Bool && !extreme {
            return Err(Error::dtype(format!("{} does not take this dtype. Received: dtype={dtype}", self.name())));
        }
        if extreme && self.axes.iter().any(|&axis| shape.0[axis] == 0) {
            return Err(Error::value(format!(
                "The maximum or minimum of no elements does not exist. Received: shape {shape}"
            )));
        }
        Ok(Spec { shape: shape.reduced(&self.axes, self.keepdims), dtype: *dtype })
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let x = node.inputs[0];
        let shape = g.spec(x).shape.clone();
        let kept = shape.reduced(&self.axes, true);
        let grad = g.reshape(grad, &kept)?;
        let dx = match self.op {
            Fold::Sum => g.broadcast(grad, &shape)?,
            Fold::Max | Fold::Min => {
                let best = g.reshape(node.output, &kept)?;
                let ties = g.binary(Binary::Eq, x, best)?;
                let ties = g.cast(ties, g.spec(grad).dtype)?;
                let count = g.fold(Fold::Sum, ties, self.axes.clone(), true)?;
                let share = g.div(grad, count)?;
                g.mul(ties, share)?
            }
            Fold::Prod => {
                let others = products_of_others(g, x, &self.axes)?;
                g.mul(grad, others)?
            }
        };
        Ok(vec![Some(dx)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::fold(self.op, inputs[0], &self.axes, self.keepdims)
    }

    fn lower(&self) -> Lowering {
        Lowering::Fold(self.op, self.axes.clone())
    }
}

/// For each element, the product of all others along `axes`; right where elements are zero, too.
fn products_of_others(g: &mut dyn Builder, x: Id, axes: &[usize]) -> Result<Id> {
    let shape = g.spec(x).shape.clone();
    let kept: Vec<usize> = (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect();
    let permutation = [kept.clone(), axes.to_vec()].concat();
    let width: usize = axes.iter().map(|&axis| shape.0[axis]).product();
    let rows: usize = kept.iter().map(|&axis| shape.0[axis]).product();
    let moved = g.transpose(x, permutation.clone())?;
    let moved_shape = g.spec(moved).shape.clone();
    let flat = g.reshape(moved, &Shape(vec![rows, width]))?;
    let mut sides = Vec::new();
    for reverse in [false, true] {
        let running = g.op(Arc::new(Cumulative { axis: 1, product: true, reverse }), &[flat])?;
        // Shifted by one, so that each place holds the product of what comes before it.
        let (start, low, high) = if reverse { (1, 0, 1) } else { (0, 1, 0) };
        let size = vec![rows, width - 1];
        let cut = g.op(Arc::new(Slice { start: vec![0, start], size, step: vec![1, 1] }), &[running])?;
        let one = g.scalar(1.0, g.spec(x).dtype);
        let pad = Pad { low: vec![0, low], high: vec![0, high], interior: vec![0, 0] };
        sides.push(g.op(Arc::new(pad), &[cut, one])?);
    }
    let product = g.mul(sides[0], sides[1])?;
    let product = g.reshape(product, &moved_shape)?;
    let mut inverse = vec![0; permutation.len()];
    for (to, &from) in permutation.iter().enumerate() {
        inverse[from] = to;
    }
    g.transpose(product, inverse)
}

/// The position of the largest (or smallest) element along an axis; the first where there are several.
#[derive(Debug)]
pub struct ArgReduce {
    pub axis: usize,
    pub max: bool,
}

impl Op for ArgReduce {
    fn name(&self) -> &'static str {
        if self.max { "argmax" } else { "argmin" }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        check_axis(self.name(), self.axis, &inputs[0].shape)?;
        if inputs[0].shape.0[self.axis] == 0 {
            return Err(Error::value(format!(
                "{} of no elements does not exist. Received: shape {}",
                self.name(),
                inputs[0].shape
            )));
        }
        Ok(Spec { shape: inputs[0].shape.reduced(&[self.axis], false), dtype: DType::Int32 })
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Ok(vec![None])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::arg(inputs[0], self.axis, self.max)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(arg::ArgReduce { axis: self.axis, max: self.max }))
    }
}

/// Running sums or products along an axis, from its end where `reverse`.
#[derive(Debug)]
pub struct Cumulative {
    pub axis: usize,
    pub product: bool,
    pub reverse: bool,
}

impl Op for Cumulative {
    fn name(&self) -> &'static str {
        if self.product { "cumprod" } else { "cumsum" }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        check_axis(self.name(), self.axis, &inputs[0].shape)?;
        if inputs[0].dtype == DType::Bool {
            return Err(Error::dtype(format!("{} does not take this dtype. Received: dtype=bool", self.name())));
        }
        Ok(inputs[0].clone())
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let back = Arc::new(Self { axis: self.axis, product: false, reverse: !self.reverse });
        if !self.product {
            return Ok(vec![Some(g.op(back, &[grad])?)]);
        }
        let x = node.inputs[0];
        let later = |g: &mut dyn Builder, products: Id| {
            let weighted = g.mul(grad, products)?;
            g.op(back.clone(), &[weighted])
        };
        let before = later(g, node.output)?;
        let quotient = g.div(before, x)?;
        // Where x is 0 the quotient is of no use: the first zero sees the products without itself, later ones none.
        let (zero, one) = (g.scalar(0.0, g.spec(x).dtype), g.scalar(1.0, g.spec(x).dtype));
        let is_zero = g.binary(Binary::Eq, x, zero)?;
        let counted = g.cast(is_zero, DType::Int32)?;
        let counted = g.op(Arc::new(Self { product: false, ..*self }), &[counted])?;
        let single = g.scalar(1.0, DType::Int32);
        let seen_one = g.binary(Binary::Eq, counted, single)?;
        let is_first = g.binary(Binary::And, is_zero, seen_one)?;
        let filled = g.select(is_first, one, x)?;
        let products = g.op(Arc::new(Self { ..*self }), &[filled])?;
        let without = later(g, products)?;
        let none = g.scalar(0.0, DType::Int32);
        let unspoiled = g.binary(Binary::Eq, counted, none)?;
        let rest = g.select(unspoiled, quotient, zero)?;
        Ok(vec![Some(g.select(is_first, without, rest)?)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::cumulative(inputs[0], self.axis, self.product, self.reverse)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(scan::Cumulative { axis: self.axis, product: self.product, reverse: self.reverse }))
    }
}

/// Products of the matrices in the last two dimensions; the others broadcast.
#[derive(Debug)]
pub struct Matmul;

fn swapped(g: &mut dyn Builder, x: Id) -> Result<Id> {
    let rank = g.spec(x).shape.rank();
    let mut permutation: Vec<usize> = (0..rank).collect();
    permutation.swap(rank - 1, rank - 2);
    g.transpose(x, permutation)
}

impl Op for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 2)?;
        same_dtype(self.name(), inputs)?;
        let (a, b) = (&inputs[0].shape, &inputs[1].shape);
        let mismatch = || Error::value(format!("Matrices of these shapes have no product. Received: {a} and {b}"));
        if a.rank() < 2 || b.rank() < 2 || a.0[a.rank() - 1] != b.0[b.rank() - 2] {
            return Err(mismatch());
        }
        if inputs[0].dtype == DType::Bool {
            return Err(Error::dtype("matmul does not take this dtype. Received: dtype=bool"));
        }
        let batch = |shape: &Shape| Shape(shape.0[..shape.rank() - 2].to_vec());
        let mut dims = batch(a).broadcast(&batch(b)).map_err(|_| mismatch())?.0;
        dims.extend([a.0[a.rank() - 2], b.0[b.rank() - 1]]);
        Ok(Spec::new(dims, inputs[0].dtype))
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let (a, b) = (node.inputs[0], node.inputs[1]);
        let mut grads = vec![None, None];
        if node.wanted[0] {
            let turned = swapped(g, b)?;
            let product = g.op(Arc::new(Self), &[grad, turned])?;
            let shape = g.spec(a).shape.clone();
            grads[0] = Some(g.unbroadcast(product, &shape)?);
        }
        if node.wanted[1] {
            let turned = swapped(g, a)?;
            let product = g.op(Arc::new(Self), &[turned, grad])?;
            let shape = g.spec(b).shape.clone();
            grads[1] = Some(g.unbroadcast(product, &shape)?);
        }
        Ok(grads)
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::matmul(inputs[0], inputs[1])
    }

    fn lower(&self) -> Lowering {
        Lowering::Matmul
    }
}
