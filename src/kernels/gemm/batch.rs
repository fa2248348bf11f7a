//! Many products of one layout.

use super::{Finish, Float, Gemm, Number};

/// `C[i] = A[i] · B[i]` for every index `i` of `shape`; a stride of 0 repeats an operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub gemm: Gemm,
    pub shape: Vec<usize>,
    /// Strides in elements, one for each dimension of `shape`.
    pub a: Vec<isize>,
    pub b: Vec<isize>,
    pub c: Vec<isize>,
}

impl Batch {
    /// How many products there are.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Where product `index` (row-major in `shape`) begins in A, B and C.
    fn offsets(&self, mut index: usize) -> (isize, isize, isize) {
        let (mut a, mut b, mut c) = (0, 0, 0);
        for axis in (0..self.shape.len()).rev() {
            let i = (index % self.shape[axis]) as isize;
            index /= self.shape[axis];
            a += i * self.a[axis];
            b += i * self.b[axis];
            c += i * self.c[axis];
        }
        (a, b, c)
    }

    /// `C[i] = finish(A[i] · B[i])`; the bias is the same for all.
    ///
    /// # Safety
    /// As [`Gemm::run`] for every product; no two of them overlap in C.
    pub unsafe fn run<T: Float>(
        &self,
        a: *const T,
        b: *const T,
        c: *mut T,
        finish: &Finish<T>,
        threads: usize,
    ) {
        for index in 0..self.count() {
            let (x, y, z) = self.offsets(index);
            // SAFETY: the caller's promise for this product.
            unsafe {
                self.gemm
                    .run(a.offset(x), b.offset(y), c.offset(z), finish, threads)
            }
        }
    }

    /// `C[i] = A[i] · B[i]`, exactly.
    ///
    /// # Safety
    /// As [`Gemm::run_exact`] for every product; no two of them overlap in C.
    pub unsafe fn run_exact<T: Number>(&self, a: *const T, b: *const T, c: *mut T) {
        for index in 0..self.count() {
            let (x, y, z) = self.offsets(index);
            // SAFETY: the caller's promise for this product.
            unsafe { self.gemm.run_exact(a.offset(x), b.offset(y), c.offset(z)) }
        }
    }
}
