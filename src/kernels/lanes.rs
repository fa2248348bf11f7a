//! Some neighbouring elements at once: loops of fixed length, which the compiler turns into vectors.

#![allow(
    unsafe_code,
    clippy::inline_always,
    reason = "elements are raw pointers; functions must be inlined into loops that enable instructions"
)]

use super::gemm::Float;
use super::isa::{FEW, Isa};
use super::map::real;
use super::typed::Plain;
use std::ops::{Div, Mul, Sub};

/// An element type whose functions are vectorized.
pub(crate) trait Real: Float + Plain + Mul<Output = Self> + Sub<Output = Self> + Div<Output = Self> {
    const ONE: Self;
    const MAX: Self;

    fn of(number: f64) -> Self;
    fn sigmoid<I: Isa>(self) -> Self;
    fn tanh<I: Isa>(self) -> Self;
    fn exp<I: Isa>(self) -> Self;
}

macro_rules! reals {
    ($($real:ident),+) => {
        $(impl Real for $real {
            const ONE: Self = 1.0;
            const MAX: Self = $real::MAX;

            #[inline(always)]
            fn of(number: f64) -> Self {
                number as Self
            }

            #[inline(always)]
            fn sigmoid<I: Isa>(self) -> Self {
                real::$real::sigmoid::<I>(self)
            }

            #[inline(always)]
            fn tanh<I: Isa>(self) -> Self {
                real::$real::tanh::<I>(self)
            }

            #[inline(always)]
            fn exp<I: Isa>(self) -> Self {
                real::$real::exp::<I>(self)
            }
        })+
    };
}

reals!(f32, f64);

#[derive(Clone, Copy)]
pub(crate) struct Lanes<T>(pub(crate) [T; FEW]);

impl<T: Real> Lanes<T> {
    /// `n` elements, or `FEW` if there are more.
    ///
    /// # Safety
    /// As [`Isa::load_few`].
    #[inline(always)]
    pub(crate) unsafe fn load<I: Isa>(from: *const T, n: usize) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { if n >= FEW { from.cast::<[T; FEW]>().read() } else { I::load_few(from, n, T::ZERO) } })
    }

    /// # Safety
    /// As [`Isa::store_few`].
    #[inline(always)]
    pub(crate) unsafe fn store<I: Isa>(self, to: *mut T, n: usize) {
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
    pub(crate) fn map(self, f: impl Fn(T) -> T) -> Self {
        let mut result = self;
        for i in 0..FEW {
            result.0[i] = f(self.0[i]);
        }
        result
    }

    #[inline(always)]
    pub(crate) fn zip(self, other: Self, f: impl Fn(T, T) -> T) -> Self {
        let mut result = self;
        for i in 0..FEW {
            result.0[i] = f(self.0[i], other.0[i]);
        }
        result
    }

    #[inline(always)]
    pub(crate) fn all(x: T) -> Self {
        Self([x; FEW])
    }

    /// All elements in one, halves with halves.
    #[inline(always)]
    pub(crate) fn folded(mut self, f: impl Fn(T, T) -> T) -> T {
        let mut width = FEW;
        while width > 1 {
            width /= 2;
            for i in 0..width {
                self.0[i] = f(self.0[i], self.0[i + width]);
            }
        }
        self.0[0]
    }

    /// `1 - self`
    #[inline(always)]
    pub(crate) fn rest(self) -> Self {
        self.map(|x| T::ONE - x)
    }

    /// `1 - self²`
    #[inline(always)]
    pub(crate) fn rest_of_square(self) -> Self {
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
