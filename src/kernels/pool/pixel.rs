//! One window: its pixels' channels, some at a time in registers.

use crate::kernels::gemm::Float;
use crate::kernels::isa::{Isa, compiled};
use crate::kernels::typed::Plain;
use std::ops::{Div, Mul};

/// What a window sees. For reductions `to` is the pixel that it makes, and `x` and `other` are images at its first
/// pixel; for gradients `to` and `x` are images at its first pixel, and `other` is the gradient of what it made.
#[derive(Debug)]
pub(super) struct Seen<'a, T> {
    pub(super) x: *const T,
    pub(super) other: *const T,
    pub(super) to: *mut T,
    /// Distances of the window's pixels from the first.
    pub(super) taps: &'a [usize],
    pub(super) channels: usize,
}

pub(super) type Work<T> = unsafe fn(&Seen<'_, T>);

/// An element type of pooling.
pub(super) trait Real: Float + Plain + Mul<Output = Self> + Div<Output = Self> {
    const LOWEST: Self;
    const ONE: Self;

    fn count(n: usize) -> Self;
    fn max() -> Work<Self>;
    fn select() -> Work<Self>;
    fn mean() -> Work<Self>;
    fn spread_max() -> Work<Self>;
    fn spread_mean() -> Work<Self>;
}

macro_rules! reals {
    ($($real:ident),+) => {
        $(impl Real for $real {
            const LOWEST: Self = $real::NEG_INFINITY;
            const ONE: Self = 1.0;

            fn count(n: usize) -> Self {
                n as $real
            }

            fn max() -> Work<Self> {
                pick_max::<Self>()
            }

            fn select() -> Work<Self> {
                pick_select::<Self>()
            }

            fn mean() -> Work<Self> {
                pick_mean::<Self>()
            }

            fn spread_max() -> Work<Self> {
                pick_spread_max::<Self>()
            }

            fn spread_mean() -> Work<Self> {
                pick_spread_mean::<Self>()
            }
        })+
    };
}

reals!(f32, f64);

/// `$name`: `$some` for all channels, as many at once as registers hold.
macro_rules! channels {
    ($name:ident, $some:ident, $pick:ident) => {
        /// # Safety
        /// All pixels of the window have these channels, and what is written to is nobody else's.
        #[inline(always)]
        unsafe fn $name<T: Real, I: Isa>(seen: &Seen<'_, T>) {
            let mut c = 0;
            // SAFETY: the caller's promise, for the channels that are left.
            unsafe {
                while c + 16 <= seen.channels {
                    $some::<T, 16>(seen, c);
                    c += 16;
                }
                while c + 4 <= seen.channels {
                    $some::<T, 4>(seen, c);
                    c += 4;
                }
                while c < seen.channels {
                    $some::<T, 1>(seen, c);
                    c += 1;
                }
            }
        }

        compiled!(fn $pick[T: Real] -> Work<T> = $name(seen: &Seen<'_, T>));
    };
}

channels!(max, max_of, pick_max);
channels!(select, select_of, pick_select);
channels!(mean, mean_of, pick_mean);
channels!(spread_max, spread_max_of, pick_spread_max);
channels!(spread_mean, spread_mean_of, pick_spread_mean);

#[inline(always)]
unsafe fn read<T: Copy, const L: usize>(from: *const T, at: usize) -> [T; L] {
    // SAFETY: the caller's promise of `L` elements.
    unsafe { from.add(at).cast::<[T; L]>().read() }
}

/// Whether `x` takes the place of the maximum so far: NaN does, and is not replaced.
#[inline(always)]
fn beats<T: Real>(x: T, best: T) -> bool {
    #[expect(clippy::eq_op, reason = "only NaN is not itself")]
    let nan = x != x;
    #[expect(clippy::eq_op, reason = "only NaN is not itself")]
    let number = best == best;
    (x > best) | (nan & number)
}

#[inline(always)]
unsafe fn max_of<T: Real, const L: usize>(seen: &Seen<'_, T>, c: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut best = [T::LOWEST; L];
        for &tap in seen.taps {
            let x: [T; L] = read(seen.x, tap + c);
            for l in 0..L {
                best[l] = if beats(x[l], best[l]) { x[l] } else { best[l] };
            }
        }
        seen.to.add(c).cast::<[T; L]>().write(best);
    }
}

/// For each channel the first of the taps that has the maximum.
#[inline(always)]
unsafe fn first_of<T: Real, const L: usize>(seen: &Seen<'_, T>, c: usize) -> [u32; L] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut best: [T; L] = read(seen.x, seen.taps[0] + c);
        let mut first = [0; L];
        for (number, &tap) in seen.taps.iter().enumerate().skip(1) {
            let x: [T; L] = read(seen.x, tap + c);
            for l in 0..L {
                let better = beats(x[l], best[l]);
                best[l] = if better { x[l] } else { best[l] };
                first[l] = if better { number as u32 } else { first[l] };
            }
        }
        first
    }
}

#[inline(always)]
unsafe fn select_of<T: Real, const L: usize>(seen: &Seen<'_, T>, c: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let first = first_of::<T, L>(seen, c);
        let mut chosen = [T::ZERO; L];
        for (number, &tap) in seen.taps.iter().enumerate() {
            let x: [T; L] = read(seen.other, tap + c);
            for l in 0..L {
                chosen[l] = if first[l] == number as u32 { x[l] } else { chosen[l] };
            }
        }
        seen.to.add(c).cast::<[T; L]>().write(chosen);
    }
}

#[inline(always)]
unsafe fn mean_of<T: Real, const L: usize>(seen: &Seen<'_, T>, c: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [T::ZERO; L];
        for &tap in seen.taps {
            let x: [T; L] = read(seen.x, tap + c);
            for l in 0..L {
                sums[l] = sums[l] + x[l];
            }
        }
        let count = T::count(seen.taps.len());
        seen.to.add(c).cast::<[T; L]>().write(sums.map(|sum| sum / count));
    }
}

#[inline(always)]
unsafe fn spread_max_of<T: Real, const L: usize>(seen: &Seen<'_, T>, c: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let first = first_of::<T, L>(seen, c);
        let grad: [T; L] = read(seen.other, c);
        for (number, &tap) in seen.taps.iter().enumerate() {
            let to = seen.to.add(tap + c).cast::<[T; L]>();
            let mut dx = to.read();
            for l in 0..L {
                dx[l] = dx[l] + if first[l] == number as u32 { grad[l] } else { T::ZERO };
            }
            to.write(dx);
        }
    }
}

#[inline(always)]
unsafe fn spread_mean_of<T: Real, const L: usize>(seen: &Seen<'_, T>, c: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let share = T::ONE / T::count(seen.taps.len());
        let grad = read::<T, L>(seen.other, c).map(|grad| grad * share);
        for &tap in seen.taps {
            let to = seen.to.add(tap + c).cast::<[T; L]>();
            let mut dx = to.read();
            for l in 0..L {
                dx[l] = dx[l] + grad[l];
            }
            to.write(dx);
        }
    }
}
