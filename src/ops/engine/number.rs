//! Functions of an array and a number: burn hands it to a device beside the program, where an array would be memory of its
//! own, and an end of what is fused.

use super::host::Plain;
use super::layout::limits;
use super::{Kind, Value};
use crate::dtype::DType;
use crate::kernels::map::Binary;
use crate::shape::Spec;
use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor, Scalar};

/// The number that an array of one element is.
pub(super) fn of(bytes: &[u8], spec: &Spec) -> Option<f64> {
    if spec.shape.count() != 1 {
        return None;
    }
    let (least, most) = limits(DType::Float64);
    match spec.dtype {
        DType::Float32 => f32::read(bytes).first().map(|&number| number.into()),
        DType::Float64 => f64::read(bytes).first().copied(),
        DType::Int32 => i32::read(bytes).first().map(|&number| number.into()),
        DType::Int64 => {
            i64::read(bytes).first().filter(|number| (least..=most).contains(*number)).map(|&number| number as f64)
        }
        DType::Uint8 | DType::Bool => None,
    }
}

/// `op(a, b)` if one of them is a known number beside the other, and burn has a form for it.
pub(super) fn binary(op: Binary, a: &Value, b: &Value) -> Option<DispatchTensor> {
    let beside = |number: &Value, x: &Value| {
        number.known().filter(|_| number.shape().broadcast(x.shape()).as_ref() == Ok(x.shape()))
    };
    match (beside(b, a), beside(a, b)) {
        (Some(number), _) => with(op, a, number),
        (None, Some(number)) => with(mirrored(op)?, b, number),
        (None, None) => None,
    }
}

/// `a` where `condition` holds, `b` elsewhere, if one of them is a known number and the others are of one shape.
pub(super) fn select(condition: &Value, a: &Value, b: &Value) -> Option<DispatchTensor> {
    let mask = || condition.tensor.clone();
    if let Some(number) = a.known().filter(|_| condition.shape() == b.shape()) {
        return match Kind::of(b.dtype()) {
            Kind::Float => Some(Dispatch::float_mask_fill(b.tensor.clone(), mask(), number.into())),
            Kind::Int => Some(Dispatch::int_mask_fill(b.tensor.clone(), mask(), (number as i64).into())),
            Kind::Bool => None,
        };
    }
    // An array that is a number everywhere is fused, as the opposite of the condition is not.
    let number = b.known().filter(|_| condition.shape() == a.shape() && !a.tracked())?;
    let (no, yes) = (a.filled(a.shape().clone(), number).tensor, a.tensor.clone());
    match Kind::of(a.dtype()) {
        Kind::Float => Some(Dispatch::float_mask_where(no, mask(), yes)),
        Kind::Int => Some(Dispatch::int_mask_where(no, mask(), yes)),
        Kind::Bool => None,
    }
}

/// What `op` is with its arguments exchanged.
fn mirrored(op: Binary) -> Option<Binary> {
    Some(match op {
        Binary::Add | Binary::Mul | Binary::Max | Binary::Min | Binary::Eq | Binary::Ne => op,
        Binary::Lt => Binary::Gt,
        Binary::Le => Binary::Ge,
        Binary::Gt => Binary::Lt,
        Binary::Ge => Binary::Le,
        _ => return None,
    })
}

fn with(op: Binary, x: &Value, number: f64) -> Option<DispatchTensor> {
    let (tensor, truth) = (x.tensor.clone(), x.truth());
    // A tape shares the gradient among equals, and a NaN is greater than all.
    let extreme = || !x.tracked() && !number.is_nan();
    if x.dtype().is_float() {
        let number: Scalar = number.into();
        return Some(match op {
            Binary::Add => Dispatch::float_add_scalar(tensor, number),
            Binary::Sub => Dispatch::float_sub_scalar(tensor, number),
            Binary::Mul => Dispatch::float_mul_scalar(tensor, number),
            Binary::Div => Dispatch::float_div_scalar(tensor, number),
            Binary::Max if extreme() => {
                Dispatch::float_mask_fill(tensor.clone(), Dispatch::float_lower_elem(tensor, number, truth), number)
            }
            Binary::Min if extreme() => {
                Dispatch::float_mask_fill(tensor.clone(), Dispatch::float_greater_elem(tensor, number, truth), number)
            }
            Binary::Eq => Dispatch::float_equal_elem(tensor, number, truth),
            Binary::Ne => Dispatch::float_not_equal_elem(tensor, number, truth),
            Binary::Lt => Dispatch::float_lower_elem(tensor, number, truth),
            Binary::Le => Dispatch::float_lower_equal_elem(tensor, number, truth),
            Binary::Gt => Dispatch::float_greater_elem(tensor, number, truth),
            Binary::Ge => Dispatch::float_greater_equal_elem(tensor, number, truth),
            _ => return None,
        });
    }
    if !matches!(x.dtype(), DType::Int32 | DType::Int64) {
        return None;
    }
    let number: Scalar = (number as i64).into();
    Some(match op {
        Binary::Add => Dispatch::int_add_scalar(tensor, number),
        Binary::Sub => Dispatch::int_sub_scalar(tensor, number),
        Binary::Mul => Dispatch::int_mul_scalar(tensor, number),
        Binary::Max => Dispatch::int_mask_fill(tensor.clone(), Dispatch::int_lower_elem(tensor, number, truth), number),
        Binary::Min => {
            Dispatch::int_mask_fill(tensor.clone(), Dispatch::int_greater_elem(tensor, number, truth), number)
        }
        Binary::Eq => Dispatch::int_equal_elem(tensor, number, truth),
        Binary::Ne => Dispatch::int_not_equal_elem(tensor, number, truth),
        Binary::Lt => Dispatch::int_lower_elem(tensor, number, truth),
        Binary::Le => Dispatch::int_lower_equal_elem(tensor, number, truth),
        Binary::Gt => Dispatch::int_greater_elem(tensor, number, truth),
        Binary::Ge => Dispatch::int_greater_equal_elem(tensor, number, truth),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{close, devices, numbers, values};
    use super::super::{binary, select};
    use super::*;

    const DTYPES: [DType; 4] = [DType::Float32, DType::Float64, DType::Int32, DType::Int64];

    #[test]
    fn a_number_is_as_an_array_of_it() {
        let sample = [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 7.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        for device in devices() {
            for dtype in DTYPES {
                let sample: Vec<f64> = sample.into_iter().filter(|x| dtype.is_float() || x.fract() == 0.0).collect();
                let x = values(&sample, &[sample.len()], dtype, device);
                for &number in &sample {
                    let scalar = values(&[number], &[], dtype, device);
                    let array = values(&vec![number; sample.len()], &[sample.len()], dtype, device);
                    assert!(scalar.known().is_some() && array.known().is_none());
                    for &op in Binary::ALL.iter().filter(|op| op.takes(dtype)) {
                        let name = format!("{} of {dtype} and {number} on {device}", op.name());
                        let found = numbers(&binary(op, &x, &scalar).unwrap());
                        close(&name, &found, &numbers(&binary(op, &x, &array).unwrap()), 1e-6);
                        let found = numbers(&binary(op, &scalar, &x).unwrap());
                        close(&name, &found, &numbers(&binary(op, &array, &x).unwrap()), 1e-6);
                    }
                    let chosen = binary(Binary::Lt, &x, &array).unwrap();
                    let found = numbers(&select(&chosen, &scalar, &x).unwrap());
                    assert_eq!(format!("{found:?}"), format!("{:?}", numbers(&select(&chosen, &array, &x).unwrap())));
                    let found = numbers(&select(&chosen, &x, &scalar).unwrap());
                    assert_eq!(format!("{found:?}"), format!("{:?}", numbers(&select(&chosen, &x, &array).unwrap())));
                }
            }
        }
    }

    #[test]
    fn what_is_computed_is_not_known() {
        for device in devices() {
            let one = values(&[1.0], &[1], DType::Float32, device);
            assert_eq!(one.known(), Some(1.0));
            assert_eq!(one.leaf().unwrap().known(), None);
            assert_eq!(binary(Binary::Add, &one, &one).unwrap().known(), None);
            let large = values(&[2f64.powi(54)], &[], DType::Int64, device);
            assert_eq!(large.known(), None);
        }
    }
}
