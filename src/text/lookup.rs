//! Words as the integers of a vocabulary.

use super::fingerprint::Hash;
use super::pipeline::{Pipeline, Scratch};
use super::words::Words;
use super::{Rows, in_stretches};
use crate::error::{Error, Result};
use rayon::prelude::*;

/// What a word that is not in the vocabulary becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// An error.
    Refused,
    /// This integer.
    Is(i64),
    /// One of so many integers from the first on, by its hash.
    Hashed { first: i64, buckets: u64, hash: Hash },
}

#[derive(Clone)]
pub struct Lookup {
    pub words: Words,
    /// The integer of the first word.
    pub first: i64,
    pub unknown: Unknown,
    /// A word that is no word, and its integer; below zero, it is left out of vectors.
    pub mask: Option<(Vec<u8>, i64)>,
}

/// Rows of integers of different lengths, in stretches.
pub struct Ragged {
    stretches: Vec<Stretch>,
}

struct Stretch {
    values: Vec<i64>,
    lengths: Vec<usize>,
}

/// Elements of the vectors that mark or count words.
pub trait Count: Copy + Send + Sync + Default {
    const ONE: Self;
    fn more(self) -> Self;
}

impl Count for i64 {
    const ONE: Self = 1;
    fn more(self) -> Self {
        self + 1
    }
}

impl Count for f32 {
    const ONE: Self = 1.0;
    fn more(self) -> Self {
        self + 1.0
    }
}

/// Words that were refused, as an error names them.
const SHOWN: usize = 10;

impl Lookup {
    fn index(&self, token: &[u8], refused: &mut Vec<String>) -> i64 {
        if let Some((mask, index)) = &self.mask
            && mask == token
        {
            return *index;
        }
        if let Some(number) = self.words.get(token) {
            return self.first + i64::try_from(number).unwrap_or(i64::MAX);
        }
        match self.unknown {
            Unknown::Refused => {
                if refused.len() < SHOWN {
                    refused.push(format!("{:?}", String::from_utf8_lossy(token)));
                }
                -1
            }
            Unknown::Is(index) => index,
            Unknown::Hashed { first, buckets, hash } => first + hash.bucket(token, buckets),
        }
    }

    /// The integers of the tokens of each row.
    pub fn rows(&self, rows: &Rows<'_>, pipeline: &Pipeline) -> Result<Ragged> {
        let parts = in_stretches(rows.len(), |stretch| {
            let (mut values, mut lengths, mut refused) = (Vec::new(), Vec::new(), Vec::new());
            let mut scratch = Scratch::default();
            for row in stretch {
                let before = values.len();
                pipeline.tokens(rows.row(row), &mut scratch, |token| values.push(self.index(token, &mut refused)));
                lengths.push(values.len() - before);
            }
            check(&refused).map(|()| Stretch { values, lengths })
        });
        Ok(Ragged { stretches: parts.into_iter().collect::<Result<_>>()? })
    }

    /// A vector for each row into `output`, which is zero: ones at the integers of its tokens, or how often each comes.
    pub fn vectors<T: Count>(
        &self,
        rows: &Rows<'_>,
        pipeline: &Pipeline,
        depth: usize,
        counts: bool,
        output: &mut [T],
    ) -> Result<()> {
        if depth == 0 || rows.is_empty() {
            return Ok(());
        }
        let fill = |scratch: &mut Scratch, (row, vector): (usize, &mut [T])| {
            let mut refused = Vec::new();
            pipeline.tokens(rows.row(row), scratch, |token| {
                let place = usize::try_from(self.index(token, &mut refused)).ok();
                if let Some(element) = place.and_then(|place| vector.get_mut(place)) {
                    *element = if counts { element.more() } else { T::ONE };
                }
            });
            check(&refused)
        };
        output.par_chunks_mut(depth).enumerate().with_min_len(64).map_init(Scratch::default, fill).collect()
    }
}

fn check(refused: &[String]) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    Err(Error::value(format!(
        "When `num_oov_indices=0` all inputs should be in vocabulary, found OOV values [{}], consider setting \
         `num_oov_indices=1`.",
        refused.join(" ")
    )))
}

impl Ragged {
    /// The rows cut or filled to one width, written to `output`, which is filled already.
    pub fn padded(&self, width: usize, output: &mut [i64]) {
        if width == 0 {
            return;
        }
        let mut targets = Vec::with_capacity(self.stretches.len());
        let mut rest = output;
        for stretch in &self.stretches {
            let (target, after) = rest.split_at_mut(stretch.lengths.len() * width);
            targets.push((stretch, target));
            rest = after;
        }
        targets.into_par_iter().for_each(|(stretch, target)| {
            let mut start = 0;
            for (row, &length) in target.chunks_mut(width).zip(&stretch.lengths) {
                let kept = length.min(width);
                row[..kept].copy_from_slice(&stretch.values[start..start + kept]);
                start += length;
            }
        });
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.stretches.iter().map(|stretch| stretch.lengths.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn widest(&self) -> usize {
        self.stretches.iter().flat_map(|stretch| &stretch.lengths).copied().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::pipeline::Split;
    use super::*;

    fn lookup(unknown: Unknown) -> Lookup {
        let mut words = Words::default();
        [&b"a"[..], b"b", b"c"].into_iter().for_each(|word| {
            words.insert(word);
        });
        Lookup { words, first: 2, unknown, mask: Some((b"m".to_vec(), 0)) }
    }

    #[test]
    fn rows_are_padded_and_cut() {
        let pipeline = Pipeline::new(true, true, Split::Whitespace, vec![]);
        let rows = Rows { texts: vec![b"a b b z", b"C m", b""], ends: None };
        let ragged = lookup(Unknown::Is(1)).rows(&rows, &pipeline).unwrap();
        assert_eq!(ragged.widest(), 4);
        let mut output = vec![0; 9];
        ragged.padded(3, &mut output);
        assert_eq!(output, [2, 3, 3, 4, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn vectors_mark_or_count() {
        let pipeline = Pipeline::new(false, false, Split::None, vec![]);
        let rows = Rows { texts: vec![b"a", b"b", b"b", b"m", b"z", b"c"], ends: Some(vec![4, 6]) };
        let mut lookup = lookup(Unknown::Is(0));
        lookup.first = 1;
        lookup.mask = Some((b"m".to_vec(), -1));
        let mut marks = vec![0_i64; 8];
        lookup.vectors(&rows, &pipeline, 4, false, &mut marks).unwrap();
        assert_eq!(marks, [0, 1, 1, 0, 1, 0, 0, 1]);
        let mut counts = vec![0.0_f32; 8];
        lookup.vectors(&rows, &pipeline, 4, true, &mut counts).unwrap();
        assert_eq!(counts, [0.0, 1.0, 2.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn unknown_words_are_refused_or_hashed() {
        let pipeline = Pipeline::new(false, false, Split::None, vec![]);
        let rows = Rows { texts: vec![b"a", b"x", b"y"], ends: None };
        let error = lookup(Unknown::Refused).rows(&rows, &pipeline).err().unwrap();
        assert!(error.to_string().contains("found OOV values [\"x\" \"y\"]"), "{error}");
        let hashed = Unknown::Hashed { first: 0, buckets: 3, hash: Hash::Farm };
        let mut output = vec![0; 3];
        lookup(hashed).rows(&rows, &pipeline).unwrap().padded(1, &mut output);
        assert_eq!(output, [2, 2, 2]);
    }
}
