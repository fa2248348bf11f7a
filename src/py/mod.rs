//! The module that Python sees; nothing else names pyo3.

mod array;
mod enter;
mod error;
mod graph;
mod train;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::array::Tensor;
    #[pymodule_export]
    use super::graph::{Graph, devices, operations, oracle_gradients, reference, run};
    #[pymodule_export]
    use super::train::{Data, Runner, Step, Variable};
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::enter::start_threads()?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
