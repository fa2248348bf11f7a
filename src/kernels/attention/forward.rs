//! Outputs, and what their gradient needs of the scores: each query's largest one and sum of weights.

use super::rows::{Row, Rows};
use super::{HIDDEN, How, KEYS, Masks, QUERIES, Scores};
use crate::dtype::DType;
use crate::kernels::data::{Array, ArrayMut, Kernel};
use crate::kernels::gemm::{Finish, Gemm};
use crate::kernels::lanes::Real;
use crate::kernels::memory::Buffer;
use crate::kernels::typed::{view, view_mut};
use rayon::prelude::*;

/// Inputs: queries `[batch, queries, heads, size]`, keys `[batch, keys, shared, size]`, values
/// `[batch, keys, shared, width]` and any number of masks, see [`Mask`](super::Mask). Output:
/// [`Sizes::packed`](super::Sizes::packed).
#[derive(Debug, Clone)]
pub struct Forward(pub How);

impl Kernel for Forward {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if inputs[0].dtype == DType::Float32 {
            self.blocks::<f32>(inputs, view_mut(output.bytes));
        } else {
            self.blocks::<f64>(inputs, view_mut(output.bytes));
        }
        Ok(())
    }

    fn repeats(&self, input: usize) -> bool {
        input >= 3
    }
}

impl Forward {
    fn blocks<T: Real>(&self, inputs: &[Array<'_>], output: &mut [T]) {
        let scores = Scores::of(self.0, inputs);
        let sizes = scores.sizes;
        assert_eq!(output.len(), sizes.packed());
        let (outputs, rest) = output.split_at_mut(sizes.outputs());
        let (most, sums) = rest.split_at_mut(sizes.rows());
        let walk = Walk {
            scores,
            rows: Rows::new(),
            queries: view::<T>(inputs[0].bytes),
            keys: view::<T>(inputs[1].bytes),
            values: view::<T>(inputs[2].bytes),
            masks: Masks::of(&inputs[3..]),
            outputs: outputs.as_mut_ptr(),
            most: most.as_mut_ptr(),
            sums: sums.as_mut_ptr(),
        };
        let parts = sizes.queries.div_ceil(QUERIES);
        (0..sizes.batch * sizes.heads * parts).into_par_iter().for_each(|unit| {
            // SAFETY: the arrays have the shapes of these sizes; every unit is another block of queries of a head.
            unsafe { walk.block(unit / parts, unit % parts * QUERIES) }
        });
    }
}

struct Walk<'a, T> {
    scores: Scores,
    rows: Rows<T>,
    queries: &'a [T],
    keys: &'a [T],
    values: &'a [T],
    masks: Masks<'a>,
    outputs: *mut T,
    most: *mut T,
    sums: *mut T,
}

// SAFETY: threads write to the rows of different queries.
unsafe impl<T: Sync> Sync for Walk<'_, T> {}

impl<T: Real> Walk<'_, T> {
    /// Some queries, from `first` on, of one of all heads of the batch.
    ///
    /// # Safety
    /// The arrays are as the sizes say; nobody else has these queries.
    unsafe fn block(&self, place: usize, first: usize) {
        let sizes = self.scores.sizes;
        let (batch, head) = (place / sizes.heads, place % sizes.heads);
        let shared = head / sizes.group();
        let count = QUERIES.min(sizes.queries - first);
        let room = Buffer::new((KEYS + sizes.width) * QUERIES * size_of::<T>());
        let scores = room.as_ptr().cast::<T>();
        let sums = scores.wrapping_add(KEYS * QUERIES);
        let queries = self.queries[((batch * sizes.queries + first) * sizes.heads + head) * sizes.size..].as_ptr();
        let mut most = [T::of(f64::NEG_INFINITY); QUERIES];
        let mut totals = [T::ZERO; QUERIES];
        let (blind, reach) = self.scores.reach(&self.masks, batch, head, first..first + count);
        let mut flags = [0; KEYS];
        for start in (0..reach).step_by(KEYS) {
            let wide = KEYS.min(reach - start);
            let row = (batch * sizes.keys + start) * sizes.shared + shared;
            let product = Gemm {
                m: count,
                n: wide,
                k: sizes.size,
                a_rs: (sizes.heads * sizes.size) as isize,
                a_cs: 1,
                b_rs: 1,
                b_cs: (sizes.shared * sizes.size) as isize,
                c_rs: wide as isize,
            };
            // SAFETY: the caller's promise; the room holds a block of scores and of sums.
            unsafe {
                product.run(queries, self.keys[row * sizes.size..].as_ptr(), scores, &Finish::PLAIN, 1);
                for i in 0..count {
                    let (query, keys) = ((batch, head, first + i), (start, wide));
                    let (seen, flags) = self.scores.visible(&self.masks, query, blind[i], keys, &mut flags);
                    let row = Row {
                        scores: scores.add(i * wide),
                        count: wide,
                        seen,
                        scale: T::of(self.scores.how.scale),
                        flags,
                        hidden: T::of(HIDDEN) * T::MAX,
                    };
                    let width = if start == 0 { 0 } else { sizes.width };
                    (self.rows.soften)(&row, &mut most[i], &mut totals[i], sums.add(i * sizes.width), width);
                }
                let sum = Gemm {
                    m: count,
                    n: sizes.width,
                    k: wide,
                    a_rs: wide as isize,
                    a_cs: 1,
                    b_rs: (sizes.shared * sizes.width) as isize,
                    b_cs: 1,
                    c_rs: sizes.width as isize,
                };
                let finish = Finish { accumulate: start > 0, ..Finish::PLAIN };
                sum.run(scores, self.values[row * sizes.width..].as_ptr(), sums, &finish, 1);
            }
        }
        for (i, (&most, &total)) in most.iter().zip(&totals).take(count).enumerate() {
            let row = place * sizes.queries + first + i;
            let output = ((batch * sizes.queries + first + i) * sizes.heads + head) * sizes.width;
            // SAFETY: the caller's promise.
            unsafe {
                (self.rows.divide)(self.outputs.add(output), sums.add(i * sizes.width), total, sizes.width);
                *self.most.add(row) = most;
                *self.sums.add(row) = total;
            }
        }
    }
}
