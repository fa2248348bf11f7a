//! Where the greatest or least element is.

use super::data::{Array, ArrayMut, Kernel};
use super::typed::{Along, Element, PARALLEL, view, view_mut, with_element};
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
        with_element!(x.dtype, T => {
            let x = view::<T>(x.bytes);
            if self.max {
                reduce(x, out, along, |a: T, b: T| a > b);
            } else {
                reduce(x, out, along, |a: T, b: T| a < b);
            }
        });
        Ok(())
    }
}

fn reduce<T: Element>(
    x: &[T],
    out: &mut [i32],
    along: Along,
    beats: impl Fn(T, T) -> bool + Sync + Copy,
) {
    let better = move |a: T, b: T| beats(a, b) || (a.is_nan() && !b.is_nan());
    let block = |(out, x): (&mut [i32], &[T])| {
        if along.inner == 1 {
            out[0] = lane(x, better);
            return;
        }
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
        let least = (PARALLEL / 4 / size).max(1);
        let blocks = out.par_chunks_exact_mut(along.inner).zip(x.par_chunks_exact(size));
        blocks.with_min_len(least).for_each(block);
    }
}

/// Several runs side by side, because a single one waits for each comparison.
fn lane<T: Element>(x: &[T], better: impl Fn(T, T) -> bool) -> i32 {
    const RUNS: usize = 8;
    let mut best = [x[0]; RUNS];
    let mut at = [0_i32; RUNS];
    let chunks = x.chunks_exact(RUNS);
    let rest = chunks.remainder();
    let mut base = 0;
    for chunk in chunks {
        for run in 0..RUNS {
            let wins = better(chunk[run], best[run]);
            at[run] = if wins { base + run as i32 } else { at[run] };
            best[run] = if wins { chunk[run] } else { best[run] };
        }
        base += RUNS as i32;
    }
    let (mut winner, mut index) = (best[0], at[0]);
    for (&value, &i) in best[1..].iter().zip(&at[1..]) {
        let earlier = !better(winner, value) && i < index;
        if better(value, winner) || earlier {
            (winner, index) = (value, i);
        }
    }
    for (&value, i) in rest.iter().zip(base..) {
        if better(value, winner) {
            (winner, index) = (value, i);
        }
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::kernels::typed::testing::{Owned, run};

    fn arg<T: super::super::typed::Plain>(
        x: &[T],
        shape: &[usize],
        axis: usize,
        max: bool,
        dtype: DType,
    ) -> Vec<i32> {
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
