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

    /// The keys that any query before `end` sees.
    fn reach(&self, end: usize) -> usize {
        if self.how.causal { end.min(self.sizes.keys) } else { self.sizes.keys }
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
}
