//! Where the greatest or least element is.

use super::data::{Array, ArrayMut, Kernel};
use super::map::{self, Fold, FoldMap};
use super::typed::{Along, Element, PARALLEL, Plain, view, view_mut, with_element};
use rayon::prelude::*;

/// The position of the greatest (or least) element along an axis, as int32; the first of equal ones, and NaN
/// before all numbers.
#[derive(Debug, Clone)]
pub struct ArgReduce {
    pub axis: usize,
    pub max: bool,
}

impl Kernel for ArgReduce {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let x = inputs[0];
        let along = Along::new(x.shape, self.axis);
        let out = view_mut::<i32>(output.bytes);
        if along.count() == 0 {
            return Ok(());
        }
        let op = if self.max { Fold::Max } else { Fold::Min };
        let extreme = (map::fold(op, x.dtype), map::identity(op, x.dtype));
        with_element!(x.dtype, T => {
            let x = view::<T>(x.bytes);
            if along.inner == 1 {
                rows(x, out, along.n, extreme);
            } else if self.max {
                columns(x, out, along, |a: T, b: T| a > b);
            } else {
                columns(x, out, along, |a: T, b: T| a < b);
            }
        });
        Ok(())
    }
}

/// Along the last axis: find the extreme value, and then where it is first.
fn rows<T: Element + Plain>(x: &[T], out: &mut [i32], n: usize, extreme: (FoldMap, [u8; 8])) {
    let (fold, identity) = extreme;
    let row = |(out, x): (&mut i32, &[T])| {
        let mut value = u64::from_ne_bytes(identity);
        // SAFETY: `x` has `n` elements of the type that the loop was chosen for, and `value` has room for one.
        let best: T = unsafe {
            let accumulator = (&raw mut value).cast::<u8>();
            fold(accumulator, x.as_ptr().cast(), n);
            accumulator.cast::<T>().read()
        };
        let found = |x: T| (x == best) | (x.is_nan() & best.is_nan());
        // Blocks without an early exit are vectorized.
        let any = |block: &[T]| block.iter().fold(false, |any, &x| any | found(x));
        let start = x.chunks(64).position(any).map_or(0, |block| block * 64);
        *out = (start + x[start..].iter().position(|&x| found(x)).unwrap_or(0)) as i32;
    };
    if x.len() < PARALLEL {
        out.iter_mut().zip(x.chunks_exact(n)).for_each(row);
    } else {
        let least = (PARALLEL / 4 / n).max(1);
        out.par_iter_mut().zip(x.par_chunks_exact(n)).with_min_len(least).for_each(row);
    }
}

/// Along another axis: all columns side by side.
fn columns<T: Element>(x: &[T], out: &mut [i32], along: Along, beats: impl Fn(T, T) -> bool + Sync + Copy) {
    let better = move |a: T, b: T| beats(a, b) | (a.is_nan() & !b.is_nan());
    let block = |(out, x): (&mut [i32], &[T])| {
        let mut best = x[..along.inner].to_vec();
        out.fill(0);
        for (j, row) in (1_i32..).zip(x[along.inner..].chunks_exact(along.inner)) {
            for ((out, best), &x) in out.iter_mut().zip(&mut best).zip(row) {
                let wins = better(x, *best);
                *out = if wins { j } else { *out };
                *best = if wins { x } else { *best };
            }
        }
    };
    let size = along.block();
    if along.count() < PARALLEL {
        out.chunks_exact_mut(along.inner).zip(x.chunks_exact(size)).for_each(block);
    } else {
        out.par_chunks_exact_mut(along.inner).zip(x.par_chunks_exact(size)).for_each(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::kernels::typed::testing::{Owned, run};

    fn arg<T: super::super::typed::Plain>(x: &[T], shape: &[usize], axis: usize, max: bool, dtype: DType) -> Vec<i32> {
        let mut reduced = shape.to_vec();
        reduced.remove(axis);
        let x = Owned::new(x, shape, dtype);
        run(&ArgReduce { axis, max }, &[&x], &reduced, DType::Int32).unwrap().values()
    }

    #[test]
    fn first_of_equals_and_nan_first() {
        let nan = f32::NAN;
        let x = [1.0, 3.0, 3.0, 2.0, nan, 9.0, nan, 0.0_f32];
        assert_eq!(arg(&x, &[2, 4], 1, true, DType::Float32), [1, 0]);
        assert_eq!(arg(&x, &[2, 4], 1, false, DType::Float32), [0, 0]);
        assert_eq!(arg(&x, &[2, 4], 0, true, DType::Float32), [1, 1, 1, 0]);
        assert_eq!(arg(&[5_u8, 5, 5], &[3], 0, true, DType::Uint8), [0]);
    }

    #[test]
    fn long_lanes_equal_the_plain_loop() {
        for n in 1..100 {
            for seed in 0..20 {
                let x: Vec<i32> = (0..n).map(|i| (i * 31 + seed * 7) % (seed + 2)).collect();
                let best = x.iter().max().unwrap();
                let want = x.iter().position(|x| x == best).unwrap() as i32;
                assert_eq!(arg(&x, &[n as usize], 0, true, DType::Int32), [want]);
            }
        }
    }
}
