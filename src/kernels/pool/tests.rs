//! Every window against the definition.

use super::{Pool, Reduction, Spread, Window};
use crate::dtype::DType;
use crate::kernels::data::Kernel;
use crate::kernels::isa::testing::at_every_level;
use crate::kernels::typed::testing::{Owned, run};

/// One pooling: the shape of the image, and how the window moves.
#[derive(Debug, Clone)]
struct Case {
    input: Vec<usize>,
    window: Window,
    high: Vec<usize>,
}

impl Case {
    fn new(images: usize, spatial: &[usize], channels: usize, [size, stride, low, high]: [usize; 4]) -> Self {
        let all = |value: usize| vec![value; spatial.len()];
        Self {
            input: [&[images], spatial, &[channels]].concat(),
            window: Window { size: all(size), strides: all(stride), low: all(low) },
            high: all(high),
        }
    }

    fn output(&self) -> Vec<usize> {
        let mut output = self.input.clone();
        for i in 0..self.high.len() {
            let Window { size, strides, low } = &self.window;
            output[i + 1] = (self.input[i + 1] + low[i] + self.high[i] - size[i]) / strides[i] + 1;
        }
        output
    }

    /// For each element of the output, the elements of the input that its window sees.
    fn windows(&self) -> Vec<Vec<usize>> {
        let output = self.output();
        let rank = output.len();
        let index = |mut flat: usize, shape: &[usize]| {
            let mut index = vec![0; shape.len()];
            for axis in (0..shape.len()).rev() {
                index[axis] = flat % shape[axis];
                flat /= shape[axis];
            }
            index
        };
        let window = |o: usize| {
            let at = index(o, &output);
            let taps = self.window.size.iter().product();
            let element = |tap: usize| {
                let tap = index(tap, &self.window.size);
                let mut flat = at[0];
                for axis in 1..rank - 1 {
                    let place = at[axis] * self.window.strides[axis - 1] + tap[axis - 1];
                    let place = place.checked_sub(self.window.low[axis - 1]).filter(|&i| i < self.input[axis])?;
                    flat = flat * self.input[axis] + place;
                }
                Some(flat * self.input[rank - 1] + at[rank - 1])
            };
            (0..taps).filter_map(element).collect()
        };
        (0..output.iter().product()).map(window).collect()
    }

    fn check(&self) {
        let (windows, output) = (self.windows(), self.output());
        // Few values, so that there are ties.
        let x: Vec<f64> = (0..self.input.iter().product::<usize>()).map(|i| (i * 7919 % 11) as f64 - 5.0).collect();
        let grad: Vec<f64> = (0..windows.len()).map(|i| (i % 17) as f64 / 4.0 - 2.0).collect();
        let other: Vec<f64> = (0..x.len()).map(|i| (i % 101) as f64).collect();
        let first =
            |window: &Vec<usize>| window.iter().copied().reduce(|a, b| if x[b] > x[a] { b } else { a }).unwrap();
        let max: Vec<f64> = windows.iter().map(|window| x[first(window)]).collect();
        let chosen: Vec<f64> = windows.iter().map(|window| other[first(window)]).collect();
        let mean = |window: &Vec<usize>| window.iter().map(|&i| x[i]).sum::<f64>() / window.len() as f64;
        let mean: Vec<f64> = windows.iter().map(mean).collect();
        let (mut from_max, mut from_mean) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        for (window, grad) in windows.iter().zip(&grad) {
            from_max[first(window)] += grad;
            window.iter().for_each(|&i| from_mean[i] += grad / window.len() as f64);
        }
        for dtype in [DType::Float32, DType::Float64] {
            let close = |kernel: &dyn Kernel, inputs: &[&Owned], wanted: &[f64], shape: &[usize]| {
                let found = run(kernel, inputs, shape, dtype).unwrap();
                for (i, (found, wanted)) in floats(&found, dtype).into_iter().zip(wanted).enumerate() {
                    let what = format!("{kernel:?} {self:?} {dtype} {i}: {found}, not {wanted}");
                    assert!((found - wanted).abs() < 1e-5, "{what}");
                }
            };
            let [x, other] = [&x, &other].map(|values| owned(values, &self.input, dtype));
            let grad = owned(&grad, &output, dtype);
            let pool = |reduction| Pool { window: self.window.clone(), reduction };
            let spread = |reduction| Spread { window: self.window.clone(), reduction };
            close(&pool(Reduction::Max), &[&x], &max, &output);
            close(&pool(Reduction::Mean), &[&x], &mean, &output);
            close(&pool(Reduction::Select), &[&x, &other], &chosen, &output);
            close(&spread(Reduction::Max), &[&x, &grad], &from_max, &self.input);
            close(&spread(Reduction::Mean), &[&grad], &from_mean, &self.input);
        }
    }
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
fn every_window_equals_the_definition() {
    at_every_level(|_| {
        for moves in [[2, 2, 0, 0], [3, 2, 1, 1], [2, 1, 0, 1], [3, 4, 0, 0], [3, 3, 2, 2], [1, 1, 0, 0]] {
            Case::new(2, &[9], 3, moves).check();
            Case::new(2, &[7, 8], 5, moves).check();
            Case::new(3, &[6, 5], 39, moves).check();
            Case::new(2, &[5, 4, 6], 4, moves).check();
        }
    });
}

#[test]
fn large_images_are_shared() {
    Case::new(1, &[41, 40], 130, [3, 2, 1, 1]).check();
    Case::new(5, &[41, 40], 33, [2, 2, 0, 0]).check();
    Case::new(0, &[4, 4], 3, [2, 2, 0, 0]).check();
}

#[test]
fn not_a_number_is_the_maximum() {
    at_every_level(|_| {
        for dtype in [DType::Float32, DType::Float64] {
            for at in 0..4 {
                let mut values = [1.0, f64::NEG_INFINITY, 3.0, 2.0];
                values[at] = f64::NAN;
                let (x, grad) = (owned(&values, &[1, 4, 1], dtype), owned(&[5.0], &[1, 1, 1], dtype));
                let window = Window { size: vec![4], strides: vec![4], low: vec![0] };
                let pool = Pool { window: window.clone(), reduction: Reduction::Max };
                assert!(floats(&run(&pool, &[&x], &[1, 1, 1], dtype).unwrap(), dtype)[0].is_nan());
                let spread = Spread { window, reduction: Reduction::Max };
                let dx = floats(&run(&spread, &[&x, &grad], &[1, 4, 1], dtype).unwrap(), dtype);
                assert!(dx[at] == 5.0 && dx.iter().sum::<f64>() == 5.0);
            }
        }
    });
}
