//! The one error type of the core; `py::error` turns it into Python's exceptions.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A value, shape or attribute that does not fit: Python's ValueError.
    Value(String),
    /// An element type that does not fit: Python's TypeError.
    Type(String),
    /// More memory than the machine has: Python's MemoryError.
    Memory(String),
    /// A device that fails: Python's RuntimeError.
    Device(String),
    /// A fault of ours; a user should never see one.
    Internal(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn value(message: impl Into<String>) -> Self {
        Self::Value(message.into())
    }

    pub fn dtype(message: impl Into<String>) -> Self {
        Self::Type(message.into())
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(message)
            | Self::Type(message)
            | Self::Memory(message)
            | Self::Device(message)
            | Self::Internal(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}
