//! Fused element-wise programs: a chain of functions run over pieces that stay in the first-level cache.
//!
//! A program walks one iteration space in row-major order, a chunk at a time. Its slots are registers (scratch of one
//! chunk), inputs and outputs; every function reads slots and writes one. Closings fold what a slot holds.

use super::map::{FoldMap, Map};
use super::memory::Buffer;
use std::cell::RefCell;
use std::ptr;

/// Elements in a chunk; a register of the widest type takes 4 KiB.
pub const CHUNK: usize = 512;
const REGISTER: usize = CHUNK * 8;
/// Elements that one thread takes at a time; smaller programs stay on one thread.
const BLOCK: usize = 16 * 1024;

/// Where memory begins: an entry of the table of bases, and bytes from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    pub base: usize,
    pub offset: usize,
}

impl Place {
    /// # Safety
    /// The base must exist and be valid at the offset.
    #[inline]
    pub(super) unsafe fn pointer(self, bases: &[*mut u8]) -> *mut u8 {
        debug_assert!(self.base < bases.len());
        // SAFETY: the caller's promise.
        unsafe { bases.get_unchecked(self.base).add(self.offset) }
    }
}

/// How a slot's elements follow the iteration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Walk {
    /// Element `i` is the `i`-th in memory.
    Contiguous,
    /// One element, everywhere.
    Scalar,
    /// Contiguous within a row of `inner` elements, and the same for every row.
    Row,
    /// Anything else: the iteration space as dimensions, with a stride for each.
    Strided { dims: Vec<usize>, strides: Vec<isize> },
}

#[derive(Debug, Clone)]
pub enum Slot {
    Register,
    /// Memory outside of the program, of elements of `size` bytes.
    Memory {
        place: Place,
        walk: Walk,
        size: usize,
    },
}

/// `slots[target] = map(slots[operands..])`.
#[derive(Debug, Clone)]
pub struct Instruction {
    pub map: Map,
    pub operands: [usize; 3],
    pub target: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every row of `inner` elements becomes one element.
    Rows,
    /// The rows are folded into one row.
    Columns,
    /// Every stretch of so many elements, whole rows, is folded into one row.
    Groups(usize),
    /// Everything becomes one element.
    All,
}

/// A fold of a slot into memory.
#[derive(Debug, Clone)]
pub struct Closing {
    pub slot: usize,
    pub extent: Extent,
    pub fold: FoldMap,
    /// The fold of two, element by element.
    pub combine: Map,
    pub identity: [u8; 8],
    pub size: usize,
    /// Elements that come of it.
    pub length: usize,
    pub place: Place,
}

impl Closing {
    /// # Safety
    /// `target` holds `length` elements.
    unsafe fn begin(&self, target: *mut u8, length: usize) {
        for i in 0..length {
            // SAFETY: the caller's promise.
            unsafe { ptr::copy_nonoverlapping(self.identity.as_ptr(), target.add(i * self.size), self.size) };
        }
    }
}

#[derive(Debug, Clone)]
pub struct Program {
    /// Elements of the iteration space.
    pub count: usize,
    /// Length of a row; chunks hold whole rows, or a piece of one.
    pub inner: usize,
    pub slots: Vec<Slot>,
    pub instructions: Vec<Instruction>,
    pub closings: Vec<Closing>,
}

thread_local! {
    static SCRATCH: RefCell<Buffer> = RefCell::new(Buffer::new(0));
}

impl Program {
    /// Elements between two places where the space may be cut.
    fn grain(&self) -> usize {
        if self.inner > CHUNK { self.inner } else { CHUNK / self.inner.max(1) * self.inner.max(1) }
    }

    /// Whether it is cut into blocks that threads may share.
    pub fn is_wide(&self) -> bool {
        self.count > BLOCK
    }

    /// # Safety
    /// Every place must be valid for the elements that its slot or closing touches, and what is written must overlap
    /// nothing else that the program reads, except element by element in step.
    pub unsafe fn run(&self, bases: &[*mut u8]) {
        let count = self.count;
        let grain = self.grain();
        let pieces = self.closings.iter().any(|closing| matches!(closing.extent, Extent::Columns | Extent::All));
        let group = self.closings.iter().find_map(|closing| match closing.extent {
            Extent::Groups(length) => Some(length),
            Extent::Rows | Extent::Columns | Extent::All => None,
        });
        let unit = group.unwrap_or(grain).max(1);
        // The cut depends on the shape alone, so that results do not depend on the number of threads.
        let block = BLOCK.max(unit) / unit * unit;
        let blocks = count.div_ceil(block).max(1);
        // SAFETY: the caller's promise, for all that follows.
        unsafe {
            if count == 0 {
                self.closings.iter().for_each(|closing| closing.begin(closing.place.pointer(bases), closing.length));
            } else if blocks == 1 {
                let targets: Targets = self.closings.iter().map(|closing| closing.place.pointer(bases)).collect();
                self.block(bases, 0, count, &targets);
            } else if pieces {
                self.blocks_with_partials(bases, block, blocks);
            } else {
                let targets: Targets = self.closings.iter().map(|closing| closing.place.pointer(bases)).collect();
                parallel(blocks, bases, &|bases, index| {
                    self.block(bases, index * block, block.min(count - index * block), &targets);
                });
            }
        }
    }

    /// Each block folds into memory of its own; then these are combined in order.
    unsafe fn blocks_with_partials(&self, bases: &[*mut u8], block: usize, blocks: usize) {
        let count = self.count;
        let widths: Vec<usize> = self.closings.iter().map(|closing| self.width(closing) * closing.size).collect();
        let starts: Vec<usize> = widths
            .iter()
            .scan(0, |next, width| {
                let start = *next;
                *next += width.next_multiple_of(64);
                Some(start)
            })
            .collect();
        let stride = starts.last().unwrap_or(&0) + widths.last().unwrap_or(&0).next_multiple_of(64);
        let partials = Buffer::new(stride * blocks);
        // SAFETY: the caller's promise; partials hold `stride` bytes for each block.
        unsafe {
            let own = |index: usize, closing: usize| partials.as_ptr().add(index * stride + starts[closing]);
            parallel(blocks, bases, &|bases, index| {
                let targets: Targets = (self.closings.iter().enumerate())
                    .map(|(i, closing)| match closing.extent {
                        Extent::Rows | Extent::Groups(_) => closing.place.pointer(bases),
                        Extent::Columns | Extent::All => own(index, i),
                    })
                    .collect();
                self.block(bases, index * block, block.min(count - index * block), &targets);
            });
            for (i, closing) in self.closings.iter().enumerate() {
                if self.width(closing) == 0 {
                    continue;
                }
                let target = closing.place.pointer(bases);
                ptr::copy_nonoverlapping(own(0, i), target, widths[i]);
                for index in 1..blocks {
                    (closing.combine)(target, target, own(index, i), ptr::null(), self.width(closing));
                }
            }
        }
    }

    /// Elements that all blocks fold into.
    fn width(&self, closing: &Closing) -> usize {
        match closing.extent {
            Extent::Rows | Extent::Groups(_) => 0,
            Extent::Columns => self.inner,
            Extent::All => 1,
        }
    }

    /// Run `len` elements from `start` on; `targets` is where each closing folds to.
    unsafe fn block(&self, bases: &[*mut u8], start: usize, len: usize, targets: &[*mut u8]) {
        // SAFETY: the caller's promise throughout; a register holds one chunk of the widest type.
        unsafe {
            for (closing, &target) in self.closings.iter().zip(targets) {
                closing.begin(target, self.width(closing));
            }
            SCRATCH.with_borrow_mut(|scratch| {
                if scratch.len() < self.slots.len() * REGISTER {
                    *scratch = Buffer::zeroed(self.slots.len() * REGISTER);
                }
                let mut pointers = [ptr::null_mut::<u8>(); 64];
                let mut spilled;
                let pointers: &mut [*mut u8] = if self.slots.len() <= 64 {
                    &mut pointers[..self.slots.len()]
                } else {
                    spilled = vec![ptr::null_mut(); self.slots.len()];
                    &mut spilled
                };
                self.prepare(bases, scratch.as_ptr(), len.min(self.grain()), pointers);
                let whole = self.inner <= CHUNK;
                let end = start + len;
                let mut at = start;
                while at < end {
                    let n = if whole {
                        self.grain().min(end - at)
                    } else {
                        CHUNK.min(self.inner - at % self.inner).min(end - at)
                    };
                    self.chunk(bases, scratch.as_ptr(), at, n, pointers, targets);
                    at += n;
                }
            });
        }
    }

    /// Point every slot at what does not move from chunk to chunk, and fill what never changes.
    unsafe fn prepare(&self, bases: &[*mut u8], scratch: *mut u8, n: usize, pointers: &mut [*mut u8]) {
        for (index, (slot, pointer)) in self.slots.iter().zip(pointers).enumerate() {
            // SAFETY: one register for each slot; the caller's promise for memory.
            unsafe {
                let register = scratch.add(index * REGISTER);
                *pointer = match slot {
                    Slot::Register => register,
                    Slot::Memory { place, walk, size } => match walk {
                        Walk::Contiguous | Walk::Scalar => place.pointer(bases),
                        Walk::Row if self.inner <= CHUNK => {
                            let row = self.inner * size;
                            for start in (0..n * size).step_by(row) {
                                ptr::copy_nonoverlapping(place.pointer(bases), register.add(start), row);
                            }
                            register
                        }
                        Walk::Row => place.pointer(bases),
                        Walk::Strided { .. } => register,
                    },
                };
            }
        }
    }

    unsafe fn chunk(
        &self,
        bases: &[*mut u8],
        scratch: *mut u8,
        start: usize,
        n: usize,
        pointers: &mut [*mut u8],
        targets: &[*mut u8],
    ) {
        // SAFETY: the caller's promise; every index was checked when the program was made.
        unsafe {
            for (index, (slot, pointer)) in self.slots.iter().zip(pointers.iter_mut()).enumerate() {
                let Slot::Memory { place, walk, size } = slot else { continue };
                match walk {
                    Walk::Contiguous => *pointer = place.pointer(bases).add(start * size),
                    Walk::Scalar => {}
                    Walk::Row if self.inner <= CHUNK => {}
                    Walk::Row => *pointer = place.pointer(bases).add(start % self.inner * size),
                    Walk::Strided { dims, strides } => {
                        let register = scratch.add(index * REGISTER);
                        let source = place.pointer(bases);
                        match size {
                            1 => gather::<u8>(register, source, dims, strides, start, n),
                            4 => gather::<u32>(register, source, dims, strides, start, n),
                            _ => gather::<u64>(register, source, dims, strides, start, n),
                        }
                    }
                }
            }
            let slot = |index: usize| *pointers.get_unchecked(index);
            for Instruction { map, operands: [a, b, c], target } in &self.instructions {
                map(slot(*target), slot(*a), slot(*b), slot(*c), n);
            }
            for (closing, &target) in self.closings.iter().zip(targets) {
                self.close(closing, slot(closing.slot), target, start, n);
            }
        }
    }

    /// Fold a chunk.
    unsafe fn close(&self, closing: &Closing, value: *const u8, target: *mut u8, start: usize, n: usize) {
        let (inner, size) = (self.inner, closing.size);
        // SAFETY: the caller's promise; rows and columns lie within the target.
        unsafe {
            match closing.extent {
                Extent::All => (closing.fold)(target, value, n),
                Extent::Rows => {
                    let mut at = 0;
                    while at < n {
                        let column = (start + at) % inner;
                        let len = (inner - column).min(n - at);
                        let accumulator = target.add((start + at) / inner * size);
                        if column == 0 {
                            closing.begin(accumulator, 1);
                        }
                        (closing.fold)(accumulator, value.add(at * size), len);
                        at += len;
                    }
                }
                Extent::Columns => {
                    let mut at = 0;
                    while at < n {
                        let column = (start + at) % inner;
                        let len = (inner - column).min(n - at);
                        let accumulator = target.add(column * size);
                        (closing.combine)(accumulator, accumulator, value.add(at * size), ptr::null(), len);
                        at += len;
                    }
                }
                Extent::Groups(group) => {
                    let mut at = 0;
                    while at < n {
                        let column = (start + at) % inner;
                        let len = (inner - column).min(n - at);
                        let accumulator = target.add(((start + at) / group * inner + column) * size);
                        if (start + at) % group < inner {
                            ptr::copy_nonoverlapping(value.add(at * size), accumulator, len * size);
                        } else {
                            (closing.combine)(accumulator, accumulator, value.add(at * size), ptr::null(), len);
                        }
                        at += len;
                    }
                }
            }
        }
    }
}

type Targets = Vec<*mut u8>;

/// `run` for every index below `blocks`, on the current pool.
fn parallel(blocks: usize, bases: &[*mut u8], run: &(dyn Fn(&[*mut u8], usize) + '_)) {
    struct Shared<'a>(&'a [*mut u8], &'a (dyn Fn(&[*mut u8], usize) + 'a));
    // SAFETY: blocks write disjoint memory, by the promise of `Program::run`.
    unsafe impl Sync for Shared<'_> {}
    let shared = Shared(bases, run);
    let shared = &shared;
    if rayon::current_num_threads() == 1 {
        (0..blocks).for_each(|index| (shared.1)(shared.0, index));
        return;
    }
    rayon::scope(|scope| {
        let workers = rayon::current_num_threads().min(blocks);
        let next = std::sync::atomic::AtomicUsize::new(0);
        let next = std::sync::Arc::new(next);
        for _ in 0..workers {
            let next = next.clone();
            scope.spawn(move |_| {
                let shared: &Shared<'_> = shared;
                loop {
                    let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if index >= blocks {
                        break;
                    }
                    (shared.1)(shared.0, index);
                }
            });
        }
    });
}

/// Copy `n` elements from position `start` of a strided walk over `dims` to contiguous memory.
unsafe fn gather<T: Copy>(to: *mut u8, from: *const u8, dims: &[usize], strides: &[isize], start: usize, n: usize) {
    let (to, from) = (to.cast::<T>(), from.cast::<T>());
    let Some((&width, outer)) = dims.split_last() else {
        // SAFETY: a space without dimensions has one element.
        unsafe { *to = *from };
        return;
    };
    let stride = strides[outer.len()];
    // The last two dimensions are walked without divisions.
    let (height, step) = outer.last().map_or((1, 0), |&height| (height, strides[outer.len() - 1]));
    let copy = match width {
        1 => lines_of::<T, 1>,
        2 => lines_of::<T, 2>,
        3 => lines_of::<T, 3>,
        4 => lines_of::<T, 4>,
        _ => lines::<T>,
    };
    let mut done = 0;
    while done < n {
        let (row, column) = ((start + done) / width, (start + done) % width);
        let mut rest = row;
        let mut offset = column as isize * stride;
        for (&dim, &step) in outer.iter().zip(strides).rev() {
            offset += (rest % dim) as isize * step;
            rest /= dim;
        }
        let whole = if column == 0 { ((n - done) / width).min(height - row % height) } else { 0 };
        // SAFETY: the walk stays within the source, and `to` holds `n` elements, by the caller's promise.
        unsafe {
            let (source, target) = (from.offset(offset), to.add(done));
            if whole > 0 {
                copy(target, source, width, whole, stride, step);
                done += whole * width;
            } else {
                let len = (width - column).min(n - done);
                lines(target, source, len, 1, stride, step);
                done += len;
            }
        }
    }
}

/// Copy `count` lines of `width` elements, `stride` apart, each line's beginning `step` after the last one's.
unsafe fn lines<T: Copy>(to: *mut T, from: *const T, width: usize, count: usize, stride: isize, step: isize) {
    for line in 0..count {
        // SAFETY: the caller's promise.
        unsafe {
            let source = from.offset(line as isize * step);
            let target = to.add(line * width);
            match stride {
                1 => ptr::copy_nonoverlapping(source, target, width),
                0 => {
                    let value = *source;
                    (0..width).for_each(|i| *target.add(i) = value);
                }
                _ => (0..width).for_each(|i| *target.add(i) = *source.offset(i as isize * stride)),
            }
        }
    }
}

/// `lines` of a width that is known: pixels of a few channels.
unsafe fn lines_of<T: Copy, const WIDTH: usize>(
    to: *mut T,
    from: *const T,
    _: usize,
    count: usize,
    stride: isize,
    step: isize,
) {
    for line in 0..count {
        for i in 0..WIDTH {
            // SAFETY: the caller's promise.
            unsafe { *to.add(line * WIDTH + i) = *from.offset(line as isize * step + i as isize * stride) };
        }
    }
}
