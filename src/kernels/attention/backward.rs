//! Gradients of queries, keys and values, from scores that are computed once more.

use super::rows::{Row, Rows};
use super::{HIDDEN, How, KEYS, Masks, QUERIES, Scores};
use crate::dtype::DType;
use crate::kernels::data::{Array, ArrayMut, Kernel};
use crate::kernels::gemm::{Finish, Gemm};
use crate::kernels::lanes::Real;
use crate::kernels::memory::Buffer;
use crate::kernels::typed::{view, view_mut};
use rayon::prelude::*;

/// Inputs: the gradient of the outputs, what [`Forward`](super::Forward) gave, and its inputs. Output: the gradients of
/// queries, keys and values, flat, one after the other.
#[derive(Debug, Clone)]
pub struct Backward(pub How);

impl Kernel for Backward {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if inputs[0].dtype == DType::Float32 {
            self.blocks::<f32>(inputs, view_mut(output.bytes));
        } else {
            self.blocks::<f64>(inputs, view_mut(output.bytes));
        }
        Ok(())
    }

    fn repeats(&self, input: usize) -> bool {
        input >= 5
    }
}

impl Backward {
    fn blocks<T: Real>(&self, inputs: &[Array<'_>], output: &mut [T]) {
        let scores = Scores::of(self.0, &inputs[2..]);
        let sizes = scores.sizes;
        let [queries, keys, values] = sizes.inputs();
        assert_eq!(output.len(), queries + keys + values);
        output.fill(T::ZERO);
        let (dq, rest) = output.split_at_mut(queries);
        let (dk, dv) = rest.split_at_mut(keys);
        let (outputs, rest) = view::<T>(inputs[1].bytes).split_at(sizes.outputs());
        let (most, sums) = rest.split_at(sizes.rows());
        let walk = Walk {
            scores,
            rows: Rows::new(),
            grad: view::<T>(inputs[0].bytes),
            outputs,
            most,
            sums,
            queries: view::<T>(inputs[2].bytes),
            keys: view::<T>(inputs[3].bytes),
            values: view::<T>(inputs[4].bytes),
            masks: Masks::of(&inputs[5..]),
            dq: dq.as_mut_ptr(),
            dk: dk.as_mut_ptr(),
            dv: dv.as_mut_ptr(),
        };
        (0..sizes.batch * sizes.shared).into_par_iter().for_each(|unit| {
            // SAFETY: the arrays have the shapes of these sizes; every unit is another head of keys.
            unsafe { walk.head(unit / sizes.shared, unit % sizes.shared) }
        });
    }
}

struct Walk<'a, T> {
    scores: Scores,
    rows: Rows<T>,
    grad: &'a [T],
    outputs: &'a [T],
    most: &'a [T],
    sums: &'a [T],
    queries: &'a [T],
    keys: &'a [T],
    values: &'a [T],
    masks: Masks<'a>,
    dq: *mut T,
    dk: *mut T,
    dv: *mut T,
}

// SAFETY: threads write to the rows of different heads.
unsafe impl<T: Sync> Sync for Walk<'_, T> {}

impl<T: Real> Walk<'_, T> {
    /// A head of keys, with all that attend to it.
    ///
    /// # Safety
    /// The arrays are as the sizes say; nobody else has this head.
    unsafe fn head(&self, batch: usize, shared: usize) {
        let sizes = self.scores.sizes;
        let room = Buffer::new(2 * KEYS * QUERIES * size_of::<T>());
        for head in shared * sizes.group()..(shared + 1) * sizes.group() {
            for first in (0..sizes.queries).step_by(QUERIES) {
                // SAFETY: the caller's promise; the room holds two blocks.
                unsafe { self.block(batch, shared, head, first, room.as_ptr().cast()) }
            }
        }
    }

    /// Some queries, from `first` on.
    unsafe fn block(&self, batch: usize, shared: usize, head: usize, first: usize, scores: *mut T) {
        let sizes = self.scores.sizes;
        let grads = scores.wrapping_add(KEYS * QUERIES);
        let count = QUERIES.min(sizes.queries - first);
        let query = (batch * sizes.queries + first) * sizes.heads + head;
        let (q_step, v_step) = ((sizes.heads * sizes.size) as isize, (sizes.heads * sizes.width) as isize);
        let (k_step, w_step) = ((sizes.shared * sizes.size) as isize, (sizes.shared * sizes.width) as isize);
        let q = self.queries[query * sizes.size..].as_ptr();
        let grad = self.grad[query * sizes.width..].as_ptr();
        let output = self.outputs[query * sizes.width..].as_ptr();
        let mut shifts = [T::ZERO; QUERIES];
        for (i, shift) in shifts.iter_mut().enumerate().take(count) {
            let at = i as isize * v_step;
            // SAFETY: the caller's promise.
            *shift = unsafe { (self.rows.dot)(grad.offset(at), output.offset(at), sizes.width) };
        }
        let (blind, reach) = self.scores.reach(&self.masks, batch, head, first..first + count);
        let mut flags = [0; KEYS];
        for start in (0..reach).step_by(KEYS) {
            let wide = KEYS.min(reach - start);
            let row = (batch * sizes.keys + start) * sizes.shared + shared;
            let (k, v) = (self.keys[row * sizes.size..].as_ptr(), self.values[row * sizes.width..].as_ptr());
            let square = Gemm { m: count, n: wide, k: 0, a_rs: 0, a_cs: 1, b_rs: 1, b_cs: 0, c_rs: wide as isize };
            let turned = Gemm { m: wide, n: 0, k: count, a_rs: 1, a_cs: wide as isize, b_rs: 0, b_cs: 1, c_rs: 0 };
            let more = Finish { accumulate: true, ..Finish::PLAIN };
            // SAFETY: the caller's promise; the room holds a block of scores and of their gradients.
            unsafe {
                let product = Gemm { k: sizes.size, a_rs: q_step, b_cs: k_step, ..square };
                product.run(q, k, scores, &Finish::PLAIN, 1);
                let product = Gemm { k: sizes.width, a_rs: v_step, b_cs: w_step, ..square };
                product.run(grad, v, grads, &Finish::PLAIN, 1);
                for (i, &shift) in shifts.iter().enumerate().take(count) {
                    let (place, keys) = ((batch, head, first + i), (start, wide));
                    let (seen, flags) = self.scores.visible(&self.masks, place, blind[i], keys, &mut flags);
                    let row = Row {
                        scores: scores.add(i * wide),
                        count: wide,
                        seen,
                        scale: T::of(self.scores.how.scale),
                        flags,
                        hidden: T::of(HIDDEN) * T::MAX,
                    };
                    let place = (batch * sizes.heads + head) * sizes.queries + first + i;
                    (self.rows.back)(&row, grads.add(i * wide), self.most[place], self.sums[place], shift);
                }
                let product = Gemm { n: sizes.width, b_rs: v_step, c_rs: w_step, ..turned };
                product.run(scores, grad, self.dv.add(row * sizes.width), &more, 1);
                let product = Gemm { n: sizes.size, b_rs: q_step, c_rs: k_step, ..turned };
                product.run(grads, q, self.dk.add(row * sizes.size), &more, 1);
                let product = Gemm {
                    m: count,
                    n: sizes.size,
                    k: wide,
                    a_rs: wide as isize,
                    a_cs: 1,
                    b_rs: k_step,
                    b_cs: 1,
                    c_rs: q_step,
                };
                product.run(grads, k, self.dq.add(query * sizes.size), &more, 1);
            }
        }
    }
}
