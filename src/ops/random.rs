//! Operations that make values from a key, or from nothing.

use super::engine::{self, Value};
use super::{Attributes, Builder, Id, Lowering, Node, Op, arity};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::data::Kernel;
use crate::kernels::{iota, random};
use crate::shape::{Shape, Spec};
use std::sync::Arc;

pub const NAMES: [&str; 4] = ["iota", "random_uniform", "random_normal", "random_bits"];

pub fn create(name: &str, attributes: &Attributes) -> Option<Result<Arc<dyn Op>>> {
    Some(match name {
        "iota" => iota(attributes),
        "random_uniform" => random(Distribution::Uniform, attributes),
        "random_normal" => random(Distribution::Normal, attributes),
        "random_bits" => random(Distribution::Bits, attributes),
        _ => return None,
    })
}

fn iota(attributes: &Attributes) -> Result<Arc<dyn Op>> {
    Ok(Arc::new(Iota {
        shape: Shape(attributes.sizes("shape")?),
        axis: attributes.size("axis")?,
        dtype: attributes.dtype("dtype")?,
    }))
}

fn random(distribution: Distribution, attributes: &Attributes) -> Result<Arc<dyn Op>> {
    let dtype = match distribution {
        Distribution::Bits => DType::Int64,
        Distribution::Uniform | Distribution::Normal => attributes.dtype("dtype")?,
    };
    Ok(Arc::new(Random { distribution, shape: Shape(attributes.sizes("shape")?), dtype }))
}

/// Each element's position along an axis.
#[derive(Debug)]
pub struct Iota {
    pub shape: Shape,
    pub axis: usize,
    pub dtype: DType,
}

impl Op for Iota {
    fn name(&self) -> &'static str {
        "iota"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 0)?;
        super::check_axis(self.name(), self.axis, &self.shape)?;
        if self.dtype == DType::Bool {
            return Err(Error::dtype("iota does not give this dtype. Received: dtype=bool"));
        }
        Ok(Spec { shape: self.shape.clone(), dtype: self.dtype })
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Ok(Vec::new())
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        engine::host(&iota::Iota { axis: self.axis }, inputs, output)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(iota::Iota { axis: self.axis }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    Uniform,
    Normal,
    Bits,
}

/// Numbers that depend on the key (a seed and a counter) and the place alone
/// (Philox, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
#[derive(Debug)]
pub struct Random {
    pub distribution: Distribution,
    pub shape: Shape,
    pub dtype: DType,
}

impl Random {
    fn kernel(&self) -> Arc<dyn Kernel> {
        match self.distribution {
            Distribution::Uniform => Arc::new(random::Uniform {}),
            Distribution::Normal => Arc::new(random::Normal {}),
            Distribution::Bits => Arc::new(random::Bits {}),
        }
    }
}

impl Op for Random {
    fn name(&self) -> &'static str {
        match self.distribution {
            Distribution::Uniform => "random_uniform",
            Distribution::Normal => "random_normal",
            Distribution::Bits => "random_bits",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        if inputs[0].dtype != DType::Int64 || inputs[0].shape.0 != [2] {
            return Err(Error::value(format!(
                "{} takes an int64 key of shape (2,). Received: {:?}",
                self.name(),
                inputs[0]
            )));
        }
        if self.distribution != Distribution::Bits && !self.dtype.is_float() {
            return Err(Error::dtype(format!("{} gives floats only. Received: dtype={}", self.name(), self.dtype)));
        }
        Ok(Spec { shape: self.shape.clone(), dtype: self.dtype })
    }

    fn vjp(&self, _: &mut dyn Builder, _: &Node<'_>, _: Id) -> Result<Vec<Option<Id>>> {
        Ok(vec![None])
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        engine::host(self.kernel().as_ref(), inputs, output)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(self.kernel())
    }
}
