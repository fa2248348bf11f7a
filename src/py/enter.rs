//! The one door into Rust: it releases the GIL, keeps panics in, and knows when the process was forked.

use crate::error::{Error, Result};
use crate::guard::guarded;
use crate::kernels::denormal::Flushed;
use pyo3::marker::Ungil;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

/// Whether this process is the child of one that had threads: none of them came along.
static FORKED: AtomicBool = AtomicBool::new(false);
/// A forked child's own pool, made when it is first needed.
static CHILD: Mutex<Option<&'static ThreadPool>> = Mutex::new(None);

/// How many threads the pool was asked to have; 0 is one for each processor.
static THREADS: AtomicUsize = AtomicUsize::new(0);
static STARTED: Once = Once::new();

/// Run without the GIL; a panic becomes an ordinary error.
pub fn enter<T: Ungil + Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Ungil + Send) -> PyResult<T> {
    let work = || {
        if FORKED.load(Ordering::Relaxed) {
            child_pool()?.install(|| guarded(work))
        } else {
            // Fails only where somebody has made the pool before us; then that pool is used.
            STARTED.call_once(|| drop(pool_of(THREADS.load(Ordering::Relaxed)).build_global()));
            guarded(work)
        }
    };
    py.detach(work).map_err(PyErr::from)
}

fn child_pool() -> Result<&'static ThreadPool> {
    let mut pool = CHILD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = *pool {
        return Ok(known);
    }
    let made = pool_of(1).build();
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

/// A pool whose threads run kernels and nothing else; 0 threads are as many as there are processors.
fn pool_of(threads: usize) -> ThreadPoolBuilder {
    ThreadPoolBuilder::new().num_threads(threads).start_handler(|_| Flushed::for_ever())
}

/// Read `KERABURN_NUM_THREADS`, so that a wrong one is said at once; the threads start with the first work.
pub fn size_pool() -> PyResult<()> {
    let Ok(text) = std::env::var("KERABURN_NUM_THREADS") else { return Ok(()) };
    let threads = text.trim().parse::<usize>().ok().filter(|&threads| threads > 0).ok_or_else(|| {
        Error::value(format!("KERABURN_NUM_THREADS must be a positive integer. Received: KERABURN_NUM_THREADS={text}"))
    })?;
    THREADS.store(threads, Ordering::Relaxed);
    Ok(())
}
