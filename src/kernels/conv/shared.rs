//! Cutting work among threads, and memory that each keeps.

use crate::kernels::memory::Buffer;
use std::cell::RefCell;
use std::ops::Range;

thread_local! {
    static ROOM: RefCell<Buffer> = RefCell::new(Buffer::new(0));
}

/// Call `f` with room for `n` elements, which hold anything; `f` does not wait for other threads.
pub(super) fn with_room<T, R>(n: usize, f: impl FnOnce(*mut T) -> R) -> R {
    ROOM.with_borrow_mut(|room| {
        let needed = n * size_of::<T>();
        if room.len() < needed {
            *room = Buffer::new(needed);
        }
        f(room.as_ptr().cast())
    })
}

/// A pointer that threads write to different elements of.
#[derive(Clone, Copy)]
pub(super) struct Target<T>(pub(super) *mut T);

// SAFETY: whoever shares it promises that threads write to different elements.
unsafe impl<T> Send for Target<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Target<T> {}

/// A pointer that threads read from.
#[derive(Clone, Copy)]
pub(super) struct Source<T>(pub(super) *const T);

// SAFETY: nobody writes to what is read.
unsafe impl<T> Send for Source<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Source<T> {}

/// Do `work` on parts of two ranges, which may run at the same time; the first is cut before the second.
pub(super) fn split(
    rows: Range<usize>,
    columns: Range<usize>,
    parts: usize,
    work: &(impl Fn(Range<usize>, Range<usize>) + Sync),
) {
    if parts < 2 || (rows.len() < 2 && columns.len() < 2) {
        work(rows, columns);
        return;
    }
    let share = |range: &Range<usize>| range.start + (range.len() * (parts / 2) / parts).max(1);
    let (first, second) = (parts / 2, parts - parts / 2);
    if rows.len() > 1 {
        let middle = share(&rows);
        let other = columns.clone();
        let (left, right) = (rows.start..middle, middle..rows.end);
        rayon::join(|| split(left, columns, first, work), || split(right, other, second, work));
    } else {
        let middle = share(&columns);
        let other = rows.clone();
        let (left, right) = (columns.start..middle, middle..columns.end);
        rayon::join(|| split(rows, left, first, work), || split(other, right, second, work));
    }
}
