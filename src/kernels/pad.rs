//! Arrays laid into larger ones: padding and concatenation.

use super::data::{Array, ArrayMut, Kernel};
use super::typed::{Along, PARALLEL, Plain, view, view_mut, with_word};
use rayon::prelude::*;

/// Inputs `x` and a scalar: `low[i]` of it before axis `i`, `high[i]` after it and `interior[i]` between any two
/// elements.
#[derive(Debug, Clone)]
pub struct Pad {
    pub low: Vec<usize>,
    pub high: Vec<usize>,
    pub interior: Vec<usize>,
}

impl Kernel for Pad {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let (x, value) = (inputs[0], inputs[1]);
        let shape = output.shape;
        with_word!(x.dtype, T => {
            let value = view::<T>(value.bytes)[0];
            self.fill(view::<T>(x.bytes), x.shape, value, view_mut::<T>(output.bytes), shape, 0);
        });
        Ok(())
    }
}

impl Pad {
    /// Fill `out`, all of what lies under one index of each axis before `axis`.
    fn fill<T: Plain>(&self, x: &[T], from: &[usize], value: T, out: &mut [T], to: &[usize], axis: usize) {
        if x.is_empty() || out.is_empty() {
            out.fill(value);
            return;
        }
        if axis == to.len() {
            out[0] = x[0];
            return;
        }
        let (low, step) = (self.low[axis], self.interior[axis] + 1);
        if axis + 1 == to.len() {
            let used = (from[axis] - 1) * step + 1;
            let (head, rest) = out.split_at_mut(low);
            let (middle, tail) = rest.split_at_mut(used);
            head.fill(value);
            tail.fill(value);
            if step == 1 {
                middle.copy_from_slice(x);
            } else {
                middle.fill(value);
                for (out, &x) in middle.iter_mut().step_by(step).zip(x) {
                    *out = x;
                }
            }
            return;
        }
        let (row, target) = (x.len() / from[axis], out.len() / to[axis]);
        let index = |(i, out): (usize, &mut [T])| {
            let source = i.checked_sub(low).filter(|i| i % step == 0).map(|i| i / step);
            match source.filter(|&i| i < from[axis]) {
                Some(i) => self.fill(&x[i * row..(i + 1) * row], from, value, out, to, axis + 1),
                None => out.fill(value),
            }
        };
        if out.len() < PARALLEL {
            out.chunks_exact_mut(target).enumerate().for_each(index);
        } else {
            let least = (PARALLEL / 4 / target).max(1);
            out.par_chunks_exact_mut(target).enumerate().with_min_len(least).for_each(index);
        }
    }
}

/// All inputs, one after another along an axis.
#[derive(Debug, Clone)]
pub struct Concatenate {
    pub axis: usize,
}

impl Kernel for Concatenate {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let along = Along::new(output.shape, self.axis);
        if output.bytes.is_empty() {
            return Ok(());
        }
        let size = output.dtype.size();
        let parts: Vec<(&[u8], usize)> =
            inputs.iter().map(|input| (input.bytes, Along::new(input.shape, self.axis).block() * size)).collect();
        let row = along.block() * size;
        // As many rows as stay in the first-level cache while one input after another is laid into them.
        let rows = (ROWS_BYTES / row).max(1);
        let block = |(i, out): (usize, &mut [u8])| {
            let count = out.len() / row;
            let mut start = 0;
            for &(bytes, size) in &parts {
                let from = &bytes[i * rows * size..(i * rows + count) * size];
                match size {
                    0 => {}
                    4 => lay_of::<4>(from, &mut out[start..], row),
                    8 => lay_of::<8>(from, &mut out[start..], row),
                    12 => lay_of::<12>(from, &mut out[start..], row),
                    16 => lay_of::<16>(from, &mut out[start..], row),
                    _ => lay(from, size, &mut out[start..], row),
                }
                start += size;
            }
        };
        if along.count() < PARALLEL {
            output.bytes.chunks_mut(rows * row).enumerate().for_each(block);
        } else {
            let least = (PARALLEL / (rows * row)).max(1);
            output.bytes.par_chunks_mut(rows * row).enumerate().with_min_len(least).for_each(block);
        }
        Ok(())
    }
}

const ROWS_BYTES: usize = 1 << 14;

/// Lay stretches of `size` bytes into `out`, `row` bytes apart.
fn lay(from: &[u8], size: usize, out: &mut [u8], row: usize) {
    for (from, out) in from.chunks_exact(size).zip(out.chunks_mut(row)) {
        out[..size].copy_from_slice(from);
    }
}

fn lay_of<const SIZE: usize>(from: &[u8], out: &mut [u8], row: usize) {
    for (from, out) in from.as_chunks::<SIZE>().0.iter().zip(out.chunks_mut(row)) {
        out[..SIZE].copy_from_slice(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::kernels::typed::testing::{Owned, run};

    #[test]
    fn pads_around_and_between() {
        let x = Owned::new(&[1_i32, 2, 3, 4, 5, 6], &[2, 3], DType::Int32);
        let zero = Owned::new(&[9_i32], &[], DType::Int32);
        let pad = Pad { low: vec![1, 0], high: vec![0, 2], interior: vec![1, 1] };
        let got = run(&pad, &[&x, &zero], &[4, 7], DType::Int32).unwrap().values::<i32>();
        let nines = [9; 7];
        let want = [nines, [1, 9, 2, 9, 3, 9, 9], nines, [4, 9, 5, 9, 6, 9, 9]].concat();
        assert_eq!(got, want);
    }

    #[test]
    fn pads_nothing_and_scalars() {
        let zero = Owned::new(&[7_u8], &[], DType::Uint8);
        let empty = Owned::zeros(&[0, 2], DType::Uint8);
        let pad = Pad { low: vec![1, 0], high: vec![1, 0], interior: vec![0, 0] };
        let got = run(&pad, &[&empty, &zero], &[2, 2], DType::Uint8).unwrap();
        assert_eq!(got.values::<u8>(), [7; 4]);
        let scalar = Owned::new(&[3_u8], &[], DType::Uint8);
        let pad = Pad { low: vec![], high: vec![], interior: vec![] };
        let got = run(&pad, &[&scalar, &zero], &[], DType::Uint8).unwrap();
        assert_eq!(got.values::<u8>(), [3]);
    }

    #[test]
    fn concatenates_along_any_axis() {
        let a = Owned::new(&[1.0_f32, 2.0, 3.0, 4.0], &[2, 2], DType::Float32);
        let b = Owned::new(&[5.0_f32, 6.0], &[2, 1], DType::Float32);
        let empty = Owned::zeros(&[2, 0], DType::Float32);
        let kernel = Concatenate { axis: 1 };
        let got = run(&kernel, &[&a, &empty, &b], &[2, 3], DType::Float32).unwrap();
        assert_eq!(got.values::<f32>(), [1.0, 2.0, 5.0, 3.0, 4.0, 6.0]);
        let got = run(&Concatenate { axis: 0 }, &[&a, &a], &[4, 2], DType::Float32).unwrap();
        assert_eq!(got.values::<f32>(), [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0]);
    }
}
