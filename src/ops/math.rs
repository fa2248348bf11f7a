//! Element-wise operations.

use super::engine::{self, Value};
use super::{Attributes, Builder, Id, Lowering, Node, Op, View, arity, same_dtype};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::map::{Binary, Unary};
use crate::shape::{Shape, Spec};
use std::f64::consts::{LN_2, LN_10, PI};
use std::sync::Arc;

/// The element-wise functions that the CPU's planner fuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MapKind {
    Unary(Unary),
    Binary(Binary),
    Select,
    Cast(DType),
}

pub fn create(name: &str, attributes: &Attributes) -> Option<Result<Arc<dyn Op>>> {
    if let Some(&op) = Unary::ALL.iter().find(|op| op.name() == name) {
        return Some(Ok(Arc::new(op)));
    }
    if let Some(&op) = Binary::ALL.iter().find(|op| op.name() == name) {
        return Some(Ok(Arc::new(op)));
    }
    match name {
        "where" => Some(Ok(Arc::new(Where))),
        "cast" => Some(attributes.dtype("dtype").map(|dtype| Arc::new(Cast { dtype }) as _)),
        "stop_gradient" => Some(Ok(Arc::new(StopGradient))),
        _ => None,
    }
}

pub fn names() -> Vec<&'static str> {
    let unary = Unary::ALL.iter().map(|op| op.name());
    let binary = Binary::ALL.iter().map(|op| op.name());
    unary.chain(binary).chain(["where", "cast", "stop_gradient"]).collect()
}

impl Op for Unary {
    fn name(&self) -> &'static str {
        Unary::name(*self)
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        let dtype = inputs[0].dtype;
        if !self.takes(dtype) {
            return Err(Error::dtype(format!("{} does not take this dtype. Received: dtype={dtype}", self.name())));
        }
        Ok(Spec { shape: inputs[0].shape.clone(), dtype: self.gives(dtype) })
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let (x, y) = (node.inputs[0], node.output);
        let dx = match self {
            Self::Neg => g.neg(grad)?,
            Self::Abs => {
                let sign = g.unary(Self::Sign, x)?;
                g.mul(grad, sign)?
            }
            Self::Square => {
                let twice = g.with(Binary::Mul, x, 2.0)?;
                g.mul(grad, twice)?
            }
            Self::Reciprocal => {
                let squared = g.unary(Self::Square, y)?;
                let product = g.mul(grad, squared)?;
                g.neg(product)?
            }
            Self::Exp => g.mul(grad, y)?,
            Self::Exp2 => {
                let product = g.mul(grad, y)?;
                g.with(Binary::Mul, product, LN_2)?
            }
            Self::Expm1 => {
                let exp = g.with(Binary::Add, y, 1.0)?;
                g.mul(grad, exp)?
            }
            Self::Log => g.div(grad, x)?,
            Self::Log2 => {
                let scaled = g.with(Binary::Mul, x, LN_2)?;
                g.div(grad, scaled)?
            }
            Self::Log10 => {
                let scaled = g.with(Binary::Mul, x, LN_10)?;
                g.div(grad, scaled)?
            }
            Self::Log1p => {
                let shifted = g.with(Binary::Add, x, 1.0)?;
                g.div(grad, shifted)?
            }
            Self::Sqrt => {
                let half = g.with(Binary::Mul, grad, 0.5)?;
                g.div(half, y)?
            }
            Self::Rsqrt => {
                let half = g.with(Binary::Mul, grad, -0.5)?;
                let quotient = g.div(y, x)?;
                g.mul(half, quotient)?
            }
            Self::Cbrt => {
                let third = g.with(Binary::Mul, grad, 1.0 / 3.0)?;
                let squared = g.unary(Self::Square, y)?;
                g.div(third, squared)?
            }
            Self::Sin => {
                let cos = g.unary(Self::Cos, x)?;
                g.mul(grad, cos)?
            }
            Self::Cos => {
                let sin = g.unary(Self::Sin, x)?;
                let product = g.mul(grad, sin)?;
                g.neg(product)?
            }
            Self::Tan => {
                let squared = g.unary(Self::Square, y)?;
                let slope = g.with(Binary::Add, squared, 1.0)?;
                g.mul(grad, slope)?
            }
            Self::Asin | Self::Acos => {
                let slope = one_minus_square(g, x)?;
                let slope = g.unary(Self::Rsqrt, slope)?;
                let product = g.mul(grad, slope)?;
                if matches!(self, Self::Asin) { product } else { g.neg(product)? }
            }
            Self::Atan | Self::Asinh => {
                let squared = g.unary(Self::Square, x)?;
                let shifted = g.with(Binary::Add, squared, 1.0)?;
                let divisor = if matches!(self, Self::Atan) { shifted } else { g.unary(Self::Sqrt, shifted)? };
                g.div(grad, divisor)?
            }
            Self::Acosh => {
                let squared = g.unary(Self::Square, x)?;
                let shifted = g.with(Binary::Sub, squared, 1.0)?;
                let root = g.unary(Self::Sqrt, shifted)?;
                g.div(grad, root)?
            }
            Self::Atanh => {
                let slope = one_minus_square(g, x)?;
                g.div(grad, slope)?
            }
            Self::Sinh => {
                let cosh = g.unary(Self::Cosh, x)?;
                g.mul(grad, cosh)?
            }
            Self::Cosh => {
                let sinh = g.unary(Self::Sinh, x)?;
                g.mul(grad, sinh)?
            }
            Self::Tanh => {
                let slope = one_minus_square(g, y)?;
                g.mul(grad, slope)?
            }
            Self::Erf => gaussian(g, grad, x, -1.0, 2.0 / PI.sqrt())?,
            Self::Erfinv => gaussian(g, grad, y, 1.0, PI.sqrt() / 2.0)?,
            Self::Lgamma => {
                let slope = g.unary(Self::Digamma, x)?;
                g.mul(grad, slope)?
            }
            Self::Sigmoid => {
                let rest = g.with(Binary::Mul, y, -1.0)?;
                let rest = g.with(Binary::Add, rest, 1.0)?;
                let slope = g.mul(y, rest)?;
                g.mul(grad, slope)?
            }
            Self::Softplus => {
                let slope = g.unary(Self::Sigmoid, x)?;
                g.mul(grad, slope)?
            }
            Self::Relu => {
                let zero = g.scalar(0.0, g.spec(y).dtype);
                let positive = g.binary(Binary::Gt, y, zero)?;
                g.select(positive, grad, zero)?
            }
            // Gradients are kept in the same type as what they belong to.
            Self::RoundFloat16 | Self::RoundBfloat16 => g.unary(*self, grad)?,
            Self::Sign | Self::Floor | Self::Ceil | Self::Round | Self::Trunc => return Ok(vec![None]),
            Self::Not | Self::IsNan | Self::IsInf | Self::IsFinite => return Ok(vec![None]),
            Self::Digamma => {
                let slope = trigamma(g, x)?;
                g.mul(grad, slope)?
            }
        };
        Ok(vec![Some(dx)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::unary(*self, inputs[0])
    }

    fn lower(&self) -> Lowering {
        Lowering::Map(MapKind::Unary(*self))
    }
}

fn one_minus_square(g: &mut dyn Builder, x: Id) -> Result<Id> {
    let squared = g.unary(Unary::Square, x)?;
    let negative = g.neg(squared)?;
    g.with(Binary::Add, negative, 1.0)
}

/// The derivative of digamma: Stirling's series after eight steps of its recurrence, reflected below one half
/// (Abramowitz and Stegun, 1964, 6.4).
fn trigamma(g: &mut dyn Builder, x: Id) -> Result<Id> {
    let half = g.scalar(0.5, g.spec(x).dtype);
    let low = g.binary(Binary::Lt, x, half)?;
    let negative = g.neg(x)?;
    let mirrored = g.with(Binary::Add, negative, 1.0)?;
    let mut at = g.select(low, mirrored, x)?;
    let mut sum = g.scalar(0.0, g.spec(x).dtype);
    for _ in 0..8 {
        let inverse = g.unary(Unary::Reciprocal, at)?;
        let squared = g.unary(Unary::Square, inverse)?;
        sum = g.add(sum, squared)?;
        at = g.with(Binary::Add, at, 1.0)?;
    }
    let inverse = g.unary(Unary::Reciprocal, at)?;
    let squared = g.unary(Unary::Square, inverse)?;
    let mut series = g.scalar(-1.0 / 30.0, g.spec(x).dtype);
    for coefficient in [1.0 / 42.0, -1.0 / 30.0, 1.0 / 6.0] {
        series = g.mul(series, squared)?;
        series = g.with(Binary::Add, series, coefficient)?;
    }
    series = g.mul(series, squared)?;
    series = g.mul(series, inverse)?;
    let halved = g.with(Binary::Mul, squared, 0.5)?;
    for term in [series, halved, inverse] {
        sum = g.add(sum, term)?;
    }
    let turned = g.with(Binary::Mul, x, PI)?;
    let sine = g.unary(Unary::Sin, turned)?;
    let squared = g.unary(Unary::Square, sine)?;
    let pole = g.unary(Unary::Reciprocal, squared)?;
    let pole = g.with(Binary::Mul, pole, PI * PI)?;
    let reflected = g.sub(pole, sum)?;
    g.select(low, reflected, sum)
}

/// `grad * factor * exp(sign * x^2)`.
fn gaussian(g: &mut dyn Builder, grad: Id, x: Id, sign: f64, factor: f64) -> Result<Id> {
    let squared = g.unary(Unary::Square, x)?;
    let exponent = g.with(Binary::Mul, squared, sign)?;
    let bell = g.unary(Unary::Exp, exponent)?;
    let scaled = g.with(Binary::Mul, bell, factor)?;
    g.mul(grad, scaled)
}

impl Op for Binary {
    fn name(&self) -> &'static str {
        Binary::name(*self)
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 2)?;
        same_dtype(self.name(), inputs)?;
        let dtype = inputs[0].dtype;
        if !self.takes(dtype) {
            return Err(Error::dtype(format!("{} does not take this dtype. Received: dtype={dtype}", self.name())));
        }
        Ok(Spec { shape: inputs[0].shape.broadcast(&inputs[1].shape)?, dtype: self.gives(dtype) })
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let (a, b, y) = (node.inputs[0], node.inputs[1], node.output);
        let [want_a, want_b] = [node.wanted[0], node.wanted[1]];
        let shapes = [g.spec(a).shape.clone(), g.spec(b).shape.clone()];
        let mut da = None;
        let mut db = None;
        match self {
            Self::Add => (da, db) = (Some(grad), Some(grad)),
            Self::Sub => {
                da = Some(grad);
                if want_b {
                    // Summed first: the negation is then of the smaller tensor.
                    let summed = g.unbroadcast(grad, &shapes[1])?;
                    db = Some(g.neg(summed)?);
                }
            }
            Self::Mul => {
                da = if want_a { Some(g.mul(grad, b)?) } else { None };
                db = if want_b { Some(g.mul(grad, a)?) } else { None };
            }
            Self::Div => {
                let scaled = g.div(grad, b)?;
                da = Some(scaled);
                if want_b {
                    let product = g.mul(scaled, y)?;
                    db = Some(g.neg(product)?);
                }
            }
            Self::Pow => {
                if want_a {
                    let exponent = g.with(Binary::Sub, b, 1.0)?;
                    let power = g.binary(Self::Pow, a, exponent)?;
                    let slope = g.mul(b, power)?;
                    // x^0 is flat, at x = 0 too.
                    let zero = g.scalar(0.0, g.spec(b).dtype);
                    let flat = g.binary(Self::Eq, b, zero)?;
                    let slope = g.select(flat, zero, slope)?;
                    da = Some(g.mul(grad, slope)?);
                }
                if want_b {
                    let zero = g.scalar(0.0, g.spec(a).dtype);
                    let one = g.scalar(1.0, g.spec(a).dtype);
                    let at_zero = g.binary(Self::Eq, a, zero)?;
                    let safe = g.select(at_zero, one, a)?;
                    let log = g.unary(Unary::Log, safe)?;
                    let slope = g.mul(log, y)?;
                    db = Some(g.mul(grad, slope)?);
                }
            }
            Self::Max | Self::Min => {
                let wins = if matches!(self, Self::Max) { Self::Gt } else { Self::Lt };
                let zero = g.scalar(0.0, g.spec(y).dtype);
                let half = g.with(Binary::Mul, grad, 0.5)?;
                let tie = g.binary(Self::Eq, a, b)?;
                for (want, first, second, slot) in [(want_a, a, b, &mut da), (want_b, b, a, &mut db)] {
                    if want {
                        let won = g.binary(wins, first, second)?;
                        let all = g.select(won, grad, zero)?;
                        *slot = Some(g.select(tie, half, all)?);
                    }
                }
            }
            Self::Mod | Self::Fmod => {
                da = Some(grad);
                if want_b {
                    let quotient = g.div(a, b)?;
                    let round = if matches!(self, Self::Mod) { Unary::Floor } else { Unary::Trunc };
                    let whole = g.unary(round, quotient)?;
                    let product = g.mul(grad, whole)?;
                    db = Some(g.neg(product)?);
                }
            }
            Self::Atan2 => {
                let squares = [g.unary(Unary::Square, a)?, g.unary(Unary::Square, b)?];
                let sum = g.add(squares[0], squares[1])?;
                let scaled = g.div(grad, sum)?;
                da = Some(g.mul(scaled, b)?);
                let product = g.mul(scaled, a)?;
                db = Some(g.neg(product)?);
            }
            Self::NextAfter => da = Some(grad),
            Self::FloorDiv | Self::Gcd | Self::And | Self::Or | Self::Xor | Self::Shl | Self::Shr => {}
            Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge => {}
        }
        let mut grads = Vec::with_capacity(2);
        for ((wanted, found), shape) in [want_a, want_b].into_iter().zip([da, db]).zip(&shapes) {
            grads.push(match found {
                Some(id) if wanted => Some(g.unbroadcast(id, shape)?),
                _ => None,
            });
        }
        Ok(grads)
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::binary(*self, inputs[0], inputs[1])
    }

    fn lower(&self) -> Lowering {
        Lowering::Map(MapKind::Binary(*self))
    }
}

/// `a` where the condition holds, else `b`.
#[derive(Debug)]
pub struct Where;

impl Op for Where {
    fn name(&self) -> &'static str {
        "where"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 3)?;
        if inputs[0].dtype != DType::Bool {
            return Err(Error::dtype(format!("where takes a bool condition. Received: dtype={}", inputs[0].dtype)));
        }
        same_dtype(self.name(), &inputs[1..])?;
        let shape = inputs[1].shape.broadcast(&inputs[2].shape)?.broadcast(&inputs[0].shape)?;
        Ok(Spec { shape, dtype: inputs[1].dtype })
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let zero = g.scalar(0.0, g.spec(grad).dtype);
        let shapes: Vec<Shape> = node.inputs.iter().map(|&id| g.spec(id).shape.clone()).collect();
        let mut grads = vec![None, None, None];
        for (position, (yes, no)) in [(1, (grad, zero)), (2, (zero, grad))] {
            if node.wanted[position] {
                let chosen = g.select(node.inputs[0], yes, no)?;
                grads[position] = Some(g.unbroadcast(chosen, &shapes[position])?);
            }
        }
        Ok(grads)
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::select(inputs[0], inputs[1], inputs[2])
    }

    fn lower(&self) -> Lowering {
        Lowering::Map(MapKind::Select)
    }
}

#[derive(Debug)]
pub struct Cast {
    pub dtype: DType,
}

impl Op for Cast {
    fn name(&self) -> &'static str {
        "cast"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        Ok(Spec { shape: inputs[0].shape.clone(), dtype: self.dtype })
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let from = g.spec(node.inputs[0]).dtype;
        Ok(vec![if from.is_float() && self.dtype.is_float() { Some(g.cast(grad, from)?) } else { None }])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::cast(inputs[0], self.dtype)
    }

    fn lower(&self) -> Lowering {
        Lowering::Map(MapKind::Cast(self.dtype))
    }
}

/// The value itself, which gradients take for a constant.
#[derive(Debug)]
pub struct StopGradient;

impl Op for StopGradient {
    fn name(&self) -> &'static str {
        "stop_gradient"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        Ok(inputs[0].clone())
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Ok(vec![None])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        Ok(inputs[0].clone())
    }

    fn lower(&self) -> Lowering {
        Lowering::View(View::Same)
    }
}
