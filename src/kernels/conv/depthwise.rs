//! Convolutions in which every filter sees one channel, and their gradients: sums along the channels' vectors.

use super::Geometry;
use super::shared::{Source, Target, split, with_room};
use super::sweep::Sweep;
use crate::kernels::gemm::{Finish, Float, parts};
use crate::kernels::isa::{Isa, compiled};
use crate::kernels::memory::Buffer;
use crate::kernels::typed::{Plain, view_mut};
use std::ops::{Mul, Range};

/// An element type of depthwise convolutions.
pub(super) trait Real: Float + Plain + Mul<Output = Self> {
    fn mul_add(self, y: Self, z: Self) -> Self;
    fn slide() -> Slide<Self>;
    fn gather() -> Gather<Self>;
}

macro_rules! reals {
    ($($real:ident),+) => {
        $(impl Real for $real {
            #[inline(always)]
            fn mul_add(self, y: Self, z: Self) -> Self {
                $real::mul_add(self, y, z)
            }

            fn slide() -> Slide<Self> {
                pick_slide::<Self>()
            }

            fn gather() -> Gather<Self> {
                pick_gather::<Self>()
            }
        })+
    };
}

reals!(f32, f64);

/// Channels that are kept in registers.
const LANES: usize = 16;
/// Pixels that share a load of the kernel.
const PIXELS: usize = 4;

/// `target[c_rows[i] + c] = finish(Σ_p x[rows[i] + steps[p] + c] · w[places[p] + c])`
#[derive(Debug)]
pub(super) struct Rows<'a, T> {
    x: *const T,
    rows: &'a [isize],
    steps: &'a [isize],
    w: *const T,
    places: &'a [usize],
    target: *mut T,
    c_rows: &'a [isize],
    channels: usize,
    finish: Finish<T>,
}

type Slide<T> = unsafe fn(&Rows<'_, T>);
type Gather<T> = unsafe fn(&Sums<'_, T>);

compiled!(fn pick_slide[T: Real] -> Slide<T> = slide(rows: &Rows<'_, T>));
compiled!(fn pick_gather[T: Real] -> Gather<T> = gather(sums: &Sums<'_, T>));

/// # Safety
/// All elements that the offsets name are there, and the target's are nobody else's.
#[inline(always)]
unsafe fn slide<T: Real, I: Isa>(rows: &Rows<'_, T>) {
    let whole = rows.rows.len() / PIXELS * PIXELS;
    for i in (0..whole).step_by(PIXELS) {
        // SAFETY: the caller's promise.
        unsafe { channels::<T, I, PIXELS>(rows, i) };
    }
    for i in whole..rows.rows.len() {
        // SAFETY: as above.
        unsafe { channels::<T, I, 1>(rows, i) };
    }
}

#[inline(always)]
unsafe fn channels<T: Real, I: Isa, const P: usize>(rows: &Rows<'_, T>, i: usize) {
    let whole = rows.channels / LANES * LANES;
    for c in (0..whole).step_by(LANES) {
        // SAFETY: the caller's promise.
        unsafe { some::<T, I, P, LANES>(rows, i, c) };
    }
    for c in whole..rows.channels {
        // SAFETY: as above.
        unsafe { some::<T, I, P, 1>(rows, i, c) };
    }
}

#[inline(always)]
unsafe fn some<T: Real, I: Isa, const P: usize, const L: usize>(r: &Rows<'_, T>, i: usize, c: usize) {
    let mut sums = [[T::ZERO; L]; P];
    // SAFETY: the caller's promise.
    unsafe {
        for (&step, &place) in r.steps.iter().zip(r.places) {
            let w = r.w.add(place + c).cast::<[T; L]>().read();
            for (p, sums) in sums.iter_mut().enumerate() {
                let x = r.x.offset(*r.rows.get_unchecked(i + p) + step).add(c).cast::<[T; L]>().read();
                for l in 0..L {
                    sums[l] = if I::FMA { x[l].mul_add(w[l], sums[l]) } else { x[l] * w[l] + sums[l] };
                }
            }
        }
        for (p, mut sums) in sums.into_iter().enumerate() {
            if !r.finish.bias.is_null() {
                let bias = r.finish.bias.add(c).cast::<[T; L]>().read();
                for l in 0..L {
                    sums[l] = sums[l] + bias[l];
                }
            }
            if r.finish.relu {
                for sum in &mut sums {
                    *sum = if *sum < T::ZERO { T::ZERO } else { *sum };
                }
            }
            r.target.offset(*r.c_rows.get_unchecked(i + p)).add(c).cast::<[T; L]>().write(sums);
        }
    }
}

/// `dw[p · channels + c] += Σ_i x[rows[i] + steps[p] + c] · dy[c_rows[i] + c]`
#[derive(Debug)]
pub(super) struct Sums<'a, T> {
    x: *const T,
    rows: &'a [isize],
    steps: &'a [isize],
    dy: *const T,
    c_rows: &'a [isize],
    dw: *mut T,
    channels: usize,
}

/// # Safety
/// All elements that the offsets name are there, and the target's are nobody else's.
#[inline(always)]
unsafe fn gather<T: Real, I: Isa>(s: &Sums<'_, T>) {
    let whole = s.channels / LANES * LANES;
    // SAFETY: the caller's promise.
    unsafe {
        for c in (0..whole).step_by(LANES) {
            places::<T, I, LANES>(s, c);
        }
        for c in whole..s.channels {
            places::<T, I, 1>(s, c);
        }
    }
}

#[inline(always)]
unsafe fn places<T: Real, I: Isa, const L: usize>(s: &Sums<'_, T>, c: usize) {
    let mut p = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while p < s.steps.len() {
            p += match s.steps.len() - p {
                9.. => few::<T, I, L, 9>(s, c, p),
                5.. => few::<T, I, L, 5>(s, c, p),
                3.. => few::<T, I, L, 3>(s, c, p),
                _ => few::<T, I, L, 1>(s, c, p),
            };
        }
    }
}

#[inline(always)]
unsafe fn few<T: Real, I: Isa, const L: usize, const N: usize>(s: &Sums<'_, T>, c: usize, p: usize) -> usize {
    let mut sums = [[T::ZERO; L]; N];
    // SAFETY: the caller's promise.
    unsafe {
        let steps: [isize; N] = std::array::from_fn(|n| s.steps[p + n]);
        for (&row, &c_row) in s.rows.iter().zip(s.c_rows) {
            let dy = s.dy.offset(c_row).add(c).cast::<[T; L]>().read();
            let x = s.x.offset(row).add(c);
            for (sums, step) in sums.iter_mut().zip(steps) {
                let x = x.offset(step).cast::<[T; L]>().read();
                for l in 0..L {
                    sums[l] = if I::FMA { x[l].mul_add(dy[l], sums[l]) } else { x[l] * dy[l] + sums[l] };
                }
            }
        }
        for (n, sums) in sums.into_iter().enumerate() {
            let to = s.dw.add((p + n) * s.channels + c);
            for (l, sum) in sums.into_iter().enumerate() {
                *to.add(l) = *to.add(l) + sum;
            }
        }
    }
    N
}

/// `target[pixel] = finish(Σ source[window] · kernel)`, channel by channel.
///
/// # Safety
/// The arrays have the shapes of the geometry, which has a channel for each filter; pixels of the target that belong to
/// positions are nobody else's.
pub(super) unsafe fn window<T: Real>(
    g: &Geometry,
    sweep: &Sweep,
    source: *const T,
    kernel: *const T,
    target: *mut T,
    finish: Finish<T>,
) {
    let (steps, places): (Vec<isize>, Vec<usize>) =
        sweep.taps().into_iter().map(|(offset, place)| (offset, place * g.filters)).unzip();
    let slide = T::slide();
    let (source, kernel, target) = (Source(source), Source(kernel), Target(target));
    let (bias, relu) = (Source(finish.bias), finish.relu);
    let work = |boxes: Range<usize>, _: Range<usize>| {
        let (source, kernel, target, bias) = (&source, &kernel, &target, &bias);
        with_room(sweep.room(), |room| {
            sweep.each(boxes, |_, part, (rows, c_rows)| {
                // SAFETY: the caller's promise; boxes are shared out once.
                unsafe {
                    slide(&Rows {
                        x: sweep.load(source.0, part, 0, room),
                        rows,
                        steps: &steps,
                        w: kernel.0,
                        places: &places,
                        target: target.0.wrapping_add(sweep.origin(part)),
                        c_rows,
                        channels: g.filters,
                        finish: Finish { bias: bias.0, relu, accumulate: false },
                    });
                }
            });
        });
    };
    split(0..sweep.boxes(), 0..1, shares(g), &work);
}

/// The kernel's gradient from the pixels of some boxes.
///
/// # Safety
/// The arrays have the shapes of the geometry, which has a channel for each filter.
pub(super) unsafe fn over_pixels<T: Real>(
    g: &Geometry,
    sweep: &Sweep,
    boxes: Range<usize>,
    source: *const T,
    grad: *const T,
    to: *mut T,
) {
    let steps: Vec<isize> = sweep.taps().into_iter().map(|tap| tap.0).collect();
    let gather = T::gather();
    // SAFETY: the caller's promise; all bits zero are the number zero.
    unsafe { to.write_bytes(0, steps.len() * g.filters) };
    with_room(sweep.room(), |room| {
        sweep.each(boxes, |_, part, (rows, c_rows)| {
            // SAFETY: the caller's promise.
            unsafe {
                gather(&Sums {
                    x: sweep.load(source, part, 0, room),
                    rows,
                    steps: &steps,
                    dy: grad.wrapping_add(sweep.origin(part)),
                    c_rows,
                    dw: to,
                    channels: g.filters,
                });
            }
        });
    });
}

/// How many parts to make: memory takes longer than the few products of each element.
pub(super) fn shares(g: &Geometry) -> usize {
    parts(8 * g.multiplications(), rayon::current_num_threads())
}

/// Every channel as often as there are filters for it, where that is not once.
pub(super) fn repeated<T: Real>(g: &Geometry, x: &[T]) -> Option<Buffer> {
    let times = g.depth();
    if times == 1 {
        return None;
    }
    let mut buffer = Buffer::new(x.len() * times * size_of::<T>());
    for (to, &x) in view_mut::<T>(buffer.bytes_mut()).chunks_exact_mut(times).zip(x) {
        to.fill(x);
    }
    Some(buffer)
}

/// The sums of the gradients of repetitions.
pub(super) fn summed<T: Real>(repetitions: &[T], times: usize, to: &mut [T]) {
    for (to, repetitions) in to.iter_mut().zip(repetitions.chunks_exact(times)) {
        *to = repetitions.iter().fold(T::ZERO, |sum, &x| sum + x);
    }
}
