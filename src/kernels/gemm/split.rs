//! Products shared among threads. C is cut into rectangles; no sum is ever shared, so the cuts cannot change a bit.

use super::block::product;
use super::kernels::Kernels;
use super::{Finish, Float, Gemm};

/// Multiplications that are worth handing to another thread: some 10 µs.
const WORTH: usize = 1 << 19;
/// Parts for each thread, so that one that is held up can be relieved of some.
const SHARES: usize = 4;

/// How many parts to make of so many multiplications.
pub(crate) fn parts(multiplications: usize, threads: usize) -> usize {
    if threads < 2 { 1 } else { (multiplications / WORTH).min(threads * SHARES) }
}

/// How a product is computed; each sums in its own order, so the choice is made before C is cut.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// Tiles, along panels of columns.
    Tiles,
    /// Each element of the only column alone; the bias moves on by `bias_step` for each.
    Dot { bias_step: usize },
}

/// A product and where its operands are.
#[derive(Clone, Copy)]
pub(super) struct Job<T: Float> {
    pub(super) gemm: Gemm,
    pub(super) a: *const T,
    pub(super) b: *const T,
    pub(super) c: *mut T,
    pub(super) finish: Finish<T>,
    pub(super) way: Way,
}

// SAFETY: jobs that run together write to disjoint parts of C and only read the rest.
unsafe impl<T: Float> Send for Job<T> {}
// SAFETY: as above.
unsafe impl<T: Float> Sync for Job<T> {}

impl<T: Float> Job<T> {
    pub(super) fn new(g: Gemm, a: *const T, b: *const T, c: *mut T, finish: Finish<T>) -> Self {
        let job = Self { gemm: g, a, b, c, finish, way: Way::Tiles };
        // A single row or column is a vector, whatever the layout says.
        let a_cs = if g.k == 1 { 1 } else { g.a_cs };
        let b_rs = if g.k == 1 { 1 } else { g.b_rs };
        if g.n == 1 && a_cs == 1 && b_rs == 1 {
            return Self { way: Way::Dot { bias_step: 0 }, ..job };
        }
        let turned = Gemm { m: g.n, n: g.m, k: g.k, a_rs: g.b_cs, a_cs: g.b_rs, b_rs: g.a_cs, b_cs: g.a_rs, c_rs: 1 };
        if g.m == 1 && a_cs == 1 && b_rs == 1 && g.b_cs != 1 {
            return Self { gemm: turned, a: b, b: a, way: Way::Dot { bias_step: 1 }, ..job };
        }
        if g.n == 1 && g.a_rs == 1 && g.c_rs == 1 && finish.bias.is_null() {
            return Self { gemm: turned, a: b, b: a, ..job };
        }
        job
    }

    /// # Safety
    /// As [`Gemm::run`], on a machine that has the kernels' instructions.
    pub(super) unsafe fn run(self, kernels: &'static Kernels<T>, threads: usize) {
        let parts = parts(self.gemm.multiplications(), threads);
        // SAFETY: the caller's promise.
        unsafe { self.share(kernels, parts) }
    }

    /// # Safety
    /// As [`Job::run`].
    unsafe fn share(self, kernels: &'static Kernels<T>, parts: usize) {
        if parts < 2 {
            // SAFETY: the caller's promise.
            return unsafe { product(kernels, &self) };
        }
        let (left, right) = self.cut(kernels, parts / 2, parts);
        rayon::join(
            // SAFETY: the two jobs are disjoint parts of this one.
            || unsafe { left.share(kernels, parts / 2) },
            // SAFETY: as above.
            || unsafe { right.share(kernels, parts - parts / 2) },
        );
    }

    /// Cut off `share` of `parts`: whole panels of columns where that is even, because each thread then copies
    /// its own part of B only, else rows.
    fn cut(self, kernels: &Kernels<T>, share: usize, parts: usize) -> (Self, Self) {
        let wide = kernels.widest();
        let panels = self.gemm.n.div_ceil(wide);
        let even = panels.is_multiple_of(parts) || panels >= 8 * parts;
        if self.gemm.n == 1 || (!even && self.gemm.m >= 32 * parts) {
            self.cut_rows(self.gemm.m * share / parts)
        } else {
            let unit = if even { wide } else { kernels.lanes };
            self.cut_columns((self.gemm.n.div_ceil(unit) * share / parts * unit).min(self.gemm.n))
        }
    }

    fn cut_rows(self, rows: usize) -> (Self, Self) {
        let g = self.gemm;
        let step = match self.way {
            Way::Tiles => 0,
            Way::Dot { bias_step } => bias_step,
        };
        let top = Self { gemm: Gemm { m: rows, ..g }, ..self };
        let bottom = Self {
            gemm: Gemm { m: g.m - rows, ..g },
            a: self.a.wrapping_offset(rows as isize * g.a_rs),
            c: self.c.wrapping_offset(rows as isize * g.c_rs),
            finish: self.finish.after(rows * step),
            ..self
        };
        (top, bottom)
    }

    fn cut_columns(self, columns: usize) -> (Self, Self) {
        let g = self.gemm;
        let left = Self { gemm: Gemm { n: columns, ..g }, ..self };
        let right = Self {
            gemm: Gemm { n: g.n - columns, ..g },
            b: self.b.wrapping_offset(columns as isize * g.b_cs),
            c: self.c.wrapping_add(columns),
            finish: self.finish.after(columns),
            ..self
        };
        (left, right)
    }
}
