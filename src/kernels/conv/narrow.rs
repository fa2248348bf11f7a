//! Convolutions with few channels in the target, for which tiles would be mostly empty: first the products of every pixel
//! with all places of the kernel, side by side, and then the sums of those that meet.

use super::Geometry;
use super::forward::Columns;
use super::shared::{Source, Target, split, with_room};
use super::sweep::Sweep;
use crate::kernels::gemm::{Finish, Float, Gathered, parts};
use crate::kernels::memory::Buffer;
use std::ops::Range;

/// More columns than this fill a tile well enough.
const FEW: usize = 4;

/// Whether this way is shorter.
pub(super) fn suits(sweep: &Sweep, matrix: &Columns<'_>) -> bool {
    matrix.columns <= FEW && matrix.run >= 8 && sweep.is_dense() && sweep.places().len() > 1
}

/// As [`slide`](super::forward::slide), for a sweep and a matrix that [`suits`].
///
/// # Safety
/// As there.
pub(super) unsafe fn slide<T: Float>(
    g: &Geometry,
    sweep: &Sweep,
    source: *const T,
    kernel: *const T,
    matrix: &Columns<'_>,
    target: *mut T,
    finish: Finish<T>,
) {
    let places = sweep.places();
    let (n, width) = (matrix.columns, places.len() * matrix.columns);
    let steps: Vec<isize> = (0..matrix.run as isize).collect();
    let beside = Buffer::new(matrix.run * width * size_of::<T>());
    let b = beside.as_ptr().cast::<T>();
    for (number, &(_, place)) in places.iter().enumerate() {
        for c in 0..matrix.run {
            for f in 0..n {
                let at = (matrix.runs)(place) as isize + c as isize * matrix.strides.0 + f as isize * matrix.strides.1;
                // SAFETY: an element of the kernel, and of the memory just made.
                unsafe { b.add(c * width + number * n + f).write(*kernel.offset(at)) };
            }
        }
    }
    let (source, b, target) = (Source(source), Source(b.cast_const()), Target(target));
    let (bias, relu) = (Source(finish.bias), finish.relu);
    let products = sweep.seen(sweep.largest()).iter().product::<usize>() * width;
    let work = |boxes: Range<usize>, _: Range<usize>| {
        let (source, b, target, bias) = (&source, &b, &target, &bias);
        with_room(products + sweep.room(), |room: *mut T| {
            let mut known = [0; 4];
            let (mut rows, mut c_rows) = (Vec::new(), Vec::new());
            sweep.each(boxes, |_, part, (_, targets)| {
                let seen = sweep.seen(part.size);
                let index = |image, [i, j, k]: [usize; 3]| ((image * seen[1] + i) * seen[2] + j) * seen[3] + k;
                if known != part.size {
                    known = part.size;
                    let at = |i: usize| [i / (seen[2] * seen[3]) % seen[1], i / seen[3] % seen[2], i % seen[3]];
                    let pixels = seen[1] * seen[2] * seen[3];
                    rows = (0..seen[0] * pixels).map(|i| sweep.read_at(i / pixels, at(i)) as isize).collect();
                    c_rows = (0..rows.len()).map(|i| (i * width) as isize).collect();
                }
                // SAFETY: the caller's promise; boxes are shared out once.
                unsafe {
                    let a = sweep.load(source.0, part, 0, room.add(products));
                    Gathered {
                        a,
                        rows: &rows,
                        steps: &steps,
                        b: b.0,
                        run: matrix.run,
                        runs: &[0],
                        b_strides: (width as isize, 1),
                        c: room,
                        c_rows: &c_rows,
                        n: width,
                        finish: Finish::PLAIN,
                    }
                    .run();
                    let to = target.0.wrapping_add(sweep.origin(part));
                    let taps: Vec<usize> = places
                        .iter()
                        .enumerate()
                        .map(|(number, &(tap, _))| index(0, tap) * width + number * n)
                        .collect();
                    for (pixel, &at) in targets.iter().enumerate() {
                        let [_, d, h, w] = part.size;
                        let (image, place) = (pixel / (d * h * w), [pixel / (h * w) % d, pixel / w % h, pixel % w]);
                        let first = room.add(index(image, place) * width);
                        for f in 0..n {
                            let mut sum = T::ZERO;
                            for &tap in &taps {
                                sum = sum + *first.add(tap + f);
                            }
                            if !bias.0.is_null() {
                                sum = sum + *bias.0.add(f);
                            }
                            *to.offset(at).add(f) = if relu && sum < T::ZERO { T::ZERO } else { sum };
                        }
                    }
                }
            });
        });
    };
    let parts = parts(g.multiplications(), rayon::current_num_threads());
    split(0..sweep.boxes(), 0..1, parts, &work);
}
