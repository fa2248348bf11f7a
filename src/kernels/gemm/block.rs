//! A product on one thread: the loops around the tiles.

use super::Float;
use super::kernels::Kernels;
use super::pack::with_room;
use super::split::{Job, Way};
use super::tile::Tile;

/// The longest sum a tile makes before it is added to C. Sums are grouped by it: it is part of the result's definition.
const DEPTH: usize = 512;
/// From this many rows on a panel of B is read often enough to be copied first.
const PACK_ROWS: usize = 96;

/// `C = finish(A · B)` on this thread.
///
/// # Safety
/// As [`Gemm::run`](super::Gemm::run), on a machine that has the kernels' instructions.
pub(super) unsafe fn product<T: Float>(kernels: &Kernels<T>, job: &Job<T>) {
    // SAFETY: the caller's promise; the dot way is chosen for layouts that suit it alone.
    unsafe {
        match job.way {
            Way::Tiles => panels(kernels, job),
            Way::Dot { bias_step } => {
                (kernels.dot)(&job.gemm, job.a, job.b, job.c, &job.finish, bias_step);
            }
        }
    }
}

/// Panel after panel of columns, each over all of `k`.
///
/// # Safety
/// As [`product`].
unsafe fn panels<T: Float>(kernels: &Kernels<T>, job: &Job<T>) {
    let Job { gemm: g, a, b, c, finish, way: _ } = job;
    let (lanes, most) = (kernels.lanes, kernels.tiles.len());
    let direct = g.b_cs == 1 && (g.m < PACK_ROWS || g.k == 1 || g.b_rs.unsigned_abs() <= lanes * most);
    let depth = g.k.div_ceil(g.k.div_ceil(DEPTH).max(1));
    let run = |room: *mut T| {
        let mut j = 0;
        while j < g.n {
            let left = g.n - j;
            // Read in place, B must not be touched past its last column.
            let narrow = direct && left < lanes;
            let vectors = if direct { (left / lanes).max(1) } else { left.div_ceil(lanes) }.min(most);
            let width = vectors * lanes;
            let columns = left.min(width);
            let tiles = if narrow { kernels.narrow } else { kernels.tiles[vectors - 1] };
            let mut p = 0;
            loop {
                let k = depth.min(g.k - p);
                let last = p + k == g.k;
                // SAFETY: elements of the layout; the room holds `depth` rows of the widest panel.
                unsafe {
                    let from = b.offset(p as isize * g.b_rs + j as isize * g.b_cs);
                    if !direct {
                        (kernels.pack)(from, (g.b_rs, g.b_cs), (k, columns), room, width);
                    }
                    let bias = last && !finish.bias.is_null();
                    let mut tile = Tile {
                        k,
                        a: a.offset(p as isize * g.a_cs),
                        a_rs: g.a_rs,
                        a_cs: g.a_cs,
                        b: if direct { from } else { room },
                        b_rs: if direct { g.b_rs } else { width as isize },
                        c: c.add(j),
                        c_rs: g.c_rs,
                        tail: columns - (vectors - 1) * lanes,
                        bias: if bias { finish.bias.add(j) } else { std::ptr::null() },
                        relu: finish.relu && last,
                        accumulate: finish.accumulate || p > 0,
                    };
                    let mut blocks = g.m.div_ceil(tiles.len());
                    let mut left = g.m;
                    while blocks > 0 {
                        let rows = left.div_ceil(blocks);
                        tiles[rows - 1](&tile);
                        tile.a = tile.a.wrapping_offset(rows as isize * g.a_rs);
                        tile.c = tile.c.wrapping_offset(rows as isize * g.c_rs);
                        left -= rows;
                        blocks -= 1;
                    }
                }
                p += k;
                if last {
                    break;
                }
            }
            j += columns;
        }
    };
    if direct { run(std::ptr::null_mut()) } else { with_room(depth * most * lanes, run) }
}
