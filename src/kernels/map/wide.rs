//! Functions of `f64` that are polynomials of their own.

use crate::kernels::isa::{Isa, fma, horner};

/// `(sin, cos)` of `|r| <= pi/4`.
#[inline(always)]
pub(crate) fn sin_cos_reduced<I: Isa>(r: f64) -> (f64, f64) {
    let z = r * r;
    let s = horner!(
        I,
        z,
        -0.166_666_666_666_666_65,
        0.008_333_333_333_330_946,
        -1.984_126_983_675_497e-4,
        2.755_731_610_068_303e-6,
        -2.505_113_145_542_794_4e-8,
        1.591_810_123_027_389_3e-10
    );
    let c = horner!(
        I,
        z,
        0.041_666_666_666_666_665,
        -0.001_388_888_888_888_739_6,
        2.480_158_729_876_343_3e-5,
        -2.755_731_727_056_032e-7,
        2.087_614_602_468_950_5e-9,
        -1.138_261_486_854_208e-11
    );
    (fma!(I, r * z, s, r), fma!(I, z * z, c, fma!(I, z, -0.5, 1.0)))
}
