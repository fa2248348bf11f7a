//! Rows by index: take, scatter, and the check of a range.

use super::data::{Array, ArrayMut, Kernel};
use super::map::{self, Binary, Map, Scalars};
use super::typed::{Along, PARALLEL, Plain, first_outside, indices, position, view, view_mut, with_word};
use crate::dtype::DType;
use rayon::prelude::*;
use std::ptr;

/// Whether every index is one of an axis of `n`.
///
/// # Errors
/// Which is not, and where.
pub fn check(index: Array<'_>, n: usize) -> Result<(), String> {
    match first_outside(index.bytes, index.dtype, 0, n as i64) {
        None => Ok(()),
        Some((value, at)) => Err(format!(
            "index {value} is out of range at position {}: the legal range is [0, {n})",
            position(at, index.shape)
        )),
    }
}

/// `numpy.take`: inputs `x` and integer indices of any shape, which take the place of the axis.
#[derive(Debug, Clone)]
pub struct Take {
    pub axis: usize,
}

impl Kernel for Take {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let (x, index) = (inputs[0], inputs[1]);
        let along = Along::new(x.shape, self.axis);
        check(index, along.n)?;
        if output.bytes.is_empty() {
            return Ok(());
        }
        match index.dtype {
            DType::Int32 => take(x, view::<i32>(index.bytes), along, output),
            DType::Int64 => take(x, view::<i64>(index.bytes), along, output),
            DType::Uint8 | DType::Bool => take(x, index.bytes, along, output),
            DType::Float32 | DType::Float64 => unreachable!("indices are integers"),
        }
        Ok(())
    }
}

fn take<I: Plain + Into<i64>>(x: Array<'_>, index: &[I], along: Along, output: &mut ArrayMut<'_>) {
    if along.inner == 1 {
        with_word!(x.dtype, T => {
            take_elements(view::<T>(x.bytes), index, along.n, view_mut::<T>(output.bytes));
        });
    } else {
        take_rows(x.bytes, index, along.n, along.inner * x.dtype.size(), output.bytes);
    }
}

/// An index that was checked to be in range.
fn at<I: Into<i64>>(index: I) -> usize {
    index.into() as usize
}

fn take_elements<T: Plain, I: Plain + Into<i64>>(x: &[T], index: &[I], n: usize, out: &mut [T]) {
    let block = |(out, x): (&mut [T], &[T])| {
        for (out, &i) in out.iter_mut().zip(index) {
            *out = x[at(i)];
        }
    };
    if out.len() < PARALLEL {
        out.chunks_exact_mut(index.len()).zip(x.chunks_exact(n)).for_each(block);
    } else {
        out.par_chunks_exact_mut(index.len()).zip(x.par_chunks_exact(n)).for_each(block);
    }
}

fn take_rows<I: Plain + Into<i64>>(x: &[u8], index: &[I], n: usize, row: usize, out: &mut [u8]) {
    let copy = match row {
        // Pixels, coordinates: copies whose size is known cost no call.
        4 => rows_of::<4, I>,
        8 => rows_of::<8, I>,
        12 => rows_of::<12, I>,
        16 => rows_of::<16, I>,
        _ => rows::<I>,
    };
    if out.len() < PARALLEL * 4 {
        let wholes = out.chunks_exact_mut(index.len() * row).zip(x.chunks_exact(n * row));
        wholes.for_each(|(out, x)| copy(x, index, row, out));
    } else {
        let block = (PARALLEL / row).max(1);
        let wholes = out.par_chunks_exact_mut(index.len() * row).zip(x.par_chunks_exact(n * row));
        wholes.for_each(|(out, x)| {
            let blocks = out.par_chunks_mut(block * row).zip(index.par_chunks(block));
            blocks.for_each(|(out, index)| copy(x, index, row, out));
        });
    }
}

fn rows<I: Plain + Into<i64>>(x: &[u8], index: &[I], row: usize, out: &mut [u8]) {
    for (out, &i) in out.chunks_exact_mut(row).zip(index) {
        out.copy_from_slice(&x[at(i) * row..(at(i) + 1) * row]);
    }
}

fn rows_of<const ROW: usize, I: Plain + Into<i64>>(x: &[u8], index: &[I], _: usize, out: &mut [u8]) {
    let (x, out) = (x.as_chunks::<ROW>().0, out.as_chunks_mut::<ROW>().0);
    for (out, &i) in out.iter_mut().zip(index) {
        *out = x[at(i)];
    }
}

/// What becomes of an element and its update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    Set,
    Add,
    Max,
    Min,
    Mul,
}

impl Mode {
    pub const ALL: [Self; 5] = [Self::Set, Self::Add, Self::Max, Self::Min, Self::Mul];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Add => "add",
            Self::Max => "max",
            Self::Min => "min",
            Self::Mul => "mul",
        }
    }

    /// How an element and its update are joined, unless it is replaced; of booleans, sums are any and products all.
    fn join(self, dtype: DType) -> Option<Map> {
        let bool = dtype == DType::Bool;
        let op = match self {
            Self::Set => return None,
            Self::Add if bool => Binary::Or,
            Self::Mul if bool => Binary::And,
            Self::Add => Binary::Add,
            Self::Mul => Binary::Mul,
            Self::Max => Binary::Max,
            Self::Min => Binary::Min,
        };
        map::binary(op, dtype, Scalars::None)
    }
}

/// Inputs `x`, indices of one axis and updates: rows of `x` along axis 0, each joined with its updates in order.
#[derive(Debug, Clone)]
pub struct Scatter {
    pub mode: Mode,
}

impl Kernel for Scatter {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let (x, index, updates) = (inputs[0], inputs[1], inputs[2]);
        let along = Along::new(x.shape, 0);
        check(index, along.n)?;
        if output.bytes.is_empty() {
            return Ok(());
        }
        if along.inner == 1 && self.mode == Mode::Add && along.n <= FEW && index.shape[0] >= MANY * along.n {
            if !x.bytes.is_empty() {
                output.bytes.copy_from_slice(x.bytes);
            }
            match index.dtype {
                DType::Int32 => count_few(output.bytes, x.dtype, view::<i32>(index.bytes), updates.bytes),
                DType::Int64 => count_few(output.bytes, x.dtype, view::<i64>(index.bytes), updates.bytes),
                DType::Uint8 | DType::Bool => count_few(output.bytes, x.dtype, index.bytes, updates.bytes),
                DType::Float32 | DType::Float64 => unreachable!("indices are integers"),
            }
            return Ok(());
        }
        let index = indices(index.bytes, index.dtype);
        let row = along.inner * x.dtype.size();
        let join = self.mode.join(x.dtype);
        // A part of the rows sees all updates in order, so the parts do not change the result.
        let part = |first: usize, out: &mut [u8]| {
            let start = first * row;
            if !x.bytes.is_empty() {
                out.copy_from_slice(&x.bytes[start..start + out.len()]);
            }
            if along.inner == 1 && self.mode == Mode::Add {
                return count_elements(out, x.dtype, first, &index, updates.bytes);
            }
            for (&i, update) in index.iter().zip(updates.bytes.chunks_exact(row)) {
                let Some(at) = i.checked_sub(first).map(|i| i * row).filter(|&at| at < out.len()) else {
                    continue;
                };
                let target = &mut out[at..at + row];
                let Some(join) = join else {
                    target.copy_from_slice(update);
                    continue;
                };
                let target = target.as_mut_ptr();
                // SAFETY: both have `inner` elements; the loop may run in place.
                unsafe { join(target, target, update.as_ptr(), ptr::null(), along.inner) };
            }
        };
        let parts = rayon::current_num_threads();
        if parts == 1 || along.count().max(index.len() * along.inner) < PARALLEL {
            part(0, output.bytes);
        } else {
            let rows = along.n.div_ceil(parts);
            let parts = output.bytes.par_chunks_mut(rows * row).enumerate();
            parts.for_each(|(i, out)| part(i * rows, out));
        }
        Ok(())
    }

    fn in_place(&self) -> bool {
        true
    }
}

/// Places that fit the second-level cache several times, and updates for each from which on that is worth it.
const FEW: usize = 8192;
const MANY: usize = 64;
/// Parts of the updates, each with places of its own; and in each part copies of the places, of which neighbouring
/// updates take different ones, as one sum would wait for the other.
const PARTS: usize = 16;
const COPIES: usize = 4;

/// Sums of many elements into few places, as histograms are. The parts depend on the shapes alone.
fn count_few<I: Plain + Into<i64>>(out: &mut [u8], dtype: DType, index: &[I], updates: &[u8]) {
    fn add<T: Plain + Default, I: Plain + Into<i64>>(
        out: &mut [u8],
        index: &[I],
        updates: &[u8],
        sum: impl Fn(T, T) -> T + Sync,
    ) {
        let out = view_mut::<T>(out);
        let (count, part) = (out.len(), index.len().div_ceil(PARTS));
        let parts = index.par_chunks(part).zip(view::<T>(updates).par_chunks(part));
        let sums: Vec<Vec<T>> = parts
            .map(|(index, updates)| {
                let mut places = vec![T::default(); COPIES * count];
                let mut copies: Vec<&mut [T]> = places.chunks_exact_mut(count).collect();
                for (index, updates) in index.chunks(COPIES).zip(updates.chunks(COPIES)) {
                    for ((places, &i), &update) in copies.iter_mut().zip(index).zip(updates) {
                        let place = &mut places[at(i)];
                        *place = sum(*place, update);
                    }
                }
                places
            })
            .collect();
        for places in sums.iter().flat_map(|places| places.chunks_exact(count)) {
            for (out, &place) in out.iter_mut().zip(places) {
                *out = sum(*out, place);
            }
        }
    }
    match dtype {
        DType::Float32 => add::<f32, I>(out, index, updates, |a, b| a + b),
        DType::Float64 => add::<f64, I>(out, index, updates, |a, b| a + b),
        DType::Int32 => add::<u32, I>(out, index, updates, u32::wrapping_add),
        DType::Int64 => add::<u64, I>(out, index, updates, u64::wrapping_add),
        DType::Uint8 => add::<u8, I>(out, index, updates, u8::wrapping_add),
        DType::Bool => add::<u8, I>(out, index, updates, |a, b| a | b),
    }
}

/// Sums of single elements, in the order in which they come.
fn count_elements(out: &mut [u8], dtype: DType, first: usize, index: &[usize], updates: &[u8]) {
    fn add<T: Plain>(out: &mut [u8], first: usize, index: &[usize], updates: &[u8], sum: impl Fn(T, T) -> T) {
        let out = view_mut::<T>(out);
        for (&i, &update) in index.iter().zip(view::<T>(updates)) {
            if let Some(target) = i.checked_sub(first).and_then(|i| out.get_mut(i)) {
                *target = sum(*target, update);
            }
        }
    }
    match dtype {
        DType::Float32 => add::<f32>(out, first, index, updates, |a, b| a + b),
        DType::Float64 => add::<f64>(out, first, index, updates, |a, b| a + b),
        // Sums of signed numbers have the bits of unsigned ones.
        DType::Int32 => add::<u32>(out, first, index, updates, u32::wrapping_add),
        DType::Int64 => add::<u64>(out, first, index, updates, u64::wrapping_add),
        DType::Uint8 => add::<u8>(out, first, index, updates, u8::wrapping_add),
        DType::Bool => add::<u8>(out, first, index, updates, |a, b| a | b),
    }
}

/// Its integer input, all of whose values must lie in `[low, high)`.
#[derive(Debug, Clone)]
pub struct CheckRange {
    pub low: i64,
    pub high: i64,
    pub message: String,
}

impl Kernel for CheckRange {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let (x, low, high) = (inputs[0], self.low, self.high);
        if let Some((value, at)) = first_outside(x.bytes, x.dtype, low, high) {
            let (message, at) = (&self.message, position(at, x.shape));
            return Err(format!(
                "{message} Received: value {value} at position {at}; the legal range is [{low}, {high})"
            ));
        }
        output.bytes.copy_from_slice(x.bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::typed::testing::{Owned, run};

    #[test]
    fn takes_along_any_axis() {
        let x: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let x = Owned::new(&x, &[2, 3, 4], DType::Float32);
        let index = Owned::new(&[2_i32, 0, 2, 1], &[2, 2], DType::Int32);
        let middle = run(&Take { axis: 1 }, &[&x, &index], &[2, 2, 2, 4], DType::Float32).unwrap();
        let want: Vec<f32> = [0, 12]
            .iter()
            .flat_map(|o| [2, 0, 2, 1].map(|i| o + i * 4))
            .flat_map(|start| (0..4).map(move |k| (start + k) as f32))
            .collect();
        assert_eq!(middle.values::<f32>(), want);
        let last = run(&Take { axis: 2 }, &[&x, &index], &[2, 3, 2, 2], DType::Float32).unwrap();
        assert_eq!(last.values::<f32>()[..8], [2.0, 0.0, 2.0, 1.0, 6.0, 4.0, 6.0, 5.0]);
    }

    #[test]
    fn says_which_index_is_wrong() {
        let x = Owned::new(&[0_i64; 5], &[5], DType::Int64);
        let index = Owned::new(&[0_i64, 4, 1, 7], &[2, 2], DType::Int64);
        let error = run(&Take { axis: 0 }, &[&x, &index], &[2, 2], DType::Int64).unwrap_err();
        assert_eq!(error, "index 7 is out of range at position [1, 1]: the legal range is [0, 5)");
        let check = CheckRange { low: 0, high: 7, message: "Bad token.".into() };
        let error = run(&check, &[&index], &[2, 2], DType::Int64).unwrap_err();
        assert_eq!(error, "Bad token. Received: value 7 at position [1, 1]; the legal range is [0, 7)");
    }

    #[test]
    fn scatters_in_order() {
        let x = Owned::new(&[1.0_f32; 6], &[3, 2], DType::Float32);
        let index = Owned::new(&[2_i32, 0, 2], &[3], DType::Int32);
        let updates = Owned::new(&[1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0], &[3, 2], DType::Float32);
        let scatter = |mode| {
            let out = run(&Scatter { mode }, &[&x, &index, &updates], &[3, 2], DType::Float32);
            out.unwrap().values::<f32>()
        };
        assert_eq!(scatter(Mode::Set), [3.0, 4.0, 1.0, 1.0, 5.0, 6.0]);
        assert_eq!(scatter(Mode::Add), [4.0, 5.0, 1.0, 1.0, 7.0, 9.0]);
        assert_eq!(scatter(Mode::Mul), [3.0, 4.0, 1.0, 1.0, 5.0, 12.0]);
        assert_eq!(scatter(Mode::Max), [3.0, 4.0, 1.0, 1.0, 5.0, 6.0]);
        assert_eq!(scatter(Mode::Min), [1.0; 6]);
    }

    #[test]
    fn large_scatter_equals_small_steps() {
        let (rows, dim, count) = (1000, 65, 3000);
        let x = Owned::zeros(&[rows, dim], DType::Float32);
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
        let add = Scatter { mode: Mode::Add };
        let got = run(&add, &[&x, &index, &updates], &[rows, dim], DType::Float32).unwrap();
        assert_eq!(got.values::<f32>(), want);
    }

    #[test]
    fn many_sums_into_few_places_equal_small_steps() {
        let (places, count) = (37, 37 * 64 + 1003);
        let index: Vec<i32> = (0..count).map(|i| (i * i % 1009 % places) as i32).collect();
        let numbers: Vec<f64> = (0..count).map(|i| (i % 101) as f64 - 50.0).collect();
        let mut want: Vec<f64> = (0..places).map(|i| i as f64).collect();
        let x = Owned::new(&want, &[places], DType::Float64);
        for (&i, number) in index.iter().zip(&numbers) {
            want[i as usize] += number;
        }
        let index = Owned::new(&index, &[count], DType::Int32);
        let updates = Owned::new(&numbers, &[count], DType::Float64);
        let scatter = Scatter { mode: Mode::Add };
        let found = run(&scatter, &[&x, &index, &updates], &[places], DType::Float64).unwrap();
        assert_eq!(found.values::<f64>(), want);
        let bytes: Vec<u8> = (0..count).map(|i| (i % 7) as u8).collect();
        let mut want = vec![250_u8; places];
        let x = Owned::new(&want, &[places], DType::Uint8);
        for (&i, &byte) in index.values::<i32>().iter().zip(&bytes) {
            want[i as usize] = want[i as usize].wrapping_add(byte);
        }
        let updates = Owned::new(&bytes, &[count], DType::Uint8);
        let found = run(&scatter, &[&x, &index, &updates], &[places], DType::Uint8).unwrap();
        assert_eq!(found.values::<u8>(), want);
    }
}
