//! Rows by their indices, and sorting.

use super::layout::{cast, check_axes, reshape};
use super::{Kind, Value, host};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::data::Array;
use crate::kernels::index::{self, Mode};
use crate::shape::Spec;
use burn::backend::Dispatch;
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::tensor::IndexingUpdateOp;

/// The slices of `x` along `axis` that `indices` name, in the shape of `indices`.
///
/// # Errors
/// Indices that are no int32 or int64, or out of range.
pub fn take(x: &Value, indices: &Value, axis: usize) -> Result<Value> {
    check_axes(x, &[axis])?;
    check_indices(indices, x.dims()[axis])?;
    let (before, after) = (&x.dims()[..axis], &x.dims()[axis + 1..]);
    let spec = Spec::new([before, indices.dims(), after].concat(), x.dtype());
    if let Some(vacant) = x.vacant(&spec) {
        return vacant;
    }
    let count = indices.shape().count();
    let list = near(&reshape(indices, &vec![count].into())?, x)?.tensor;
    let t = x.tensor.clone();
    let tensor = kinds!(x.dtype(); float_select int_select bool_select; t, axis, list);
    let rows = x.of_same(tensor, [before, &[count], after].concat());
    reshape(&rows, &spec.shape)
}

/// `x` with `updates[i]` put into its row `indices[i]`, one after another.
///
/// # Errors
/// Indices that are no vector of int32 or int64, or out of range; updates that do not fit.
pub fn scatter(mode: Mode, x: &Value, indices: &Value, updates: &Value) -> Result<Value> {
    check_axes(x, &[0])?;
    check_indices(indices, x.dims()[0])?;
    let rows = [indices.dims(), &x.dims()[1..]].concat();
    if indices.shape().rank() != 1 || updates.dims() != rows || updates.dtype() != x.dtype() {
        return Err(Error::value(format!(
            "scatter takes a vector of indices and as many rows. Received: {:?}, {:?} and {:?}",
            x.spec(),
            indices.spec(),
            updates.spec()
        )));
    }
    if x.is_empty() || updates.is_empty() {
        return Ok(x.clone());
    }
    let update = match mode {
        Mode::Set => IndexingUpdateOp::Assign,
        Mode::Add => IndexingUpdateOp::Add,
        Mode::Max => IndexingUpdateOp::Max,
        Mode::Min => IndexingUpdateOp::Min,
        Mode::Mul => IndexingUpdateOp::Mul,
    };
    let (t, list, with) = (x.tensor.clone(), near(indices, x)?.tensor, updates.tensor.clone());
    let tensor = match Kind::of(x.dtype()) {
        Kind::Float => Dispatch::float_select_assign(t, 0, list, with, update),
        Kind::Int => Dispatch::int_select_assign(t, 0, list, with, update),
        Kind::Bool => {
            let (x, updates) = (cast(x, DType::Uint8)?, cast(updates, DType::Uint8)?);
            return cast(&scatter(mode, &x, indices, &updates)?, DType::Bool);
        }
    };
    Ok(x.with(tensor, x.shape().clone(), x.dtype()))
}

/// The elements in order along `axis`; a NaN is greater than any number.
///
/// # Errors
/// An axis that is not there.
pub fn sort(x: &Value, axis: usize, descending: bool) -> Result<Value> {
    check_axes(x, &[axis])?;
    if x.is_empty() {
        return Ok(x.clone());
    }
    let (t, order) = (x.tensor.clone(), near(&host::argsort(x, axis, descending)?, x)?.tensor);
    let tensor = kinds!(x.dtype(); float_gather int_gather bool_gather; axis, t, order);
    Ok(x.with(tensor, x.shape().clone(), x.dtype()))
}

/// Where each element of the sorted array was; equal ones keep their order. int32.
///
/// # Errors
/// An axis that is not there.
pub fn argsort(x: &Value, axis: usize, descending: bool) -> Result<Value> {
    check_axes(x, &[axis])?;
    let spec = Spec::new(x.shape().clone(), DType::Int32);
    x.vacant(&spec).unwrap_or_else(|| host::argsort(x, axis, descending))
}

/// Indices in the memory of what they point into.
fn near(indices: &Value, x: &Value) -> Result<Value> {
    let device = x.device();
    let short = device.holds(x.dtype()) && !device.holds(indices.dtype());
    if short { cast(indices, DType::Int32) } else { Ok(indices.beside(x.dtype())) }
}

/// Backends differ on an index out of range, from a panic to silence; this is the error of our kernels.
fn check_indices(indices: &Value, limit: usize) -> Result<()> {
    if !matches!(indices.dtype(), DType::Int32 | DType::Int64) {
        return Err(Error::dtype(format!("Indices are int32 or int64. Received: dtype={}", indices.dtype())));
    }
    if indices.within(0, limit as i64) {
        return Ok(());
    }
    let bytes = indices.download()?;
    index::check(Array { bytes: &bytes, shape: indices.dims(), dtype: indices.dtype() }, limit).map_err(Error::Value)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, devices, floats, numbers, range, values};
    use super::*;

    #[test]
    fn rows_are_taken() {
        for device in devices() {
            for dtype in DType::ALL {
                let sample: Vec<_> = (0..12).map(|i| f64::from(i * 5 % 3 % 2)).collect();
                let x = values(&sample, &[3, 4], dtype, device);
                for index in [DType::Int32, DType::Int64] {
                    let rows = values(&[2.0, 0.0, 2.0, 1.0], &[2, 2], index, device);
                    let found = take(&x, &rows, 0).unwrap();
                    let wanted: Vec<_> = [2, 0, 2, 1].iter().flat_map(|&i| sample[i * 4..i * 4 + 4].to_vec()).collect();
                    assert_eq!((numbers(&found), found.dims()), (wanted, &[2, 2, 4][..]));
                    let found = take(&x, &values(&[3.0], &[], index, device), 1).unwrap();
                    assert_eq!((numbers(&found), found.dims()), (vec![sample[3], sample[7], sample[11]], &[3][..]));
                }
            }
            let x = range(&[3], DType::Float32, device);
            let outside = values(&[0.0, 3.0], &[2], DType::Int32, device);
            let message = take(&x, &outside, 0).unwrap_err().to_string();
            assert_eq!(message, "index 3 is out of range at position [1]: the legal range is [0, 3)");
            assert!(take(&x, &floats(&[0.0], &[1], device), 0).is_err());
        }
    }

    #[test]
    fn rows_are_scattered_in_order() {
        for device in devices() {
            for dtype in [DType::Float32, DType::Float64, DType::Int32, DType::Int64, DType::Uint8] {
                let x = values(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[3, 2], dtype, device);
                let updates = values(&[3.0, 9.0, 2.0, 1.0, 7.0, 0.0], &[3, 2], dtype, device);
                let indices = values(&[2.0, 0.0, 2.0], &[3], DType::Int32, device);
                for (mode, wanted) in [
                    (Mode::Set, [2.0, 1.0, 3.0, 4.0, 7.0, 0.0]),
                    (Mode::Add, [3.0, 3.0, 3.0, 4.0, 15.0, 15.0]),
                    (Mode::Max, [2.0, 2.0, 3.0, 4.0, 7.0, 9.0]),
                    (Mode::Min, [1.0, 1.0, 3.0, 4.0, 3.0, 0.0]),
                    (Mode::Mul, [2.0, 2.0, 3.0, 4.0, 105.0, 0.0]),
                ] {
                    let found = scatter(mode, &x, &indices, &updates).unwrap();
                    assert_eq!(numbers(&found), wanted, "{mode:?} {dtype} on {device}");
                }
                assert_eq!(numbers(&x), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
            }
            let x = values(&[0.0, 0.0], &[2], DType::Bool, device);
            let one = values(&[1.0], &[1], DType::Bool, device);
            let at = values(&[1.0], &[1], DType::Int64, device);
            assert_eq!(numbers(&scatter(Mode::Set, &x, &at, &one).unwrap()), [0.0, 1.0]);
            assert!(scatter(Mode::Set, &x, &at, &x).is_err());
        }
    }

    #[test]
    fn sorting_is_stable() {
        for device in devices() {
            for dtype in DType::ALL {
                let x = values(&[1.0, 0.0, 1.0, 0.0, 1.0, 1.0], &[2, 3], dtype, device);
                let at =
                    |axis, down| (numbers(&argsort(&x, axis, down).unwrap()), numbers(&sort(&x, axis, down).unwrap()));
                assert_eq!(at(1, false), (vec![1.0, 0.0, 2.0, 0.0, 1.0, 2.0], vec![0.0, 1.0, 1.0, 0.0, 1.0, 1.0]));
                assert_eq!(at(1, true), (vec![0.0, 2.0, 1.0, 1.0, 2.0, 0.0], vec![1.0, 1.0, 0.0, 1.0, 1.0, 0.0]));
                assert_eq!(at(0, false), (vec![1.0, 0.0, 0.0, 0.0, 1.0, 1.0], vec![0.0, 0.0, 1.0, 1.0, 1.0, 1.0]));
            }
            let x = floats(&[2.0, f64::NAN, -1.0, f64::INFINITY], &[4], device);
            assert_eq!(numbers(&argsort(&x, 0, false).unwrap()), [2.0, 0.0, 3.0, 1.0]);
            assert_eq!(numbers(&argsort(&x, 0, true).unwrap()), [1.0, 3.0, 0.0, 2.0]);
        }
    }

    #[test]
    fn gradients() {
        let sample: [f64; 6] = [0.3, -1.2, 0.8, 2.0, -0.1, 0.5];
        for device in devices() {
            let list = values(&[2.0, 0.0, 2.0], &[3], DType::Int32, device);
            check_gradient("take", device, &[&sample], |x| take(&reshape(&x[0], &vec![3, 2].into())?, &list, 0));
            check_gradient("sort", device, &[&sample], |x| sort(&x[0], 0, true));
            let few = values(&[2.0, 0.0], &[2], DType::Int32, device);
            for mode in [Mode::Set, Mode::Add] {
                check_gradient("scatter", device, &[&sample, &[5.0, 7.0, 9.0, 11.0]], |x| {
                    let (x, updates) = (reshape(&x[0], &vec![3, 2].into())?, reshape(&x[1], &vec![2, 2].into())?);
                    scatter(mode, &x, &few, &updates)
                });
            }
        }
    }
}
