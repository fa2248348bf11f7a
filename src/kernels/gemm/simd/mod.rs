//! The vectors that tiles are made of: one trait, an implementation for each instruction set.

#[cfg(target_arch = "aarch64")]
pub(super) mod neon;
pub(super) mod portable;
#[cfg(target_arch = "x86_64")]
pub(super) mod x86;

use super::Float;

/// A register of `LANES` numbers.
///
/// # Safety
/// Every function needs the instruction set of its implementation, and is to be inlined into a function that enables
/// it. Pointers need not be aligned, and must be valid for the lanes that are touched.
pub(super) trait Vector: Copy {
    type Scalar: Float;
    /// Which lanes of a partial vector exist.
    type Mask: Copy;
    const LANES: usize;
    /// How many rows [`Vector::transpose`] fills: a 16-byte piece of each column.
    const ROWS: usize = 16 / size_of::<Self::Scalar>();

    unsafe fn zero() -> Self;
    /// `*p` in every lane.
    unsafe fn splat(p: *const Self::Scalar) -> Self;
    unsafe fn load(p: *const Self::Scalar) -> Self;
    unsafe fn store(self, p: *mut Self::Scalar);
    /// Fetch the cache line of `p` for writing; any `p` will do.
    #[inline(always)]
    unsafe fn prefetch(_p: *mut Self::Scalar) {}
    /// The first `n` lanes, `n <= LANES`.
    unsafe fn mask(n: usize) -> Self::Mask;
    /// The lanes of the mask, zero elsewhere; other lanes are not touched in memory.
    unsafe fn load_part(p: *const Self::Scalar, mask: Self::Mask) -> Self;
    unsafe fn store_part(self, p: *mut Self::Scalar, mask: Self::Mask);
    unsafe fn add(self, other: Self) -> Self;
    /// `self + x · y`, rounded once where the machine can.
    unsafe fn fma(self, x: Self, y: Self) -> Self;
    /// `max(self, 0)`; NaN stays NaN.
    unsafe fn relu(self) -> Self;
    /// The sum of all lanes, in a fixed order.
    unsafe fn total(self) -> Self::Scalar;
    /// `to[p * width + j] = from[p + j * stride]` for `p < ROWS`, `j < LANES`.
    unsafe fn transpose(from: *const Self::Scalar, stride: isize, to: *mut Self::Scalar, width: usize);
}
