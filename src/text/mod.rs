//! Texts as integers: standardizing, splitting, counting, looking up, hashing. Strings are bytes, as in TensorFlow.

pub mod counts;
pub mod fingerprint;
pub mod lookup;
pub mod pipeline;
pub mod tokenizer;
pub mod words;

use rayon::prelude::*;

/// Fewer rows are not worth another thread.
const LEAST_ROWS: usize = 512;

/// Strings in rows of equal or different lengths.
pub struct Rows<'a> {
    pub texts: Vec<&'a [u8]>,
    /// Where each row ends; None where every text is a row.
    pub ends: Option<Vec<usize>>,
}

impl<'a> Rows<'a> {
    pub fn len(&self) -> usize {
        self.ends.as_ref().map_or(self.texts.len(), Vec::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn row(&self, index: usize) -> &[&'a [u8]] {
        match &self.ends {
            None => &self.texts[index..=index],
            Some(ends) => &self.texts[if index == 0 { 0 } else { ends[index - 1] }..ends[index]],
        }
    }
}

/// Results of stretches of `0..rows`, in order; the stretches may be as many as there are threads.
pub fn in_stretches<T: Send>(rows: usize, work: impl Fn(std::ops::Range<usize>) -> T + Sync) -> Vec<T> {
    let size = rows.div_ceil(rayon::current_num_threads()).max(LEAST_ROWS);
    if rows <= size {
        return vec![work(0..rows)];
    }
    (0..rows.div_ceil(size)).into_par_iter().map(|i| work(i * size..rows.min((i + 1) * size))).collect()
}
