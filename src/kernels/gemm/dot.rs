//! A matrix times a vector, when rows of the matrix are contiguous: sums run along the vectors.

use super::simd::Vector;
use super::{Finish, Float, Gemm};

/// `c[i * c_rs] = finish(Σ a[i][p] · b[p])`, with bias `finish.bias[i * bias_step]`.
///
/// # Safety
/// As [`Vector`] and [`Gemm::run`], with `n == 1`, `a_cs == 1` and `b_rs == 1`.
#[inline(always)]
pub(super) unsafe fn dot<V: Vector>(
    g: &Gemm,
    a: *const V::Scalar,
    b: *const V::Scalar,
    c: *mut V::Scalar,
    finish: &Finish<V::Scalar>,
    bias_step: usize,
) {
    let whole = g.k / V::LANES * V::LANES;
    // SAFETY: rows below `m`, columns below `k`.
    unsafe {
        let mask = V::mask(g.k - whole);
        for first in (0..g.m).step_by(4) {
            // A row past the last is the last once more.
            let row = |r: usize| a.wrapping_offset((first + r).min(g.m - 1) as isize * g.a_rs);
            let rows = [row(0), row(1), row(2), row(3)];
            let mut sums = [V::zero(); 4];
            for p in (0..whole).step_by(V::LANES) {
                let x = V::load(b.add(p));
                for (sum, row) in sums.iter_mut().zip(rows) {
                    *sum = sum.fma(V::load(row.add(p)), x);
                }
            }
            if whole < g.k {
                let x = V::load_part(b.add(whole), mask);
                for (sum, row) in sums.iter_mut().zip(rows) {
                    *sum = sum.fma(V::load_part(row.add(whole), mask), x);
                }
            }
            for (sum, i) in sums.into_iter().zip(first..g.m) {
                let c = c.offset(i as isize * g.c_rs);
                let mut sum = sum.total();
                if finish.accumulate {
                    sum = *c + sum;
                }
                if !finish.bias.is_null() {
                    sum = sum + *finish.bias.add(i * bias_step);
                }
                *c = if finish.relu && sum < V::Scalar::ZERO { V::Scalar::ZERO } else { sum };
            }
        }
    }
}
