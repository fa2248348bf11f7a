//! Windows on their way over images, and which of their pixels are inside.

use super::Window;
use crate::kernels::typed::PARALLEL;
use std::array::from_fn;
use std::ops::Range;

/// A pointer that threads write to different elements of.
#[derive(Clone, Copy)]
pub(super) struct Target<T>(pub(super) *mut T);

// SAFETY: whoever shares it promises that threads write to different elements.
unsafe impl<T> Send for Target<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Target<T> {}

impl<T> Target<T> {
    pub(super) fn at(&self, element: usize) -> *mut T {
        self.0.wrapping_add(element)
    }
}

/// All windows, seen with three spatial axes.
#[derive(Debug)]
pub(super) struct Walk {
    images: usize,
    input: [usize; 3],
    output: [usize; 3],
    size: [usize; 3],
    strides: [usize; 3],
    low: [usize; 3],
    pub(super) channels: usize,
}

impl Walk {
    /// Over an image of shape `input`, making one of shape `output`.
    pub(super) fn new(window: &Window, input: &[usize], output: &[usize]) -> Self {
        let rank = window.size.len();
        let three = |values: &[usize], fill: usize| {
            let mut all = [fill; 3];
            all[3 - rank..].copy_from_slice(values);
            all
        };
        Self {
            images: input[0],
            input: three(&input[1..=rank], 1),
            output: three(&output[1..=rank], 1),
            size: three(&window.size, 1),
            strides: three(&window.strides, 1),
            low: three(&window.low, 0),
            channels: input[rank + 1],
        }
    }

    fn pixels(&self) -> usize {
        self.input.iter().product()
    }

    /// Where windows overlap, elements are seen more than once.
    fn parts(&self) -> usize {
        let seen = self.images * self.output.iter().chain(&self.size).product::<usize>() * self.channels;
        let threads = rayon::current_num_threads();
        if threads < 2 {
            1
        } else {
            (seen.max(self.images * self.pixels() * self.channels) / PARALLEL).min(4 * threads)
        }
    }

    /// Do `work` on parts of the rows of windows along the first spatial axis of all images.
    pub(super) fn share_rows(&self, work: &(impl Fn(Range<usize>) + Sync)) {
        split(0..self.images * self.output[0], self.parts(), work);
    }

    pub(super) fn rows_of(&self, image: usize) -> Range<usize> {
        image * self.output[0]..(image + 1) * self.output[0]
    }

    /// Do `work` on parts of the images, or of an image's channels.
    pub(super) fn share_images(&self, work: &(impl Fn(Range<usize>, Range<usize>) + Sync)) {
        /// Channels that are worth a turn of their own.
        const FEW: usize = 64;
        let pieces = if self.images > 1 { 1 } else { self.channels.div_ceil(FEW) };
        split(0..self.images * pieces, self.parts(), &|range: Range<usize>| {
            if pieces == 1 {
                work(range, 0..self.channels);
            } else {
                work(0..1, range.start * FEW..self.channels.min(range.end * FEW));
            }
        });
    }

    /// Zeros for some channels of an image.
    ///
    /// # Safety
    /// `to` is writable there.
    pub(super) unsafe fn clear<T>(&self, to: Target<T>, image: usize, channels: &Range<usize>) {
        let first = image * self.pixels() * self.channels;
        // SAFETY: the caller's promise.
        unsafe {
            if channels.len() == self.channels {
                to.at(first).write_bytes(0, self.pixels() * self.channels);
                return;
            }
            for pixel in 0..self.pixels() {
                to.at(first + pixel * self.channels + channels.start).write_bytes(0, channels.len());
            }
        }
    }

    /// Call `f` for every window of some rows with the first element inside the image, the element that the window
    /// makes, and the distances of its pixels from the first.
    pub(super) fn windows(&self, rows: Range<usize>, mut f: impl FnMut(usize, usize, &[usize])) {
        let inside = |axis: usize, o: usize| {
            let begin = o * self.strides[axis];
            let end = (begin + self.size[axis]).min(self.input[axis] + self.low[axis]);
            begin.saturating_sub(self.low[axis])..end - self.low[axis]
        };
        let mut known = [0; 3];
        let mut taps: Vec<usize> = Vec::new();
        for row in rows {
            let (image, i) = (row / self.output[0], row % self.output[0]);
            for j in 0..self.output[1] {
                for k in 0..self.output[2] {
                    let at = [i, j, k];
                    let ranges: [Range<usize>; 3] = from_fn(|axis| inside(axis, at[axis]));
                    let lengths = from_fn(|axis| ranges[axis].len());
                    if lengths != known {
                        known = lengths;
                        taps.clear();
                        taps.extend((0..known.iter().product()).map(|tap| {
                            let (a, rest) = (tap / (known[1] * known[2]), tap % (known[1] * known[2]));
                            let (b, c) = (rest / known[2], rest % known[2]);
                            ((a * self.input[1] + b) * self.input[2] + c) * self.channels
                        }));
                    }
                    let [a, b, c] = ranges.map(|range| range.start);
                    let start = ((image * self.input[0] + a) * self.input[1] + b) * self.input[2] + c;
                    let pixel = (row * self.output[1] + j) * self.output[2] + k;
                    f(start * self.channels, pixel * self.channels, &taps);
                }
            }
        }
    }
}

fn split(range: Range<usize>, parts: usize, work: &(impl Fn(Range<usize>) + Sync)) {
    if parts < 2 || range.len() < 2 {
        work(range);
        return;
    }
    let middle = range.start + (range.len() * (parts / 2) / parts).max(1);
    let (left, right) = (range.start..middle, middle..range.end);
    rayon::join(|| split(left, parts / 2, work), || split(right, parts - parts / 2, work));
}
