//! Batches gathered from arrays that stay where they are.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::gather::gather_rows;

/// An array whose first dimension counts the rows; its memory belongs to somebody else.
pub trait Source: Send + Sync {
    fn bytes(&self) -> &[u8];
    fn dtype(&self) -> DType;
    /// The dimensions of one row.
    fn row(&self) -> &[usize];
    fn rows(&self) -> usize;
}

/// Rows of several arrays, taken a batch at a time.
pub struct Data {
    sources: Vec<Box<dyn Source>>,
    /// The element type in which each array's rows are handed out.
    dtypes: Vec<DType>,
    pub rows: usize,
    pub batch: usize,
    order: Option<Vec<u32>>,
}

impl Data {
    pub fn new(sources: Vec<Box<dyn Source>>, dtypes: Vec<DType>, batch: usize) -> Result<Self> {
        let rows = sources.first().map_or(0, |source| source.rows());
        if sources.iter().any(|source| source.rows() != rows) || sources.len() != dtypes.len() {
            return Err(Error::value("All arrays must have the same number of rows"));
        }
        if batch == 0 || rows > u32::MAX as usize {
            return Err(Error::value(format!(
                "Expected a positive batch size. Received: batch_size={batch}, rows={rows}"
            )));
        }
        Ok(Self { sources, dtypes, rows, batch, order: None })
    }

    pub fn batches(&self) -> usize {
        self.rows.div_ceil(self.batch)
    }

    pub fn columns(&self) -> usize {
        self.sources.len()
    }

    /// A new order of the rows, which depends on the seed alone; with `within_batches` no row leaves its batch.
    pub fn shuffle(&mut self, seed: u64, within_batches: bool) {
        let stretch = if within_batches { self.batch } else { self.rows };
        self.order = Some(shuffled(self.rows, stretch, seed));
    }

    pub fn sequential(&mut self) {
        self.order = None;
    }

    /// The rows of a batch.
    pub fn span(&self, batch: usize) -> std::ops::Range<usize> {
        let start = batch * self.batch;
        start..(start + self.batch).min(self.rows)
    }

    /// Bytes that one row of an array takes when it is handed out.
    pub fn row_bytes(&self, column: usize) -> usize {
        self.sources[column].row().iter().product::<usize>() * self.dtypes[column].size()
    }

    /// A batch's memory in the array itself, where its rows lie together and need no conversion.
    pub fn in_place(&self, column: usize, batch: usize) -> Option<&[u8]> {
        let source = &self.sources[column];
        if self.order.is_some() || source.dtype() != self.dtypes[column] {
            return None;
        }
        let width = self.row_bytes(column);
        let span = self.span(batch);
        Some(&source.bytes()[span.start * width..span.end * width])
    }

    /// Copy a batch's rows together.
    pub fn gather(&self, column: usize, batch: usize, target: &mut [u8]) {
        let source = &self.sources[column];
        let elements = source.row().iter().product();
        let span = self.span(batch);
        let target = &mut target[..span.len() * self.row_bytes(column)];
        match &self.order {
            Some(order) => {
                gather_rows(target, self.dtypes[column], source.bytes(), source.dtype(), elements, &order[span]);
            }
            None => {
                let rows: Vec<u32> = span.map(|row| row as u32).collect();
                gather_rows(target, self.dtypes[column], source.bytes(), source.dtype(), elements, &rows);
            }
        }
    }
}

/// The numbers below `count`, each stretch in an order that depends on the seed alone (Fisher and Yates, 1938; SplitMix64,
/// Steele et al., "Fast splittable pseudorandom number generators", 2014).
fn shuffled(count: usize, stretch: usize, seed: u64) -> Vec<u32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    let mut order: Vec<u32> = (0..count as u32).collect();
    for part in order.chunks_mut(stretch.max(1)) {
        for last in (1..part.len()).rev() {
            // The high half of a product is uniform to within 2^-64 * count.
            let chosen = ((u128::from(next()) * (last as u128 + 1)) >> 64) as usize;
            part.swap(last, chosen);
        }
    }
    order
}
