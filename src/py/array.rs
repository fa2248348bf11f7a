//! numpy's arrays and ours.

use crate::device::Device;
use crate::dtype::DType;
use crate::error::Error;
use crate::shape::{Shape, Spec};
use crate::tensor;
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use std::slice;

/// An immutable array on a device.
#[pyclass(frozen, name = "Tensor", module = "keraburn._core")]
pub struct Tensor(pub tensor::Tensor);

#[pymethods]
impl Tensor {
    #[new]
    fn new(py: Python<'_>, array: &Bound<'_, PyUntypedArray>, device: &str) -> PyResult<Self> {
        let device = Device::parse(device)?;
        let memory = Memory::of(array)?;
        super::enter::enter(py, || tensor::Tensor::from_bytes(memory.bytes(), memory.spec.clone(), device)).map(Self)
    }

    /// A number as a tensor without dimensions.
    #[staticmethod]
    fn scalar(value: f64, dtype: &str, device: &str) -> PyResult<Self> {
        Ok(Self(tensor::Tensor::scalar(value, DType::parse(dtype)?, Device::parse(device)?)?))
    }

    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.spec.shape.dims())
    }

    #[getter]
    fn dtype(&self) -> &'static str {
        self.0.spec.dtype.name()
    }

    #[getter]
    fn device(&self) -> &'static str {
        self.0.device().name()
    }

    /// The values, in an array of their own.
    fn numpy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let buffer = super::enter::enter(py, || self.0.to_host())?;
        let array = empty(py, &self.0.spec)?;
        let target = Memory::of(array.cast::<PyUntypedArray>()?)?;
        // SAFETY: the array was just made, nobody else has it.
        unsafe { target.bytes_mut() }.copy_from_slice(buffer.bytes());
        Ok(array)
    }

    /// The same values on another device.
    fn to(&self, py: Python<'_>, device: &str) -> PyResult<Self> {
        let device = Device::parse(device)?;
        super::enter::enter(py, || self.0.to_device(device)).map(Self)
    }
}

/// A new numpy array.
pub fn empty<'py>(py: Python<'py>, spec: &Spec) -> PyResult<Bound<'py, PyAny>> {
    static EMPTY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = EMPTY.import(py, "numpy", "empty")?;
    make.call1((PyTuple::new(py, spec.shape.dims())?, spec.dtype.name()))
}

/// The memory of a C-contiguous numpy array; whoever holds this keeps the array alive.
pub struct Memory {
    start: *mut u8,
    pub spec: Spec,
}

// SAFETY: the array stays alive with its owner, and numpy's memory may be read from any thread.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    pub fn of(array: &Bound<'_, PyUntypedArray>) -> PyResult<Self> {
        let dtype = element(array)?;
        if !array.is_c_contiguous() {
            return Err(Error::value(format!(
                "Expected an array that is contiguous in memory. Received: shape {:?}, strides {:?}",
                array.shape(),
                array.strides()
            ))
            .into());
        }
        // SAFETY: the object is an array by its type.
        let start = unsafe { (*array.as_array_ptr()).fields.data.cast::<u8>() };
        Ok(Self { start, spec: Spec::new(Shape::from(array.shape()), dtype) })
    }

    pub fn bytes(&self) -> &[u8] {
        if self.spec.bytes() == 0 {
            return &[];
        }
        // SAFETY: a contiguous array holds its elements from its start on.
        unsafe { slice::from_raw_parts(self.start, self.spec.bytes()) }
    }

    /// # Safety
    /// Nobody else may use the array meanwhile.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn bytes_mut(&self) -> &mut [u8] {
        if self.spec.bytes() == 0 {
            return &mut [];
        }
        // SAFETY: as above, and the caller's promise.
        unsafe { slice::from_raw_parts_mut(self.start, self.spec.bytes()) }
    }
}

fn element(array: &Bound<'_, PyUntypedArray>) -> PyResult<DType> {
    let descriptor = array.dtype();
    let native = !matches!(descriptor.byteorder(), b'>') || cfg!(target_endian = "big");
    let found = match (descriptor.kind(), descriptor.itemsize()) {
        (b'f', 4) => Some(DType::Float32),
        (b'f', 8) => Some(DType::Float64),
        (b'i', 4) => Some(DType::Int32),
        (b'i', 8) => Some(DType::Int64),
        (b'u', 1) => Some(DType::Uint8),
        (b'b', 1) => Some(DType::Bool),
        _ => None,
    };
    found.filter(|_| native).ok_or_else(|| {
        let known: Vec<_> = DType::ALL.iter().map(|dtype| dtype.name()).collect();
        Error::dtype(format!("Expected an array of one of {}. Received: dtype={descriptor}", known.join(", "))).into()
    })
}

/// An array of exactly this type and order, converted where it is not.
pub fn as_spec<'py>(array: &Bound<'py, PyAny>, spec: &Spec) -> PyResult<Bound<'py, PyUntypedArray>> {
    static CONVERT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if let Ok(own) = array.cast::<PyUntypedArray>()
        && own.is_c_contiguous()
        && element(own).is_ok_and(|dtype| dtype == spec.dtype)
    {
        return Ok(own.clone());
    }
    let convert = CONVERT.import(array.py(), "numpy", "ascontiguousarray")?;
    Ok(convert.call1((array, spec.dtype.name()))?.cast_into::<PyUntypedArray>()?)
}
