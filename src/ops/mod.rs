//! The operations a graph is made of: each knows its result's shape, its gradient, and how devices compute it.

mod attention;
mod attributes;
mod conv;
mod data;
pub mod engine;
mod folds;
mod math;
mod movement;
mod pool;
mod random;
mod recurrent;

pub use attributes::{Attribute, Attributes};
pub use math::{Cast, MapKind, StopGradient};

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::data::Kernel;
use crate::kernels::map::{Binary, Fold, Unary};
use crate::shape::{Shape, Spec};
use engine::Value;
use std::fmt::Debug;
use std::sync::Arc;

/// A value of a graph.
pub type Id = usize;

/// How the CPU's planner treats an operation.
pub enum Lowering {
    /// One result element from the elements at the same place.
    Map(MapKind),
    /// The same elements, seen otherwise.
    View(View),
    Fold(Fold, Vec<usize>),
    Matmul,
    Kernel(Arc<dyn Kernel>),
    /// By `run`: a graph of a device that has no kernels.
    Interpreted,
}

/// Another way to see a value's elements, without moving them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    Same,
    Reshape,
    Transpose(Vec<usize>),
    Broadcast,
    Flip(Vec<usize>),
    Slice { start: Vec<usize>, step: Vec<usize> },
}

/// When an operation may end a run, because of values and not of shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Never,
    /// Where this input comes as it is from what the run is given.
    Given(usize),
    Always,
}

pub trait Op: Debug + Send + Sync {
    fn name(&self) -> &'static str;

    /// The result's shape and type; every mistake that a user can make is found here.
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec>;

    /// Gradients for the inputs, from `grad`, the gradient of the result.
    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>>;

    /// Compute on any device, through burn.
    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value>;

    fn lower(&self) -> Lowering;

    /// Whether a run may find that a value is wrong.
    fn check(&self) -> Check {
        Check::Never
    }
}

/// A node whose gradient is asked for.
pub struct Node<'a> {
    pub inputs: &'a [Id],
    pub output: Id,
    /// Which inputs' gradients are of use.
    pub wanted: &'a [bool],
}

/// What gradients are written with: it adds operations to a graph.
pub trait Builder {
    fn spec(&self, id: Id) -> &Spec;
    fn op(&mut self, op: Arc<dyn Op>, inputs: &[Id]) -> Result<Id>;
    fn scalar(&mut self, value: f64, dtype: DType) -> Id;
}

/// Shorthand over any builder.
impl dyn Builder + '_ {
    pub fn unary(&mut self, op: Unary, x: Id) -> Result<Id> {
        self.op(Arc::new(op), &[x])
    }

    pub fn binary(&mut self, op: Binary, a: Id, b: Id) -> Result<Id> {
        self.op(Arc::new(op), &[a, b])
    }

    pub fn add(&mut self, a: Id, b: Id) -> Result<Id> {
        self.binary(Binary::Add, a, b)
    }

    pub fn sub(&mut self, a: Id, b: Id) -> Result<Id> {
        self.binary(Binary::Sub, a, b)
    }

    pub fn mul(&mut self, a: Id, b: Id) -> Result<Id> {
        self.binary(Binary::Mul, a, b)
    }

    pub fn div(&mut self, a: Id, b: Id) -> Result<Id> {
        self.binary(Binary::Div, a, b)
    }

    pub fn neg(&mut self, a: Id) -> Result<Id> {
        self.unary(Unary::Neg, a)
    }

    /// `x` combined with a number of its own type.
    pub fn with(&mut self, op: Binary, x: Id, number: f64) -> Result<Id> {
        let number = self.scalar(number, self.spec(x).dtype);
        self.binary(op, x, number)
    }

    pub fn select(&mut self, condition: Id, a: Id, b: Id) -> Result<Id> {
        self.op(Arc::new(math::Where), &[condition, a, b])
    }

    pub fn cast(&mut self, x: Id, dtype: DType) -> Result<Id> {
        if self.spec(x).dtype == dtype { Ok(x) } else { self.op(Arc::new(Cast { dtype }), &[x]) }
    }

    pub fn reshape(&mut self, x: Id, shape: &Shape) -> Result<Id> {
        if self.spec(x).shape == *shape {
            return Ok(x);
        }
        self.op(Arc::new(movement::Reshape { shape: shape.clone() }), &[x])
    }

    pub fn broadcast(&mut self, x: Id, shape: &Shape) -> Result<Id> {
        if self.spec(x).shape == *shape {
            return Ok(x);
        }
        self.op(Arc::new(movement::BroadcastTo { shape: shape.clone() }), &[x])
    }

    /// The elements of a flat array from `start` on, in a shape.
    pub fn part(&mut self, flat: Id, start: usize, shape: &Shape) -> Result<Id> {
        let slice = movement::Slice { start: vec![start], size: vec![shape.count()], step: vec![1] };
        let slice = self.op(Arc::new(slice), &[flat])?;
        self.reshape(slice, shape)
    }

    pub fn transpose(&mut self, x: Id, permutation: Vec<usize>) -> Result<Id> {
        if permutation.iter().enumerate().all(|(i, &p)| i == p) {
            return Ok(x);
        }
        self.op(Arc::new(movement::Transpose { permutation }), &[x])
    }

    pub fn fold(&mut self, op: Fold, x: Id, axes: Vec<usize>, keepdims: bool) -> Result<Id> {
        if axes.is_empty() {
            return Ok(x);
        }
        self.op(Arc::new(folds::Reduce { op, axes, keepdims }), &[x])
    }

    /// The gradient of a broadcast: sums over what was repeated.
    pub fn unbroadcast(&mut self, grad: Id, shape: &Shape) -> Result<Id> {
        let from = self.spec(grad).shape.clone();
        if from == *shape {
            return Ok(grad);
        }
        let lead = from.rank() - shape.rank();
        let axes = (0..from.rank()).filter(|&i| i < lead || (shape.0[i - lead] == 1 && from.0[i] != 1)).collect();
        let summed = self.fold(Fold::Sum, grad, axes, true)?;
        self.reshape(summed, shape)
    }
}

/// The operation of that name.
pub fn create(name: &str, attributes: &Attributes) -> Result<Arc<dyn Op>> {
    let found = math::create(name, attributes)
        .or_else(|| movement::create(name, attributes))
        .or_else(|| folds::create(name, attributes))
        .or_else(|| data::create(name, attributes))
        .or_else(|| random::create(name, attributes))
        .or_else(|| recurrent::create(name, attributes))
        .or_else(|| conv::create(name, attributes))
        .or_else(|| pool::create(name, attributes))
        .or_else(|| attention::create(name, attributes));
    found.unwrap_or_else(|| Err(Error::internal(format!("There is no operation of that name. Received: {name}"))))
}

/// The names of all operations.
pub fn names() -> Vec<&'static str> {
    let families = [
        &math::names()[..],
        &movement::NAMES,
        &folds::NAMES,
        &data::NAMES,
        &random::NAMES,
        &recurrent::NAMES,
        &attention::NAMES,
        &conv::NAMES,
        &pool::NAMES,
    ];
    families.concat()
}

fn same_dtype(name: &str, inputs: &[&Spec]) -> Result<()> {
    if inputs.windows(2).all(|pair| pair[0].dtype == pair[1].dtype) {
        return Ok(());
    }
    let dtypes: Vec<_> = inputs.iter().map(|spec| spec.dtype.name()).collect();
    Err(Error::dtype(format!("{name} takes inputs of one dtype. Received: {}", dtypes.join(", "))))
}

fn check_axis(name: &str, axis: usize, shape: &Shape) -> Result<()> {
    if axis < shape.rank() {
        return Ok(());
    }
    Err(Error::value(format!(
        "{name}: axis {axis} is out of bounds for a tensor of shape {shape}. Received: axis={axis}"
    )))
}

fn indices(name: &str, spec: &Spec) -> Result<()> {
    if matches!(spec.dtype, DType::Int32 | DType::Int64) {
        return Ok(());
    }
    Err(Error::dtype(format!("{name} takes int32 or int64 indices. Received: dtype={}", spec.dtype)))
}

fn arity(name: &str, inputs: &[&Spec], expected: usize) -> Result<()> {
    if inputs.len() == expected {
        return Ok(());
    }
    Err(Error::internal(format!("{name} takes {expected} inputs. Received: {}", inputs.len())))
}
