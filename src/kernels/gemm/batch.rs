//! Many products of one layout.

use super::split::parts;
use super::{Finish, Float, Gemm, Number};
use std::ops::Range;

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

/// What the products of a batch share.
struct Operands<T> {
    a: *const T,
    b: *const T,
    c: *mut T,
    finish: Finish<T>,
}

// SAFETY: threads write to different products of C and only read the rest.
unsafe impl<T> Sync for Operands<T> {}

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
    pub unsafe fn run<T: Float>(&self, a: *const T, b: *const T, c: *mut T, finish: &Finish<T>, threads: usize) {
        let operands = Operands { a, b, c, finish: *finish };
        let (count, each) = (self.count(), self.gemm.multiplications());
        // Products large enough for all threads are computed one by one.
        let (parts, threads) = if parts(each, threads) == parts(usize::MAX, threads) {
            (1, threads)
        } else {
            (parts(count * each, threads).min(count), 1)
        };
        // SAFETY: the caller's promise.
        unsafe { self.share(&operands, 0..count, parts, threads) }
    }

    /// The products of `range`, cut into `parts` that may run at the same time.
    ///
    /// # Safety
    /// As [`Batch::run`].
    unsafe fn share<T: Float>(&self, operands: &Operands<T>, range: Range<usize>, parts: usize, threads: usize) {
        if parts < 2 {
            for index in range {
                let (a, b, c) = self.offsets(index);
                // SAFETY: the caller's promise for this product.
                unsafe {
                    let (a, b, c) = (operands.a.offset(a), operands.b.offset(b), operands.c.offset(c));
                    self.gemm.run(a, b, c, &operands.finish, threads);
                }
            }
            return;
        }
        let middle = range.start + range.len() * (parts / 2) / parts;
        rayon::join(
            // SAFETY: different products, which the caller promises not to overlap.
            || unsafe { self.share(operands, range.start..middle, parts / 2, threads) },
            // SAFETY: as above.
            || unsafe { self.share(operands, middle..range.end, parts - parts / 2, threads) },
        );
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
