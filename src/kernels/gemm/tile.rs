//! The innermost loops: a tile of C in registers, A broadcast element by element, B read row by row.

use super::simd::Vector;
use std::ptr;

/// One tile: some rows and vectors of C, over a piece of `k`.
pub(super) struct Tile<T> {
    pub(super) k: usize,
    pub(super) a: *const T,
    pub(super) a_rs: isize,
    pub(super) a_cs: isize,
    /// Rows of B are contiguous.
    pub(super) b: *const T,
    pub(super) b_rs: isize,
    pub(super) c: *mut T,
    pub(super) c_rs: isize,
    /// How many lanes of the last vector belong to C.
    pub(super) tail: usize,
    /// What `Finish` says, for this tile.
    pub(super) bias: *const T,
    pub(super) relu: bool,
    pub(super) accumulate: bool,
    /// Where rows and columns of A and rows of C are, in place of their strides, for a gathered tile.
    pub(super) gather: Gather,
}

/// Offsets in elements: of rows of A, of steps of the sum in A, and of rows of C.
#[derive(Clone, Copy)]
pub(super) struct Gather {
    pub(super) rows: *const isize,
    pub(super) steps: *const isize,
    pub(super) c_rows: *const isize,
}

impl Gather {
    /// Of a tile with strides.
    pub(super) const NONE: Self = Self { rows: ptr::null(), steps: ptr::null(), c_rows: ptr::null() };
}

/// Compute a tile of `R` rows and `N` vectors.
///
/// # Safety
/// As [`Vector`]. The tile's pointers are valid for `R` rows and `N` vectors; of the last vector `tail` lanes are
/// touched in C and in the bias, and in B all of them unless `PART`. With `GATHER` A and the rows of C are where
/// `gather` says.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const R: usize, const N: usize, const PART: bool, const GATHER: bool>(
    t: &Tile<V::Scalar>,
) {
    // SAFETY: what the caller promises is what is touched; pointers past the last step are never read.
    unsafe {
        let mask = V::mask(t.tail);
        let mut sums = [[V::zero(); N]; R];
        let row_of_c =
            |i: usize| t.c.wrapping_offset(if GATHER { *t.gather.c_rows.add(i) } else { i as isize * t.c_rs });
        let rows: [isize; R] = std::array::from_fn(|i| if GATHER { *t.gather.rows.add(i) } else { 0 });
        if t.k >= 64 {
            for i in 0..R {
                for j in 0..N {
                    V::prefetch(row_of_c(i).wrapping_add(j * V::LANES));
                }
            }
        }
        let (mut a, mut b) = (t.a, t.b);
        for p in 0..t.k {
            let mut row = [V::zero(); N];
            for (j, x) in row.iter_mut().enumerate() {
                *x = if PART { V::load_part(b, mask) } else { V::load(b.add(j * V::LANES)) };
            }
            if GATHER {
                a = t.a.wrapping_offset(*t.gather.steps.add(p));
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = V::splat(a.offset(if GATHER { rows[i] } else { i as isize * t.a_rs }));
                for (sum, &y) in sums.iter_mut().zip(&row) {
                    *sum = sum.fma(x, y);
                }
            }
            if !GATHER {
                a = a.wrapping_offset(t.a_cs);
            }
            b = b.wrapping_offset(t.b_rs);
        }
        let plain = t.bias.is_null() && !t.relu && !t.accumulate;
        for (i, sums) in sums.iter().enumerate() {
            let c = row_of_c(i);
            for (j, &sum) in sums.iter().enumerate() {
                let c = c.add(j * V::LANES);
                let full = j + 1 < N || t.tail == V::LANES;
                let mut sum = sum;
                if !plain {
                    if t.accumulate {
                        sum = (if full { V::load(c) } else { V::load_part(c, mask) }).add(sum);
                    }
                    if !t.bias.is_null() {
                        let bias = t.bias.add(j * V::LANES);
                        sum = sum.add(if full { V::load(bias) } else { V::load_part(bias, mask) });
                    }
                    if t.relu {
                        sum = sum.relu();
                    }
                }
                if full { sum.store(c) } else { sum.store_part(c, mask) }
            }
        }
    }
}
