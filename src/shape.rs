//! Shapes, strides and broadcasting.

use crate::dtype::DType;
use crate::error::{Error, Result};
use std::fmt;

#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(pub Vec<usize>);

impl Shape {
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    pub fn count(&self) -> usize {
        self.0.iter().product()
    }

    pub fn dims(&self) -> &[usize] {
        &self.0
    }

    /// Row-major strides, in elements.
    pub fn strides(&self) -> Vec<isize> {
        let mut strides = vec![1; self.rank()];
        for axis in (1..self.rank()).rev() {
            strides[axis - 1] = strides[axis] * self.0[axis] as isize;
        }
        strides
    }

    /// The shape that both broadcast to, by numpy's rule.
    pub fn broadcast(&self, other: &Self) -> Result<Self> {
        let rank = self.rank().max(other.rank());
        let dim = |shape: &Self, axis: usize| {
            let lead = rank - shape.rank();
            if axis < lead { 1 } else { shape.0[axis - lead] }
        };
        (0..rank)
            .map(|axis| match (dim(self, axis), dim(other, axis)) {
                (a, b) if a == b => Ok(a),
                (1, b) => Ok(b),
                (a, 1) => Ok(a),
                _ => Err(Error::value(format!("Shapes do not broadcast together. Received: {self} and {other}"))),
            })
            .collect::<Result<Vec<_>>>()
            .map(Self)
    }

    /// The shape without `axes`, or with ones in their place.
    pub fn reduced(&self, axes: &[usize], keepdims: bool) -> Self {
        let kept = self.0.iter().enumerate().filter_map(|(axis, &dim)| {
            if !axes.contains(&axis) {
                Some(dim)
            } else if keepdims {
                Some(1)
            } else {
                None
            }
        });
        Self(kept.collect())
    }
}

impl From<&[usize]> for Shape {
    fn from(dims: &[usize]) -> Self {
        Self(dims.to_vec())
    }
}

impl From<Vec<usize>> for Shape {
    fn from(dims: Vec<usize>) -> Self {
        Self(dims)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        match dims.as_slice() {
            [only] => write!(f, "({only},)"),
            _ => write!(f, "({})", dims.join(", ")),
        }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is known of a value before it is computed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spec {
    pub shape: Shape,
    pub dtype: DType,
}

impl Spec {
    pub fn new(shape: impl Into<Shape>, dtype: DType) -> Self {
        Self { shape: shape.into(), dtype }
    }

    pub fn bytes(&self) -> usize {
        self.shape.count() * self.dtype.size()
    }
}
