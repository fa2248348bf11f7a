//! What happens to a row of scores.

use crate::kernels::isa::{FEW, Isa, compiled};
use crate::kernels::lanes::{Lanes, Real};

/// A query's scores with some keys.
pub(super) struct Row<T> {
    pub(super) scores: *mut T,
    /// How many there are; those from `seen` on are of keys that count for nothing.
    pub(super) count: usize,
    pub(super) seen: usize,
    pub(super) scale: T,
    /// 0 where a key is hidden, and how far apart the keys' flags are; null if none is hidden.
    pub(super) flags: (*const u8, usize),
    pub(super) hidden: T,
}

/// Loops over the rows of blocks.
pub(super) struct Rows<T> {
    pub(super) soften: unsafe fn(&Row<T>, &mut T, &mut T, *mut T, usize),
    pub(super) back: unsafe fn(&Row<T>, *mut T, T, T, T),
    pub(super) dot: unsafe fn(*const T, *const T, usize) -> T,
    pub(super) divide: unsafe fn(*mut T, *const T, T, usize),
}

impl<T> Row<T> {
    /// # Safety
    /// There is a score at `at`.
    #[inline(always)]
    unsafe fn hides(&self, at: usize) -> bool {
        let (flags, step) = self.flags;
        // SAFETY: there is a flag for each score.
        unsafe { *flags.add(at * step) == 0 }
    }
}

impl<T: Real> Rows<T> {
    pub(super) fn new() -> Self {
        Self { soften: soften(), back: back(), dot: dot(), divide: divide() }
    }
}

/// The scores in one group of neighbours, scaled, those of hidden keys lowered.
///
/// # Safety
/// `at < row.seen`.
#[inline(always)]
unsafe fn scaled<T: Real, I: Isa>(row: &Row<T>, at: usize) -> Lanes<T> {
    let n = row.seen - at;
    // SAFETY: the caller's promise.
    let mut x = unsafe { Lanes::load::<I>(row.scores.add(at), n) } * Lanes::all(row.scale);
    if !row.flags.0.is_null() {
        for i in 0..n.min(FEW) {
            // SAFETY: the score is one of this row.
            if unsafe { row.hides(at + i) } {
                x.0[i] = row.hidden;
            }
        }
    }
    x
}

/// Turn scores into weights relative to the largest score so far, which this updates with the sum of the weights; what
/// was added up before, `width` numbers at `sums`, is brought down to it.
#[inline(always)]
unsafe fn soften_row<T: Real, I: Isa>(row: &Row<T>, most: &mut T, sum: &mut T, sums: *mut T, width: usize) {
    // A NaN becomes a weight, and so part of every sum.
    let larger = |a: T, b: T| if a > b { a } else { b };
    // SAFETY: every group lies within the row, or the sums.
    unsafe {
        let mut best = Lanes::all(*most);
        for at in (0..row.seen).step_by(FEW) {
            let x = scaled::<T, I>(row, at);
            let n = row.seen - at;
            x.store::<I>(row.scores.add(at), n);
            if n >= FEW {
                best = x.zip(best, larger);
            } else {
                for i in 0..n {
                    best.0[i] = larger(x.0[i], best.0[i]);
                }
            }
        }
        let largest = best.folded(larger);
        let factor = (*most - largest).exp::<I>();
        let mut total = Lanes::all(T::ZERO);
        for at in (0..row.seen).step_by(FEW) {
            let n = row.seen - at;
            let p = (Lanes::load::<I>(row.scores.add(at), n) - Lanes::all(largest)).map(T::exp::<I>);
            p.store::<I>(row.scores.add(at), n);
            if n >= FEW {
                total = total + p;
            } else {
                for i in 0..n {
                    total.0[i] = total.0[i] + p.0[i];
                }
            }
        }
        for at in row.seen..row.count {
            *row.scores.add(at) = T::ZERO;
        }
        if largest != *most {
            for at in (0..width).step_by(FEW) {
                let x = Lanes::load::<I>(sums.add(at), width - at) * Lanes::all(factor);
                x.store::<I>(sums.add(at), width - at);
            }
        }
        *sum = *sum * factor + total.folded(|a, b| a + b);
        *most = largest;
    }
}

/// Turn scores into weights, and the weights' gradients at `grads` into the scores' own; `shift` is what the gradients
/// of the query's output have in common with it.
#[inline(always)]
unsafe fn back_row<T: Real, I: Isa>(row: &Row<T>, grads: *mut T, most: T, sum: T, shift: T) {
    // SAFETY: every group lies within the row.
    unsafe {
        for at in (0..row.seen).step_by(FEW) {
            let n = row.seen - at;
            let p = (scaled::<T, I>(row, at) - Lanes::all(most)).map(|x| x.exp::<I>() / sum);
            let mut grad = p * (Lanes::load::<I>(grads.add(at), n) - Lanes::all(shift)) * Lanes::all(row.scale);
            if !row.flags.0.is_null() {
                for i in 0..n.min(FEW) {
                    if row.hides(at + i) {
                        grad.0[i] = T::ZERO;
                    }
                }
            }
            p.store::<I>(row.scores.add(at), n);
            grad.store::<I>(grads.add(at), n);
        }
        for at in row.seen..row.count {
            *row.scores.add(at) = T::ZERO;
            *grads.add(at) = T::ZERO;
        }
    }
}

#[inline(always)]
unsafe fn dot_row<T: Real, I: Isa>(a: *const T, b: *const T, n: usize) -> T {
    let mut sum = Lanes::all(T::ZERO);
    for at in (0..n).step_by(FEW) {
        // SAFETY: both have `n` elements.
        unsafe {
            sum = sum + Lanes::load::<I>(a.add(at), n - at) * Lanes::load::<I>(b.add(at), n - at);
        }
    }
    sum.folded(|a, b| a + b)
}

#[inline(always)]
unsafe fn divide_row<T: Real, I: Isa>(to: *mut T, from: *const T, by: T, n: usize) {
    for at in (0..n).step_by(FEW) {
        // SAFETY: both have `n` elements.
        unsafe { Lanes::load::<I>(from.add(at), n - at).map(|x| x / by).store::<I>(to.add(at), n - at) }
    }
}

compiled!(fn soften[T: Real] -> unsafe fn(&Row<T>, &mut T, &mut T, *mut T, usize)
    = soften_row(row: &Row<T>, most: &mut T, sum: &mut T, sums: *mut T, width: usize));
compiled!(fn back[T: Real] -> unsafe fn(&Row<T>, *mut T, T, T, T)
    = back_row(row: &Row<T>, grads: *mut T, most: T, sum: T, shift: T));
compiled!(fn dot[T: Real] -> unsafe fn(*const T, *const T, usize) -> T
    = dot_row(a: *const T, b: *const T, n: usize) -> T);
compiled!(fn divide[T: Real] -> unsafe fn(*mut T, *const T, T, usize)
    = divide_row(to: *mut T, from: *const T, by: T, n: usize));
