//! The one door into Rust: it releases the GIL and keeps panics in.

use crate::error::{Error, Result};
use crate::ops::engine;
use pyo3::marker::Ungil;
use pyo3::prelude::*;

/// Run without the GIL; a panic becomes an ordinary error.
pub fn enter<T: Ungil + Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Ungil + Send) -> PyResult<T> {
    py.detach(|| engine::guarded(work)).map_err(PyErr::from)
}

/// Size the thread pool by `KERABURN_NUM_THREADS`, where it is set.
pub fn start_threads() -> PyResult<()> {
    let Ok(text) = std::env::var("KERABURN_NUM_THREADS") else { return Ok(()) };
    let threads = text.trim().parse::<usize>().ok().filter(|&threads| threads > 0).ok_or_else(|| {
        Error::value(format!("KERABURN_NUM_THREADS must be a positive integer. Received: KERABURN_NUM_THREADS={text}"))
    })?;
    // Fails only where somebody has made the pool before us; then that pool is used.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    Ok(())
}
