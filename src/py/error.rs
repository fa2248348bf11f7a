//! The core's errors as Python's exceptions.

use crate::error::Error;
use pyo3::PyErr;
use pyo3::exceptions::{PyMemoryError, PyRuntimeError, PyTypeError, PyValueError};

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Value(message) => PyValueError::new_err(message),
            Error::Type(message) => PyTypeError::new_err(message),
            Error::Memory(message) => PyMemoryError::new_err(message),
            Error::Device(message) => PyRuntimeError::new_err(message),
            Error::Internal(message) => PyRuntimeError::new_err(format!("{message} (this is a fault of keraburn's)")),
        }
    }
}
