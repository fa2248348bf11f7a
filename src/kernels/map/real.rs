//! Exponentials, logarithms and what is made of them, without branches so that loops over them are vectorized.
//!
//! All are within about 2 units in the last place, and right at 0, infinities, NaN, and denormal and
//! overflowing values. The polynomials interpolate at Chebyshev points, which is within a few percent of
//! the best possible.

use crate::kernels::isa::{Isa, fma, horner};

macro_rules! elementary {
    (
        $module:ident: $real:ident, $int:ident, $bits:ident,
        mantissa: $mantissa:literal, bias: $bias:literal, shifter: $shifter:literal,
        ln2: ($ln2_high:literal, $ln2_low:literal), log10_2: ($log10_2_high:literal, $log10_2_low:literal),
        range: ($low:literal, $high:literal), tiny: $tiny:literal, square_overflows: $huge:literal,
        exp: [$($exp:literal),+], log: [$($log:literal),+], log1p: [$($log1p:literal),+]
    ) => {
        pub(crate) mod $module {
            use super::{Isa, fma, horner};
            use std::$module::consts::{LN_2, LOG2_E, LOG10_E};

            /// Adding it rounds to an integer, which is then in the low bits.
            const SHIFTER: $real = $shifter;
            const SQRT_HALF: $int = std::$module::consts::FRAC_1_SQRT_2.to_bits() as $int;
            const MANTISSA: $int = (1 << $mantissa) - 1;

            /// `2^n` for `n` of normal numbers.
            #[inline(always)]
            fn power(n: $int) -> $real {
                $real::from_bits((n.wrapping_add($bias) << $mantissa) as $bits)
            }

            /// `(n, exp(r) - 1)` where `x = n ln(2) + r`.
            #[inline(always)]
            fn exp_parts<I: Isa>(x: $real) -> ($int, $real) {
                let shifted = fma!(I, x, LOG2_E, SHIFTER);
                let n = shifted - SHIFTER;
                let r = fma!(I, n, -$ln2_low, fma!(I, n, -$ln2_high, x));
                (integer(shifted), expm1_reduced::<I>(r))
            }

            #[inline(always)]
            fn integer(shifted: $real) -> $int {
                (shifted.to_bits() as $int).wrapping_sub(SHIFTER.to_bits() as $int)
            }

            #[inline(always)]
            fn expm1_reduced<I: Isa>(r: $real) -> $real {
                fma!(I, r * r, horner!(I, r, $($exp),+), r)
            }

            /// `2^n y`, rounded once also where it is denormal.
            #[inline(always)]
            fn scale(y: $real, n: $int) -> $real {
                let half = n >> 1;
                y * power(half) * power(n.wrapping_sub(half))
            }

            // Beyond these limits the result is 0 or infinite anyway; written so that NaN passes.
            #[inline(always)]
            fn clamp(x: $real, low: $real, high: $real) -> $real {
                let x = if x > high { high } else { x };
                if x < low { low } else { x }
            }

            #[inline(always)]
            pub(crate) fn exp<I: Isa>(x: $real) -> $real {
                let (n, q) = exp_parts::<I>(clamp(x, $low, $high));
                scale(1.0 + q, n)
            }

            #[inline(always)]
            pub(crate) fn exp2<I: Isa>(x: $real) -> $real {
                let x = clamp(x, $low * LOG2_E, $high * LOG2_E);
                let shifted = x + SHIFTER;
                let r = (x - (shifted - SHIFTER)) * LN_2;
                scale(1.0 + expm1_reduced::<I>(r), integer(shifted))
            }

            #[inline(always)]
            pub(crate) fn expm1<I: Isa>(x: $real) -> $real {
                let (n, q) = exp_parts::<I>(clamp(x, -50.0, $high));
                // Half the power, because twice the largest overflows.
                let half = power(n.wrapping_sub(1));
                let wide = 2.0 * fma!(I, half, q, half - 0.5);
                let near = if n == 0 { q } else { wide };
                if x.abs() < $tiny { x } else { near }
            }

            /// `expm1(x)` for `x <= 0`.
            #[inline(always)]
            fn expm1_negative<I: Isa>(x: $real) -> $real {
                let x = if x < -50.0 { -50.0 } else { x };
                let (n, q) = exp_parts::<I>(x);
                let p = power(n);
                fma!(I, p, q, p - 1.0)
            }

            /// `(e, f)` where `x = 2^e (1 + f)` and `sqrt(1/2) <= 1 + f < sqrt(2)`, for positive `x`.
            #[inline(always)]
            fn log_parts(x: $real) -> ($real, $real) {
                let denormal = x < $real::MIN_POSITIVE;
                let normal = if denormal { x * (MANTISSA + 1) as $real } else { x };
                let offset = (normal.to_bits() as $int).wrapping_sub(SQRT_HALF);
                let whole = (offset >> $mantissa).wrapping_add(SHIFTER.to_bits() as $int);
                let e = $real::from_bits(whole as $bits) - SHIFTER;
                let m = $real::from_bits((offset & MANTISSA).wrapping_add(SQRT_HALF) as $bits);
                (if denormal { e - $mantissa as $real } else { e }, m - 1.0)
            }

            /// `(h, t)` where `log(1 + f) = f - (h - t)`, with `h = f^2 / 2`.
            #[inline(always)]
            fn log_reduced<I: Isa>(f: $real) -> ($real, $real) {
                let s = f / (2.0 + f);
                let z = s * s;
                let h = 0.5 * f * f;
                (h, s * fma!(I, z, horner!(I, z, $($log),+), h))
            }

            #[inline(always)]
            fn log_special(x: $real, result: $real) -> $real {
                let positive = if x < $real::INFINITY { result } else { x };
                let other = if x == 0.0 { $real::NEG_INFINITY } else { $real::NAN };
                if x > 0.0 { positive } else { other }
            }

            #[inline(always)]
            pub(crate) fn log<I: Isa>(x: $real) -> $real {
                let (e, f) = log_parts(x);
                let (h, t) = log_reduced::<I>(f);
                log_special(x, e * $ln2_high - ((h - fma!(I, e, $ln2_low, t)) - f))
            }

            #[inline(always)]
            pub(crate) fn log2<I: Isa>(x: $real) -> $real {
                let (e, f) = log_parts(x);
                let (h, t) = log_reduced::<I>(f);
                log_special(x, fma!(I, f - (h - t), LOG2_E, e))
            }

            #[inline(always)]
            pub(crate) fn log10<I: Isa>(x: $real) -> $real {
                let (e, f) = log_parts(x);
                let (h, t) = log_reduced::<I>(f);
                let low = fma!(I, e, $log10_2_low, (f - (h - t)) * LOG10_E);
                log_special(x, fma!(I, e, $log10_2_high, low))
            }

            /// `log1p` of a finite number above -1.
            #[inline(always)]
            fn log1p_finite<I: Isa>(x: $real) -> $real {
                let u = 1.0 + x;
                let (e, f) = log_parts(u);
                // What rounding `u` lost; nothing is lost where 1 + f is 1 + x itself.
                let lost = if x < 1.0 { x - (u - 1.0) } else { 1.0 - (u - x) };
                let c = if e == 0.0 { 0.0 } else { lost / u };
                let f = if e == 0.0 { x } else { f };
                let (h, t) = log_reduced::<I>(f);
                e * $ln2_high - ((h - (fma!(I, e, $ln2_low, c) + t)) - f)
            }

            #[inline(always)]
            pub(crate) fn log1p<I: Isa>(x: $real) -> $real {
                let result = log1p_finite::<I>(x);
                let finite = if x < $real::INFINITY { result } else { x };
                let other = if x == -1.0 { $real::NEG_INFINITY } else { $real::NAN };
                let any = if x > -1.0 { finite } else { other };
                if x.abs() < $tiny { x } else { any }
            }

            #[inline(always)]
            pub(crate) fn tanh<I: Isa>(x: $real) -> $real {
                let t = expm1_negative::<I>(-2.0 * x.abs());
                (t / (t + 2.0)).abs().copysign(x)
            }

            #[inline(always)]
            pub(crate) fn sigmoid<I: Isa>(x: $real) -> $real {
                let e = exp::<I>(-x.abs());
                (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
            }

            /// `log(1 + exp(x))`
            #[inline(always)]
            pub(crate) fn softplus<I: Isa>(x: $real) -> $real {
                let e = exp::<I>(-x.abs());
                // log(1 + e) for e in [0, 1]
                let s = e / (2.0 + e);
                let z = s * s;
                let tail = fma!(I, -s, fma!(I, -z, horner!(I, z, $($log1p),+), e), e);
                // `e` carries NaN.
                (if x > 0.0 { x } else { 0.0 }) + tail
            }

            #[inline(always)]
            pub(crate) fn sinh<I: Isa>(x: $real) -> $real {
                let a = x.abs();
                let t = expm1::<I>(a);
                let h = exp::<I>(0.5 * a);
                let large = (0.5 * h) * h;
                let small = 0.5 * (t + t / (t + 1.0));
                (if a > $high - 10.0 { large } else { small }).copysign(x)
            }

            #[inline(always)]
            pub(crate) fn cosh<I: Isa>(x: $real) -> $real {
                let h = exp::<I>(0.5 * x.abs());
                let e = exp::<I>(x.abs());
                let large = (0.5 * h) * h;
                if x.abs() > $high - 10.0 { large } else { 0.5 * (e + 1.0 / e) }
            }

            #[inline(always)]
            pub(crate) fn asinh<I: Isa>(x: $real) -> $real {
                let a = x.abs();
                let square = a * a;
                let small = log1p::<I>(a + square / (1.0 + (1.0 + square).sqrt()));
                let large = log::<I>(a) + LN_2;
                (if a > $huge { large } else { small }).copysign(x)
            }

            #[inline(always)]
            pub(crate) fn acosh<I: Isa>(x: $real) -> $real {
                let t = x - 1.0;
                let small = log1p::<I>(t + (t * (2.0 + t)).sqrt());
                let result = if x > $huge { log::<I>(x) + LN_2 } else { small };
                if x < 1.0 { $real::NAN } else { result }
            }

            #[inline(always)]
            pub(crate) fn atanh<I: Isa>(x: $real) -> $real {
                let a = x.abs();
                (0.5 * log1p::<I>(2.0 * a / (1.0 - a))).copysign(x)
            }
        }
    };
}

elementary!(
    f32: f32, i32, u32,
    mantissa: 23, bias: 127, shifter: 12_582_912.0,
    ln2: (0.693_359_4, -2.121_944_4e-4), log10_2: (0.301_025_4, 4.605_039e-6),
    range: (-104.0, 89.0), tiny: 2e-8, square_overflows: 1e9,
    exp: [
        0.5, 0.166_665_76, 0.041_666_56, 0.008_363_241, 0.001_392_574_4
    ],
    log: [0.666_666_7, 0.400_001_23, 0.285_508_04, 0.233_309_64],
    log1p: [0.666_666_7, 0.399_997_06, 0.285_923_58, 0.217_065_75, 0.232_243_34]
);

elementary!(
    f64: f64, i64, u64,
    mantissa: 52, bias: 1023, shifter: 6_755_399_441_055_744.0,
    ln2: (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10),
    log10_2: (0.301_029_995_663_611_8, 3.694_239_077_158_931e-13),
    range: (-746.0, 710.0), tiny: 5e-17, square_overflows: 1e18,
    exp: [
        0.5, 0.166_666_666_666_666_7, 0.041_666_666_666_666_67, 0.008_333_333_333_326_075,
        0.001_388_888_888_888_458_4, 1.984_126_987_503_187_5e-4, 2.480_158_732_336_347_2e-5,
        2.755_725_513_253_958_5e-6, 2.755_727_594_578_082_7e-7, 2.510_532_828_825_027_1e-8,
        2.091_384_579_353_734_5e-9
    ],
    log: [
        0.666_666_666_666_667, 0.399_999_999_998_992_4, 0.285_714_286_260_959_2,
        0.222_222_111_151_413_34, 0.181_828_905_568_557_4, 0.153_316_740_258_150_7,
        0.146_170_375_942_928_3
    ],
    log1p: [
        0.666_666_666_666_666_7, 0.4, 0.285_714_285_714_219_4, 0.222_222_222_233_320_17, 0.181_818_180_860_038_46,
        0.153_846_202_538_706_38, 0.133_331_769_475_700_98, 0.117_679_977_914_775_68, 0.104_803_989_901_833_33,
        0.099_420_264_409_856_6, 0.063_341_052_845_376_35, 0.152_312_713_437_452_4
    ]
);

#[cfg(test)]
mod tests {
    use super::super::Unary;
    use super::super::testing::{Exact, worst32, worst64};
    use crate::kernels::isa::testing::at_every_level;

    fn sigmoid(x: f64) -> f64 {
        if x < 0.0 { libm::exp(x) / (1.0 + libm::exp(x)) } else { 1.0 / (1.0 + libm::exp(-x)) }
    }

    fn softplus(x: f64) -> f64 {
        libm::log1p(libm::exp(-x.abs())) + if x <= 0.0 { 0.0 } else { x }
    }

    const FUNCTIONS: &[(Unary, Exact)] = &[
        (Unary::Exp, libm::exp),
        (Unary::Exp2, libm::exp2),
        (Unary::Expm1, libm::expm1),
        (Unary::Log, libm::log),
        (Unary::Log2, libm::log2),
        (Unary::Log10, libm::log10),
        (Unary::Log1p, libm::log1p),
        (Unary::Tanh, libm::tanh),
        (Unary::Sigmoid, sigmoid),
        (Unary::Softplus, softplus),
        (Unary::Sinh, libm::sinh),
        (Unary::Cosh, libm::cosh),
        (Unary::Asinh, libm::asinh),
        (Unary::Acosh, |x| if x < 1.0 { f64::NAN } else { libm::acosh(x) }),
        (Unary::Atanh, libm::atanh),
        (Unary::Sqrt, libm::sqrt),
        (Unary::Rsqrt, |x| 1.0 / x.sqrt()),
    ];

    #[test]
    fn close_to_exact() {
        at_every_level(|level| {
            for &(op, exact) in FUNCTIONS {
                let name = op.name();
                let (error, x) = worst32(op, exact);
                assert!(error <= 2.6, "{name} of float32 at {level:?}: {error} ulp at {x:e}");
                let (error, x) = worst64(op, exact);
                assert!(error <= 3.1, "{name} of float64 at {level:?}: {error} ulp at {x:e}");
            }
        });
    }
}
