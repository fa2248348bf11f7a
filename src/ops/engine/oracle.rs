//! burn's tape as a judge of gradients: leaves, one backward pass, what it gives.
//!
//! A tape serves one backward pass of the thread that wrote it, and only ops of burn are on it.

use super::{Value, held};
use crate::error::{Error, Result};
use burn::backend::ops::FloatTensorOps;
use burn::backend::{AutodiffBackend, Dispatch, DispatchTensor};

impl Value {
    /// The same numbers as the start of a new tape.
    ///
    /// # Errors
    /// A type without gradients.
    pub fn leaf(&self) -> Result<Self> {
        if !self.dtype().is_float() {
            return Err(Error::internal(format!("{} has no gradient", self.dtype())));
        }
        let started = <Dispatch as AutodiffBackend>::from_inner(self.plain());
        Ok(Self { tensor: Dispatch::float_set_require_grad(started, true), ..self.clone() })
    }

    /// The same elements off the tape.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self { tensor: self.plain(), ..self.clone() }
    }
}

/// The tensor under a taped one.
pub(super) fn inner(tensor: DispatchTensor) -> DispatchTensor {
    <Dispatch as AutodiffBackend>::inner(tensor)
}

/// What one backward pass found.
pub struct Gradients(<Dispatch as AutodiffBackend>::Gradients);

impl Gradients {
    /// The gradient of the sum of the target with respect to `leaf`; none if it does not depend on it.
    pub fn gradient(&self, leaf: &Value) -> Option<Value> {
        if !leaf.tracked() {
            return None;
        }
        let found = Dispatch::grad(&leaf.tensor, &self.0)?;
        let tensor = Dispatch::float_reshape(found, held(leaf.shape()).into());
        Some(leaf.with(tensor, leaf.shape().clone(), leaf.dtype()))
    }
}

/// Walk the tape of `target` backwards, once.
///
/// # Errors
/// A target that depends on no leaf.
pub fn backward(target: &Value) -> Result<Gradients> {
    if !target.tracked() {
        return Err(Error::internal("The target of a backward pass depends on no leaf"));
    }
    Ok(Gradients(<Dispatch as AutodiffBackend>::backward(target.tensor.clone())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{devices, floats, numbers};
    use super::super::{binary, fold};
    use super::*;
    use crate::kernels::map::{Binary, Fold};

    #[test]
    fn a_product_gives_each_factor_the_other() {
        for device in devices() {
            let a = floats(&[2.0, 3.0], &[2], device).leaf().unwrap();
            let b = floats(&[5.0, -7.0], &[2], device);
            let product = binary(Binary::Mul, &a, &b).unwrap();
            let found = backward(&fold(Fold::Sum, &product, &[0], false).unwrap()).unwrap();
            assert_eq!(numbers(&found.gradient(&a).unwrap()), [5.0, -7.0]);
            assert!(found.gradient(&b).is_none());
        }
    }

    #[test]
    fn detached_values_have_no_tape() {
        for device in devices() {
            let a = floats(&[2.0], &[1], device).leaf().unwrap();
            assert!(backward(&a.detach()).is_err());
            assert_eq!(numbers(&a), [2.0]);
        }
    }
}
