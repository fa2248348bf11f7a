//! Copies of panels of B whose rows are not contiguous, or too far apart to stay in the nearest cache.

use super::Float;
use super::simd::Vector;
use crate::kernels::memory::Buffer;
use std::cell::RefCell;

thread_local! {
    static ROOM: RefCell<Buffer> = RefCell::new(Buffer::new(0));
}

/// Call `f` with room for `n` numbers, which hold anything.
pub(super) fn with_room<T: Float>(n: usize, f: impl FnOnce(*mut T)) {
    ROOM.with_borrow_mut(|room| {
        let needed = n * size_of::<T>();
        if room.len() < needed {
            *room = Buffer::new(needed);
        }
        f(room.as_ptr().cast());
    });
}

/// `panel[p][j] = b[p][j]` for `p < k`, `j < n`, and 0 from `n` up to a whole vector; rows of the panel are `width`
/// apart.
///
/// # Safety
/// As [`Vector`]; `b` is readable at those elements, `panel` writable for `k × width`, and `n <= width`.
#[inline(always)]
pub(super) unsafe fn pack<V: Vector>(
    b: *const V::Scalar,
    (b_rs, b_cs): (isize, isize),
    (k, n): (usize, usize),
    panel: *mut V::Scalar,
    width: usize,
) {
    // SAFETY: each access is to an element that the promise names.
    unsafe {
        let at = |p: usize, j: usize| b.offset(p as isize * b_rs + j as isize * b_cs);
        let whole = n / V::LANES * V::LANES;
        if b_cs == 1 {
            let mask = V::mask(n - whole);
            for p in 0..k {
                let (from, to) = (at(p, 0), panel.add(p * width));
                for j in (0..whole).step_by(V::LANES) {
                    V::load(from.add(j)).store(to.add(j));
                }
                if whole < n {
                    V::load_part(from.add(whole), mask).store(to.add(whole));
                }
            }
            return;
        }
        for j in (0..n).step_by(V::LANES) {
            let lanes = V::LANES.min(n - j);
            let mut p = 0;
            if b_rs == 1 && lanes == V::LANES {
                while p + V::ROWS <= k {
                    V::transpose(at(p, j), b_cs, panel.add(p * width + j), width);
                    p += V::ROWS;
                }
            }
            for p in p..k {
                for lane in 0..V::LANES {
                    let x = if lane < lanes { *at(p, j + lane) } else { V::Scalar::ZERO };
                    *panel.add(p * width + j + lane) = x;
                }
            }
        }
    }
}
