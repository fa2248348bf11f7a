//! The module that Python sees; nothing else names pyo3.

mod array;
mod device;
mod enter;
mod error;
mod graph;
mod text;
mod train;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::array::Tensor;
    #[pymodule_export]
    use super::device::{adapters, device_waits, devices, find_device, keep_shaders, machine_memory, save_shaders};
    #[pymodule_export]
    use super::enter::after_fork;
    #[pymodule_export]
    use super::graph::{Graph, operations, oracle_gradients, reference, run};
    #[pymodule_export]
    use super::text::{
        Lookup, Pipeline, WordCounts, count_words, hash_crosses, hash_integers, hash_strings, number_words,
    };
    #[pymodule_export]
    use super::train::{Data, Runner, Step, Variable};
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::enter::size_pool()?;
        super::enter::watch_forks(module)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
