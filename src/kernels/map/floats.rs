//! The table of functions of floating-point elements.

use super::lanes::{one, two};
use super::{Binary, Map, Scalars, Unary, rare, real, single};

/// Both element types; `single` only for the first.
macro_rules! real_tables {
    ($module:ident: $real:ident, $common_unary:ident, $common_binary:ident, $power:ident, $general_power:expr) => {
        /// Of one exponent: the usual ones are arithmetic.
        unsafe fn $power(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize) {
            // SAFETY: the caller promises one exponent at `b`.
            let exponent = unsafe { b.cast::<$real>().read() };
            let map = if exponent == 2.0 {
                one!($real => $real, false, |x| x * x)
            } else if exponent == 3.0 {
                one!($real => $real, false, |x| x * x * x)
            } else if exponent == -1.0 {
                one!($real => $real, false, |x| 1.0 / x)
            } else if exponent == 0.5 {
                // C's `pow` has its own mind about the signs of zero and of infinity.
                one!($real => $real, true, |x| {
                    if x == $real::NEG_INFINITY { $real::INFINITY } else { (x + 0.0).sqrt() }
                })
            } else {
                $general_power
            };
            // SAFETY: the caller's promise; the loops of one operand read no other.
            unsafe { map(out, a, b, c, n) }
        }

        fn $common_unary(op: Unary) -> Option<Map> {
            use real::$module as math;
            Some(match op {
                Unary::Neg => one!($real => $real, false, |x| -x),
                Unary::Abs => one!($real => $real, false, |x| x.abs()),
                Unary::Sign => one!($real => $real, false, |x| {
                    let one = if x > 0.0 { 1.0 } else { -1.0 };
                    if x == 0.0 || x.is_nan() { x } else { one }
                }),
                Unary::Square => one!($real => $real, false, |x| x * x),
                Unary::Reciprocal => one!($real => $real, false, |x| 1.0 / x),
                Unary::Exp => one!($real => $real, true, |x| math::exp::<I>(x)),
                Unary::Exp2 => one!($real => $real, true, |x| math::exp2::<I>(x)),
                Unary::Expm1 => one!($real => $real, true, |x| math::expm1::<I>(x)),
                Unary::Log => one!($real => $real, true, |x| math::log::<I>(x)),
                Unary::Log2 => one!($real => $real, true, |x| math::log2::<I>(x)),
                Unary::Log10 => one!($real => $real, true, |x| math::log10::<I>(x)),
                Unary::Log1p => one!($real => $real, true, |x| math::log1p::<I>(x)),
                Unary::Sqrt => one!($real => $real, true, |x| x.sqrt()),
                Unary::Rsqrt => one!($real => $real, true, |x| 1.0 / x.sqrt()),
                Unary::Sinh => one!($real => $real, true, |x| math::sinh::<I>(x)),
                Unary::Cosh => one!($real => $real, true, |x| math::cosh::<I>(x)),
                Unary::Tanh => one!($real => $real, true, |x| math::tanh::<I>(x)),
                Unary::Asinh => one!($real => $real, true, |x| math::asinh::<I>(x)),
                Unary::Acosh => one!($real => $real, true, |x| math::acosh::<I>(x)),
                Unary::Atanh => one!($real => $real, true, |x| math::atanh::<I>(x)),
                Unary::Sigmoid => one!($real => $real, true, |x| math::sigmoid::<I>(x)),
                Unary::Softplus => one!($real => $real, true, |x| math::softplus::<I>(x)),
                // NaN passes.
                Unary::Relu => one!($real => $real, false, |x| if x <= 0.0 { 0.0 } else { x }),
                Unary::Floor => one!($real => $real, false, |x| x.floor()),
                Unary::Ceil => one!($real => $real, false, |x| x.ceil()),
                Unary::Round => one!($real => $real, false, |x| x.round_ties_even()),
                Unary::Trunc => one!($real => $real, false, |x| x.trunc()),
                Unary::RoundFloat16 => one!($real => $real, false, |x| single::round_float16(x as f32).into()),
                Unary::RoundBfloat16 => one!($real => $real, false, |x| single::round_bfloat16(x as f32).into()),
                Unary::IsNan => one!($real => u8, false, |x| u8::from(x.is_nan())),
                Unary::IsInf => one!($real => u8, false, |x| u8::from(x.abs() == $real::INFINITY)),
                Unary::IsFinite => one!($real => u8, false, |x| u8::from(x.abs() < $real::INFINITY)),
                Unary::Digamma => one!($real => $real, false, |x| rare::digamma(x.into()) as $real),
                Unary::Lgamma => one!($real => $real, false, |x| libm::lgamma(x.into()) as $real),
                Unary::Not
                | Unary::Cbrt
                | Unary::Sin
                | Unary::Cos
                | Unary::Tan
                | Unary::Asin
                | Unary::Acos
                | Unary::Atan
                | Unary::Erf
                | Unary::Erfinv => return None,
            })
        }

        fn $common_binary(op: Binary, s: Scalars) -> Option<Map> {
            Some(match op {
                Binary::Add => two!(s, $real => $real, placed, |a, b| a + b),
                Binary::Sub => two!(s, $real => $real, placed, |a, b| a - b),
                Binary::Mul => two!(s, $real => $real, placed, |a, b| a * b),
                Binary::Div => two!(s, $real => $real, placed, |a, b| a / b),
                // A NaN of either side wins.
                Binary::Max => {
                    two!(s, $real => $real, placed, |a, b| if a > b || a.is_nan() { a } else { b })
                }
                Binary::Min => {
                    two!(s, $real => $real, placed, |a, b| if a < b || a.is_nan() { a } else { b })
                }
                Binary::Mod => two!(s, $real => $real, light, |a, b| {
                    let r = a % b;
                    let moved = if (r < 0.0) == (b < 0.0) { r } else { r + b };
                    if r == 0.0 { (0.0 as $real).copysign(b) } else { moved }
                }),
                Binary::Fmod => two!(s, $real => $real, light, |a, b| a % b),
                Binary::FloorDiv => two!(s, $real => $real, light, |a, b| {
                    let r = a % b;
                    // What is left is a multiple of b up to rounding.
                    let near = (a - r) / b;
                    let near = if r != 0.0 && (r < 0.0) != (b < 0.0) { near - 1.0 } else { near };
                    let whole = if near - near.floor() > 0.5 { near.floor() + 1.0 } else { near.floor() };
                    let signed = if near == 0.0 { (0.0 as $real).copysign(a / b) } else { whole };
                    if b == 0.0 { a / b } else { signed }
                }),
                Binary::Eq => two!(s, $real => u8, light, |a, b| u8::from(a == b)),
                Binary::Ne => two!(s, $real => u8, light, |a, b| u8::from(a != b)),
                Binary::Lt => two!(s, $real => u8, light, |a, b| u8::from(a < b)),
                Binary::Le => two!(s, $real => u8, light, |a, b| u8::from(a <= b)),
                Binary::Gt => two!(s, $real => u8, light, |a, b| u8::from(a > b)),
                Binary::Ge => two!(s, $real => u8, light, |a, b| u8::from(a >= b)),
                Binary::Pow if s == Scalars::Right => $power,
                Binary::Pow
                | Binary::Atan2
                | Binary::NextAfter
                | Binary::Gcd
                | Binary::And
                | Binary::Or
                | Binary::Xor
                | Binary::Shl
                | Binary::Shr => return None,
            })
        }
    };
}

real_tables!(
    f32: f32, unary_common_f32, binary_common_f32, power_f32,
    two!(Scalars::Right, f32 => f32, heavy, |a, b| single::pow::<I>(a, b))
);
real_tables!(
    f64: f64, unary_common_f64, binary_common_f64, power_f64,
    two!(Scalars::Right, f64 => f64, light, |a, b| libm::pow(a, b))
);

pub(super) fn unary_f32(op: Unary) -> Option<Map> {
    Some(match op {
        Unary::Sin => one!(f32 => f32, |x| single::sin_cos::<I>(x).0,
            rare: x.abs() >= single::TURNS, exact: libm::sin(x.into()) as f32),
        Unary::Cos => one!(f32 => f32, |x| single::sin_cos::<I>(x).1,
            rare: x.abs() >= single::TURNS, exact: libm::cos(x.into()) as f32),
        Unary::Tan => one!(f32 => f32, |x| single::tan::<I>(x),
            rare: x.abs() >= single::TURNS, exact: libm::tan(x.into()) as f32),
        Unary::Erf => one!(f32 => f32, true, |x| single::erf::<I>(x)),
        Unary::Erfinv => one!(f32 => f32, true, |x| single::erfinv::<I>(x)),
        Unary::Cbrt => one!(f32 => f32, false, |x| libm::cbrtf(x)),
        Unary::Asin => one!(f32 => f32, false, |x| libm::asinf(x)),
        Unary::Acos => one!(f32 => f32, false, |x| libm::acosf(x)),
        Unary::Atan => one!(f32 => f32, false, |x| libm::atanf(x)),
        _ => return unary_common_f32(op),
    })
}

pub(super) fn unary_f64(op: Unary) -> Option<Map> {
    Some(match op {
        Unary::Sin => one!(f64 => f64, false, |x| libm::sin(x)),
        Unary::Cos => one!(f64 => f64, false, |x| libm::cos(x)),
        Unary::Tan => one!(f64 => f64, false, |x| libm::tan(x)),
        Unary::Erf => one!(f64 => f64, false, |x| libm::erf(x)),
        Unary::Erfinv => one!(f64 => f64, false, |x| rare::erfinv(x)),
        Unary::Cbrt => one!(f64 => f64, false, |x| libm::cbrt(x)),
        Unary::Asin => one!(f64 => f64, false, |x| libm::asin(x)),
        Unary::Acos => one!(f64 => f64, false, |x| libm::acos(x)),
        Unary::Atan => one!(f64 => f64, false, |x| libm::atan(x)),
        _ => return unary_common_f64(op),
    })
}

pub(super) fn binary_f32(op: Binary, s: Scalars) -> Option<Map> {
    Some(match op {
        Binary::Pow if s != Scalars::Right => two!(s, f32 => f32, heavy, |a, b| single::pow::<I>(a, b)),
        Binary::Atan2 => two!(s, f32 => f32, light, |a, b| libm::atan2f(a, b)),
        Binary::NextAfter => two!(s, f32 => f32, light, |a, b| libm::nextafterf(a, b)),
        _ => return binary_common_f32(op, s),
    })
}

pub(super) fn binary_f64(op: Binary, s: Scalars) -> Option<Map> {
    Some(match op {
        Binary::Pow if s != Scalars::Right => two!(s, f64 => f64, light, |a, b| libm::pow(a, b)),
        Binary::Atan2 => two!(s, f64 => f64, light, |a, b| libm::atan2(a, b)),
        Binary::NextAfter => two!(s, f64 => f64, light, |a, b| libm::nextafter(a, b)),
        _ => return binary_common_f64(op, s),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply, apply2, call};
    use super::super::{Binary, Scalars, Unary, binary, unary};
    use crate::dtype::DType;
    use crate::kernels::isa::testing::at_every_level;

    const NAN: f32 = f32::NAN;
    const INFINITY: f32 = f32::INFINITY;

    /// Equal bit by bit, except that any NaN equals any other.
    fn same(got: &[f32], want: &[f32]) {
        let bits = |x: &f32| if x.is_nan() { u32::MAX } else { x.to_bits() };
        let (a, b): (Vec<_>, Vec<_>) = (got.iter().map(bits).collect(), want.iter().map(bits).collect());
        assert_eq!(a, b, "{got:?}, not {want:?}");
    }

    #[test]
    fn special_values() {
        at_every_level(|_| {
            let x = [NAN, -INFINITY, -1.0, -0.0, 0.0, 1.0, INFINITY];
            same(&apply(Unary::Sign, &x), &[NAN, -1.0, -1.0, -0.0, 0.0, 1.0, 1.0]);
            same(&apply(Unary::Relu, &x), &[NAN, 0.0, 0.0, 0.0, 0.0, 1.0, INFINITY]);
            same(&apply(Unary::Exp, &x)[..2], &[NAN, 0.0]);
            same(&apply(Unary::Log, &x), &[NAN, NAN, NAN, -INFINITY, -INFINITY, 0.0, INFINITY]);
            same(&apply(Unary::Tanh, &x)[..2], &[NAN, -1.0]);
            same(&apply(Unary::Tanh, &x)[3..5], &[-0.0, 0.0]);
            same(&apply(Unary::Expm1, &x)[..2], &[NAN, -1.0]);
            same(&apply(Unary::Expm1, &x)[3..5], &[-0.0, 0.0]);
            same(&apply(Unary::Log1p, &x)[2..5], &[-INFINITY, -0.0, 0.0]);
            same(&apply(Unary::Sigmoid, &[-INFINITY, -90.0, 0.0, INFINITY]), &[0.0, 8.194_01e-40, 0.5, 1.0]);
            same(&apply(Unary::Softplus, &[NAN, -INFINITY, INFINITY]), &[NAN, 0.0, INFINITY]);
            same(&apply(Unary::Round, &[0.5, 1.5, 2.5, -0.5]), &[0.0, 2.0, 2.0, -0.0]);
            same(&apply(Unary::Sin, &[INFINITY, NAN, -0.0]), &[NAN, NAN, -0.0]);
        });
    }

    #[test]
    fn extremes_and_remainders() {
        at_every_level(|_| {
            let (a, b) = ([NAN, 1.0, 2.0, -3.0], [1.0, NAN, 1.0, 5.0]);
            same(&apply2(Binary::Max, &a, &b), &[NAN, NAN, 2.0, 5.0]);
            same(&apply2(Binary::Min, &a, &b), &[NAN, NAN, 1.0, -3.0]);
            let (a, b) = ([7.0, -7.0, 7.0, -7.0, 6.0, -6.0, 1.0], [3.0, 3.0, -3.0, -3.0, 3.0, 3.0, 0.0]);
            same(&apply2(Binary::Mod, &a, &b), &[1.0, 2.0, -2.0, -1.0, 0.0, 0.0, NAN]);
            same(&apply2(Binary::Fmod, &a, &b), &[1.0, -1.0, 1.0, -1.0, 0.0, -0.0, NAN]);
            same(&apply2(Binary::FloorDiv, &a, &b), &[2.0, -3.0, -3.0, 2.0, 2.0, -2.0, INFINITY]);
        });
    }

    #[test]
    fn one_exponent() {
        let x = [NAN, -INFINITY, -2.0, -0.0, 0.0, 0.3, 1.0, 7.0, INFINITY];
        for exponent in [2.0_f32, 3.0, -1.0, 0.5, 0.0, 1.0, 1.5, -2.0] {
            let map = binary(Binary::Pow, DType::Float32, Scalars::Right).unwrap();
            let got: Vec<f32> = call(map, &x, &[exponent], x.len());
            for (x, y) in x.iter().zip(&got) {
                let want = libm::pow((*x).into(), exponent.into()) as f32;
                let error = (y - want).abs() <= want.abs() * 1.2e-7;
                assert!(error || y == &want || (y.is_nan() && want.is_nan()), "{x} ** {exponent}: {y}, not {want}");
            }
        }
    }

    #[test]
    fn rare_functions() {
        let x = [0.1, 0.5, 1.0, 2.5, 10.0, -0.3, 33.3];
        // From tables of the functions.
        let digamma = [
            -10.423_754_940_411_076,
            -1.963_510_026_021_423_5,
            -0.577_215_664_901_532_9,
            0.703_156_640_645_243_2,
            2.251_752_589_066_721,
            2.113_309_779_635_399,
            3.490_467_238_520_243,
        ];
        for (got, want) in apply::<f64>(Unary::Digamma, &x).iter().zip(digamma) {
            assert!((got - want).abs() <= 1e-12 * want.abs().max(1.0), "{got}, not {want}");
        }
        let y: Vec<f64> =
            (-999..1000).map(|i| f64::from(i) * 1e-3).chain([1.0 - 1e-15, -1.0 + 1e-12, 1e-300]).collect();
        for (y, x) in y.iter().zip(apply(Unary::Erfinv, &y)) {
            let back = if x.abs() > 1.0 { libm::copysign(1.0 - libm::erfc(x.abs()), x) } else { libm::erf(x) };
            assert!((back - y).abs() <= 1e-12 * y.abs().min(1.0 - y.abs()).max(2e-4), "erfinv({y}) = {x}");
        }
        let ends: Vec<f64> = apply(Unary::Erfinv, &[1.0, -1.0, 1.5]);
        assert!(ends[0] == f64::INFINITY && ends[1] == f64::NEG_INFINITY && ends[2].is_nan());
        assert!(unary(Unary::Lgamma, DType::Float32).is_some());
    }
}
