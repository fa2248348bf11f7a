//! The gradients of a convolution: of its input, which is a convolution of the gradient, and of its kernel.

use super::depthwise::{self, Real};
use super::forward::{Columns, slide};
use super::shared::{Source, Target, split, with_room};
use super::sweep::Sweep;
use super::{Geometry, Window};
use crate::dtype::DType;
use crate::kernels::data::{Array, ArrayMut, Kernel};
use crate::kernels::gemm::{Finish, Float, Gathered, Gemm, parts};
use crate::kernels::memory::Buffer;
use crate::kernels::typed::{view, view_mut};
use std::ops::Range;

/// Inputs: the gradient of the output and the kernel. Output: the gradient of the input.
#[derive(Debug, Clone)]
pub struct Input {
    pub window: Window,
}

impl Kernel for Input {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if output.dtype == DType::Float32 {
            self.slide::<f32>(inputs, output)
        } else {
            self.slide::<f64>(inputs, output)
        }
        Ok(())
    }
}

impl Input {
    fn slide<T: Real>(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) {
        let g = Geometry::new(&self.window, output.shape, inputs[1].shape, inputs[0].shape);
        let (dy, w) = (view::<T>(inputs[0].bytes), view::<T>(inputs[1].bytes));
        let dx = view_mut::<T>(output.bytes);
        if dx.is_empty() {
            return;
        }
        // SAFETY: the arrays have the shapes of the geometry; different sweeps write to different pixels.
        unsafe {
            if g.is_pointwise() {
                let (m, n, k) = (g.pixels(), g.channels, g.filters);
                let product = Gemm { b_rs: 1, b_cs: k as isize, ..Gemm::contiguous(m, n, k) };
                product.run(dy.as_ptr(), w.as_ptr(), dx.as_mut_ptr(), &Finish::PLAIN, rayon::current_num_threads());
                return;
            }
            if g.is_depthwise() {
                let (pairs, times) = (g.paired(), g.depth());
                let each = Buffer::new(if times == 1 { 0 } else { dx.len() * times * size_of::<T>() });
                let to = if times == 1 { dx.as_mut_ptr() } else { each.as_ptr().cast::<T>() };
                for sweep in Sweep::backward(&pairs) {
                    depthwise::window(&pairs, &sweep, dy.as_ptr(), w.as_ptr(), to, Finish::PLAIN);
                }
                if times > 1 {
                    depthwise::summed(view(each.bytes()), times, dx);
                }
                return;
            }
            let kernel = Columns {
                start: &|group| group * g.depth(),
                strides: (1, g.filters as isize),
                run: g.depth(),
                runs: &|place| place * g.width() * g.filters,
                columns: g.width(),
            };
            for sweep in Sweep::backward(&g) {
                slide(&g, &sweep, dy.as_ptr(), w.as_ptr(), &kernel, dx.as_mut_ptr(), Finish::PLAIN);
            }
        }
    }
}

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
        let mut sweep = Sweep::forward(&g);
        let mut width = g.width();
        if g.groups == 1 && width > 2 * NARROW {
            width = NARROW;
            sweep = sweep.narrowed(width);
        }
        let (x, dy) = (Source(x.as_ptr()), Source(dy.as_ptr()));
        let work = |boxes: Range<usize>, pieces: Range<usize>, to: *mut T| {
            let (x, dy) = (&x, &dy);
            for piece in pieces {
                let first = piece * width;
                let channels = first..g.width().min(first + width);
                // SAFETY: the arrays have the shapes of the geometry.
                unsafe { over_pixels(&g, &sweep, boxes.clone(), x.0, dy.0, channels, to) };
            }
        };
        let parts = parts(g.multiplications(), rayon::current_num_threads());
        in_order(dw, sweep.boxes(), g.width().div_ceil(width), parts, &work);
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

/// Some channels' rows of the kernel's gradient, from the pixels of some boxes, for all groups.
///
/// # Safety
/// The arrays have the shapes of the geometry; the channels are those that the sweep reads, from the first on.
unsafe fn over_pixels<T: Float>(
    g: &Geometry,
    sweep: &Sweep,
    boxes: Range<usize>,
    source: *const T,
    grad: *const T,
    channels: Range<usize>,
    to: *mut T,
) {
    let each = || 0..channels.len() as isize;
    let taps = sweep.taps();
    // Of the first group; those of others are as far from them as these are.
    let rows: Vec<isize> = taps.iter().flat_map(|&(at, _)| each().map(move |c| at + c)).collect();
    let row = |place: usize| (place * g.width() + channels.start) as isize;
    let c_rows: Vec<isize> =
        taps.iter().flat_map(|&(_, place)| each().map(move |c| (row(place) + c) * g.filters as isize)).collect();
    with_room(sweep.room(), |room| {
        let start = boxes.start;
        sweep.each(boxes, |index, part, (pixels, targets)| {
            let (run, runs) = in_runs(targets, part.size[3], g.filters);
            // SAFETY: the caller's promise.
            unsafe {
                let seen = sweep.load(source, part, channels.start, room);
                for group in 0..g.groups {
                    Gathered {
                        a: seen.wrapping_add(group * g.width()),
                        rows: &rows,
                        steps: pixels,
                        b: grad.wrapping_add(sweep.origin(part) + group * g.depth()),
                        run,
                        runs: &runs,
                        b_strides: (g.filters as isize, 1),
                        c: to.wrapping_add(group * g.depth()),
                        c_rows: &c_rows,
                        n: g.depth(),
                        finish: Finish { accumulate: index > start, ..Finish::PLAIN },
                    }
                    .run();
                }
            }
        });
    });
}

/// Pixels as runs that follow one another in memory: their length, and where they begin.
fn in_runs(pixels: &[isize], row: usize, step: usize) -> (usize, Vec<isize>) {
    if pixels.last() == Some(&(((pixels.len() - 1) * step) as isize)) {
        return (pixels.len(), vec![0]);
    }
    (row, pixels.iter().copied().step_by(row).collect())
}
