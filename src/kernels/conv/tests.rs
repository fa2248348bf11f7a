//! Every geometry against the sums of the definition.

use super::{Forward, Geometry, Input, Weights, Window};
use crate::dtype::DType;
use crate::kernels::data::Kernel;
use crate::kernels::typed::testing::{Owned, run};

/// One convolution: shapes of input and kernel, and how the window moves.
#[derive(Debug, Clone)]
struct Case {
    input: Vec<usize>,
    kernel: Vec<usize>,
    window: Window,
    high: Vec<usize>,
}

impl Case {
    /// Spatial sizes of input and kernel, channels of both sides, and stride, dilation, zeros before and after.
    fn new(
        images: usize,
        spatial: &[usize],
        kernel: &[usize],
        (channels, filters, groups): (usize, usize, usize),
        [stride, dilation, low, high]: [usize; 4],
    ) -> Self {
        let all = |value: usize| vec![value; spatial.len()];
        Self {
            input: [&[images], spatial, &[channels]].concat(),
            kernel: [kernel, &[channels / groups, filters]].concat(),
            window: Window { strides: all(stride), low: all(low), dilation: all(dilation), groups },
            high: all(high),
        }
    }

    fn output(&self) -> Vec<usize> {
        let rank = self.high.len();
        let size = |i: usize| {
            let Window { strides, low, dilation, .. } = &self.window;
            let seen = (self.kernel[i] - 1) * dilation[i] + 1;
            (self.input[i + 1] + low[i] + self.high[i] - seen) / strides[i] + 1
        };
        let mut output = vec![self.input[0]];
        output.extend((0..rank).map(size));
        output.push(self.kernel[rank + 1]);
        output
    }

    fn geometry(&self) -> Geometry {
        Geometry::new(&self.window, &self.input, &self.kernel, &self.output())
    }

    /// Call `f` with the positions of elements of input, kernel and output that meet.
    fn meetings(&self, mut f: impl FnMut(usize, usize, usize)) {
        let g = self.geometry();
        let inside = |i: usize, o: usize, k: usize| {
            (o * g.strides[i] + k * g.dilation[i]).checked_sub(g.low[i]).filter(|&at| at < g.input[i])
        };
        let flat = |[a, b, c]: [usize; 3], [_, y, z]: [usize; 3]| (a * y + b) * z + c;
        let every = |dims: [usize; 3]| {
            (0..dims.iter().product::<usize>())
                .map(move |i| [i / (dims[1] * dims[2]), i / dims[2] % dims[1], i % dims[2]])
        };
        for n in 0..g.images {
            for o in every(g.output) {
                for k in every(g.kernel) {
                    let (Some(a), Some(b), Some(c)) =
                        (inside(0, o[0], k[0]), inside(1, o[1], k[1]), inside(2, o[2], k[2]))
                    else {
                        continue;
                    };
                    let x = (n * g.input.iter().product::<usize>() + flat([a, b, c], g.input)) * g.channels;
                    let y = (n * g.output.iter().product::<usize>() + flat(o, g.output)) * g.filters;
                    for c in 0..g.width() {
                        for filter in 0..g.filters {
                            let group = filter / g.depth();
                            let w = (flat(k, g.kernel) * g.width() + c) * g.filters + filter;
                            f(x + group * g.width() + c, w, y + filter);
                        }
                    }
                }
            }
        }
    }

    fn check(&self, threads: usize) {
        let output = self.output();
        let count = |shape: &[usize]| shape.iter().product::<usize>();
        let (x, w) = (numbers(count(&self.input), 1), numbers(count(&self.kernel), 2));
        let (dy, bias) = (numbers(count(&output), 3), numbers(output[output.len() - 1], 4));
        let (mut y, mut dx, mut dw) = (vec![0.0; dy.len()], vec![0.0; x.len()], vec![0.0; w.len()]);
        self.meetings(|i, k, o| {
            y[o] += x[i] * w[k];
            dx[i] += dy[o] * w[k];
            dw[k] += x[i] * dy[o];
        });
        let finished: Vec<f64> = y.iter().enumerate().map(|(i, y)| (y + bias[i % bias.len()]).max(0.0)).collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for (dtype, limit) in [(DType::Float64, 1e-12), (DType::Float32, 2e-4)] {
            let [x, w, dy] = [(&x, &self.input), (&w, &self.kernel), (&dy, &output)].map(|(v, s)| owned(v, s, dtype));
            let bias = owned(&bias, &[bias.len()], dtype);
            let close = |kernel: &dyn Kernel, inputs: &[&Owned], wanted: &[f64], shape: &[usize]| {
                let found = pool.install(|| run(kernel, inputs, shape, dtype).unwrap());
                for (i, (found, wanted)) in floats(&found, dtype).into_iter().zip(wanted).enumerate() {
                    let what = format!("{kernel:?} {self:?} {dtype} {threads} {i}: {found}, not {wanted}");
                    assert!((found - wanted).abs() < limit * (1.0 + wanted.abs()), "{what}");
                }
            };
            let window = || self.window.clone();
            close(&Forward { window: window(), bias: false, relu: false }, &[&x, &w], &y, &output);
            close(&Forward { window: window(), bias: true, relu: true }, &[&x, &w, &bias], &finished, &output);
            close(&Input { window: window() }, &[&dy, &w], &dx, &self.input);
            close(&Weights { window: window() }, &[&x, &dy], &dw, &self.kernel);
        }
    }
}

fn numbers(count: usize, seed: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729 + 13) % 1009) as f64 / 504.0 - 1.0).collect()
}

fn owned(values: &[f64], shape: &[usize], dtype: DType) -> Owned {
    if dtype == DType::Float64 {
        return Owned::new(values, shape, dtype);
    }
    Owned::new(&values.iter().map(|&x| x as f32).collect::<Vec<_>>(), shape, dtype)
}

fn floats(array: &Owned, dtype: DType) -> Vec<f64> {
    if dtype == DType::Float64 { array.values() } else { array.values::<f32>().into_iter().map(f64::from).collect() }
}

#[test]
fn every_geometry_equals_the_definition() {
    for stride in 1..=3 {
        for dilation in 1..=2 {
            for (low, high) in [(0, 0), (1, 1), (0, 2), (3, 1)] {
                for kernel in [[1, 1], [2, 3], [3, 2]] {
                    let moves = [stride, dilation, low, high];
                    Case::new(2, &[7, 8], &kernel, (3, 5, 1), moves).check(2);
                }
            }
        }
    }
}

#[test]
fn lines_and_volumes() {
    for moves in [[1, 1, 0, 0], [2, 1, 1, 2], [1, 2, 4, 0], [3, 2, 0, 1]] {
        Case::new(3, &[30], &[4], (2, 7, 1), moves).check(2);
        Case::new(2, &[5, 6, 7], &[2, 3, 2], (3, 4, 1), moves).check(2);
    }
    Case::new(1, &[2000], &[5], (3, 17, 1), [2, 1, 2, 2]).check(3);
}

#[test]
fn few_channels_on_one_side() {
    for (channels, filters) in [(20, 1), (9, 3), (1, 12), (4, 33)] {
        for moves in [[1, 1, 0, 0], [1, 2, 1, 2], [2, 1, 1, 1], [3, 1, 0, 2]] {
            Case::new(3, &[11, 12], &[3, 2], (channels, filters, 1), moves).check(2);
        }
        Case::new(2, &[70], &[5], (channels, filters, 1), [1, 1, 2, 2]).check(2);
        Case::new(2, &[5, 6, 7], &[2, 2, 3], (channels, filters, 1), [1, 1, 1, 1]).check(2);
    }
}

#[test]
fn groups() {
    for (channels, filters, groups) in
        [(4, 6, 2), (6, 6, 3), (6, 6, 6), (5, 10, 5), (4, 4, 4), (36, 36, 36), (20, 60, 20)]
    {
        for moves in [[1, 1, 1, 1], [2, 1, 0, 1], [1, 2, 2, 2]] {
            Case::new(2, &[8, 9], &[3, 3], (channels, filters, groups), moves).check(2);
        }
    }
}

#[test]
fn sizes_that_are_cut() {
    Case::new(5, &[11, 13], &[3, 3], (20, 70, 1), [1, 1, 1, 1]).check(2);
    Case::new(2, &[40, 41], &[3, 3], (3, 16, 1), [1, 1, 0, 0]).check(2);
    Case::new(25, &[5, 5], &[3, 3], (9, 33, 1), [1, 1, 1, 1]).check(2);
    Case::new(1, &[9, 9], &[3, 3], (130, 20, 1), [1, 1, 1, 1]).check(2);
    Case::new(2, &[2, 600], &[1, 1], (16, 70, 1), [1, 1, 0, 0]).check(2);
    Case::new(2, &[33, 35], &[1, 1], (16, 32, 1), [2, 1, 0, 0]).check(2);
}

#[test]
fn windows_larger_than_the_stride_leaves() {
    // Strides that skip pixels, kernels that see only padding at the sides, and images of one pixel.
    Case::new(2, &[11, 11], &[2, 2], (3, 4, 1), [4, 1, 0, 0]).check(1);
    Case::new(2, &[1, 1], &[3, 3], (3, 4, 1), [1, 1, 1, 1]).check(1);
    Case::new(2, &[2, 1], &[3, 3], (3, 4, 1), [3, 2, 4, 4]).check(1);
    Case::new(0, &[5, 5], &[3, 3], (3, 4, 1), [1, 1, 1, 1]).check(1);
}

#[test]
fn threads_change_no_bit() {
    for case in [
        Case::new(20, &[14, 14], &[3, 3], (24, 40, 1), [1, 1, 1, 1]),
        Case::new(20, &[28, 28], &[5, 5], (1, 20, 1), [2, 1, 2, 1]),
        Case::new(6, &[28, 28], &[3, 3], (48, 48, 48), [1, 1, 1, 1]),
    ] {
        let output = case.output();
        let array = |shape: &[usize], seed| owned(&numbers(shape.iter().product(), seed), shape, DType::Float32);
        let (x, w, dy) = (array(&case.input, 1), array(&case.kernel, 2), array(&output, 3));
        let all = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let window = || case.window.clone();
            pool.install(|| {
                let bits = |kernel: &dyn Kernel, inputs: &[&Owned], shape: &[usize]| {
                    run(kernel, inputs, shape, DType::Float32).unwrap().values::<u32>()
                };
                [
                    bits(&Forward { window: window(), bias: false, relu: false }, &[&x, &w], &output),
                    bits(&Input { window: window() }, &[&dy, &w], &case.input),
                    bits(&Weights { window: window() }, &[&x, &dy], &case.kernel),
                ]
            })
        };
        let one = all(1);
        assert!(one == all(2) && one == all(5), "{case:?}");
    }
}
