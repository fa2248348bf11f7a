//! Functions of one element.

use super::{Kind, Value, host};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::map::Unary;
use crate::shape::Spec;
use burn::backend::ops::{ActivationOps, BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};
use std::f64::consts::{LOG2_E, LOG10_E};

/// `op(x)`, element by element.
///
/// # Errors
/// An element type that `op` does not take.
pub fn unary(op: Unary, x: &Value) -> Result<Value> {
    if !op.takes(x.dtype()) {
        let (name, dtype) = (op.name(), x.dtype());
        return Err(Error::dtype(format!("{name} does not take this dtype. Received: dtype={dtype}")));
    }
    let spec = Spec::new(x.shape().clone(), op.gives(x.dtype()));
    if let Some(vacant) = x.vacant(&spec) {
        return vacant;
    }
    let tensor = match Kind::of(x.dtype()) {
        Kind::Float => float(op, x),
        Kind::Int => integer(op, x),
        Kind::Bool => Some(Dispatch::bool_not(x.tensor.clone())),
    };
    tensor.map_or_else(|| host::unary(op, x), |tensor| Ok(x.with(tensor, spec.shape, spec.dtype)))
}

/// None if burn lacks it.
fn float(op: Unary, value: &Value) -> Option<DispatchTensor> {
    let x = value.tensor.clone();
    let truth = value.truth();
    Some(match op {
        Unary::Neg => Dispatch::float_neg(x),
        Unary::Abs => Dispatch::float_abs(x),
        Unary::Sign => {
            let nan = Dispatch::float_is_nan(x.clone(), truth);
            Dispatch::float_mask_where(Dispatch::float_sign(x.clone()), nan, x)
        }
        Unary::Square => Dispatch::float_mul(x.clone(), x),
        Unary::Reciprocal => Dispatch::float_recip(x),
        Unary::Exp => Dispatch::float_exp(x),
        Unary::Exp2 => Dispatch::float_powf(Value::full(2.0, value.spec.clone(), value.device).tensor, x),
        Unary::Expm1 => {
            // tanh keeps the digits that exp(x) - 1 loses near 0.
            let half = Dispatch::float_mul_scalar(x.clone(), 0.5.into());
            let above = Dispatch::float_add_scalar(Dispatch::float_exp(x), 1.0.into());
            Dispatch::float_mul(Dispatch::float_tanh(half), above)
        }
        Unary::Log => Dispatch::float_log(x),
        Unary::Log2 => Dispatch::float_mul_scalar(Dispatch::float_log(x), LOG2_E.into()),
        Unary::Log10 => Dispatch::float_mul_scalar(Dispatch::float_log(x), LOG10_E.into()),
        Unary::Log1p => Dispatch::float_log1p(x),
        Unary::Sqrt => Dispatch::float_sqrt(x),
        Unary::Rsqrt => Dispatch::float_recip(Dispatch::float_sqrt(x)),
        Unary::Cbrt => {
            // A tensor of exponents: some backends round a scalar one to float32.
            let third = Value::full(1.0 / 3.0, value.spec.clone(), value.device).tensor;
            let root = Dispatch::float_powf(Dispatch::float_abs(x.clone()), third);
            Dispatch::float_mul(Dispatch::float_sign(x), root)
        }
        Unary::Sin => Dispatch::float_sin(x),
        Unary::Cos => Dispatch::float_cos(x),
        Unary::Tan => Dispatch::float_tan(x),
        Unary::Asin => Dispatch::float_asin(x),
        Unary::Acos => Dispatch::float_acos(x),
        Unary::Atan => Dispatch::float_atan(x),
        Unary::Sinh => Dispatch::float_sinh(x),
        Unary::Cosh => Dispatch::float_cosh(x),
        Unary::Tanh => Dispatch::float_tanh(x),
        Unary::Asinh => Dispatch::float_asinh(x),
        Unary::Acosh => Dispatch::float_acosh(x),
        Unary::Atanh => Dispatch::float_atanh(x),
        Unary::Erf => Dispatch::float_erf(x),
        // Some backends compute it in float32.
        Unary::Sigmoid if value.dtype() == DType::Float64 && !value.tracked() => {
            let below = Dispatch::float_exp(Dispatch::float_neg(x));
            Dispatch::float_recip(Dispatch::float_add_scalar(below, 1.0.into()))
        }
        Unary::Sigmoid => Dispatch::sigmoid(x),
        Unary::Softplus => {
            // max(x, 0) + log(1 + exp(-|x|)), by selections whose slopes add up to 1/2 at 0.
            let positive = Dispatch::float_greater_elem(x.clone(), 0.0.into(), truth);
            let minus = Dispatch::float_neg(x.clone());
            let folded = Dispatch::float_mask_where(x.clone(), positive, minus);
            let tail = Dispatch::float_log1p(Dispatch::float_exp(folded));
            Dispatch::float_add(Dispatch::relu(x), tail)
        }
        Unary::Relu => Dispatch::relu(x),
        Unary::Floor => Dispatch::float_floor(x),
        Unary::Ceil => Dispatch::float_ceil(x),
        Unary::Round => Dispatch::float_round(x),
        Unary::Trunc => Dispatch::float_trunc(x),
        Unary::IsNan => Dispatch::float_is_nan(x, truth),
        Unary::IsInf => Dispatch::float_is_inf(x, truth),
        Unary::IsFinite => {
            let nan = Dispatch::float_is_nan(x.clone(), truth);
            Dispatch::bool_not(Dispatch::bool_or(nan, Dispatch::float_is_inf(x, truth)))
        }
        Unary::Not | Unary::Erfinv | Unary::Lgamma | Unary::Digamma | Unary::RoundFloat16 | Unary::RoundBfloat16 => {
            return None;
        }
    })
}

/// None if it is no function of integers.
fn integer(op: Unary, value: &Value) -> Option<DispatchTensor> {
    let x = value.tensor.clone();
    let unsigned = value.dtype() == DType::Uint8;
    Some(match op {
        Unary::Neg if unsigned => Dispatch::int_sub(Value::full(0, value.spec.clone(), value.device).tensor, x),
        Unary::Neg => Dispatch::int_neg(x),
        Unary::Abs | Unary::Relu if unsigned => x,
        Unary::Abs => Dispatch::int_abs(x),
        Unary::Sign if unsigned => Dispatch::int_clamp_max(x, 1.into()),
        Unary::Sign => Dispatch::int_sign(x),
        Unary::Relu => Dispatch::int_clamp_min(x, 0.into()),
        Unary::Square => Dispatch::int_mul(x.clone(), x),
        Unary::Not if unsigned => Dispatch::bitwise_xor_scalar(x, 255.into()),
        Unary::Not => Dispatch::bitwise_not(x),
        Unary::Reciprocal
        | Unary::Exp
        | Unary::Exp2
        | Unary::Expm1
        | Unary::Log
        | Unary::Log2
        | Unary::Log10
        | Unary::Log1p
        | Unary::Sqrt
        | Unary::Rsqrt
        | Unary::Cbrt
        | Unary::Sin
        | Unary::Cos
        | Unary::Tan
        | Unary::Asin
        | Unary::Acos
        | Unary::Atan
        | Unary::Sinh
        | Unary::Cosh
        | Unary::Tanh
        | Unary::Asinh
        | Unary::Acosh
        | Unary::Atanh
        | Unary::Erf
        | Unary::Erfinv
        | Unary::Lgamma
        | Unary::Digamma
        | Unary::Sigmoid
        | Unary::Softplus
        | Unary::Floor
        | Unary::Ceil
        | Unary::Round
        | Unary::Trunc
        | Unary::RoundFloat16
        | Unary::RoundBfloat16
        | Unary::IsNan
        | Unary::IsInf
        | Unary::IsFinite => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, close, devices, floats, numbers, values};
    use super::*;

    /// What each function of floats is, and where to try it.
    fn expected(op: Unary, x: f64) -> f64 {
        match op {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Sign => {
                if x == 0.0 {
                    0.0
                } else {
                    x.signum()
                }
            }
            Unary::Square => x * x,
            Unary::Reciprocal => 1.0 / x,
            Unary::Exp => x.exp(),
            Unary::Exp2 => x.exp2(),
            Unary::Expm1 => x.exp_m1(),
            Unary::Log => x.ln(),
            Unary::Log2 => x.log2(),
            Unary::Log10 => x.log10(),
            Unary::Log1p => x.ln_1p(),
            Unary::Sqrt => x.sqrt(),
            Unary::Rsqrt => 1.0 / x.sqrt(),
            Unary::Cbrt => x.cbrt(),
            Unary::Sin => x.sin(),
            Unary::Cos => x.cos(),
            Unary::Tan => x.tan(),
            Unary::Asin => x.asin(),
            Unary::Acos => x.acos(),
            Unary::Atan => x.atan(),
            Unary::Sinh => x.sinh(),
            Unary::Cosh => x.cosh(),
            Unary::Tanh => x.tanh(),
            Unary::Asinh => x.asinh(),
            Unary::Acosh => x.acosh(),
            Unary::Atanh => x.atanh(),
            Unary::Erf => libm::erf(x),
            Unary::Erfinv => unreachable!("tested by its inverse"),
            Unary::Lgamma => libm::lgamma(x),
            Unary::Digamma => (libm::lgamma(x + 1e-5) - libm::lgamma(x - 1e-5)) / 2e-5,
            Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Unary::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Unary::Relu => x.max(0.0),
            Unary::Floor => x.floor(),
            Unary::Ceil => x.ceil(),
            Unary::Round => x.round_ties_even(),
            Unary::Trunc => x.trunc(),
            Unary::RoundFloat16 => rounded(x, 10),
            Unary::RoundBfloat16 => rounded(x, 7),
            Unary::IsNan => f64::from(u8::from(x.is_nan())),
            Unary::IsInf => f64::from(u8::from(x.is_infinite())),
            Unary::IsFinite => f64::from(u8::from(x.is_finite())),
            Unary::Not => unreachable!("no function of floats"),
        }
    }

    /// `x` with so many bits after the first.
    fn rounded(x: f64, bits: i32) -> f64 {
        let unit = 2_f64.powi(x.abs().max(1e-300).log2().floor() as i32 - bits);
        (x / unit).round_ties_even() * unit
    }

    fn points(op: Unary) -> &'static [f64] {
        match op {
            Unary::Log | Unary::Log2 | Unary::Log10 | Unary::Sqrt | Unary::Rsqrt => &[1e-3, 0.5, 1.0, 2.0, 80.0],
            Unary::Lgamma | Unary::Digamma => &[0.1, 0.75, 1.5, 2.5, 10.0],
            Unary::Log1p => &[-0.5, -1e-5, 0.0, 1e-5, 9.0],
            Unary::Acosh => &[1.25, 2.0, 30.0],
            Unary::Asin | Unary::Acos | Unary::Atanh => &[-0.9, -0.25, 0.0, 0.5, 0.9],
            Unary::Reciprocal => &[-4.0, -0.1, 0.3, 50.0],
            Unary::IsNan | Unary::IsInf | Unary::IsFinite => &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -3.0],
            _ => &[-30.0, -2.5, -1.5, -1e-4, 0.0, 1e-4, 0.5, 1.0, 2.5, 20.0],
        }
    }

    #[test]
    fn floats_are_as_the_standard_library_has_them() {
        for device in devices() {
            for dtype in [DType::Float32, DType::Float64] {
                for &op in Unary::ALL.iter().filter(|op| op.takes(dtype) && **op != Unary::Erfinv) {
                    let points = points(op);
                    let x = values(points, &[points.len()], dtype, device);
                    let wanted: Vec<_> = numbers(&x).iter().map(|&x| expected(op, x)).collect();
                    let tolerance = match dtype {
                        DType::Float32 => 2e-6,
                        // burn's float64 erf and the quotient above are not exact to the last digits.
                        _ if matches!(op, Unary::Erf | Unary::Digamma) => 1e-6,
                        _ => 1e-12,
                    };
                    let found = unary(op, &x).unwrap();
                    assert_eq!(found.dtype(), op.gives(dtype));
                    close(op.name(), &numbers(&found), &wanted, tolerance);
                }
            }
        }
    }

    #[test]
    fn the_inverse_of_erf_undoes_it() {
        for device in devices() {
            let x = floats(&[-0.9, -0.5, 0.0, 1e-3, 0.7], &[5], device);
            let back = unary(Unary::Erf, &unary(Unary::Erfinv, &x).unwrap()).unwrap();
            close("erfinv", &numbers(&back), &numbers(&x), 1e-6);
        }
    }

    #[test]
    fn not_a_number_stays_one() {
        for device in devices() {
            let x = floats(&[f64::NAN], &[1], device);
            for &op in Unary::ALL.iter().filter(|op| op.gives(DType::Float32) == DType::Float32) {
                if op.takes(DType::Float32) {
                    assert!(numbers(&unary(op, &x).unwrap())[0].is_nan(), "{} on {device}", op.name());
                }
            }
        }
    }

    #[test]
    fn integers_and_bools() {
        for device in devices() {
            for (op, wanted) in [
                (Unary::Neg, [3.0, 0.0, -7.0]),
                (Unary::Abs, [3.0, 0.0, 7.0]),
                (Unary::Sign, [-1.0, 0.0, 1.0]),
                (Unary::Square, [9.0, 0.0, 49.0]),
                (Unary::Relu, [0.0, 0.0, 7.0]),
                (Unary::Not, [2.0, -1.0, -8.0]),
            ] {
                for dtype in [DType::Int32, DType::Int64] {
                    let x = values(&[-3.0, 0.0, 7.0], &[3], dtype, device);
                    assert_eq!(numbers(&unary(op, &x).unwrap()), wanted, "{}", op.name());
                }
            }
            for (op, wanted) in [
                (Unary::Neg, [0.0, 255.0, 56.0]),
                (Unary::Abs, [0.0, 1.0, 200.0]),
                (Unary::Sign, [0.0, 1.0, 1.0]),
                (Unary::Square, [0.0, 1.0, 64.0]),
                (Unary::Relu, [0.0, 1.0, 200.0]),
                (Unary::Not, [255.0, 254.0, 55.0]),
            ] {
                let x = values(&[0.0, 1.0, 200.0], &[3], DType::Uint8, device);
                assert_eq!(numbers(&unary(op, &x).unwrap()), wanted, "{}", op.name());
            }
            let x = values(&[0.0, 1.0], &[2], DType::Bool, device);
            assert_eq!(numbers(&unary(Unary::Not, &x).unwrap()), [1.0, 0.0]);
            assert!(unary(Unary::Neg, &x).is_err());
        }
    }

    #[test]
    fn tails_keep_their_digits() {
        for device in devices() {
            let x = floats(&[-200.0, -60.0, 1e-7, 100.0], &[4], device);
            let found = numbers(&unary(Unary::Softplus, &x).unwrap());
            close("softplus", &found, &[0.0, (-60f64).exp(), 2f64.ln(), 100.0], 1e-5);
            let x = floats(&[-200.0, 1e-6], &[2], device);
            close("expm1", &numbers(&unary(Unary::Expm1, &x).unwrap()), &[-1.0, 1.000_000_5e-6], 1e-6);
        }
    }

    #[test]
    fn gradients() {
        use Unary::*;
        let smooth = [
            Neg, Square, Exp, Exp2, Expm1, Sin, Cos, Tan, Atan, Sinh, Cosh, Tanh, Asinh, Erf, Sigmoid, Softplus, Abs,
            Relu, Reciprocal, Cbrt,
        ];
        for device in devices() {
            for op in smooth {
                check_gradient(op.name(), device, &[&[-1.3, -0.4, 0.6, 1.1]], |x| unary(op, &x[0]));
            }
            for op in [Log, Log2, Log10, Log1p, Sqrt, Rsqrt] {
                check_gradient(op.name(), device, &[&[0.3, 0.9, 4.0]], |x| unary(op, &x[0]));
            }
            for op in [Asin, Acos, Atanh] {
                check_gradient(op.name(), device, &[&[-0.6, 0.1, 0.7]], |x| unary(op, &x[0]));
            }
            check_gradient("acosh", device, &[&[1.5, 3.0]], |x| unary(Acosh, &x[0]));
            check_gradient("softplus", device, &[&[0.0]], |x| unary(Softplus, &x[0]));
        }
    }
}
