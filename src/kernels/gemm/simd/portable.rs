//! Four numbers in an array, for machines without vectors of their own here.
#![allow(unsafe_op_in_unsafe_fn, reason = "each function is one step under the promise of the trait")]

use super::Vector;

#[derive(Clone, Copy)]
pub(in super::super) struct Four<T>([T; 4]);

macro_rules! four {
    ($scalar:ty) => {
        impl Vector for Four<$scalar> {
            type Scalar = $scalar;
            type Mask = usize;
            const LANES: usize = 4;

            #[inline(always)]
            unsafe fn zero() -> Self {
                Self([0.0; 4])
            }
            #[inline(always)]
            unsafe fn splat(p: *const $scalar) -> Self {
                Self([*p; 4])
            }
            #[inline(always)]
            unsafe fn load(p: *const $scalar) -> Self {
                Self(p.cast::<[$scalar; 4]>().read_unaligned())
            }
            #[inline(always)]
            unsafe fn store(self, p: *mut $scalar) {
                p.cast::<[$scalar; 4]>().write_unaligned(self.0);
            }
            #[inline(always)]
            unsafe fn mask(n: usize) -> usize {
                n
            }
            #[inline(always)]
            unsafe fn load_part(p: *const $scalar, n: usize) -> Self {
                Self(std::array::from_fn(|i| if i < n { *p.add(i) } else { 0.0 }))
            }
            #[inline(always)]
            unsafe fn store_part(self, p: *mut $scalar, n: usize) {
                for (i, x) in self.0.into_iter().enumerate().take(n) {
                    p.add(i).write(x);
                }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
            }
            #[inline(always)]
            unsafe fn fma(self, x: Self, y: Self) -> Self {
                Self(std::array::from_fn(|i| self.0[i] + x.0[i] * y.0[i]))
            }
            #[inline(always)]
            unsafe fn relu(self) -> Self {
                Self(self.0.map(|x| if x < 0.0 { 0.0 } else { x }))
            }
            #[inline(always)]
            unsafe fn total(self) -> $scalar {
                (self.0[0] + self.0[2]) + (self.0[1] + self.0[3])
            }
            #[inline(always)]
            unsafe fn transpose(from: *const $scalar, stride: isize, to: *mut $scalar, width: usize) {
                for p in 0..Self::ROWS {
                    for j in 0..4 {
                        to.add(p * width + j).write(*from.offset(p as isize + j as isize * stride));
                    }
                }
            }
        }
    };
}

four!(f32);
four!(f64);
