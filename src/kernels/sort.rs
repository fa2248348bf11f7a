//! Stable sorting along an axis. NaN counts as greater than every number.

use super::data::{Array, ArrayMut, Kernel};
use super::typed::{Along, Element, PARALLEL, Plain, view, view_mut, with_element};
use rayon::prelude::*;

/// Call `lane(values, out)` for every row of elements along the axis.
fn for_lanes<T: Plain, O: Plain + Default>(x: &[T], out: &mut [O], along: Along, lane: impl Fn(&[T], &mut [O]) + Sync) {
    if x.is_empty() {
        return;
    }
    let block = |(out, x): (&mut [O], &[T])| {
        if along.inner == 1 {
            return lane(x, out);
        }
        let mut values = Vec::with_capacity(along.n);
        let mut results = vec![O::default(); along.n];
        for i in 0..along.inner {
            values.clear();
            values.extend(x[i..].iter().step_by(along.inner));
            lane(&values, &mut results);
            for (out, &result) in out[i..].iter_mut().step_by(along.inner).zip(&results) {
                *out = result;
            }
        }
    };
    let size = along.block();
    if along.count() < PARALLEL {
        out.chunks_exact_mut(size).zip(x.chunks_exact(size)).for_each(block);
    } else {
        out.par_chunks_exact_mut(size).zip(x.par_chunks_exact(size)).for_each(block);
    }
}

/// The elements along an axis in order.
#[derive(Debug, Clone)]
pub struct Sort {
    pub axis: usize,
    pub descending: bool,
}

impl Kernel for Sort {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let x = inputs[0];
        let along = Along::new(x.shape, self.axis);
        with_element!(x.dtype, T => {
            let (x, out) = (view::<T>(x.bytes), view_mut::<T>(output.bytes));
            for_lanes(x, out, along, |x, out| {
                out.copy_from_slice(x);
                if self.descending {
                    out.sort_by_key(|&x| !x.key());
                } else {
                    out.sort_by_key(|&x| x.key());
                }
            });
        });
        Ok(())
    }
}

/// Where the elements along an axis stand when they are in order, as int32; of equal ones, the first comes first.
#[derive(Debug, Clone)]
pub struct ArgSort {
    pub axis: usize,
    pub descending: bool,
}

impl Kernel for ArgSort {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let x = inputs[0];
        let along = Along::new(x.shape, self.axis);
        with_element!(x.dtype, T => {
            for_lanes(view::<T>(x.bytes), view_mut::<i32>(output.bytes), along, |x, out| {
                let key = |x: T| if self.descending { !x.key() } else { x.key() };
                let mut pairs: Vec<_> = x.iter().zip(0_i32..).map(|(&x, i)| (key(x), i)).collect();
                // Positions differ, so pairs do, and an unstable sort has one result.
                pairs.sort_unstable();
                for (out, (_, i)) in out.iter_mut().zip(pairs) {
                    *out = i;
                }
            });
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::kernels::typed::testing::{Owned, run};

    #[test]
    fn nan_counts_as_greatest() {
        let x = [1.0_f32, f32::NAN, -0.0, f32::NEG_INFINITY, 0.0, f32::INFINITY];
        let x = Owned::new(&x, &[6], DType::Float32);
        let sorted = |descending| {
            let kernel = Sort { axis: 0, descending };
            run(&kernel, &[&x], &[6], DType::Float32).unwrap().values::<f32>()
        };
        assert_eq!(sorted(false)[..5], [f32::NEG_INFINITY, 0.0, 0.0, 1.0, f32::INFINITY]);
        assert!(sorted(false)[5].is_nan() && sorted(true)[0].is_nan());
        let order = |descending| {
            let kernel = ArgSort { axis: 0, descending };
            run(&kernel, &[&x], &[6], DType::Int32).unwrap().values::<i32>()
        };
        assert_eq!(order(false), [3, 2, 4, 0, 5, 1]);
        assert_eq!(order(true), [1, 5, 0, 2, 4, 3]);
    }

    #[test]
    fn sorts_along_any_axis() {
        let x: Vec<i64> = (0..60).map(|i| i * 37 % 23 - 11).collect();
        let array = Owned::new(&x, &[3, 4, 5], DType::Int64);
        for axis in 0..3 {
            let shape = [3, 4, 5];
            let kernel = Sort { axis, descending: false };
            let got = run(&kernel, &[&array], &shape, DType::Int64).unwrap().values::<i64>();
            let kernel = ArgSort { axis, descending: false };
            let order = run(&kernel, &[&array], &shape, DType::Int32).unwrap().values::<i32>();
            let along = Along::new(&shape, axis);
            for lane in 0..along.outer * along.inner {
                let start = lane / along.inner * along.block() + lane % along.inner;
                let at = |j: usize| start + j * along.inner;
                let mut want: Vec<i64> = (0..along.n).map(|j| x[at(j)]).collect();
                want.sort_unstable();
                assert_eq!((0..along.n).map(|j| got[at(j)]).collect::<Vec<_>>(), want);
                let taken: Vec<i64> = (0..along.n).map(|j| x[at(order[at(j)] as usize)]).collect();
                assert_eq!(taken, want);
            }
        }
    }
}
