//! Rows added up by index: what a lookup's gradient is.

use super::data::{Array, ArrayMut, Kernel};
use super::index::check;
use super::map::{self, Binary, Scalars};
use super::typed::{PARALLEL, indices};
use rayon::prelude::*;
use std::ptr;

/// Inputs integer indices of any shape, and for each a row; the rows' array is of size one along axes on which nothing
/// depends. The sum of the rows of each index, in their order; 0 where there is none.
#[derive(Debug, Clone)]
pub struct SegmentSum;

impl Kernel for SegmentSum {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let (index, updates) = (inputs[0], inputs[1]);
        check(index, output.shape[0])?;
        if output.bytes.is_empty() {
            return Ok(());
        }
        let inner: usize = output.shape[1..].iter().product();
        let size = output.dtype.size();
        let row = inner * size;
        let (outer, own) = updates.shape.split_at(index.shape.len());
        let starts = sources(index.shape, outer);
        let given = own.iter().product::<usize>() * size;
        let spread = given != row;
        let cells = if spread { sources(&output.shape[1..], own) } else { Vec::new() };
        let index = indices(index.bytes, index.dtype);
        let add = map::binary(Binary::Add, output.dtype, Scalars::None).ok_or("sums are of numbers")?;
        // A part of the rows sees all updates in order, so the parts do not change the result.
        let part = |first: usize, out: &mut [u8]| {
            out.fill(0);
            let mut whole = vec![0; if spread { row } else { 0 }];
            for (&i, &start) in index.iter().zip(&starts) {
                let Some(at) = i.checked_sub(first).map(|i| i * row).filter(|&at| at < out.len()) else {
                    continue;
                };
                let target = out[at..at + row].as_mut_ptr();
                let mut update = &updates.bytes[start * given..(start + 1) * given];
                if spread {
                    for (to, &cell) in whole.chunks_exact_mut(size).zip(&cells) {
                        to.copy_from_slice(&update[cell * size..(cell + 1) * size]);
                    }
                    update = &whole;
                }
                // SAFETY: both have `inner` elements; the loop may run in place.
                unsafe { add(target, target, update.as_ptr(), ptr::null(), inner) };
            }
        };
        let parts = rayon::current_num_threads();
        if parts == 1 || output.bytes.len().max(index.len() * row) < PARALLEL * output.dtype.size() {
            part(0, output.bytes);
        } else {
            let rows = output.shape[0].div_ceil(parts);
            let parts = output.bytes.par_chunks_mut(rows * row).enumerate();
            parts.for_each(|(i, out)| part(i * rows, out));
        }
        Ok(())
    }

    fn repeats(&self, input: usize) -> bool {
        input == 1
    }
}

/// For each place of a shape in order, that in an array which may be of size one along some axes.
fn sources(shape: &[usize], own: &[usize]) -> Vec<usize> {
    let mut sources = vec![0];
    for (&dim, &own) in shape.iter().zip(own) {
        let step = |source: usize| (0..dim).map(move |i| source * own + if own == 1 { 0 } else { i });
        sources = sources.into_iter().flat_map(step).collect();
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::kernels::typed::testing::{Owned, run};

    #[test]
    fn adds_rows_of_their_own() {
        let index = Owned::new(&[2_i32, 0, 2], &[3], DType::Int32);
        let updates = Owned::new(&[1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0], &[3, 2], DType::Float32);
        let out = run(&SegmentSum, &[&index, &updates], &[3, 2], DType::Float32).unwrap();
        assert_eq!(out.values::<f32>(), [3.0, 4.0, 0.0, 0.0, 6.0, 8.0]);
    }

    #[test]
    fn adds_rows_that_repeat() {
        let index = Owned::new(&[0_i32, 1, 1, 2, 2, 2], &[2, 3], DType::Int32);
        let updates = Owned::new(&[1.0_f32, 10.0], &[2, 1, 1], DType::Float32);
        let out = run(&SegmentSum, &[&index, &updates], &[3, 1], DType::Float32).unwrap();
        assert_eq!(out.values::<f32>(), [1.0, 2.0, 30.0]);
        let updates = Owned::new(&[1.0_f32, 10.0, 100.0], &[1, 3, 1], DType::Float32);
        let out = run(&SegmentSum, &[&index, &updates], &[3, 1], DType::Float32).unwrap();
        assert_eq!(out.values::<f32>(), [1.0, 110.0, 111.0]);
        let updates = Owned::new(&[1.0_f32, 10.0], &[2, 1, 1], DType::Float32);
        let out = run(&SegmentSum, &[&index, &updates], &[3, 2], DType::Float32).unwrap();
        assert_eq!(out.values::<f32>(), [1.0, 1.0, 2.0, 2.0, 30.0, 30.0]);
    }

    #[test]
    fn large_sums_equal_small_steps() {
        let (rows, dim, count) = (1000, 65, 3000);
        let index: Vec<i32> = (0..count).map(|i| (i * 7919 % rows) as i32).collect();
        let updates: Vec<f32> = (0..count * dim).map(|i| (i % 1013) as f32 * 0.1).collect();
        let mut want = vec![0.0_f32; rows * dim];
        for (k, &i) in index.iter().enumerate() {
            for j in 0..dim {
                want[i as usize * dim + j] += updates[k * dim + j];
            }
        }
        let index = Owned::new(&index, &[count], DType::Int32);
        let updates = Owned::new(&updates, &[count, dim], DType::Float32);
        let got = run(&SegmentSum, &[&index, &updates], &[rows, dim], DType::Float32).unwrap();
        assert_eq!(got.values::<f32>(), want);
    }
}
