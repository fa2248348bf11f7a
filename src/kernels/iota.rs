//! Positions as numbers.

use super::data::{Array, ArrayMut, Kernel};
use crate::dtype::DType;

/// Each element's position along an axis.
#[derive(Debug, Clone)]
pub struct Iota {
    pub axis: usize,
}

impl Kernel for Iota {
    fn run(&self, _: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        let inner: usize = output.shape[self.axis + 1..].iter().product();
        let width = output.shape[self.axis];
        let size = output.dtype.size();
        for (index, element) in output.bytes.chunks_exact_mut(size).enumerate() {
            let position = index / inner % width;
            match output.dtype {
                DType::Float32 => element.copy_from_slice(&(position as f32).to_ne_bytes()),
                DType::Float64 => element.copy_from_slice(&(position as f64).to_ne_bytes()),
                DType::Int32 => element.copy_from_slice(&(position as i32).to_ne_bytes()),
                DType::Int64 => element.copy_from_slice(&(position as i64).to_ne_bytes()),
                DType::Uint8 | DType::Bool => element[0] = position as u8,
            }
        }
        Ok(())
    }
}
