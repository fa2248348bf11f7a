//! A product on one thread: the loops around the tiles.

use super::Float;
use super::kernels::{Kernels, TileFn};
use super::pack::with_room;
use super::split::{Job, Way};
use super::tile::{Gather, Tile};
use std::ptr;

/// The longest sum a tile makes before it is added to C. Sums are grouped by it: it is part of the result's definition.
const DEPTH: usize = 512;
/// How many columns of B are copied at once, so that its rows are read in long runs.
pub(super) const GROUP: usize = 64;

/// `C = finish(A · B)` on this thread.
///
/// # Safety
/// As [`Gemm::run`](super::Gemm::run), on a machine that has the kernels' instructions.
pub(super) unsafe fn product<T: Float>(kernels: &Kernels<T>, job: &Job<T>) {
    let g = &job.gemm;
    let widest = kernels.widest();
    // SAFETY: the caller's promise; the dot way is chosen for layouts that suit it alone; the room is as asked for.
    unsafe {
        if let Way::Dot { bias_step } = job.way {
            (kernels.dot)(g, job.a, job.b, job.c, &job.finish, bias_step);
        } else if g.b_cs == 1 && (g.k == 1 || g.b_rs.unsigned_abs() <= widest || g.m < 3 * widest / 2) {
            // Rows of B are contiguous, and close together or not read often.
            in_place(kernels, job);
        } else {
            with_room(depth(g.k) * GROUP.max(widest), |room| copied(kernels, job, room));
        }
    }
}

/// The length of the pieces of equal length that a sum over `k` is made of.
pub(super) fn depth(k: usize) -> usize {
    k.div_ceil(k.div_ceil(DEPTH).max(1))
}

/// Panel after panel of columns, each over all of `k`, with B read where it is.
///
/// # Safety
/// As [`product`], with `b_cs == 1`.
unsafe fn in_place<T: Float>(kernels: &Kernels<T>, job: &Job<T>) {
    let g = &job.gemm;
    let depth = depth(g.k);
    let mut j = 0;
    while j < g.n {
        // B must not be touched past its last column, so only a narrow tile may be wider than what is left.
        let vectors = ((g.n - j) / kernels.lanes).min(kernels.tiles.len());
        let (tiles, columns) = if vectors == 0 {
            (kernels.narrow, g.n - j)
        } else {
            (kernels.tiles[vectors - 1], vectors * kernels.lanes)
        };
        let mut p = 0;
        loop {
            let k = depth.min(g.k - p);
            // SAFETY: elements of the layout.
            unsafe {
                let b = job.b.wrapping_offset(p as isize * g.b_rs + j as isize);
                column_of_tiles(
                    job,
                    tiles,
                    (p, k),
                    (j, columns - vectors.saturating_sub(1) * kernels.lanes),
                    b,
                    g.b_rs,
                );
            }
            p += k;
            if p == g.k {
                break;
            }
        }
        j += columns;
    }
}

/// Group after group of columns, each over all of `k`, with B copied to `room` before it is read.
///
/// # Safety
/// As [`product`]; there is room for `depth(k)` rows of a group.
unsafe fn copied<T: Float>(kernels: &Kernels<T>, job: &Job<T>, room: *mut T) {
    let g = &job.gemm;
    let (widest, depth) = (kernels.widest(), depth(g.k));
    for first in (0..g.n).step_by(GROUP.max(widest)) {
        let end = g.n.min(first + GROUP.max(widest));
        // Where the panel at column `j` is, how many columns of C it covers and how many vectors it is wide.
        let panel = |j: usize| {
            let columns = widest.min(end - j);
            (room.wrapping_add(depth * (j - first)), columns, columns.div_ceil(kernels.lanes))
        };
        let mut p = 0;
        loop {
            let k = depth.min(g.k - p);
            for j in (first..end).step_by(widest) {
                let (panel, columns, vectors) = panel(j);
                // SAFETY: elements of the layout, and of the room.
                unsafe {
                    let b = job.b.wrapping_offset(p as isize * g.b_rs + j as isize * g.b_cs);
                    (kernels.pack)(b, (g.b_rs, g.b_cs), (k, columns), panel, vectors * kernels.lanes);
                }
            }
            for j in (first..end).step_by(widest) {
                let (panel, columns, vectors) = panel(j);
                let width = vectors * kernels.lanes;
                let tail = columns + kernels.lanes - width;
                // SAFETY: the panel has just been copied.
                unsafe {
                    column_of_tiles(job, kernels.tiles[vectors - 1], (p, k), (j, tail), panel, width as isize);
                }
            }
            p += k;
            if p == g.k {
                break;
            }
        }
    }
}

/// Tiles from the first row to the last, at column `j`, summing over `k` from `p` on; `b` is where B's rows are.
///
/// # Safety
/// As [`product`]; the tiles are as wide as the panel at `b`, whose last vector has `tail` columns.
unsafe fn column_of_tiles<T: Float>(
    job: &Job<T>,
    tiles: &[TileFn<T>],
    (p, k): (usize, usize),
    (j, tail): (usize, usize),
    b: *const T,
    b_rs: isize,
) {
    let Job { gemm: g, a, c, finish, .. } = job;
    let last = p + k == g.k;
    let mut tile = Tile {
        k,
        a: a.wrapping_offset(p as isize * g.a_cs),
        a_rs: g.a_rs,
        a_cs: g.a_cs,
        b,
        b_rs,
        c: c.wrapping_add(j),
        c_rs: g.c_rs,
        tail,
        bias: if last { finish.after(j).bias } else { ptr::null() },
        relu: finish.relu && last,
        accumulate: finish.accumulate || p > 0,
        gather: Gather::NONE,
    };
    // As few tiles as can be, of nearly equal height.
    let mut left = g.m;
    for tiles_left in (1..=g.m.div_ceil(tiles.len())).rev() {
        let rows = left.div_ceil(tiles_left);
        // SAFETY: `rows` of the rows that are left.
        unsafe { tiles[rows - 1](&tile) };
        tile.a = tile.a.wrapping_offset(rows as isize * g.a_rs);
        tile.c = tile.c.wrapping_offset(rows as isize * g.c_rs);
        left -= rows;
    }
}
