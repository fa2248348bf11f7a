//! A product whose left operand and result are found by offsets: `C[i] = Σ A[rows[i] + steps[p]] · B[p]`.
//!
//! A convolution is such a product of an image as it lies in memory: what is added for a place of the window does not
//! depend on where the window is.

use super::block::{GROUP, depth};
use super::kernels::Kernels;
use super::pack::with_room;
use super::tile::{Gather, Tile};
use super::{Finish, Float};
use std::ptr;

/// The operands; offsets are in elements.
pub(crate) struct Gathered<'a, T> {
    pub(crate) a: *const T,
    pub(crate) rows: &'a [isize],
    pub(crate) steps: &'a [isize],
    pub(crate) b: *const T,
    /// B is made of runs of this many rows each, of which these are the first.
    pub(crate) run: usize,
    pub(crate) runs: &'a [isize],
    /// The distance between the rows of a run, and between columns.
    pub(crate) b_strides: (isize, isize),
    pub(crate) c: *mut T,
    /// Rows of C, whose `n` elements are contiguous.
    pub(crate) c_rows: &'a [isize],
    pub(crate) n: usize,
    pub(crate) finish: Finish<T>,
}

impl<T: Float> Gathered<'_, T> {
    /// Compute it on this thread.
    ///
    /// # Safety
    /// A is readable at all sums of a row's and a step's offset, B at `steps.len()` rows, C writable at all of its
    /// rows, and C overlaps neither; the bias is as in [`Gemm::run`](super::Gemm::run).
    pub(crate) unsafe fn run(&self) {
        debug_assert_eq!(self.rows.len(), self.c_rows.len());
        debug_assert_eq!(self.runs.len() * self.run, self.steps.len());
        // SAFETY: the caller's promise; the kernels were chosen for this machine.
        unsafe { self.with(T::kernels()) }
    }

    /// # Safety
    /// As [`Gathered::run`], on a machine that has the kernels' instructions.
    pub(super) unsafe fn with(&self, kernels: &Kernels<T>) {
        let widest = kernels.widest();
        let in_line = self.runs.len() == 1 && self.b_strides.1 == 1 && self.n.is_multiple_of(kernels.lanes);
        let near = self.b_strides.0.unsigned_abs() <= widest || self.rows.len() < 3 * widest / 2;
        // SAFETY: the caller's promise; the room is as asked for.
        unsafe {
            if self.steps.is_empty() || (in_line && near) {
                self.groups(kernels, ptr::null_mut());
            } else {
                with_room(depth(self.steps.len()) * GROUP.max(widest), |room| self.groups(kernels, room));
            }
        }
    }

    /// Group after group of columns, each over all steps; B is copied to `room` unless that is null.
    ///
    /// # Safety
    /// As [`Gathered::with`].
    unsafe fn groups(&self, kernels: &Kernels<T>, room: *mut T) {
        let (widest, k) = (kernels.widest(), self.steps.len());
        let depth = depth(k);
        for first in (0..self.n).step_by(GROUP.max(widest)) {
            let end = self.n.min(first + GROUP.max(widest));
            let panels = || (first..end).step_by(widest).map(|j| (j, widest.min(end - j)));
            let mut p = 0;
            loop {
                let piece = depth.min(k - p);
                // SAFETY: elements of the operands, and of the room.
                unsafe {
                    if !room.is_null() {
                        for (j, columns) in panels() {
                            let width = columns.next_multiple_of(kernels.lanes);
                            self.copy(kernels, (p, piece), (j, columns), room.add(depth * (j - first)), width);
                        }
                    }
                    for (j, columns) in panels() {
                        let vectors = columns.div_ceil(kernels.lanes);
                        let (b, b_rs) = if room.is_null() {
                            let offset = self.runs.first().copied().unwrap_or(0) + p as isize * self.b_strides.0;
                            (self.b.wrapping_offset(offset).wrapping_add(j), self.b_strides.0)
                        } else {
                            (room.add(depth * (j - first)).cast_const(), (vectors * kernels.lanes) as isize)
                        };
                        let tail = columns + kernels.lanes - vectors * kernels.lanes;
                        self.tiles(kernels, vectors, (p, piece), (j, tail), (b, b_rs));
                    }
                }
                p += piece;
                if p == k {
                    break;
                }
            }
        }
    }

    /// Copy rows `p..p + k` of B, at these columns, to a panel.
    ///
    /// # Safety
    /// As [`Gathered::with`]; the panel has room for `k` rows of this width.
    unsafe fn copy(
        &self,
        kernels: &Kernels<T>,
        (p, k): (usize, usize),
        (j, columns): (usize, usize),
        panel: *mut T,
        width: usize,
    ) {
        let (b_rs, b_cs) = self.b_strides;
        let mut at = p;
        while at < p + k {
            let (run, row) = (at / self.run, at % self.run);
            let rows = (self.run - row).min(p + k - at);
            let offset = self.runs[run] + row as isize * b_rs + j as isize * b_cs;
            // SAFETY: elements of B, and of the panel.
            unsafe {
                let to = panel.add((at - p) * width);
                (kernels.pack)(self.b.offset(offset), self.b_strides, (rows, columns), to, width);
            }
            at += rows;
        }
    }

    /// Tiles from the first row to the last, at column `j`.
    ///
    /// # Safety
    /// As [`Gathered::with`]; `b` has rows as wide as the tiles.
    unsafe fn tiles(
        &self,
        kernels: &Kernels<T>,
        vectors: usize,
        (p, k): (usize, usize),
        (j, tail): (usize, usize),
        (b, b_rs): (*const T, isize),
    ) {
        let tiles = kernels.gathered[vectors - 1];
        let last = p + k == self.steps.len();
        let mut tile = Tile {
            k,
            a: self.a,
            a_rs: 0,
            a_cs: 0,
            b,
            b_rs,
            c: self.c.wrapping_add(j),
            c_rs: 0,
            tail,
            bias: if last { self.finish.after(j).bias } else { ptr::null() },
            relu: self.finish.relu && last,
            accumulate: self.finish.accumulate || p > 0,
            gather: Gather { rows: self.rows.as_ptr(), steps: self.steps[p..].as_ptr(), c_rows: self.c_rows.as_ptr() },
        };
        let mut left = self.rows.len();
        for tiles_left in (1..=left.div_ceil(tiles.len())).rev() {
            let rows = left.div_ceil(tiles_left);
            // SAFETY: `rows` of the rows that are left.
            unsafe { tiles[rows - 1](&tile) };
            tile.gather.rows = tile.gather.rows.wrapping_add(rows);
            tile.gather.c_rows = tile.gather.c_rows.wrapping_add(rows);
            left -= rows;
        }
    }
}
