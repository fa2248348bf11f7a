//! The innermost loops: a tile of C in registers, A broadcast element by element, B read row by row.

use super::simd::Vector;

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
}

/// Compute a tile of `R` rows and `N` vectors.
///
/// # Safety
/// As [`Vector`]. The tile's pointers are valid for `R` rows and `N` vectors; of the last vector `tail` lanes are
/// touched in C and in the bias, and in B all of them unless `PART`.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const R: usize, const N: usize, const PART: bool>(t: &Tile<V::Scalar>) {
    // SAFETY: what the caller promises is what is touched; pointers past the last step are never read.
    unsafe {
        let mask = V::mask(t.tail);
        let mut sums = [[V::zero(); N]; R];
        if t.k >= 64 {
            for i in 0..R {
                for j in 0..N {
                    V::prefetch(t.c.wrapping_offset(i as isize * t.c_rs).wrapping_add(j * V::LANES));
                }
            }
        }
        let (mut a, mut b) = (t.a, t.b);
        for _ in 0..t.k {
            let mut row = [V::zero(); N];
            for (j, x) in row.iter_mut().enumerate() {
                *x = if PART { V::load_part(b, mask) } else { V::load(b.add(j * V::LANES)) };
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = V::splat(a.offset(i as isize * t.a_rs));
                for (sum, &y) in sums.iter_mut().zip(&row) {
                    *sum = sum.fma(x, y);
                }
            }
            a = a.wrapping_offset(t.a_cs);
            b = b.wrapping_offset(t.b_rs);
        }
        let plain = t.bias.is_null() && !t.relu && !t.accumulate;
        for (i, sums) in sums.iter().enumerate() {
            let c = t.c.offset(i as isize * t.c_rs);
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
