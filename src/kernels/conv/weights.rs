//! The gradient of a convolution's kernel: sums over pixels.

use super::depthwise::{self, Real};
use super::shared::{Source, Target, split, with_room};
use super::sweep::Sweep;
use super::{Geometry, Window};
use crate::dtype::DType;
use crate::kernels::data::{Array, ArrayMut, Kernel};
use crate::kernels::gemm::{Finish, Float, Gathered, parts};
use crate::kernels::memory::Buffer;
use crate::kernels::typed::{view, view_mut};
use std::ops::Range;

/// Inputs: the convolution's input and the gradient of its output. Output: the gradient of the kernel.
#[derive(Debug, Clone)]
pub struct Weights {
    pub window: Window,
}

impl Kernel for Weights {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if output.dtype == DType::Float32 {
            self.sum::<f32>(inputs, output)
        } else {
            self.sum::<f64>(inputs, output)
        }
        Ok(())
    }
}

/// Sums over pixels that are made apart and then added in order: not more than this many, nor of this many elements.
const SUMS: usize = 16;
const ELEMENTS: usize = 1 << 20;

impl Weights {
    fn sum<T: Real>(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) {
        let g = Geometry::new(&self.window, inputs[0].shape, output.shape, inputs[1].shape);
        let (x, dy) = (view::<T>(inputs[0].bytes), view::<T>(inputs[1].bytes));
        let dw = view_mut::<T>(output.bytes);
        if dw.is_empty() || dy.is_empty() {
            dw.fill(T::ZERO);
            return;
        }
        if g.is_depthwise() {
            let repeated = depthwise::repeated(&g, x);
            let x = Source(repeated.as_ref().map_or(x, |buffer| view(buffer.bytes())).as_ptr());
            let g = g.paired();
            let (sweep, dy) = (Sweep::forward(&g), Source(dy.as_ptr()));
            let work = |boxes: Range<usize>, _: Range<usize>, to: *mut T| {
                let (x, dy) = (&x, &dy);
                // SAFETY: the arrays have the shapes of the geometry.
                unsafe { depthwise::over_pixels(&g, &sweep, boxes, x.0, dy.0, to) };
            };
            in_order(dw, sweep.boxes(), 1, depthwise::shares(&g), &work);
            return;
        }
        let parts = parts(g.multiplications(), rayon::current_num_threads());
        if g.groups == 1 && g.filters <= FEW && g.channels > 2 * FEW {
            return turned(&g, x, dy, dw, parts);
        }
        let mut sweep = Sweep::forward(&g);
        let mut width = g.width();
        if g.groups == 1 && width > 2 * NARROW {
            width = NARROW;
            sweep = sweep.narrowed(width);
        }
        let places = sweep.taps();
        let (x, dy) = (Source(x.as_ptr()), Source(dy.as_ptr()));
        let work = |boxes: Range<usize>, pieces: Range<usize>, to: *mut T| {
            let (x, dy) = (&x, &dy);
            for piece in pieces {
                let first = piece * width;
                let channels = || 0..width.min(g.width() - first);
                let row = |place: usize, c: usize| ((place * g.width() + first + c) * g.filters) as isize;
                let sums = Sums {
                    sweep: &sweep,
                    left: x.0,
                    right: dy.0,
                    groups: (g.groups, g.width(), g.depth()),
                    first,
                    // Of the first group; those of others are as far from them as these are.
                    rows: places.iter().flat_map(|&(at, _)| channels().map(move |c| at + c as isize)).collect(),
                    c_rows: places.iter().flat_map(|&(_, place)| channels().map(move |c| row(place, c))).collect(),
                };
                // SAFETY: the arrays have the shapes of the geometry.
                unsafe { sums.over(boxes.clone(), to) };
            }
        };
        in_order(dw, sweep.boxes(), g.width().div_ceil(width), parts, &work);
    }
}

/// Not more filters than this fill too little of a tile to be its columns.
const FEW: usize = 4;

/// The kernel's gradient where there are few filters: the window moves over the gradient, and channels are the columns.
fn turned<T: Real>(g: &Geometry, x: &[T], dy: &[T], dw: &mut [T], parts: usize) {
    dw.fill(T::ZERO);
    let (channels, filters) = (g.channels, g.filters);
    for sweep in Sweep::backward(g) {
        let places = sweep.taps();
        let mut found = vec![T::ZERO; places.len() * filters * channels];
        if found.is_empty() {
            continue;
        }
        let (x, dy) = (Source(x.as_ptr()), Source(dy.as_ptr()));
        let work = |boxes: Range<usize>, _: Range<usize>, to: *mut T| {
            let (x, dy) = (&x, &dy);
            let sums = Sums {
                sweep: &sweep,
                left: dy.0,
                right: x.0,
                groups: (1, filters, channels),
                first: 0,
                rows: places.iter().flat_map(|&(at, _)| (0..filters as isize).map(move |f| at + f)).collect(),
                c_rows: (0..places.len() * filters).map(|row| (row * channels) as isize).collect(),
            };
            // SAFETY: the arrays have the shapes of the geometry.
            unsafe { sums.over(boxes, to) };
        };
        in_order(&mut found, sweep.boxes(), 1, parts, &work);
        for (rows, &(_, place)) in found.chunks_exact(filters * channels).zip(&places) {
            for (f, row) in rows.chunks_exact(channels).enumerate() {
                for (c, &sum) in row.iter().enumerate() {
                    dw[(place * channels + c) * filters + f] = sum;
                }
            }
        }
    }
}

/// The sum of what `work` makes of parts of the boxes, each for pieces of the result; the boxes are cut by shapes alone
/// and their sums added in order.
fn in_order<T: Real>(
    total: &mut [T],
    boxes: usize,
    pieces: usize,
    parts: usize,
    work: &(impl Fn(Range<usize>, Range<usize>, *mut T) + Sync),
) {
    let count = total.len();
    let sums = boxes.min(SUMS).min(ELEMENTS / count).max(1);
    let others = Buffer::new((sums - 1) * count * size_of::<T>());
    let (first, rest) = (Target(total.as_mut_ptr()), Target(others.as_ptr().cast::<T>()));
    let part = |sums_of: Range<usize>, pieces: Range<usize>| {
        let (first, rest) = (&first, &rest);
        for sum in sums_of {
            let to = if sum == 0 { first.0 } else { rest.0.wrapping_add((sum - 1) * count) };
            work(sum * boxes / sums..(sum + 1) * boxes / sums, pieces.clone(), to);
        }
    };
    split(0..sums, 0..pieces, parts, &part);
    for sum in view::<T>(others.bytes()).chunks_exact(count) {
        for (total, &other) in total.iter_mut().zip(sum) {
            *total = *total + other;
        }
    }
}

/// Channels whose pixels are copied to lie close together, where there are many more.
const NARROW: usize = 64;

/// Sums over pixels: of what windows see on the left times the pixels on the right.
struct Sums<'a, T> {
    sweep: &'a Sweep,
    left: *const T,
    right: *const T,
    /// How many groups there are, and the channels of each on the left and on the right.
    groups: (usize, usize, usize),
    /// The first of the channels that are read on the left.
    first: usize,
    /// Rows of the result, as offsets in what the window sees and in the result.
    rows: Vec<isize>,
    c_rows: Vec<isize>,
}

impl<T: Float> Sums<'_, T> {
    /// The sums over the pixels of some boxes.
    ///
    /// # Safety
    /// The arrays have the dimensions of the sweep, and `to` the rows that are told of.
    unsafe fn over(&self, boxes: Range<usize>, to: *mut T) {
        let (groups, width, columns) = self.groups;
        let spacing = self.sweep.spacing();
        with_room(self.sweep.room(), |room| {
            let start = boxes.start;
            self.sweep.each(boxes, |index, part, (pixels, targets)| {
                let (run, runs) = in_runs(targets, part.size[3], spacing);
                // SAFETY: the caller's promise.
                unsafe {
                    let seen = self.sweep.load(self.left, part, self.first, room);
                    for group in 0..groups {
                        Gathered {
                            a: seen.wrapping_add(group * width),
                            rows: &self.rows,
                            steps: pixels,
                            b: self.right.wrapping_add(self.sweep.origin(part) + group * columns),
                            run,
                            runs: &runs,
                            b_strides: (spacing as isize, 1),
                            c: to.wrapping_add(group * columns),
                            c_rows: &self.c_rows,
                            n: columns,
                            finish: Finish { accumulate: index > start, ..Finish::PLAIN },
                        }
                        .run();
                    }
                }
            });
        });
    }
}

/// Pixels as runs of equal distances: their length, and where they begin.
fn in_runs(pixels: &[isize], row: usize, spacing: usize) -> (usize, Vec<isize>) {
    if pixels.iter().enumerate().all(|(i, &pixel)| pixel == (i * spacing) as isize) {
        return (pixels.len(), vec![0]);
    }
    (row, pixels.iter().copied().step_by(row).collect())
}
