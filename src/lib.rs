//! keraburn's core: graphs of tensor operations, planned once and run without the GIL.

pub mod device;
pub mod dtype;
pub mod error;
pub mod graph;
pub mod guard;
pub mod kernels;
pub mod ops;
#[cfg(feature = "python")]
mod py;
pub mod shape;
pub mod tensor;
pub mod text;
pub mod train;

/// The system allocator gives large zeroed blocks back to the kernel after every step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
