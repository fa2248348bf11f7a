//! The one door into Rust: it releases the GIL, keeps panics in, and knows when the process was forked.

use crate::error::{Error, Result};
use crate::ops::engine;
use pyo3::marker::Ungil;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Whether this process is the child of one that had threads: none of them came along.
static FORKED: AtomicBool = AtomicBool::new(false);
/// A forked child's own pool, made when it is first needed.
static CHILD: Mutex<Option<&'static ThreadPool>> = Mutex::new(None);

/// Run without the GIL; a panic becomes an ordinary error.
pub fn enter<T: Ungil + Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Ungil + Send) -> PyResult<T> {
    let guarded = || {
        if FORKED.load(Ordering::Relaxed) {
            child_pool()?.install(|| engine::guarded(work))
        } else {
            engine::guarded(work)
        }
    };
    py.detach(guarded).map_err(PyErr::from)
}

fn child_pool() -> Result<&'static ThreadPool> {
    let mut pool = CHILD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = *pool {
        return Ok(known);
    }
    let made = ThreadPoolBuilder::new().num_threads(1).build();
    let made = made.map_err(|error| Error::internal(format!("A forked process got no thread: {error}")))?;
    Ok(pool.insert(Box::leak(Box::new(made))))
}

/// What a child does right after a fork.
#[pyfunction]
pub fn after_fork() {
    FORKED.store(true, Ordering::Relaxed);
    // A pool of the parent, if it is a child itself, has lost its thread too.
    *CHILD.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// Have Python tell children that they are.
pub fn watch_forks(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let os = module.py().import("os")?;
    // Windows has no fork.
    if os.hasattr("register_at_fork")? {
        let arguments = pyo3::types::PyDict::new(module.py());
        arguments.set_item("after_in_child", module.getattr("after_fork")?)?;
        os.call_method("register_at_fork", (), Some(&arguments))?;
    }
    Ok(())
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
