//! The convolution itself.

use super::depthwise::{self, Real};
use super::shared::{Source, Target, split, with_room};
use super::sweep::Sweep;
use super::{Geometry, Window, narrow};
use crate::dtype::DType;
use crate::kernels::data::{Array, ArrayMut, Kernel};
use crate::kernels::gemm::{Finish, Float, Gathered, Gemm, parts};
use crate::kernels::typed::{view, view_mut};
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

/// Inputs: an image `[images, spatial..., channels]`, a kernel `[spatial..., channels / groups, filters]` and perhaps a
/// bias `[filters]`. Output: `[images, spatial..., filters]`.
#[derive(Debug, Clone)]
pub struct Forward {
    pub window: Window,
    /// Whether there is a bias.
    pub bias: bool,
    /// The negative part of the result is zero.
    pub relu: bool,
}

impl Kernel for Forward {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if output.dtype == DType::Float32 {
            self.convolve::<f32>(inputs, output)
        } else {
            self.convolve::<f64>(inputs, output)
        }
        Ok(())
    }

    fn with_bias(&self) -> Option<Arc<dyn Kernel>> {
        (!self.bias && !self.relu).then(|| Arc::new(Self { bias: true, ..self.clone() }) as _)
    }

    fn with_relu(&self) -> Option<Arc<dyn Kernel>> {
        Some(Arc::new(Self { relu: true, ..self.clone() }))
    }
}

impl Forward {
    fn convolve<T: Real>(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) {
        let g = Geometry::new(&self.window, inputs[0].shape, inputs[1].shape, output.shape);
        let (x, w) = (view::<T>(inputs[0].bytes), view::<T>(inputs[1].bytes));
        let bias = if self.bias { view::<T>(inputs[2].bytes).as_ptr() } else { ptr::null() };
        let y = view_mut::<T>(output.bytes);
        let finish = Finish { bias, relu: self.relu, accumulate: false };
        if y.is_empty() {
            return;
        }
        // SAFETY: the arrays have the shapes of the geometry.
        unsafe {
            if g.is_pointwise() {
                let product = Gemm::contiguous(g.pixels(), g.filters, g.channels);
                product.run(x.as_ptr(), w.as_ptr(), y.as_mut_ptr(), &finish, rayon::current_num_threads());
                return;
            }
            if g.is_depthwise() {
                let repeated = depthwise::repeated(&g, x);
                let x = repeated.as_ref().map_or(x, |buffer| view(buffer.bytes()));
                let g = g.paired();
                depthwise::window(&g, &Sweep::forward(&g), x.as_ptr(), w.as_ptr(), y.as_mut_ptr(), finish);
                return;
            }
            let kernel = Columns {
                start: &|group| group * g.depth(),
                strides: (g.filters as isize, 1),
                run: g.width(),
                runs: &|place| place * g.width() * g.filters,
                columns: g.depth(),
            };
            slide(&g, &Sweep::forward(&g), x.as_ptr(), w.as_ptr(), &kernel, y.as_mut_ptr(), finish);
        }
    }
}

/// How the kernel is the right operand of a product whose left one is what the window sees.
pub(super) struct Columns<'a> {
    /// Where a group begins.
    pub(super) start: &'a (dyn Fn(usize) -> usize + Sync),
    /// Where a place of the window begins.
    pub(super) runs: &'a (dyn Fn(usize) -> usize + Sync),
    /// Rows of each place: channels of a group of the source.
    pub(super) run: usize,
    /// Distances of rows and columns.
    pub(super) strides: (isize, isize),
    /// Columns of a group: channels of a group of the target.
    pub(super) columns: usize,
}

/// `target[pixel] = finish(Σ source[window] · kernel)`
///
/// # Safety
/// The arrays have the shapes of the geometry, and the target's pixels that belong to positions are nobody else's.
pub(super) unsafe fn slide<T: Float>(
    g: &Geometry,
    sweep: &Sweep,
    source: *const T,
    kernel: *const T,
    matrix: &Columns<'_>,
    target: *mut T,
    finish: Finish<T>,
) {
    /// Columns that a thread takes at least.
    const PIECE: usize = 64;
    if g.groups == 1 && narrow::suits(sweep, matrix) {
        // SAFETY: the caller's promise.
        return unsafe { narrow::slide(g, sweep, source, kernel, matrix, target, finish) };
    }
    let taps = sweep.taps();
    let steps: Vec<isize> =
        taps.iter().flat_map(|&(offset, _)| (0..matrix.run as isize).map(move |c| offset + c)).collect();
    let runs: Vec<isize> = taps.iter().map(|&(_, place)| (matrix.runs)(place) as isize).collect();
    let pieces: Vec<(usize, Range<usize>)> = (0..g.groups)
        .flat_map(|group| {
            let starts = (0..matrix.columns).step_by(PIECE);
            starts.map(move |start| (group, start..matrix.columns.min(start + PIECE)))
        })
        .collect();
    let (source, kernel, target) = (Source(source), Source(kernel), Target(target));
    let (bias, relu) = (Source(finish.bias), finish.relu);
    let work = |boxes: Range<usize>, columns: Range<usize>| {
        let (source, kernel, target, bias) = (&source, &kernel, &target, &bias);
        with_room(sweep.room(), |room| {
            sweep.each(boxes, |_, part, (rows, c_rows)| {
                // SAFETY: the caller's promise; boxes and columns are shared out once.
                unsafe {
                    let seen = sweep.load(source.0, part, 0, room);
                    for (group, columns) in &pieces[columns.clone()] {
                        let column = group * matrix.columns + columns.start;
                        let bias = if bias.0.is_null() { bias.0 } else { bias.0.wrapping_add(column) };
                        let first = columns.start as isize * matrix.strides.1;
                        Gathered {
                            a: seen.wrapping_add(group * matrix.run),
                            rows,
                            steps: &steps,
                            b: kernel.0.wrapping_add((matrix.start)(*group)).wrapping_offset(first),
                            run: matrix.run,
                            runs: &runs,
                            b_strides: matrix.strides,
                            c: target.0.wrapping_add(sweep.origin(part) + column),
                            c_rows,
                            n: columns.len(),
                            finish: Finish { bias, relu, accumulate: false },
                        }
                        .run();
                    }
                }
            });
        });
    };
    let parts = parts(g.multiplications(), rayon::current_num_threads());
    split(0..sweep.boxes(), 0..pieces.len(), parts, &work);
}
