//! Some neighbouring elements at once: loops of fixed length, which the compiler turns into vectors.

use super::Real;
use crate::kernels::isa::{FEW, Isa};

#[derive(Clone, Copy)]
pub(super) struct Lanes<T>(pub(super) [T; FEW]);

impl<T: Real> Lanes<T> {
    /// `n` elements, or `FEW` if there are more.
    ///
    /// # Safety
    /// As [`Isa::load_few`].
    #[inline(always)]
    pub(super) unsafe fn load<I: Isa>(from: *const T, n: usize) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { if n >= FEW { from.cast::<[T; FEW]>().read() } else { I::load_few(from, n, T::ZERO) } })
    }

    /// # Safety
    /// As [`Isa::store_few`].
    #[inline(always)]
    pub(super) unsafe fn store<I: Isa>(self, to: *mut T, n: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            if n >= FEW {
                to.cast::<[T; FEW]>().write(self.0);
            } else {
                I::store_few(&self.0, to, n);
            }
        }
    }

    #[inline(always)]
    pub(super) fn map(self, f: impl Fn(T) -> T) -> Self {
        let mut result = self;
        for i in 0..FEW {
            result.0[i] = f(self.0[i]);
        }
        result
    }

    #[inline(always)]
    pub(super) fn zip(self, other: Self, f: impl Fn(T, T) -> T) -> Self {
        let mut result = self;
        for i in 0..FEW {
            result.0[i] = f(self.0[i], other.0[i]);
        }
        result
    }

    /// `1 - self`
    #[inline(always)]
    pub(super) fn rest(self) -> Self {
        self.map(|x| T::ONE - x)
    }

    /// `1 - self²`
    #[inline(always)]
    pub(super) fn rest_of_square(self) -> Self {
        self.map(|x| T::ONE - x * x)
    }
}

impl<T: Real> std::ops::Add for Lanes<T> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl<T: Real> std::ops::Sub for Lanes<T> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl<T: Real> std::ops::Mul for Lanes<T> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}
