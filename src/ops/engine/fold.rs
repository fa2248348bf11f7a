//! Reductions along axes, and running sums and products.

use super::layout::{cast, check_axes, flip, reshape};
use super::{Kind, Value};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::map::Fold;
use crate::shape::Spec;
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::IntDType;

/// The elements along `axes` folded into one; the axes stay with size 1 if `keepdims`.
///
/// # Errors
/// An axis that is not there, sums of bools, the extreme of nothing.
pub fn fold(op: Fold, x: &Value, axes: &[usize], keepdims: bool) -> Result<Value> {
    check_axes(x, axes)?;
    let spec = Spec::new(x.shape().reduced(axes, keepdims), x.dtype());
    let extreme = matches!(op, Fold::Max | Fold::Min);
    if x.dtype() == DType::Bool && !extreme {
        return Err(Error::dtype(format!("{} does not take bools. Received: dtype=bool", op.name())));
    }
    if let Some(vacant) = x.vacant(&spec) {
        return vacant;
    }
    if x.is_empty() {
        return match op {
            Fold::Sum => Ok(Value::full(0.0, spec, x.device())),
            Fold::Prod => Ok(Value::full(1.0, spec, x.device())),
            Fold::Max | Fold::Min => {
                Err(Error::value(format!("No elements have no extreme. Received: shape {}", x.shape())))
            }
        };
    }
    if axes.is_empty() {
        return Ok(x.clone());
    }
    let kept = x.shape().reduced(axes, true);
    let tensor =
        if extreme && x.tracked() { shared_extreme(op, x, axes) } else { along(op, x.tensor.clone(), x.dtype(), axes) };
    reshape(&x.with(tensor, kept, x.dtype()), &spec.shape)
}

/// One axis after another; each stays with size 1.
fn along(op: Fold, x: DispatchTensor, dtype: DType, axes: &[usize]) -> DispatchTensor {
    axes.iter().fold(x, |x, &axis| match (op, Kind::of(dtype)) {
        (Fold::Sum, Kind::Float) => Dispatch::float_sum_dim(x, axis),
        (Fold::Sum, Kind::Int | Kind::Bool) => Dispatch::int_sum_dim(x, axis),
        (Fold::Prod, Kind::Float) => Dispatch::float_prod_dim(x, axis),
        (Fold::Prod, Kind::Int | Kind::Bool) => Dispatch::int_prod_dim(x, axis),
        (Fold::Max, Kind::Float) => Dispatch::float_max_dim(x, axis),
        (Fold::Max, Kind::Int) => Dispatch::int_max_dim(x, axis),
        (Fold::Max, Kind::Bool) => Dispatch::bool_any_dim(x, axis),
        (Fold::Min, Kind::Float) => Dispatch::float_min_dim(x, axis),
        (Fold::Min, Kind::Int) => Dispatch::int_min_dim(x, axis),
        (Fold::Min, Kind::Bool) => Dispatch::bool_all_dim(x, axis),
    })
}

/// The mean of the elements that reach the extreme: its value, with a gradient they share equally.
fn shared_extreme(op: Fold, x: &Value, axes: &[usize]) -> DispatchTensor {
    let truth = x.truth();
    let best = x.with(along(op, x.plain(), x.dtype(), axes), x.shape().reduced(axes, true), x.dtype());
    let reached = Dispatch::float_equal(x.plain(), best.spread(x.shape()), truth);
    let others = Dispatch::bool_not(reached.clone());
    let values = Dispatch::float_mask_fill(x.tensor.clone(), others, 0.0.into());
    let ones = Dispatch::bool_into_float(reached, super::float_dtype(x.dtype()));
    let sum = |tensor| along(Fold::Sum, tensor, x.dtype(), axes);
    Dispatch::float_div(sum(values), sum(ones))
}

/// Where along `axis` the greatest element is, or the least; the first of equals. int32.
///
/// # Errors
/// An axis that is not there or has no elements.
pub fn arg(x: &Value, axis: usize, max: bool) -> Result<Value> {
    check_axes(x, &[axis])?;
    if x.dims()[axis] == 0 {
        return Err(Error::value(format!("No elements have no extreme. Received: shape {}", x.shape())));
    }
    let spec = Spec::new(x.shape().reduced(&[axis], false), DType::Int32);
    if let Some(vacant) = x.vacant(&spec) {
        return vacant;
    }
    let tensor = match Kind::of(x.dtype()) {
        Kind::Float if max => Dispatch::float_argmax(x.plain(), axis, IntDType::I32),
        Kind::Float => Dispatch::float_argmin(x.plain(), axis, IntDType::I32),
        Kind::Int | Kind::Bool => {
            // Some backends give positions in the type of the elements, which a uint8 is too short for.
            let wide = if x.dtype() == DType::Int64 { DType::Int64 } else { DType::Int32 };
            let x = cast(x, wide)?.tensor;
            let found = if max { Dispatch::int_argmax(x, axis) } else { Dispatch::int_argmin(x, axis) };
            Dispatch::int_cast(found, IntDType::I32)
        }
    };
    let kept = x.shape().reduced(&[axis], true);
    reshape(&x.with(tensor, kept, DType::Int32), &spec.shape)
}

/// The sums, or products, of all elements up to each along `axis`; from the end if `reverse`.
///
/// # Errors
/// An axis that is not there; bools.
pub fn cumulative(x: &Value, axis: usize, product: bool, reverse: bool) -> Result<Value> {
    check_axes(x, &[axis])?;
    if x.dtype() == DType::Bool {
        return Err(Error::dtype("Running sums do not take bools. Received: dtype=bool"));
    }
    if x.is_empty() {
        return Ok(x.clone());
    }
    if reverse {
        return flip(&cumulative(&flip(x, &[axis])?, axis, product, false)?, &[axis]);
    }
    let t = x.tensor.clone();
    let tensor = match (Kind::of(x.dtype()), product) {
        (Kind::Float, false) => Dispatch::float_cumsum(t, axis),
        (Kind::Float, true) => Dispatch::float_cumprod(t, axis),
        (Kind::Int | Kind::Bool, false) => Dispatch::int_cumsum(t, axis),
        (Kind::Int | Kind::Bool, true) => Dispatch::int_cumprod(t, axis),
    };
    Ok(x.with(tensor, x.shape().clone(), x.dtype()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, close, devices, floats, numbers, range, values};
    use super::*;

    const OPS: [Fold; 4] = [Fold::Sum, Fold::Prod, Fold::Max, Fold::Min];

    fn apply(op: Fold, a: f64, b: f64) -> f64 {
        match op {
            Fold::Sum => a + b,
            Fold::Prod => a * b,
            Fold::Max => a.max(b),
            Fold::Min => a.min(b),
        }
    }

    /// Folds of an array of shape (2, 3, 4), one element at a time.
    fn naive(op: Fold, elements: &[f64], axes: &[usize]) -> Vec<f64> {
        let mut found: Vec<(usize, f64)> = Vec::new();
        for (flat, &x) in elements.iter().enumerate() {
            let at = [flat / 12, flat / 4 % 3, flat % 4];
            let key = (0..3).filter(|axis| !axes.contains(axis)).fold(0, |key, axis| key * 4 + at[axis]);
            match found.iter_mut().find(|(other, _)| *other == key) {
                Some((_, total)) => *total = apply(op, *total, x),
                None => found.push((key, x)),
            }
        }
        found.sort_by_key(|(key, _)| *key);
        found.into_iter().map(|(_, total)| total).collect()
    }

    #[test]
    fn folds() {
        let sample: Vec<_> = (0..24).map(|i| f64::from(i * 7 % 5 - 2)).collect();
        for device in devices() {
            for dtype in [DType::Float32, DType::Float64, DType::Int32, DType::Int64] {
                let x = values(&sample, &[2, 3, 4], dtype, device);
                for op in OPS {
                    for axes in [&[0][..], &[1], &[2], &[0, 2], &[1, 2], &[0, 1, 2], &[]] {
                        let found = fold(op, &x, axes, false).unwrap();
                        close(op.name(), &numbers(&found), &naive(op, &sample, axes), 1e-6);
                        assert_eq!(found.shape(), &x.shape().reduced(axes, false));
                        let kept = fold(op, &x, axes, true).unwrap();
                        assert_eq!(kept.shape(), &x.shape().reduced(axes, true));
                        assert_eq!(kept.dtype(), dtype);
                    }
                }
            }
        }
    }

    #[test]
    fn small_integers_and_bools() {
        for device in devices() {
            let x = values(&[200.0, 100.0, 3.0], &[3], DType::Uint8, device);
            for (op, wanted) in OPS.into_iter().zip([47.0, 96.0, 200.0, 3.0]) {
                assert_eq!(numbers(&fold(op, &x, &[0], false).unwrap()), [wanted], "{}", op.name());
            }
            let x = values(&[0.0, 1.0, 1.0, 1.0], &[2, 2], DType::Bool, device);
            let found = fold(Fold::Max, &x, &[0, 1], false).unwrap();
            assert_eq!((numbers(&found), found.dtype()), (vec![1.0], DType::Bool));
            assert_eq!(numbers(&fold(Fold::Min, &x, &[1], false).unwrap()), [0.0, 1.0]);
            assert!(fold(Fold::Sum, &x, &[0], false).is_err());
        }
    }

    #[test]
    fn nothing_folds_to_the_neutral_element() {
        for device in devices() {
            for dtype in [DType::Float32, DType::Int32] {
                let none = range(&[2, 0], dtype, device);
                assert_eq!(numbers(&fold(Fold::Sum, &none, &[1], false).unwrap()), [0.0, 0.0]);
                assert_eq!(numbers(&fold(Fold::Prod, &none, &[1], true).unwrap()), [1.0, 1.0]);
                assert_eq!(fold(Fold::Max, &none, &[0], false).unwrap().dims(), [0]);
                assert!(fold(Fold::Max, &none, &[1], false).is_err());
                assert!(arg(&none, 1, true).is_err());
            }
        }
    }

    #[test]
    fn not_a_number_is_the_extreme() {
        for device in devices() {
            for count in [3, 100] {
                let mut sample: Vec<_> = (0..count).map(f64::from).collect();
                sample[1] = f64::NAN;
                for dtype in [DType::Float32, DType::Float64] {
                    let x = values(&sample, &[sample.len()], dtype, device);
                    for op in [Fold::Max, Fold::Min] {
                        assert!(numbers(&fold(op, &x, &[0], false).unwrap())[0].is_nan(), "{device} {count}");
                    }
                    assert_eq!(numbers(&arg(&x, 0, true).unwrap()), [1.0], "{device} {count}");
                    assert_eq!(numbers(&arg(&x, 0, false).unwrap()), [1.0], "{device} {count}");
                }
            }
        }
    }

    #[test]
    fn the_first_of_equals() {
        for device in devices() {
            for dtype in DType::ALL {
                for count in [4usize, 600] {
                    let mut sample = vec![0.0; 2 * count];
                    (sample[2], sample[3], sample[count + count - 1]) = (1.0, 1.0, 1.0);
                    let x = values(&sample, &[2, count], dtype, device);
                    let found = arg(&x, 1, true).unwrap();
                    assert_eq!(numbers(&found), [2.0, (count - 1) as f64], "{dtype} {device}");
                    assert_eq!((found.dims(), found.dtype()), (&[2][..], DType::Int32));
                    assert_eq!(numbers(&arg(&x, 1, false).unwrap()), [0.0, 0.0]);
                    assert_eq!(numbers(&arg(&x, 0, true).unwrap())[2..3], [0.0]);
                }
            }
        }
    }

    #[test]
    fn running() {
        for device in devices() {
            for dtype in [DType::Float32, DType::Float64, DType::Int32, DType::Int64, DType::Uint8] {
                let x = values(&[1.0, 2.0, 3.0, 4.0, 5.0, 1.0], &[2, 3], dtype, device);
                let at = |axis, product, reverse| numbers(&cumulative(&x, axis, product, reverse).unwrap());
                assert_eq!(at(1, false, false), [1.0, 3.0, 6.0, 4.0, 9.0, 10.0]);
                assert_eq!(at(1, true, false), [1.0, 2.0, 6.0, 4.0, 20.0, 20.0]);
                assert_eq!(at(1, false, true), [6.0, 5.0, 3.0, 10.0, 6.0, 1.0]);
                assert_eq!(at(0, true, true), [4.0, 10.0, 3.0, 4.0, 5.0, 1.0]);
            }
            assert!(cumulative(&floats(&[1.0], &[], device), 0, false, false).is_err());
        }
    }

    #[test]
    fn gradients() {
        let sample: [f64; 6] = [0.3, -1.2, 0.8, 2.0, -0.1, 0.5];
        for device in devices() {
            for op in OPS {
                for axes in [&[0][..], &[1], &[0, 1]] {
                    check_gradient(op.name(), device, &[&sample], |x| {
                        fold(op, &reshape(&x[0], &vec![2, 3].into())?, axes, false)
                    });
                }
            }
            for (product, reverse) in [(false, false), (false, true), (true, false)] {
                check_gradient("cumulative", device, &[&sample], |x| cumulative(&x[0], 0, product, reverse));
            }
            let x = floats(&[1.0, 3.0, 3.0], &[3], device).leaf().unwrap();
            let found = super::super::backward(&fold(Fold::Max, &x, &[0], false).unwrap()).unwrap();
            assert_eq!(numbers(&found.gradient(&x).unwrap()), [0.0, 0.5, 0.5]);
        }
    }
}
