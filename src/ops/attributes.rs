//! The named settings with which Python asks for an operation.

use crate::dtype::DType;
use crate::error::{Error, Result};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Ints(Vec<i64>),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(pub BTreeMap<String, Attribute>);

impl Attributes {
    fn get(&self, name: &str) -> Result<&Attribute> {
        self.0.get(name).ok_or_else(|| Error::internal(format!("The attribute {name} is missing. Received: {self:?}")))
    }

    fn unfit<T>(name: &str, expected: &str, attribute: &Attribute) -> Result<T> {
        Err(Error::dtype(format!("`{name}` must be {expected}. Received: {name}={attribute:?}")))
    }

    pub fn bool(&self, name: &str) -> Result<bool> {
        match self.get(name)? {
            Attribute::Bool(value) => Ok(*value),
            other => Self::unfit(name, "a bool", other),
        }
    }

    pub fn int(&self, name: &str) -> Result<i64> {
        match self.get(name)? {
            Attribute::Int(value) => Ok(*value),
            other => Self::unfit(name, "an integer", other),
        }
    }

    pub fn float(&self, name: &str) -> Result<f64> {
        match self.get(name)? {
            Attribute::Float(value) => Ok(*value),
            Attribute::Int(value) => Ok(*value as f64),
            other => Self::unfit(name, "a number", other),
        }
    }

    pub fn text(&self, name: &str) -> Result<&str> {
        match self.get(name)? {
            Attribute::Text(value) => Ok(value),
            other => Self::unfit(name, "a string", other),
        }
    }

    pub fn dtype(&self, name: &str) -> Result<DType> {
        DType::parse(self.text(name)?)
    }

    /// A size or an axis: an integer of at least 0.
    pub fn size(&self, name: &str) -> Result<usize> {
        let value = self.int(name)?;
        usize::try_from(value)
            .map_err(|_| Error::value(format!("`{name}` must not be negative. Received: {name}={value}")))
    }

    pub fn sizes(&self, name: &str) -> Result<Vec<usize>> {
        match self.get(name)? {
            Attribute::Ints(values) if values.iter().all(|&value| value >= 0) => {
                Ok(values.iter().map(|&value| value as usize).collect())
            }
            Attribute::Ints(values) => {
                Err(Error::value(format!("`{name}` must not hold negative values. Received: {name}={values:?}")))
            }
            other => Self::unfit(name, "a list of integers", other),
        }
    }
}
