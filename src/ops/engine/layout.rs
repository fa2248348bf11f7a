//! The same elements elsewhere, and as another type.

use super::{Kind, Value, converts_any, float_dtype, held, int_dtype, truth};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{Shape, Spec};
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::{BoolDType, Slice};

/// The elements as `dtype`: towards zero for integers, `x != 0` for bools.
///
/// # Errors
/// A device that fails.
pub fn cast(x: &Value, dtype: DType) -> Result<Value> {
    if x.dtype() == dtype {
        return Ok(x.clone());
    }
    let spec = Spec::new(x.shape().clone(), dtype);
    if let Some(vacant) = x.vacant(&spec) {
        return vacant;
    }
    // Both types in one memory.
    let meeting = if x.device().holds(dtype) { x.dtype() } else { dtype };
    let (t, truth) = (x.beside(meeting).tensor, truth(x.device(), meeting));
    // Bounds that stay those of the result.
    let bounds = x.bounds.filter(|&(low, high)| {
        let (least, most) = limits(dtype);
        least <= low && high <= most
    });
    let tensor = match (Kind::of(x.dtype()), Kind::of(dtype)) {
        (Kind::Float, Kind::Float) => Dispatch::float_cast(t, float_dtype(dtype)),
        (Kind::Float, Kind::Int) if converts_any(x.device()) || bounds.is_some() => {
            Dispatch::float_into_int(t, int_dtype(dtype))
        }
        (Kind::Float, Kind::Int) => saturate(t, dtype, truth),
        (Kind::Float, Kind::Bool) => Dispatch::float_not_equal_elem(t, 0.0.into(), truth),
        (Kind::Int, Kind::Float) => Dispatch::int_into_float(t, float_dtype(dtype)),
        (Kind::Int, Kind::Int) if converts_any(x.device()) || bounds.is_some() => {
            Dispatch::int_cast(t, int_dtype(dtype))
        }
        (Kind::Int, Kind::Int) => Dispatch::int_cast(wrap(t, x.dtype(), dtype), int_dtype(dtype)),
        (Kind::Int, Kind::Bool) => Dispatch::int_not_equal_elem(t, 0.into(), truth),
        (Kind::Bool, Kind::Float) => Dispatch::bool_into_float(t, float_dtype(dtype)),
        (Kind::Bool, Kind::Int) => Dispatch::bool_into_int(t, int_dtype(dtype)),
        (Kind::Bool, Kind::Bool) => t,
    };
    let cast = x.with(tensor, spec.shape, dtype);
    Ok(Value { bounds, ..cast })
}

/// The least and the greatest integer up to which a type holds all.
pub(super) fn limits(dtype: DType) -> (i64, i64) {
    match dtype {
        DType::Float32 => (-1 << f32::MANTISSA_DIGITS, 1 << f32::MANTISSA_DIGITS),
        DType::Float64 => (-1 << f64::MANTISSA_DIGITS, 1 << f64::MANTISSA_DIGITS),
        DType::Bool => (0, 1),
        DType::Int32 => (i32::MIN.into(), i32::MAX.into()),
        DType::Int64 => (i64::MIN, i64::MAX),
        DType::Uint8 => (0, 255),
    }
}

/// To integers, for backends that fail where one does not fit: NaN is 0, the rest saturates.
fn saturate(x: DispatchTensor, dtype: DType, truth: BoolDType) -> DispatchTensor {
    let (least, most) = limits(dtype);
    let below = Dispatch::float_lower_elem(x.clone(), (least as f64).into(), truth);
    // The first power of two that does not fit: floats hold it exactly.
    let above = Dispatch::float_greater_equal_elem(x.clone(), (most as f64 + 1.0).into(), truth);
    let nan = Dispatch::float_is_nan(x.clone(), truth);
    let unfit = Dispatch::bool_or(nan, Dispatch::bool_or(below.clone(), above.clone()));
    let fit = Dispatch::float_into_int(Dispatch::float_mask_fill(x, unfit, 0.0.into()), int_dtype(dtype));
    Dispatch::int_mask_fill(Dispatch::int_mask_fill(fit, below, least.into()), above, most.into())
}

/// The integers that `dtype` holds in place of those it does not, for backends that fail on these.
fn wrap(x: DispatchTensor, from: DType, dtype: DType) -> DispatchTensor {
    if dtype == DType::Uint8 {
        return Dispatch::bitwise_and_scalar(x, 255.into());
    }
    if dtype.size() >= from.size() {
        return x;
    }
    let half = 1i64 << 31;
    let positive = Dispatch::bitwise_and_scalar(Dispatch::int_add_scalar(x, half.into()), (2 * half - 1).into());
    Dispatch::int_sub_scalar(positive, half.into())
}

/// The elements in another shape, in row-major order.
///
/// # Errors
/// A shape of another size.
pub fn reshape(x: &Value, shape: &Shape) -> Result<Value> {
    if shape.count() != x.shape().count() {
        return Err(Error::value(format!("{} does not reshape. Received: shape={shape}", x.shape())));
    }
    let spec = Spec::new(shape.clone(), x.dtype());
    if let Some(vacant) = x.vacant(&spec) {
        return vacant;
    }
    let (t, dims) = (x.tensor.clone(), held(shape).into());
    let tensor = kinds!(x.dtype(); float_reshape int_reshape bool_reshape; t, dims);
    Ok(x.of_same(tensor, spec.shape))
}

/// Axis `i` of the result is axis `permutation[i]` of `x`.
///
/// # Errors
/// What is no permutation of the axes.
pub fn transpose(x: &Value, permutation: &[usize]) -> Result<Value> {
    let mut sorted = permutation.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..x.shape().rank()) {
        return Err(Error::value(format!("{} does not transpose. Received: permutation={permutation:?}", x.shape())));
    }
    if permutation.is_sorted() {
        return Ok(x.clone());
    }
    let dims: Vec<_> = permutation.iter().map(|&axis| x.dims()[axis]).collect();
    let spec = Spec::new(dims, x.dtype());
    if let Some(vacant) = x.vacant(&spec) {
        return vacant;
    }
    let t = x.tensor.clone();
    let tensor = kinds!(x.dtype(); float_permute int_permute bool_permute; t, permutation);
    Ok(x.of_same(tensor, spec.shape))
}

/// `x` repeated along new leading axes and those of size 1.
///
/// # Errors
/// A shape that `x` does not broadcast to.
pub fn broadcast_to(x: &Value, shape: &Shape) -> Result<Value> {
    if x.shape().broadcast(shape)? != *shape {
        return Err(Error::value(format!("{} does not broadcast. Received: shape={shape}", x.shape())));
    }
    let spec = Spec::new(shape.clone(), x.dtype());
    x.vacant(&spec).unwrap_or_else(|| Ok(x.of_same(x.spread(shape), spec.shape)))
}

/// The elements in opposite order along `axes`.
///
/// # Errors
/// An axis that is not there.
pub fn flip(x: &Value, axes: &[usize]) -> Result<Value> {
    check_axes(x, axes)?;
    if axes.is_empty() || x.is_empty() {
        return Ok(x.clone());
    }
    let tensor = kinds!(x.dtype(); float_flip int_flip bool_flip; x.tensor.clone(), axes);
    Ok(x.of_same(tensor, x.shape().clone()))
}

/// Along each axis `size` elements, the first at `start`, `step` apart.
///
/// # Errors
/// A slice that leaves the array.
pub fn slice(x: &Value, start: &[usize], size: &[usize], step: &[usize]) -> Result<Value> {
    let rank = x.shape().rank();
    let fits = [start, size, step].iter().all(|given| given.len() == rank)
        && (0..rank).all(|i| step[i] > 0 && (size[i] == 0 || start[i] + (size[i] - 1) * step[i] < x.dims()[i]));
    if !fits {
        return Err(Error::value(format!(
            "The slice leaves the shape {}. Received: start={start:?}, size={size:?}, step={step:?}",
            x.shape()
        )));
    }
    let spec = Spec::new(size, x.dtype());
    if let Some(vacant) = x.vacant(&spec) {
        return vacant;
    }
    if spec.shape == *x.shape() {
        return Ok(x.clone());
    }
    let (t, ranges) = (x.tensor.clone(), ranges(start, size, step));
    let tensor = kinds!(x.dtype(); float_slice int_slice bool_slice; t, &ranges);
    Ok(x.of_same(tensor, spec.shape))
}

/// `x` with `low` elements of `value` before, `high` after and `interior` between its own, along
/// each axis.
///
/// # Errors
/// Types that differ, a value that is no single one, amounts for another rank.
pub fn pad(x: &Value, value: &Value, low: &[usize], high: &[usize], interior: &[usize]) -> Result<Value> {
    let rank = x.shape().rank();
    let ranks = [low, high, interior].iter().all(|given| given.len() == rank);
    if value.dtype() != x.dtype() || value.shape().count() != 1 || !ranks {
        return Err(Error::value(format!(
            "pad takes a value and amounts that fit {} {}. Received: {:?}, low={low:?}, \
             high={high:?}, interior={interior:?}",
            x.dtype(),
            x.shape(),
            value.spec()
        )));
    }
    let inside = |i: usize| x.dims()[i] + x.dims()[i].saturating_sub(1) * interior[i];
    let dims: Vec<_> = (0..rank).map(|i| low[i] + inside(i) + high[i]).collect();
    let spec = Spec::new(dims, x.dtype());
    if let Some(vacant) = x.vacant(&spec) {
        return vacant;
    }
    if spec.shape == *x.shape() {
        return Ok(x.clone());
    }
    let around = reshape(value, &Shape::default())?.spread(&spec.shape);
    if x.is_empty() {
        return Ok(x.with(around, spec.shape, spec.dtype));
    }
    let step: Vec<_> = interior.iter().map(|between| between + 1).collect();
    let (t, ranges) = (x.tensor.clone(), ranges(low, x.dims(), &step));
    let tensor = kinds!(
        x.dtype(); float_slice_assign int_slice_assign bool_slice_assign; around, &ranges, t
    );
    Ok(x.with(tensor, spec.shape, spec.dtype))
}

/// The arrays one after another along `axis`.
///
/// # Errors
/// No array; types or other axes that differ.
pub fn concatenate(inputs: &[&Value], axis: usize) -> Result<Value> {
    let unfit = || {
        let specs: Vec<_> = inputs.iter().map(|x| format!("{} {}", x.dtype(), x.shape())).collect();
        Error::value(format!("Tensors do not concatenate along axis {axis}. Received: {}", specs.join(", ")))
    };
    let first = inputs.first().filter(|x| axis < x.shape().rank()).ok_or_else(unfit)?;
    let rest = |x: &Value| (x.shape().rank() > axis).then(|| x.shape().reduced(&[axis], false));
    if inputs.iter().any(|x| x.dtype() != first.dtype() || rest(x) != rest(first)) {
        return Err(unfit());
    }
    let mut spec = first.spec.clone();
    spec.shape.0[axis] = inputs.iter().map(|x| x.dims()[axis]).sum();
    if let Some(vacant) = first.vacant(&spec) {
        return vacant;
    }
    let tensors: Vec<_> = inputs.iter().filter(|x| !x.is_empty()).map(|x| x.tensor.clone()).collect();
    let tensor = kinds!(spec.dtype; float_cat int_cat bool_cat; tensors, axis);
    let bounds = inputs.iter().map(|x| x.bounds).reduce(|a, b| a.zip(b).map(|(a, b)| (a.0.min(b.0), a.1.max(b.1))));
    Ok(Value { bounds: bounds.flatten(), ..first.with(tensor, spec.shape, spec.dtype) })
}

fn ranges(start: &[usize], size: &[usize], step: &[usize]) -> Vec<Slice> {
    (0..start.len())
        .map(|i| {
            let end = start[i] + (size[i] - 1) * step[i] + 1;
            Slice::new(start[i] as isize, Some(end as isize), step[i] as isize)
        })
        .collect()
}

pub(super) fn check_axes(x: &Value, axes: &[usize]) -> Result<()> {
    if axes.iter().all(|&axis| axis < x.shape().rank()) {
        return Ok(());
    }
    Err(Error::value(format!("{} lacks an axis. Received: axes={axes:?}", x.shape())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, devices, floats, numbers, range, values};
    use super::*;

    /// The elements at the positions that `from` maps each position of the result to.
    fn gathered(x: &Value, dims: &[usize], from: impl Fn(&[usize]) -> Option<Vec<usize>>, or: f64) -> Vec<f64> {
        let (elements, strides) = (numbers(x), x.shape().strides());
        let count = dims.iter().product::<usize>();
        (0..count)
            .map(|flat| {
                let mut left = flat;
                let mut at = vec![0; dims.len()];
                for axis in (0..dims.len()).rev() {
                    (at[axis], left) = (left % dims[axis], left / dims[axis]);
                }
                from(&at).map_or(or, |source| {
                    let place: usize = source.iter().zip(&strides).map(|(&i, &s)| i * s as usize).sum();
                    elements[place]
                })
            })
            .collect()
    }

    #[test]
    fn casts() {
        for device in devices() {
            let sample = [0.0, 1.0, 3.0, 100.0];
            for from in DType::ALL {
                for to in DType::ALL {
                    let x = values(&sample, &[4], from, device);
                    let x = if from == DType::Bool { values(&[0.0, 1.0, 1.0, 1.0], &[4], from, device) } else { x };
                    let wanted: Vec<_> = numbers(&x)
                        .iter()
                        .map(|&x| if to == DType::Bool { f64::from(u8::from(x != 0.0)) } else { x })
                        .collect();
                    let found = cast(&x, to).unwrap();
                    assert_eq!((numbers(&found), found.dtype()), (wanted, to), "{from} to {to}");
                }
            }
            let x = floats(&[-1.7, 1.7], &[2], device);
            assert_eq!(numbers(&cast(&x, DType::Int32).unwrap()), [-1.0, 1.0]);
            let x = values(&[300.0, -1.0], &[2], DType::Int64, device);
            assert_eq!(numbers(&cast(&x, DType::Uint8).unwrap()), [44.0, 255.0]);
        }
    }

    #[test]
    fn movements() {
        for device in devices() {
            for dtype in DType::ALL {
                let modulo = if dtype == DType::Bool { 2.0 } else { 200.0 };
                let sample: Vec<_> = (0..24).map(|i| f64::from(i * 7 % 5) % modulo).collect();
                let x = values(&sample, &[2, 3, 4], dtype, device);
                let found = transpose(&x, &[2, 0, 1]).unwrap();
                let wanted = gathered(&x, &[4, 2, 3], |i| Some(vec![i[1], i[2], i[0]]), 0.0);
                assert_eq!((numbers(&found), found.dims()), (wanted, &[4, 2, 3][..]));
                // A reshape of what is no longer row-major.
                let flat = reshape(&found, &vec![24].into()).unwrap();
                assert_eq!(numbers(&flat), numbers(&found));
                let found = flip(&x, &[0, 2]).unwrap();
                let wanted = gathered(&x, &[2, 3, 4], |i| Some(vec![1 - i[0], i[1], 3 - i[2]]), 0.0);
                assert_eq!(numbers(&found), wanted);
                let found =
                    broadcast_to(&slice(&x, &[1, 0, 0], &[1, 3, 4], &[1, 1, 1]).unwrap(), &vec![2, 2, 3, 4].into());
                let wanted = gathered(&x, &[2, 2, 3, 4], |i| Some(vec![1, i[2], i[3]]), 0.0);
                assert_eq!(numbers(&found.unwrap()), wanted);
                let found = slice(&x, &[0, 1, 1], &[2, 2, 2], &[1, 1, 2]).unwrap();
                let wanted = gathered(&x, &[2, 2, 2], |i| Some(vec![i[0], i[1] + 1, 1 + 2 * i[2]]), 0.0);
                assert_eq!(numbers(&found), wanted);
                let both = concatenate(&[&x, &found_rows(&x)], 1).unwrap();
                let wanted = gathered(&x, &[2, 4, 4], |i| Some(vec![i[0], i[1] % 3, i[2]]), 0.0);
                assert_eq!(numbers(&both), wanted);
            }
        }
    }

    fn found_rows(x: &Value) -> Value {
        slice(x, &[0, 0, 0], &[2, 1, 4], &[1, 1, 1]).unwrap()
    }

    #[test]
    fn padding_goes_around_and_between() {
        for device in devices() {
            for dtype in DType::ALL {
                let x = values(&[1.0, 0.0, 0.0, 1.0, 1.0, 1.0], &[2, 3], dtype, device);
                let value = values(&[1.0], &[], dtype, device);
                let found = pad(&x, &value, &[1, 0], &[0, 2], &[1, 2]).unwrap();
                let from = |i: &[usize]| {
                    let inside = i[0] % 2 == 1 && i[1].is_multiple_of(3) && i[1] < 7;
                    inside.then(|| vec![(i[0] - 1) / 2, i[1] / 3])
                };
                assert_eq!(numbers(&found), gathered(&x, &[4, 9], from, 1.0), "{dtype} on {device}");
                assert_eq!(found.dims(), [4, 9]);
                let none = values(&[], &[0, 3], dtype, device);
                assert_eq!(numbers(&pad(&none, &value, &[1, 0], &[0, 0], &[0, 0]).unwrap()), [1.0; 3]);
            }
        }
    }

    #[test]
    fn scalars_and_nothing() {
        for device in devices() {
            let one = floats(&[5.0], &[], device);
            assert_eq!(one.dims(), &[] as &[usize]);
            assert_eq!(numbers(&transpose(&one, &[]).unwrap()), [5.0]);
            assert_eq!(numbers(&flip(&one, &[]).unwrap()), [5.0]);
            assert_eq!(numbers(&slice(&one, &[], &[], &[]).unwrap()), [5.0]);
            assert_eq!(reshape(&one, &vec![1, 1].into()).unwrap().dims(), [1, 1]);
            assert_eq!(numbers(&broadcast_to(&one, &vec![2, 2].into()).unwrap()), [5.0; 4]);
            assert_eq!(numbers(&pad(&one, &one, &[], &[], &[]).unwrap()), [5.0]);
            let none = range(&[2, 0], DType::Int32, device);
            assert_eq!(transpose(&none, &[1, 0]).unwrap().dims(), [0, 2]);
            assert_eq!(cast(&none, DType::Bool).unwrap().dtype(), DType::Bool);
            let some = range(&[2, 2], DType::Int32, device);
            assert_eq!(numbers(&concatenate(&[&none, &some], 1).unwrap()), numbers(&some));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for device in devices() {
            let x = range(&[2, 3], DType::Float32, device);
            assert!(reshape(&x, &vec![5].into()).is_err());
            assert!(transpose(&x, &[0, 0]).is_err());
            assert!(broadcast_to(&x, &vec![3].into()).is_err());
            assert!(flip(&x, &[2]).is_err());
            assert!(slice(&x, &[0, 2], &[2, 2], &[1, 1]).is_err());
            assert!(pad(&x, &x, &[0, 0], &[0, 0], &[0, 0]).is_err());
            assert!(concatenate(&[&x, &range(&[3, 3], DType::Float32, device)], 1).is_err());
            assert!(concatenate(&[], 0).is_err());
        }
    }

    #[test]
    fn gradients() {
        let numbers: [f64; 6] = [0.3, -1.2, 0.8, 2.0, -0.1, 0.5];
        for device in devices() {
            let check = |name: &str, f: &dyn Fn(&Value) -> Result<Value>| {
                check_gradient(name, device, &[&numbers], |x| f(&reshape(&x[0], &vec![2, 3].into())?));
            };
            check("transpose", &|x| transpose(x, &[1, 0]));
            check("broadcast_to", &|x| broadcast_to(x, &vec![4, 2, 3].into()));
            check("flip", &|x| flip(x, &[1]));
            check("slice", &|x| slice(x, &[0, 0], &[2, 2], &[1, 2]));
            check("concatenate", &|x| concatenate(&[x, x], 0));
            check("cast", &|x| cast(&cast(x, DType::Float64)?, DType::Float64));
            check_gradient("pad", device, &[&numbers, &[0.5]], |x| {
                pad(&reshape(&x[0], &vec![2, 3].into())?, &x[1], &[1, 0], &[0, 1], &[0, 1])
            });
        }
    }
}
