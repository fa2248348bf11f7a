//! The table of functions of floating-point elements.

use super::lanes::{one, two};
use super::{Binary, Map, Scalars, Unary, rare, real, single};

/// Both element types; `single` only for the first.
macro_rules! real_tables {
    ($module:ident: $real:ident, $common_unary:ident, $common_binary:ident) => {
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
                Unary::IsNan => one!($real => u8, false, |x| u8::from(x.is_nan())),
                Unary::IsInf => one!($real => u8, false, |x| u8::from(x.abs() == $real::INFINITY)),
                Unary::IsFinite => one!($real => u8, false, |x| u8::from(x.abs() < $real::INFINITY)),
                Unary::Digamma => one!($real => $real, false, |x| rare::digamma(x.into()) as $real),
                Unary::Erfinv => one!($real => $real, false, |x| rare::erfinv(x.into()) as $real),
                Unary::Lgamma => one!($real => $real, false, |x| libm::lgamma(x.into()) as $real),
                Unary::Not
                | Unary::Cbrt
                | Unary::Sin
                | Unary::Cos
                | Unary::Tan
                | Unary::Asin
                | Unary::Acos
                | Unary::Atan
                | Unary::Erf => return None,
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

real_tables!(f32: f32, unary_common_f32, binary_common_f32);
real_tables!(f64: f64, unary_common_f64, binary_common_f64);

pub(super) fn unary_f32(op: Unary) -> Option<Map> {
    Some(match op {
        Unary::Sin => one!(f32 => f32, |x| single::sin_cos::<I>(x).0,
            rare: x.abs() >= single::TURNS, exact: libm::sin(x.into()) as f32),
        Unary::Cos => one!(f32 => f32, |x| single::sin_cos::<I>(x).1,
            rare: x.abs() >= single::TURNS, exact: libm::cos(x.into()) as f32),
        Unary::Tan => one!(f32 => f32, |x| single::tan::<I>(x),
            rare: x.abs() >= single::TURNS, exact: libm::tan(x.into()) as f32),
        Unary::Erf => one!(f32 => f32, true, |x| single::erf::<I>(x)),
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
        Unary::Cbrt => one!(f64 => f64, false, |x| libm::cbrt(x)),
        Unary::Asin => one!(f64 => f64, false, |x| libm::asin(x)),
        Unary::Acos => one!(f64 => f64, false, |x| libm::acos(x)),
        Unary::Atan => one!(f64 => f64, false, |x| libm::atan(x)),
        _ => return unary_common_f64(op),
    })
}

pub(super) fn binary_f32(op: Binary, s: Scalars) -> Option<Map> {
    Some(match op {
        Binary::Pow => two!(s, f32 => f32, heavy, |a, b| single::pow::<I>(a, b)),
        Binary::Atan2 => two!(s, f32 => f32, light, |a, b| libm::atan2f(a, b)),
        Binary::NextAfter => two!(s, f32 => f32, light, |a, b| libm::nextafterf(a, b)),
        _ => return binary_common_f32(op, s),
    })
}

pub(super) fn binary_f64(op: Binary, s: Scalars) -> Option<Map> {
    Some(match op {
        Binary::Pow => two!(s, f64 => f64, light, |a, b| libm::pow(a, b)),
        Binary::Atan2 => two!(s, f64 => f64, light, |a, b| libm::atan2(a, b)),
        Binary::NextAfter => two!(s, f64 => f64, light, |a, b| libm::nextafter(a, b)),
        _ => return binary_common_f64(op, s),
    })
}
