//! Matrix products.

use super::layout::cast;
use super::{Kind, Value};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{Shape, Spec};
use burn::backend::Dispatch;
use burn::backend::ops::{FloatTensorOps, IntTensorOps};

/// The product of the last two axes; those before broadcast.
///
/// # Errors
/// Ranks below 2, types that differ, bools, shapes that do not fit.
pub fn matmul(a: &Value, b: &Value) -> Result<Value> {
    if a.dtype() != b.dtype() || a.dtype() == DType::Bool {
        return Err(Error::dtype(format!(
            "matmul takes two tensors of numbers of one dtype. Received: {} and {}",
            a.dtype(),
            b.dtype()
        )));
    }
    let unfit = || Error::value(format!("Matrices do not multiply. Received: {} and {}", a.shape(), b.shape()));
    let (Some((batch, [rows, inner])), Some((other, [depth, columns]))) =
        (a.dims().split_last_chunk::<2>(), b.dims().split_last_chunk::<2>())
    else {
        return Err(unfit());
    };
    if inner != depth {
        return Err(unfit());
    }
    let batch = Shape::from(batch).broadcast(&Shape::from(other)).map_err(|_| unfit())?.0;
    let matrix = |rows, columns| Shape([&batch[..], &[rows, columns]].concat());
    let spec = Spec::new(matrix(*rows, *columns), a.dtype());
    if let Some(vacant) = a.vacant(&spec) {
        return vacant;
    }
    if *inner == 0 {
        return Ok(Value::full(0.0, spec, a.device()));
    }
    if a.dtype() == DType::Uint8 {
        let wide = matmul(&cast(a, DType::Int32)?, &cast(b, DType::Int32)?)?;
        return cast(&wide, DType::Uint8);
    }
    let (left, right) = (a.spread(&matrix(*rows, *inner)), b.spread(&matrix(*inner, *columns)));
    let tensor = match Kind::of(a.dtype()) {
        Kind::Float => Dispatch::float_matmul(left, right),
        Kind::Int | Kind::Bool => Dispatch::int_matmul(left, right),
    };
    Ok(a.with(tensor, spec.shape, spec.dtype))
}

#[cfg(test)]
mod tests {
    use super::super::layout::{reshape, transpose};
    use super::super::testing::{check_gradient, close, devices, numbers, range, values};
    use super::*;

    fn sample(count: usize) -> Vec<f64> {
        (0..count).map(|i| (i * 7 % 5) as f64 - 2.0).collect()
    }

    #[test]
    fn products() {
        for device in devices() {
            for dtype in [DType::Float32, DType::Float64, DType::Int32, DType::Int64] {
                let a = values(&sample(12), &[2, 1, 3, 2], dtype, device);
                let b = values(&sample(24), &[3, 2, 4], dtype, device);
                let found = matmul(&a, &b).unwrap();
                assert_eq!(found.dims(), [2, 3, 3, 4]);
                let (x, y) = (numbers(&a), numbers(&b));
                let wanted: Vec<_> = (0..72)
                    .map(|i| {
                        let (batch, other, row, column) = (i / 36, i / 12 % 3, i / 4 % 3, i % 4);
                        (0..2).map(|k| x[batch * 6 + row * 2 + k] * y[other * 8 + k * 4 + column]).sum()
                    })
                    .collect();
                close("matmul", &numbers(&found), &wanted, 1e-6);
                // Operands that are views.
                let turned = transpose(&b, &[0, 2, 1]).unwrap();
                let again = matmul(&a, &transpose(&turned, &[0, 2, 1]).unwrap()).unwrap();
                close("matmul", &numbers(&again), &wanted, 1e-6);
            }
            let x = values(&[200.0, 3.0], &[1, 2], DType::Uint8, device);
            let y = values(&[2.0, 5.0], &[2, 1], DType::Uint8, device);
            assert_eq!(numbers(&matmul(&x, &y).unwrap()), [159.0]);
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        for device in devices() {
            let x = |shape: &[usize]| range(shape, DType::Float32, device);
            assert!(matmul(&x(&[2, 2, 3]), &x(&[3, 3, 2])).is_err());
            assert!(matmul(&x(&[2, 3]), &x(&[2, 3])).is_err());
            assert!(matmul(&x(&[3]), &x(&[3, 2])).is_err());
            assert_eq!(numbers(&matmul(&x(&[2, 0]), &x(&[0, 2])).unwrap()), [0.0; 4]);
            assert_eq!(matmul(&x(&[0, 3]), &x(&[3, 2])).unwrap().dims(), [0, 2]);
        }
    }

    #[test]
    fn gradients() {
        for device in devices() {
            check_gradient("matmul", device, &[&sample(6), &sample(12)], |x| {
                let (a, b) = (reshape(&x[0], &vec![2, 3].into())?, reshape(&x[1], &vec![2, 3, 2].into())?);
                matmul(&a, &b)
            });
        }
    }
}
