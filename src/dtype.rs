//! Element types.

use crate::error::{Error, Result};
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    Float32,
    Float64,
    Int32,
    Int64,
    Uint8,
    Bool,
}

impl DType {
    pub const ALL: [Self; 6] = [Self::Float32, Self::Float64, Self::Int32, Self::Int64, Self::Uint8, Self::Bool];

    /// Bytes an element takes.
    pub const fn size(self) -> usize {
        match self {
            Self::Float32 | Self::Int32 => 4,
            Self::Float64 | Self::Int64 => 8,
            Self::Uint8 | Self::Bool => 1,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Bool => "bool",
        }
    }

    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.name() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|dtype| dtype.name()).collect();
            Error::dtype(format!("Unknown dtype: expected one of {}. Received: {name}", known.join(", ")))
        })
    }

    pub const fn is_float(self) -> bool {
        matches!(self, Self::Float32 | Self::Float64)
    }

    pub const fn is_integer(self) -> bool {
        matches!(self, Self::Int32 | Self::Int64 | Self::Uint8)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
