//! The devices of this build and of this machine.

use super::enter::enter;
use crate::device::{self, Device};
use crate::kernels::memory;
use crate::ops::engine;
use pyo3::prelude::*;

/// The names of the devices in this build, the default first.
#[pyfunction]
pub fn devices() -> Vec<&'static str> {
    device::names()
}

/// The machine's GPUs: each with the device's name, the adapter's, the API that reaches it, and the driver.
#[pyfunction]
pub fn adapters(py: Python<'_>) -> PyResult<Vec<(&'static str, String, &'static str, String)>> {
    let found = enter(py, device::adapters)?;
    Ok(found.into_iter().map(|each| (each.device.name(), each.name, each.api, each.driver)).collect())
}

/// The plain name of a device that is there.
#[pyfunction]
pub fn find_device(py: Python<'_>, name: &str) -> PyResult<&'static str> {
    enter(py, || Device::parse(name)).map(Device::name)
}

/// The folder for compiled shaders, from before the first use of a GPU.
#[pyfunction]
pub fn keep_shaders(folder: &str) {
    device::keep_shaders(folder);
}

/// Write what was compiled since for GPUs to that folder.
#[pyfunction]
pub fn save_shaders(py: Python<'_>) -> PyResult<()> {
    py.detach(device::save_shaders).map_err(PyErr::from)
}

/// How often this process waited for a GPU's memory.
#[pyfunction]
pub fn device_waits() -> usize {
    engine::waits()
}

/// The memory of this machine in bytes, where it can be known.
#[pyfunction]
pub fn machine_memory() -> Option<usize> {
    memory::physical()
}
