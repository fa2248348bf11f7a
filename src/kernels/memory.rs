//! Memory that kernels work on.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::slice;
use std::sync::OnceLock;

/// A cache line, and the widest vector.
const ALIGNMENT: usize = 64;

/// The memory of this machine in bytes, where it can be known.
pub fn physical() -> Option<usize> {
    static KNOWN: OnceLock<Option<usize>> = OnceLock::new();
    *KNOWN.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
        line.split_whitespace().nth(1)?.parse::<usize>().ok()?.checked_mul(1024)
    })
}

/// A fixed number of bytes, aligned for vectors.
#[derive(Debug)]
pub struct Buffer {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: a buffer owns its memory and gives it out by the usual borrowing rules.
unsafe impl Send for Buffer {}
// SAFETY: shared references only read.
unsafe impl Sync for Buffer {}

impl Buffer {
    fn layout(len: usize) -> Layout {
        // A whole number of vectors, so that kernels may always touch full lines.
        Layout::from_size_align(len.next_multiple_of(ALIGNMENT).max(ALIGNMENT), ALIGNMENT)
            .expect("a size that fits memory")
    }

    /// Zeroed memory; what the system gives as zeros is not written again.
    pub fn zeroed(len: usize) -> Self {
        Self::with(len, alloc_zeroed)
    }

    /// Memory whose content is unspecified but initialized from the allocator's point of view.
    pub fn new(len: usize) -> Self {
        Self::with(len, alloc)
    }

    fn with(len: usize, allocate: unsafe fn(Layout) -> *mut u8) -> Self {
        let layout = Self::layout(len);
        // SAFETY: the layout is never of size 0.
        let start = NonNull::new(unsafe { allocate(layout) }).unwrap_or_else(|| handle_alloc_error(layout));
        Self { start, len }
    }

    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut buffer = Self::new(bytes.len());
        buffer.bytes_mut().copy_from_slice(bytes);
        buffer
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `start` is valid for `len` bytes as long as `self` lives.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        Self::from_bytes(self.bytes())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.start.as_ptr(), Self::layout(self.len)) }
    }
}
