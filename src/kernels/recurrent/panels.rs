//! A matrix that many products share, copied once into the order in which they read it.

use crate::kernels::gemm::{Finish, Gemm};
use crate::kernels::lanes::Real;
use crate::kernels::memory::Buffer;

/// Bytes of a row of a panel: the widest tile of any machine.
const WIDTH: usize = 256;
/// Rows and columns that are copied at once, so that both sides stay in the nearest cache.
const BLOCK: usize = 16;

/// The right operand of `C = A · B`, as panels of columns whose rows are contiguous.
pub(super) struct Panels<T> {
    memory: Buffer,
    k: usize,
    n: usize,
    element: std::marker::PhantomData<T>,
}

impl<T: Real> Panels<T> {
    const COLUMNS: usize = WIDTH / size_of::<T>();

    /// The `k × n` matrix at `b` with these strides.
    ///
    /// # Safety
    /// `b` is readable there.
    pub(super) unsafe fn new(b: *const T, (rs, cs): (usize, usize), (k, n): (usize, usize)) -> Self {
        let memory = Buffer::new(k * n * size_of::<T>());
        let to = memory.as_ptr().cast::<T>();
        for first in (0..n).step_by(Self::COLUMNS) {
            let width = Self::COLUMNS.min(n - first);
            let panel = to.wrapping_add(first * k);
            for p0 in (0..k).step_by(BLOCK) {
                for j0 in (0..width).step_by(BLOCK) {
                    for p in p0..k.min(p0 + BLOCK) {
                        for j in j0..width.min(j0 + BLOCK) {
                            // SAFETY: elements of the matrix, and of the memory just made for it.
                            unsafe { *panel.add(p * width + j) = *b.add(p * rs + (first + j) * cs) };
                        }
                    }
                }
            }
        }
        Self { memory, k, n, element: std::marker::PhantomData }
    }

    /// `C = finish(A · B)` for `m` rows, `a_rs` and `c_rs` apart.
    ///
    /// # Safety
    /// As [`Gemm::run`].
    pub(super) unsafe fn multiply(
        &self,
        m: usize,
        (a, a_rs): (*const T, usize),
        (c, c_rs): (*mut T, usize),
        finish: &Finish<T>,
    ) {
        let b = self.memory.as_ptr().cast::<T>();
        for first in (0..self.n).step_by(Self::COLUMNS) {
            let n = Self::COLUMNS.min(self.n - first);
            let gemm =
                Gemm { m, n, k: self.k, a_rs: a_rs as isize, a_cs: 1, b_rs: n as isize, b_cs: 1, c_rs: c_rs as isize };
            let bias = if finish.bias.is_null() { finish.bias } else { finish.bias.wrapping_add(first) };
            // SAFETY: the caller's promise for these columns.
            unsafe { gemm.run(a, b.add(first * self.k), c.add(first), &Finish { bias, ..*finish }, 1) };
        }
    }
}
