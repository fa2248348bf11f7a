//! NEON.
#![allow(unsafe_op_in_unsafe_fn, reason = "each function is one intrinsic under the promise of the trait")]

use super::Vector;
use std::arch::aarch64::*;

macro_rules! neon {
    ($vector:ty, $scalar:ty, $lanes:literal, $dup:ident, $load_dup:ident, $load:ident, $store:ident, $add:ident,
     $fma:ident, $less:ident, $select:ident, $total:ident, $zip:expr) => {
        impl Vector for $vector {
            type Scalar = $scalar;
            type Mask = usize;
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn zero() -> Self {
                $dup(0.0)
            }
            #[inline(always)]
            unsafe fn splat(p: *const $scalar) -> Self {
                $load_dup(p)
            }
            #[inline(always)]
            unsafe fn load(p: *const $scalar) -> Self {
                $load(p)
            }
            #[inline(always)]
            unsafe fn store(self, p: *mut $scalar) {
                $store(p, self);
            }
            #[inline(always)]
            unsafe fn mask(n: usize) -> usize {
                n
            }
            #[inline(always)]
            unsafe fn load_part(p: *const $scalar, n: usize) -> Self {
                let lanes: [$scalar; $lanes] = std::array::from_fn(|i| if i < n { *p.add(i) } else { 0.0 });
                $load(lanes.as_ptr())
            }
            #[inline(always)]
            unsafe fn store_part(self, p: *mut $scalar, n: usize) {
                let mut lanes = [0.0; $lanes];
                $store(lanes.as_mut_ptr(), self);
                for (i, x) in lanes.into_iter().enumerate().take(n) {
                    p.add(i).write(x);
                }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                $add(self, other)
            }
            #[inline(always)]
            unsafe fn fma(self, x: Self, y: Self) -> Self {
                $fma(self, x, y)
            }
            #[inline(always)]
            unsafe fn relu(self) -> Self {
                let zero = $dup(0.0);
                $select($less(self, zero), zero, self)
            }
            #[inline(always)]
            unsafe fn total(self) -> $scalar {
                $total(self)
            }
            #[inline(always)]
            unsafe fn transpose(from: *const $scalar, stride: isize, to: *mut $scalar, width: usize) {
                let columns: [Self; $lanes] = std::array::from_fn(|j| $load(from.offset(j as isize * stride)));
                for (p, row) in $zip(columns).into_iter().enumerate() {
                    $store(to.add(p * width), row);
                }
            }
        }
    };
}

neon!(
    float32x4_t,
    f32,
    4,
    vdupq_n_f32,
    vld1q_dup_f32,
    vld1q_f32,
    vst1q_f32,
    vaddq_f32,
    vfmaq_f32,
    vcltq_f32,
    vbslq_f32,
    vaddvq_f32,
    zip_f32
);
neon!(
    float64x2_t,
    f64,
    2,
    vdupq_n_f64,
    vld1q_dup_f64,
    vld1q_f64,
    vst1q_f64,
    vaddq_f64,
    vfmaq_f64,
    vcltq_f64,
    vbslq_f64,
    vaddvq_f64,
    zip_f64
);

#[inline(always)]
unsafe fn zip_f32([a, b, c, d]: [float32x4_t; 4]) -> [float32x4_t; 4] {
    let (ac, bd) = (vzip1q_f32(a, c), vzip1q_f32(b, d));
    let (ac_high, bd_high) = (vzip2q_f32(a, c), vzip2q_f32(b, d));
    [vzip1q_f32(ac, bd), vzip2q_f32(ac, bd), vzip1q_f32(ac_high, bd_high), vzip2q_f32(ac_high, bd_high)]
}

#[inline(always)]
unsafe fn zip_f64([a, b]: [float64x2_t; 2]) -> [float64x2_t; 2] {
    [vzip1q_f64(a, b), vzip2q_f64(a, b)]
}
