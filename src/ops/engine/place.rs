//! The memories of a device: a GPU has its own, and leaves to the processor what shaders know no type for.

use super::host::Plain;
use super::{Value, bytes_of, upload};
use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::guard::said;
use crate::shape::Spec;
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor, DispatchTensorKind};
use burn::tensor::{BoolDType, read_sync};
use std::sync::atomic::{AtomicUsize, Ordering};

impl Value {
    /// The same array in the memory where its device keeps `dtype`, for an operation on both.
    pub(super) fn beside(&self, dtype: DType) -> Self {
        if self.device.holds(dtype) == self.device.holds(self.dtype()) {
            return self.clone();
        }
        Self { tensor: in_memory(self.plain(), &self.spec, self.device, dtype), ..self.clone() }
    }

    /// How comparisons of it keep the truth.
    pub(super) fn truth(&self) -> BoolDType {
        truth(self.device, self.dtype())
    }
}

/// How the memory where a device keeps `dtype` keeps the truth.
pub(super) fn truth(device: Device, dtype: DType) -> BoolDType {
    if device.is_gpu() && device.holds(dtype) { BoolDType::U32 } else { BoolDType::Native }
}

/// A tensor of that type, moved into the memory where the device keeps `dtype`.
///
/// # Panics
/// If the device fails; every operation is guarded.
pub(super) fn in_memory(tensor: DispatchTensor, spec: &Spec, device: Device, dtype: DType) -> DispatchTensor {
    let with_processor = matches!(tensor.kind, DispatchTensorKind::Flex(_));
    if !device.is_gpu() || device.holds(dtype) != with_processor {
        return tensor;
    }
    let moved = bytes(tensor, spec.dtype).and_then(|bytes| upload(&bytes, spec, device, dtype));
    moved.unwrap_or_else(|error| panic!("{error}"))
}

static WAITS: AtomicUsize = AtomicUsize::new(0);

/// How often this process waited for a device other than the processor to give its memory back.
pub fn waits() -> usize {
    WAITS.load(Ordering::Relaxed)
}

/// Its elements: row-major, little-endian.
pub(super) fn bytes(tensor: DispatchTensor, dtype: DType) -> Result<Vec<u8>> {
    if !matches!(tensor.kind, DispatchTensorKind::Flex(_)) {
        WAITS.fetch_add(1, Ordering::Relaxed);
    }
    let data = match super::Kind::of(dtype) {
        super::Kind::Float => read_sync(Dispatch::float_into_data(tensor)),
        super::Kind::Int => read_sync(Dispatch::int_into_data(tensor)),
        super::Kind::Bool => read_sync(Dispatch::bool_into_data(tensor)),
    };
    let data = data.map_err(|error| said(&error.to_string()))?;
    bytes_of(&data, dtype).map_err(|error| said(&format!("{error:?}")))
}

/// The least and the greatest of some integers.
pub(super) fn bounds(bytes: &[u8], dtype: DType) -> Option<(i64, i64)> {
    fn ends<T: Copy + Ord + Into<i64>>(elements: &[T]) -> Option<(i64, i64)> {
        Some(((*elements.iter().min()?).into(), (*elements.iter().max()?).into()))
    }
    match dtype {
        DType::Int32 => ends(&i32::read(bytes)),
        DType::Int64 => ends(&i64::read(bytes)),
        DType::Uint8 => ends(bytes),
        DType::Float32 | DType::Float64 | DType::Bool => None,
    }
}
