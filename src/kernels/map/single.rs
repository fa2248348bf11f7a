//! Functions of `f32` that are polynomials of their own, or arithmetic in `f64` rounded once.

use super::real;
use crate::kernels::isa::{Isa, fma, horner};

/// Beyond it, the reduction to a quarter turn loses digits.
pub(super) const TURNS: f32 = 1e5;

/// `(quarter, r)` where `x = quarter * pi/2 + r`, for `|x| < TURNS`.
#[inline(always)]
fn quarter_turns(x: f32) -> (i32, f64) {
    // 1.5 * 2^52: adding it rounds to an integer, which is then in the low bits.
    const SHIFTER: f64 = 6_755_399_441_055_744.0;
    // 33 bits of pi/2, so that their product with a count of turns is exact; and the rest.
    const HIGH: f64 = 1.570_796_326_734_125_6;
    const LOW: f64 = 6.077_100_506_506_192e-11;
    let x = f64::from(x);
    let shifted = x * std::f64::consts::FRAC_2_PI + SHIFTER;
    let n = shifted - SHIFTER;
    (shifted.to_bits() as i32, (x - n * HIGH) - n * LOW)
}

/// `(sin, cos)` of `|r| <= pi/4`.
#[inline(always)]
pub(crate) fn sin_cos_reduced<I: Isa>(r: f32) -> (f32, f32) {
    let z = r * r;
    let s = horner!(I, z, -0.166_666_64, 0.008_332_746, -0.000_195_873_87);
    let c = horner!(I, z, 0.041_666_664, -0.001_388_83, 2.454_743_7e-5);
    // The sign is that of `r`, also of a zero.
    (fma!(I, r * z, s, r).copysign(r), fma!(I, z * z, c, fma!(I, z, -0.5, 1.0)))
}

/// The nearest number of IEEE's binary16, ties to even.
#[inline(always)]
pub(super) fn round_float16(x: f32) -> f32 {
    let magnitude = x.abs();
    // The low thirteen bits of the fraction are rounded away; a carry may reach the exponent.
    let bits = magnitude.to_bits();
    let normal = f32::from_bits(bits.wrapping_add(0xFFF + ((bits >> 13) & 1)) & 0xFFFF_E000);
    // In [0.5, 1) neighbours are 2^-24 apart, as binary16's are below 2^-14.
    let subnormal = (magnitude + 0.5) - 0.5;
    let small = if magnitude < 6.103_515_6e-5 { subnormal } else { normal };
    let rounded = if magnitude >= 65520.0 { f32::INFINITY } else { small };
    if x.is_nan() { x } else { rounded.copysign(x) }
}

/// The nearest number of bfloat16, ties to even.
#[inline(always)]
pub(super) fn round_bfloat16(x: f32) -> f32 {
    let bits = x.to_bits();
    let rounded = f32::from_bits(bits.wrapping_add(0x7FFF + ((bits >> 16) & 1)) & 0xFFFF_0000);
    if x.is_nan() { x } else { rounded }
}

#[inline(always)]
fn negate_if(x: f32, condition: i32) -> f32 {
    f32::from_bits(x.to_bits() ^ ((condition as u32) << 31))
}

#[inline(always)]
pub(crate) fn sin_cos<I: Isa>(x: f32) -> (f32, f32) {
    let (quarter, r) = quarter_turns(x);
    let (s, c) = sin_cos_reduced::<I>(r as f32);
    let odd = quarter & 1 != 0;
    let (s, c) = if odd { (c, s) } else { (s, c) };
    (negate_if(s, (quarter >> 1) & 1), negate_if(c, ((quarter + 1) >> 1) & 1))
}

#[inline(always)]
pub(super) fn tan<I: Isa>(x: f32) -> f32 {
    let (quarter, r) = quarter_turns(x);
    // Near odd multiples of pi/4 the errors of sine and cosine add up, so they are taken in double precision.
    let z = r * r;
    let s = r + r * z * horner!(I, z, -0.166_666_646_503, 0.008_332_745_936, -0.000_195_873_871);
    let s = s.copysign(r);
    let c = 1.0 + z * (-0.5 + z * horner!(I, z, 0.041_666_664_647, -0.001_388_830_070, 2.454_743_72e-5));
    let (top, bottom) = if quarter & 1 != 0 { (-c, s) } else { (s, c) };
    (top / bottom) as f32
}

#[inline(always)]
pub(super) fn erf<I: Isa>(x: f32) -> f32 {
    let a = x.abs();
    let z = x * x;
    let near = horner!(
        I,
        z,
        0.128_379_17,
        -0.376_126_26,
        0.112_835_94,
        -0.026_854_211,
        0.005_189_087_2,
        -0.000_801_686_43,
        7.875_875e-5
    );
    // 1 - exp(-p(|x|)); at 4 it is 1 to the last bit.
    let t = if a > 4.0 { 4.0 } else { a };
    let p = horner!(
        I,
        t,
        -3.214_710_2e-4,
        1.130_239_2,
        0.631_815_7,
        0.110_090_196,
        -0.026_427_044,
        0.004_761_717_3,
        -5.972_644_4e-4,
        4.611_291_3e-5,
        -1.639_938e-6
    );
    let far = (1.0 - real::f32::exp::<I>(-p)).copysign(x);
    if a < 1.0 { fma!(I, x, near, x) } else { far }
}

/// Giles's approximation ("Approximating the erfinv function", 2010).
#[inline(always)]
pub(super) fn erfinv<I: Isa>(x: f32) -> f32 {
    let w = -real::f32::log::<I>((1.0 - x) * (1.0 + x));
    let (near, far) = (w - 2.5, w.sqrt() - 3.0);
    let center = horner!(
        I,
        near,
        1.501_409_4,
        0.246_640_73,
        -0.004_177_681_6,
        -0.001_253_725,
        2.185_808_7e-4,
        -4.391_506_5e-6,
        -3.523_387_7e-6,
        3.432_739_4e-7,
        2.810_226_4e-8
    );
    let tail = horner!(
        I,
        far,
        2.832_976_8,
        1.001_674,
        0.009_438_87,
        -0.007_622_461_3,
        0.005_739_507_7,
        -0.003_673_428_4,
        0.001_349_343_2,
        1.009_505_6e-4,
        -2.002_142_6e-4
    );
    let y = if w < 5.0 { center } else { tail } * x;
    // Beyond 1 the logarithm is none, and so is y.
    if x.abs() == 1.0 { f32::INFINITY.copysign(x) } else { y }
}

/// `x^y`, in double precision, with the signs and limits of C's `pow`.
#[inline(always)]
pub(super) fn pow<I: Isa>(x: f32, y: f32) -> f32 {
    let wide = f64::from(y) * real::f64::log::<I>(f64::from(x.abs()));
    let magnitude = real::f64::exp::<I>(wide) as f32;
    // Above 2^24 every float is an even integer.
    let whole = y.trunc() == y;
    let odd = whole && y.abs() < 16_777_216.0 && (y as i32) & 1 != 0;
    let negative = x.is_sign_negative();
    let signed = if negative && odd { -magnitude } else { magnitude };
    let defined = if x < 0.0 && !whole && x > f32::NEG_INFINITY { f32::NAN } else { signed };
    // 1 ** anything, anything ** 0, and (-1) ** infinity are 1.
    let one = x == 1.0 || y == 0.0 || (x == -1.0 && y.abs() == f32::INFINITY);
    if one { 1.0 } else { defined }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Exact, apply, apply2, sweep, ulps, worst32};
    use super::super::{Binary, Unary};
    use crate::kernels::isa::testing::at_every_level;

    /// The value of a pattern of bits with so many for the exponent and the fraction.
    fn decoded(bits: u32, exponent: u32, fraction: u32) -> f32 {
        let (e, f) = ((bits >> fraction) as i32, bits & ((1 << fraction) - 1));
        let bias = (1 << (exponent - 1)) - 1;
        let lead = if e == 0 { 0.0 } else { 1.0 };
        let scale = f64::from(e.max(1) - bias).exp2();
        ((lead + f64::from(f) / f64::from(1 << fraction)) * scale) as f32
    }

    #[test]
    fn halves_are_the_nearest_numbers_of_their_type() {
        at_every_level(|level| {
            for (op, exponent, fraction) in [(Unary::RoundFloat16, 5, 10), (Unary::RoundBfloat16, 8, 7)] {
                let rounded = |x: &[f32]| apply(op, x);
                let last = ((1 << exponent) - 1) << fraction;
                let numbers: Vec<f32> = (0..last).map(|bits| decoded(bits, exponent, fraction)).collect();
                assert_eq!(rounded(&numbers), numbers, "{} at {level:?}", op.name());
                let middles: Vec<f32> = numbers.windows(2).map(|pair| (pair[0] / 2.0) + (pair[1] / 2.0)).collect();
                let even: Vec<f32> = (0..middles.len()).map(|i| numbers[i + i % 2]).collect();
                // The middle of the two smallest subnormal floats is none itself.
                let from = usize::from(exponent == 8) * 2;
                assert_eq!(rounded(&middles)[from..], even[from..], "{} at {level:?}", op.name());
                let above: Vec<f32> = middles.iter().map(|x| x.next_up()).collect();
                assert_eq!(rounded(&above)[from..], numbers[1 + from..], "{} at {level:?}", op.name());
                let minus: Vec<f32> = above.iter().map(|x| -x).collect();
                let wanted: Vec<f32> = numbers[1..].iter().map(|x| -x).collect();
                assert_eq!(rounded(&minus)[from..], wanted[from..], "{} at {level:?}", op.name());
            }
            let half = |x: f32| apply(Unary::RoundFloat16, &[x])[0];
            assert_eq!(half(65519.0), 65504.0);
            assert_eq!(half(-65520.0), f32::NEG_INFINITY);
            assert!(half(f32::NAN).is_nan());
        });
    }

    #[test]
    fn close_to_exact() {
        let functions: [(Unary, Exact); 4] =
            [(Unary::Sin, libm::sin), (Unary::Cos, libm::cos), (Unary::Tan, libm::tan), (Unary::Erf, libm::erf)];
        at_every_level(|level| {
            for (op, exact) in functions {
                let (error, x) = worst32(op, exact);
                assert!(error <= 2.5, "{} at {level:?}: {error} ulp at {x:e}", op.name());
            }
        });
    }

    #[test]
    fn erfinv_keeps_its_digits() {
        at_every_level(|level| {
            let x: Vec<f32> = sweep().into_iter().filter(|x| x.abs() < 1.0).collect();
            for (&x, y) in x.iter().zip(apply(Unary::Erfinv, &x)) {
                let want = super::super::rare::erfinv(x.into());
                let error = ulps(y.into(), want, 24, 1.2e-38);
                assert!(error <= 6.0, "{level:?}: {error} ulp at {x:e}");
            }
            let ends = apply(Unary::Erfinv, &[1.0_f32, -1.0, 1.5, f32::NAN]);
            assert!(ends[0] == f32::INFINITY && ends[1] == f32::NEG_INFINITY && ends[2].is_nan() && ends[3].is_nan());
        });
    }

    #[test]
    fn powers() {
        let bases: Vec<f32> = sweep().into_iter().step_by(97).collect();
        let specials = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            2.0,
            -2.0,
            3.0,
            0.5,
            -0.5,
            1.7,
            -7.0,
            1e-3,
            20.0,
            1e10,
            -3e7,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
        ];
        for y in specials {
            for (a, b) in [(bases.clone(), vec![y; bases.len()]), (vec![y; bases.len()], bases.clone())] {
                let got = apply2(Binary::Pow, &a, &b);
                for ((&x, &y), &z) in a.iter().zip(&b).zip(&got) {
                    let want = libm::pow(x.into(), y.into()) as f32;
                    let error = ulps(z.into(), want.into(), 24, 1.2e-38);
                    assert!(error <= 1.0, "{x:e} ** {y:e}: {z:e}, not {want:e}");
                }
            }
        }
    }
}
