//! Matrix products: `C = A · B`, optionally plus a bias row, then relu.
//!
//! Every element of C is summed over `k` in an order that depends on the layout alone, so the number of threads
//! changes no bit of the result; with a row-major B a row of C has the same bits whatever rows are beside it.

#![allow(
    unsafe_code,
    clippy::inline_always,
    clippy::many_single_char_names,
    reason = "operands are raw pointers; intrinsics must be inlined into the function that enables them; m, n, k, a, b, c"
)]

mod batch;
mod block;
mod dot;
mod gathered;
mod integer;
mod kernels;
mod pack;
mod simd;
mod split;
#[cfg(test)]
mod tests;
mod tile;

pub use batch::Batch;
pub(crate) use gathered::Gathered;
pub use integer::Number;
pub(crate) use split::parts;

use kernels::Kernels;
use split::Job;
use std::fmt::Debug;
use std::ops::Add;
use std::sync::OnceLock;

/// The layout of `C = A · B`: A is `m × k` and B `k × n` with any strides (in elements, row then column), C is
/// `m × n` with contiguous rows `c_rs` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gemm {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub a_rs: isize,
    pub a_cs: isize,
    pub b_rs: isize,
    pub b_cs: isize,
    pub c_rs: isize,
}

/// What happens to a tile of the product while it is in registers: `relu(C? + A · B + bias?)?`.
#[derive(Clone, Copy, Debug)]
pub struct Finish<T> {
    /// A contiguous row of `n` added to every row of the product, or null.
    pub bias: *const T,
    /// `max(x, 0)` at the end; NaN stays NaN.
    pub relu: bool,
    /// Add to what C holds instead of overwriting it.
    pub accumulate: bool,
}

impl<T> Finish<T> {
    pub const PLAIN: Self = Self { bias: std::ptr::null(), relu: false, accumulate: false };

    /// The same from a later element of the bias on.
    const fn after(self, n: usize) -> Self {
        let bias = if self.bias.is_null() { self.bias } else { self.bias.wrapping_add(n) };
        Self { bias, relu: self.relu, accumulate: self.accumulate }
    }
}

/// The two element types whose products are fast.
pub trait Float: Copy + Send + Sync + PartialOrd + Add<Output = Self> + Debug + 'static {
    const ZERO: Self;

    /// The best kernels for this machine.
    #[doc(hidden)]
    fn kernels() -> &'static Kernels<Self>;
}

macro_rules! float {
    ($scalar:ty, $available:ident) => {
        impl Float for $scalar {
            const ZERO: Self = 0.0;

            #[inline]
            fn kernels() -> &'static Kernels<Self> {
                static BEST: OnceLock<&Kernels<$scalar>> = OnceLock::new();
                BEST.get_or_init(|| kernels::$available()[0])
            }
        }
    };
}

float!(f32, available_f32);
float!(f64, available_f64);

impl Gemm {
    /// A, B and C all contiguous and row-major.
    pub const fn contiguous(m: usize, n: usize, k: usize) -> Self {
        Self { m, n, k, a_rs: k as isize, a_cs: 1, b_rs: n as isize, b_cs: 1, c_rs: n as isize }
    }

    /// How much work it is.
    const fn multiplications(&self) -> usize {
        self.m * self.n * self.k
    }

    /// `C = A · B`.
    ///
    /// # Safety
    /// `a` and `b` are readable and `c` is writable at every element the layout names, and C overlaps neither.
    pub unsafe fn run_f32(&self, a: *const f32, b: *const f32, c: *mut f32, threads: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.run(a, b, c, &Finish::PLAIN, threads) }
    }

    /// `C = A · B`.
    ///
    /// # Safety
    /// As [`Gemm::run_f32`].
    pub unsafe fn run_f64(&self, a: *const f64, b: *const f64, c: *mut f64, threads: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.run(a, b, c, &Finish::PLAIN, threads) }
    }

    /// `C = A · B + bias`, then relu if asked; a null `bias` is none.
    ///
    /// # Safety
    /// As [`Gemm::run_f32`]; `bias` is null or readable for `n` elements.
    pub unsafe fn run_f32_bias(
        &self,
        a: *const f32,
        b: *const f32,
        bias: *const f32,
        relu: bool,
        c: *mut f32,
        threads: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe { self.run(a, b, c, &Finish { bias, relu, accumulate: false }, threads) }
    }

    /// `C = finish(A · B)`; more than one of `threads` means the current rayon pool may be used.
    ///
    /// # Safety
    /// As [`Gemm::run_f32`]; `finish.bias` is null or readable for `n` elements; with `accumulate` C is initialized.
    pub unsafe fn run<T: Float>(&self, a: *const T, b: *const T, c: *mut T, finish: &Finish<T>, threads: usize) {
        if self.m == 0 || self.n == 0 {
            return;
        }
        let job = Job::new(*self, a, b, c, *finish);
        // SAFETY: the caller's promise; the kernels were chosen for this machine.
        unsafe { job.run(T::kernels(), threads) }
    }
}
