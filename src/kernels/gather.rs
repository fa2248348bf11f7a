//! Rows of a data set gathered into a batch, converted on the way.

use super::map;
use super::typed::PARALLEL;
use crate::dtype::DType;
use rayon::prelude::*;
use std::ptr;

/// `destination[i] = source[rows[i]]` for rows of `row_elements` elements.
///
/// Both slices are aligned to their element types.
///
/// # Panics
/// If a row is not in `source`, or `destination` has not the size of `rows`.
pub fn gather_rows(destination: &mut [u8], to: DType, source: &[u8], from: DType, row_elements: usize, rows: &[u32]) {
    let (out_row, in_row) = (row_elements * to.size(), row_elements * from.size());
    assert_eq!(destination.len(), rows.len() * out_row, "room for all rows");
    if destination.is_empty() {
        return;
    }
    assert!(source.as_ptr().addr().is_multiple_of(from.size()), "the source is aligned");
    assert!(destination.as_ptr().addr().is_multiple_of(to.size()), "the destination is aligned");
    let convert = map::cast(from, to);
    let gather = |(out, rows): (&mut [u8], &[u32])| {
        let mut start = 0;
        while start < rows.len() {
            // Neighbours in the source are converted in one go.
            let run = rows[start..].windows(2).take_while(|pair| pair[0] + 1 == pair[1]).count() + 1;
            let first = rows[start] as usize * in_row;
            let values = &source[first..first + run * in_row];
            let target = &mut out[start * out_row..(start + run) * out_row];
            // SAFETY: both hold `run * row_elements` elements, aligned as their slices are.
            unsafe {
                let (target, values) = (target.as_mut_ptr(), values.as_ptr());
                convert(target, values, ptr::null(), ptr::null(), run * row_elements);
            }
            start += run;
        }
    };
    if rows.len() * row_elements < PARALLEL {
        gather((destination, rows));
    } else {
        let part = (PARALLEL / 4 / row_elements).max(1);
        destination.par_chunks_mut(part * out_row).zip(rows.par_chunks(part)).for_each(gather);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::typed::{view, view_mut};

    #[test]
    fn gathers_and_converts() {
        let source: Vec<f64> = (0..12).map(f64::from).collect();
        let bytes: Vec<u8> = source.iter().flat_map(|x| x.to_ne_bytes()).collect();
        let mut words = vec![0_u64; bytes.len() / 8];
        // SAFETY: words are bytes.
        let aligned = unsafe { words.align_to_mut::<u8>().1 };
        aligned.copy_from_slice(&bytes);
        let mut out = [0_u32; 15];
        // SAFETY: words are bytes.
        let target = unsafe { out.align_to_mut::<u8>().1 };
        let rows = [3, 0, 1, 2, 0];
        gather_rows(target, DType::Float32, aligned, DType::Float64, 3, &rows);
        let want: Vec<f32> = rows.iter().flat_map(|r| (0..3).map(move |k| (r * 3 + k) as f32)).collect();
        assert_eq!(view::<f32>(target), want);
        view_mut::<u32>(target).fill(0);
        gather_rows(&mut target[..20], DType::Int32, aligned, DType::Float64, 1, &rows);
        assert_eq!(view::<i32>(&target[..20]), [3, 0, 1, 2, 0]);
    }

    #[test]
    fn large_batches_equal_small_ones() {
        let source: Vec<u8> = (0..1 << 18).map(|i| (i % 251) as u8).collect();
        let rows: Vec<u32> = (0..1 << 11).map(|i| i * 17 % (1 << 11)).collect();
        let mut out = vec![0_u8; 1 << 18];
        gather_rows(&mut out, DType::Uint8, &source, DType::Uint8, 128, &rows);
        for (&row, out) in rows.iter().zip(out.chunks_exact(128)) {
            assert_eq!(out, &source[row as usize * 128..][..128]);
        }
    }
}
