//! Running sums and products.

use super::data::{Array, ArrayMut, Kernel};
use super::map::{self, Binary, Scalars};
use super::typed::{Along, PARALLEL};
use rayon::prelude::*;
use std::ptr;

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
        let op = if self.product { Binary::Mul } else { Binary::Add };
        let join = map::binary(op, x.dtype, Scalars::None)
            .ok_or_else(|| format!("no running {} of {}", op.name(), x.dtype))?;
        let row = along.inner * x.dtype.size();
        let block = |(out, x): (&mut [u8], &[u8])| {
            let order = |step: usize| if self.reverse { along.n - 1 - step } else { step };
            let first = order(0) * row;
            out[first..first + row].copy_from_slice(&x[first..first + row]);
            for step in 1..along.n {
                let (before, at) = (order(step - 1) * row, order(step) * row);
                let out = out.as_mut_ptr();
                // SAFETY: both rows lie in the block, of `n` rows each, and they are apart.
                unsafe {
                    join(out.add(at), out.add(before), x.as_ptr().add(at), ptr::null(), along.inner);
                }
            }
        };
        let size = along.n * row;
        if along.count() < PARALLEL {
            output.bytes.chunks_exact_mut(size).zip(x.bytes.chunks_exact(size)).for_each(block);
        } else {
            let blocks = output.bytes.par_chunks_exact_mut(size);
            blocks.zip(x.bytes.par_chunks_exact(size)).for_each(block);
        }
        Ok(())
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
