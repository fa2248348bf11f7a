//! The contract of kernels that are not element-wise: contiguous arrays in, one contiguous array out.

use crate::dtype::DType;
use std::fmt::Debug;
use std::sync::Arc;

/// A contiguous array; `bytes` is aligned to its element type.
#[derive(Clone, Copy)]
pub struct Array<'a> {
    pub bytes: &'a [u8],
    pub shape: &'a [usize],
    pub dtype: DType,
}

/// A contiguous array to fill; what it holds before is unspecified.
pub struct ArrayMut<'a> {
    pub bytes: &'a mut [u8],
    pub shape: &'a [usize],
    pub dtype: DType,
}

pub trait Kernel: Debug + Send + Sync {
    /// Fill `output`; the error is a text for the user about the values (not the shapes) of the inputs.
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String>;

    /// Whether the first input may be the output's own memory; it is then given without bytes.
    fn in_place(&self) -> bool {
        false
    }

    /// Whether the kernel takes an input that repeats itself along an axis as one of size one there.
    fn repeats(&self, _input: usize) -> bool {
        false
    }

    /// The kernel that adds a row, its last input, to every row of the result, if there is one.
    fn with_bias(&self) -> Option<Arc<dyn Kernel>> {
        None
    }

    /// The kernel whose result is `max(x, 0)` of this one's, if there is one.
    fn with_relu(&self) -> Option<Arc<dyn Kernel>> {
        None
    }
}
