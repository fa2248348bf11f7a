//! Functions of two elements of one type, and the choice between two.

use super::{Kind, Value, float_dtype, host, int_dtype, number};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::map::Binary;
use crate::shape::Spec;
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};

/// `op(a, b)`, element by element, broadcast as numpy does.
///
/// # Errors
/// Types that differ or that `op` does not take; shapes that do not broadcast together.
pub fn binary(op: Binary, a: &Value, b: &Value) -> Result<Value> {
    if a.dtype() != b.dtype() || !op.takes(a.dtype()) {
        return Err(Error::dtype(format!(
            "{} does not take these dtypes. Received: {} and {}",
            op.name(),
            a.dtype(),
            b.dtype()
        )));
    }
    let shape = a.shape().broadcast(b.shape())?;
    let spec = Spec::new(shape, op.gives(a.dtype()));
    if let Some(vacant) = a.vacant(&spec) {
        return vacant;
    }
    if let Some(tensor) = number::binary(op, a, b) {
        return Ok(a.with(tensor, spec.shape, spec.dtype));
    }
    let facing =
        |x: &Value| if broadcasts(op, x.dtype()) { x.facing(spec.shape.rank()) } else { x.spread(&spec.shape) };
    let left = a.with(facing(a), spec.shape.clone(), a.dtype());
    let right = b.with(facing(b), spec.shape.clone(), b.dtype());
    let tensor = match Kind::of(a.dtype()) {
        Kind::Float => float(op, &left, &right)?,
        Kind::Int => integer(op, &left, &right)?,
        Kind::Bool => boolean(op, &left, &right)?,
    };
    Ok(a.with(tensor, spec.shape, spec.dtype))
}

/// `a` where `condition` holds, `b` elsewhere, all three broadcast together.
///
/// # Errors
/// A condition that is no bool, types that differ, shapes that do not broadcast together.
pub fn select(condition: &Value, a: &Value, b: &Value) -> Result<Value> {
    if condition.dtype() != DType::Bool || a.dtype() != b.dtype() {
        return Err(Error::dtype(format!(
            "where takes a bool and two tensors of one dtype. Received: {}, {} and {}",
            condition.dtype(),
            a.dtype(),
            b.dtype()
        )));
    }
    let shape = condition.shape().broadcast(&a.shape().broadcast(b.shape())?)?;
    let spec = Spec::new(shape, a.dtype());
    if let Some(vacant) = a.vacant(&spec) {
        return vacant;
    }
    let condition = condition.beside(spec.dtype);
    if let Some(tensor) = number::select(&condition, a, b) {
        return Ok(a.with(tensor, spec.shape, spec.dtype));
    }
    let (mask, yes, no) = (condition.spread(&spec.shape), a.spread(&spec.shape), b.spread(&spec.shape));
    let tensor = kinds!(
        spec.dtype; float_mask_where int_mask_where bool_mask_where; no, mask, yes
    );
    Ok(a.with(tensor, spec.shape, spec.dtype))
}

/// Whether burn broadcasts the arguments itself; to have it done before ends what is fused.
fn broadcasts(op: Binary, dtype: DType) -> bool {
    use Binary::{Add, Div, Eq, Ge, Gt, Le, Lt, Mul, Ne, Sub};
    Kind::of(dtype) != Kind::Bool && matches!(op, Add | Sub | Mul | Div | Eq | Ne | Lt | Le | Gt | Ge)
}

fn float(op: Binary, left: &Value, right: &Value) -> Result<DispatchTensor> {
    let (a, b) = (left.tensor.clone(), right.tensor.clone());
    let truth = left.truth();
    Ok(match op {
        Binary::Add => Dispatch::float_add(a, b),
        Binary::Sub => Dispatch::float_sub(a, b),
        Binary::Mul => Dispatch::float_mul(a, b),
        Binary::Div => Dispatch::float_div(a, b),
        Binary::Pow => Dispatch::float_powf(a, b),
        Binary::Max | Binary::Min => extreme(op, left, right),
        Binary::Mod => Dispatch::float_remainder(a, b),
        Binary::Fmod => truncated_remainder(a, b),
        Binary::FloorDiv => floor_division(a, b, left),
        Binary::Atan2 => Dispatch::float_atan2(a, b),
        Binary::NextAfter => host::next_after(left, right)?.tensor,
        Binary::Eq => Dispatch::float_equal(a, b, truth),
        Binary::Ne => Dispatch::float_not_equal(a, b, truth),
        Binary::Lt => Dispatch::float_lower(a, b, truth),
        Binary::Le => Dispatch::float_lower_equal(a, b, truth),
        Binary::Gt => Dispatch::float_greater(a, b, truth),
        Binary::Ge => Dispatch::float_greater_equal(a, b, truth),
        Binary::Gcd | Binary::And | Binary::Or | Binary::Xor | Binary::Shl | Binary::Shr => {
            return Err(unfit(op, left));
        }
    })
}

/// The remainder with the sign of `a`; that of absolute values is exact where `a - b * trunc(a / b)` is not.
fn truncated_remainder(a: DispatchTensor, b: DispatchTensor) -> DispatchTensor {
    let rest = Dispatch::float_remainder(Dispatch::float_abs(a.clone()), Dispatch::float_abs(b));
    Dispatch::float_mul(Dispatch::float_sign(a), rest)
}

/// `floor(a / b)` without the error of the quotient; by 0 the quotient itself, as in numpy.
fn floor_division(a: DispatchTensor, b: DispatchTensor, like: &Value) -> DispatchTensor {
    let truth = like.truth();
    let rest = truncated_remainder(a.clone(), b.clone());
    let signs = Dispatch::float_mul(Dispatch::float_sign(rest.clone()), Dispatch::float_sign(b.clone()));
    let down = Dispatch::float_lower_elem(signs, 0.0.into(), truth);
    let toward_zero = Dispatch::float_round(Dispatch::float_div(Dispatch::float_sub(a.clone(), rest), b.clone()));
    let whole = Dispatch::float_sub(toward_zero, Dispatch::bool_into_float(down, float_dtype(like.dtype())));
    let zero = Dispatch::float_equal_elem(b.clone(), 0.0.into(), truth);
    Dispatch::float_mask_where(whole, zero, Dispatch::float_div(a, b))
}

/// The greater or lesser of two floats; a NaN wins, and on a tape equals share the gradient.
fn extreme(op: Binary, left: &Value, right: &Value) -> DispatchTensor {
    let (a, b) = (left.tensor.clone(), right.tensor.clone());
    let truth = left.truth();
    let first = if op == Binary::Max {
        Dispatch::float_greater(a.clone(), b.clone(), truth)
    } else {
        Dispatch::float_lower(a.clone(), b.clone(), truth)
    };
    let first = Dispatch::bool_or(first, Dispatch::float_is_nan(a.clone(), truth));
    let chosen = Dispatch::float_mask_where(b.clone(), first, a.clone());
    if !left.tracked() && !right.tracked() {
        return chosen;
    }
    let tie = Dispatch::float_equal(a.clone(), b.clone(), truth);
    let half = |x| Dispatch::float_mul_scalar(x, 0.5.into());
    Dispatch::float_mask_where(chosen, tie, Dispatch::float_add(half(a), half(b)))
}

fn integer(op: Binary, left: &Value, right: &Value) -> Result<DispatchTensor> {
    let (a, b) = (left.tensor.clone(), right.tensor.clone());
    let truth = left.truth();
    Ok(match op {
        Binary::Add => Dispatch::int_add(a, b),
        Binary::Sub => Dispatch::int_sub(a, b),
        Binary::Mul => Dispatch::int_mul(a, b),
        Binary::Pow => host::integers(power, left, right)?.tensor,
        Binary::Gcd => host::integers(common_divisor, left, right)?.tensor,
        Binary::Max => {
            let first = Dispatch::int_greater(a.clone(), b.clone(), truth);
            Dispatch::int_mask_where(b, first, a)
        }
        Binary::Min => {
            let first = Dispatch::int_lower(a.clone(), b.clone(), truth);
            Dispatch::int_mask_where(b, first, a)
        }
        Binary::Mod | Binary::Fmod | Binary::FloorDiv => divide(op, left, right),
        Binary::And => Dispatch::bitwise_and(a, b),
        Binary::Or => Dispatch::bitwise_or(a, b),
        Binary::Xor => Dispatch::bitwise_xor(a, b),
        Binary::Shl => host::integers(shift_left, left, right)?.tensor,
        Binary::Shr => shift_right(left, right),
        Binary::Eq => Dispatch::int_equal(a, b, truth),
        Binary::Ne => Dispatch::int_not_equal(a, b, truth),
        Binary::Lt => Dispatch::int_lower(a, b, truth),
        Binary::Le => Dispatch::int_lower_equal(a, b, truth),
        Binary::Gt => Dispatch::int_greater(a, b, truth),
        Binary::Ge => Dispatch::int_greater_equal(a, b, truth),
        Binary::Div | Binary::Atan2 | Binary::NextAfter => return Err(unfit(op, left)),
    })
}

/// Quotients and remainders of integers. By 0 both are 0, as in numpy; by -1 the machine's division
/// would trap on the least number.
fn divide(op: Binary, left: &Value, right: &Value) -> DispatchTensor {
    let (a, b) = (left.tensor.clone(), right.tensor.clone());
    let truth = left.truth();
    let zero = Dispatch::int_equal_elem(b.clone(), 0.into(), truth);
    let minus = (left.dtype() != DType::Uint8).then(|| Dispatch::int_equal_elem(b.clone(), (-1).into(), truth));
    let mut divisor = Dispatch::int_mask_fill(b, zero.clone(), 1.into());
    if let Some(minus) = &minus {
        divisor = Dispatch::int_mask_fill(divisor, minus.clone(), 1.into());
    }
    let mut quotient = Dispatch::int_div(a.clone(), divisor.clone());
    let truncated = Dispatch::int_sub(a.clone(), Dispatch::int_mul(quotient.clone(), divisor.clone()));
    if op == Binary::Fmod {
        return truncated;
    }
    let rest = Dispatch::int_remainder(a, divisor);
    if op == Binary::Mod {
        return rest;
    }
    // Where the two remainders differ, the quotient was rounded up.
    let up = Dispatch::int_not_equal(rest, truncated, truth);
    quotient = Dispatch::int_sub(quotient, Dispatch::bool_into_int(up, int_dtype(left.dtype())));
    if let Some(minus) = minus {
        let negated = Dispatch::int_neg(quotient.clone());
        quotient = Dispatch::int_mask_where(quotient, minus, negated);
    }
    Dispatch::int_mask_fill(quotient, zero, 0.into())
}

/// `a >> b`; by a count outside of the type's bits, everything is shifted out.
fn shift_right(left: &Value, right: &Value) -> DispatchTensor {
    let (a, b) = (left.tensor.clone(), right.tensor.clone());
    let truth = left.truth();
    let bits = left.dtype().size() as i64 * 8;
    let below = Dispatch::int_lower_elem(b.clone(), 0.into(), truth);
    let above = Dispatch::int_greater_equal_elem(b.clone(), bits.into(), truth);
    let outside = Dispatch::bool_or(below, above);
    let b = Dispatch::int_mask_fill(b, outside.clone(), (bits - 1).into());
    let shifted = Dispatch::bitwise_right_shift(a, b);
    // The sign is what stays of a signed number.
    if left.dtype() == DType::Uint8 { Dispatch::int_mask_fill(shifted, outside, 0.into()) } else { shifted }
}

fn boolean(op: Binary, left: &Value, right: &Value) -> Result<DispatchTensor> {
    let (a, b) = (left.tensor.clone(), right.tensor.clone());
    Ok(match op {
        Binary::And | Binary::Min => Dispatch::bool_and(a, b),
        Binary::Or | Binary::Max => Dispatch::bool_or(a, b),
        Binary::Xor | Binary::Ne => Dispatch::bool_not_equal(a, b),
        Binary::Eq => Dispatch::bool_equal(a, b),
        Binary::Lt => Dispatch::bool_and(Dispatch::bool_not(a), b),
        Binary::Le => Dispatch::bool_or(Dispatch::bool_not(a), b),
        Binary::Gt => Dispatch::bool_and(a, Dispatch::bool_not(b)),
        Binary::Ge => Dispatch::bool_or(a, Dispatch::bool_not(b)),
        Binary::Add
        | Binary::Sub
        | Binary::Mul
        | Binary::Div
        | Binary::Pow
        | Binary::Mod
        | Binary::Fmod
        | Binary::FloorDiv
        | Binary::Atan2
        | Binary::NextAfter
        | Binary::Gcd
        | Binary::Shl
        | Binary::Shr => return Err(unfit(op, left)),
    })
}

fn unfit(op: Binary, input: &Value) -> Error {
    Error::internal(format!("{} is no function of {}", op.name(), input.dtype()))
}

/// Wraps; a negative exponent gives what is left of the fraction.
fn power(base: i64, exponent: i64) -> i64 {
    match (base, exponent) {
        (1, _) => 1,
        (-1, _) => {
            if exponent % 2 == 0 {
                1
            } else {
                -1
            }
        }
        (_, ..0) => 0,
        _ => {
            let (mut result, mut square, mut left) = (1i64, base, exponent);
            while left > 0 {
                if left % 2 == 1 {
                    result = result.wrapping_mul(square);
                }
                square = square.wrapping_mul(square);
                left /= 2;
            }
            result
        }
    }
}

/// Wraps; a count outside of the bits shifts everything out.
fn shift_left(a: i64, count: i64) -> i64 {
    if (0..64).contains(&count) { a << count } else { 0 }
}

/// The greatest number that divides both; 0 for two zeros.
fn common_divisor(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a as i64
}

#[cfg(test)]
mod tests;
