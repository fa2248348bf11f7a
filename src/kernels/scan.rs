//! Running sums and products.

use super::data::{Array, ArrayMut, Kernel};
use super::typed::{Along, PARALLEL, Plain, view, view_mut, with_element};
use rayon::prelude::*;
use std::ops::{Add, Mul};

/// `out[i] = x[0] + .. + x[i]` along an axis, or from its end; or the same with products.
#[derive(Debug, Clone)]
pub struct Cumulative {
    pub axis: usize,
    pub product: bool,
    pub reverse: bool,
}

impl Kernel for Cumulative {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let x = inputs[0];
        let along = Along::new(x.shape, self.axis);
        if along.count() == 0 {
            return Ok(());
        }
        with_element!(x.dtype, T => {
            let (x, out) = (view::<T>(x.bytes), view_mut::<T>(output.bytes));
            if self.product {
                self.scan(x, out, along, T::times);
            } else {
                self.scan(x, out, along, T::plus);
            }
        });
        Ok(())
    }
}

trait Number: Plain {
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

macro_rules! numbers {
    ($plus:ident, $times:ident: $($number:ident),+) => {
        $(impl Number for $number {
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.$plus(other)
            }

            #[inline(always)]
            fn times(self, other: Self) -> Self {
                self.$times(other)
            }
        })+
    };
}

numbers!(add, mul: f32, f64);
numbers!(wrapping_add, wrapping_mul: u8, i32, i64);

impl Cumulative {
    fn scan<T: Number>(&self, x: &[T], out: &mut [T], along: Along, join: impl Fn(T, T) -> T + Sync) {
        let (n, inner) = (along.n, along.inner);
        let order = |step: usize| if self.reverse { n - 1 - step } else { step };
        let block = |(out, x): (&mut [T], &[T])| {
            if inner == 1 {
                let mut total = x[order(0)];
                out[order(0)] = total;
                for step in 1..n {
                    total = join(total, x[order(step)]);
                    out[order(step)] = total;
                }
                return;
            }
            let first = order(0) * inner;
            out[first..first + inner].copy_from_slice(&x[first..first + inner]);
            for step in 1..n {
                let at = order(step) * inner;
                let (low, high) = out.split_at_mut(at.max(order(step - 1) * inner));
                let (row, before) = if self.reverse {
                    (&mut low[at..], &high[..inner])
                } else {
                    (&mut high[..inner], &low[at - inner..])
                };
                for ((out, &total), &x) in row.iter_mut().zip(before).zip(&x[at..]) {
                    *out = join(total, x);
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::kernels::typed::testing::{Owned, run};

    #[test]
    fn runs_along_any_axis() {
        let x = Owned::new(&[1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3], DType::Float64);
        let scan = |axis, product, reverse| {
            let kernel = Cumulative { axis, product, reverse };
            run(&kernel, &[&x], &[2, 3], DType::Float64).unwrap().values::<f64>()
        };
        assert_eq!(scan(1, false, false), [1.0, 3.0, 6.0, 4.0, 9.0, 15.0]);
        assert_eq!(scan(1, true, true), [6.0, 6.0, 3.0, 120.0, 30.0, 6.0]);
        assert_eq!(scan(0, false, false), [1.0, 2.0, 3.0, 5.0, 7.0, 9.0]);
        assert_eq!(scan(0, false, true), [5.0, 7.0, 9.0, 4.0, 5.0, 6.0]);
    }
}
