//! Attention of queries to keys, a block of scores at a time: no more than a block is ever held.
//!
//! Dao et al., "FlashAttention: Fast and memory-efficient exact attention with IO-awareness", 2022.

#![allow(
    unsafe_code,
    clippy::inline_always,
    clippy::many_single_char_names,
    reason = "blocks are raw pointers; row functions must be inlined into loops that enable instructions; q, k, v, p"
)]

mod backward;
mod forward;
mod rows;
#[cfg(test)]
mod tests;

pub use backward::Backward;
pub use forward::Forward;

use super::data::Array;
use std::ops::Range;
use std::{ptr, slice};

/// Queries and keys whose scores are held at once.
const QUERIES: usize = 128;
const KEYS: usize = 256;
/// What a hidden key's score is: finite, so that a query that sees no key attends to all alike. In largest numbers.
pub const HIDDEN: f64 = -0.7;

/// Rows of a batch, queries and keys in each, their heads, and the sizes of keys and of values. Each head of keys
/// serves `heads / shared` heads of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    pub batch: usize,
    pub queries: usize,
    pub keys: usize,
    pub heads: usize,
    pub shared: usize,
    pub size: usize,
    pub width: usize,
}

impl Sizes {
    /// Those of queries `[batch, queries, heads, size]`, keys `[batch, keys, shared, size]` and values
    /// `[batch, keys, shared, width]`; None where they do not fit each other.
    pub fn of(queries: &[usize], keys: &[usize], values: &[usize]) -> Option<Self> {
        let (&[batch, length, heads, size], &[rows, kept, shared, depth], &[.., width]) = (queries, keys, values)
        else {
            return None;
        };
        let fits = rows == batch && depth == size && values[..values.len() - 1] == keys[..3];
        let sizes = Self { batch, queries: length, keys: kept, heads, shared, size, width };
        (fits && kept > 0 && shared > 0 && heads % shared == 0).then_some(sizes)
    }

    /// The outputs `[batch, queries, heads, width]`.
    pub const fn outputs(self) -> usize {
        self.batch * self.queries * self.heads * self.width
    }

    /// One number for each query of each head.
    pub const fn rows(self) -> usize {
        self.batch * self.heads * self.queries
    }

    /// The outputs, then each query's largest score and its sum of weights `[batch, heads, queries]`.
    pub const fn packed(self) -> usize {
        self.outputs() + 2 * self.rows()
    }

    /// `[queries, keys, values]`, in elements.
    pub const fn inputs(self) -> [usize; 3] {
        let keys = self.batch * self.keys * self.shared;
        [self.rows() * self.size, keys * self.size, keys * self.width]
    }

    /// Heads of queries for each head of keys.
    pub const fn group(self) -> usize {
        self.heads / self.shared
    }
}

/// How scores are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct How {
    pub scale: f64,
    /// Keys that come after a query are hidden from it.
    pub causal: bool,
}

/// The scores of some arrays.
#[derive(Clone, Copy)]
struct Scores {
    sizes: Sizes,
    how: How,
}

impl Scores {
    fn of(how: How, inputs: &[Array<'_>]) -> Self {
        let sizes = Sizes::of(inputs[0].shape, inputs[1].shape, inputs[2].shape);
        Self { sizes: sizes.expect("checked when shapes were inferred"), how }
    }

    /// Of the keys from `first` on, how many a query sees for coming no earlier.
    fn seen(&self, query: usize, first: usize, count: usize) -> usize {
        if self.how.causal { (query + 1).saturating_sub(first).min(count) } else { count }
    }

    /// Of some queries those that see no key, and up to which key the others see any. A query that sees none attends to
    /// all alike, also to those that come after it.
    fn reach(&self, masks: &Masks<'_>, batch: usize, head: usize, queries: Range<usize>) -> ([bool; QUERIES], usize) {
        let mut blind = [false; QUERIES];
        let keys = self.sizes.keys;
        if !self.how.causal {
            return (blind, keys);
        }
        let reach = queries.end.min(keys);
        for (blind, query) in blind.iter_mut().zip(queries) {
            *blind = masks.hide_all(batch, head, query, self.seen(query, 0, keys));
        }
        (blind, if blind.contains(&true) { keys } else { reach })
    }

    /// Of a query's keys from `first` on, how many count, and their flags.
    fn visible(
        &self,
        masks: &Masks<'_>,
        (batch, head, query): (usize, usize, usize),
        blind: bool,
        (first, count): (usize, usize),
        room: &mut [u8; KEYS],
    ) -> (usize, (*const u8, usize)) {
        if blind {
            return (count, (&raw const NEVER, 0));
        }
        let seen = self.seen(query, first, count);
        (seen, masks.row((batch, head, query), first, seen, room))
    }
}

/// A flag of a key that is hidden.
static NEVER: u8 = 0;

/// A key is hidden where any of these says so.
struct Masks<'a>(Vec<Mask<'a>>);

impl<'a> Masks<'a> {
    fn of(arrays: &[Array<'a>]) -> Self {
        Self(arrays.iter().map(Mask::of).collect())
    }

    /// The flags of `count` keys of a query, from the key `first` on, and how far apart they are; null if none is hidden.
    fn row(
        &self,
        (batch, head, query): (usize, usize, usize),
        first: usize,
        count: usize,
        room: &mut [u8; KEYS],
    ) -> (*const u8, usize) {
        match self.0.as_slice() {
            [] => (ptr::null(), 0),
            [mask] => mask.row(batch, head, query, first),
            masks => {
                let room = &mut room[..count];
                room.fill(1);
                for mask in masks {
                    mask.join(batch, head, query, first, room);
                }
                (room.as_ptr(), 1)
            }
        }
    }

    /// Whether a query sees none of the first keys.
    fn hide_all(&self, batch: usize, head: usize, query: usize, keys: usize) -> bool {
        let mut room = [0; KEYS];
        let blocks = (0..keys).step_by(KEYS);
        !self.0.is_empty()
            && blocks.into_iter().all(|first| {
                let room = &mut room[..KEYS.min(keys - first)];
                room.fill(1);
                self.0.iter().for_each(|mask| mask.join(batch, head, query, first, room));
                room.iter().all(|&flag| flag == 0)
            })
    }
}

/// `[batch, heads, queries, keys]`, any but the last perhaps of size one: false where a key is hidden.
#[derive(Clone, Copy)]
struct Mask<'a> {
    flags: &'a [u8],
    dims: [usize; 4],
}

impl<'a> Mask<'a> {
    fn of(array: &Array<'a>) -> Self {
        let dims = array.shape.try_into().expect("checked when shapes were inferred");
        Self { flags: array.bytes, dims }
    }

    /// Where the flags of a query's keys begin, from the key `first` on, and how far apart they are.
    fn row(&self, batch: usize, head: usize, query: usize, first: usize) -> (*const u8, usize) {
        let [b, h, q, k] = self.dims;
        let at = |index: usize, dim: usize| if dim == 1 { 0 } else { index };
        let row = (at(batch, b) * h + at(head, h)) * q + at(query, q);
        (self.flags[row * k + at(first, k)..].as_ptr(), usize::from(k > 1))
    }

    /// Put out the flags of keys that are hidden here.
    fn join(&self, batch: usize, head: usize, query: usize, first: usize, flags: &mut [u8]) {
        let (own, step) = self.row(batch, head, query, first);
        // SAFETY: there is a flag for each key, or one for all.
        let own = unsafe { slice::from_raw_parts(own, if step == 0 { 1 } else { flags.len() }) };
        if step == 0 {
            flags.iter_mut().for_each(|flag| *flag &= own[0]);
        } else {
            flags.iter_mut().zip(own).for_each(|(flag, own)| *flag &= own);
        }
    }
}
