//! Every primitive on burn's rank-free tensors: what runs on the devices that are not our own
//! processor kernels, the slow twin of those kernels, and, through burn's tape, an oracle for
//! gradients.
//!
//! Shapes are checked here before burn sees them: its rank-free layer checks little, and reads out
//! of bounds where batch dimensions disagree. A tensor of rank 0 is held as one of shape `[1]`, and
//! a result without elements never reaches an operation of burn.

/// Calls the float, int or bool form of an operation, by the element type.
macro_rules! kinds {
    ($dtype:expr; $float:ident $int:ident $bool:ident; $($arg:expr),* $(,)?) => {
        match $crate::ops::engine::Kind::of($dtype) {
            $crate::ops::engine::Kind::Float => burn::backend::Dispatch::$float($($arg),*),
            $crate::ops::engine::Kind::Int => burn::backend::Dispatch::$int($($arg),*),
            $crate::ops::engine::Kind::Bool => burn::backend::Dispatch::$bool($($arg),*),
        }
    };
}

mod binary;
mod convolution;
mod fold;
mod host;
mod index;
mod layout;
mod matmul;
mod number;
mod oracle;
mod place;
mod pooling;
mod unary;

pub use binary::{binary, select};
pub use convolution::Convolution;
pub use fold::{arg, cumulative, fold};
pub use host::host;
pub use index::{argsort, scatter, sort, take};
pub use layout::{broadcast_to, cast, concatenate, flip, pad, reshape, slice, transpose};
pub use matmul::matmul;
pub use oracle::{Gradients, backward};
pub use place::waits;
pub use pooling::Pooling;
pub use unary::unary;

use crate::device::Device;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{Shape, Spec};
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor, DispatchTensorKind, Scalar};
use burn::tensor::{BoolStore, DType as Held, DataError, FloatDType, IntDType, TensorData};
use host::Plain;
use place::truth;

/// Which family of burn's operations takes an element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Float,
    Int,
    Bool,
}

impl Kind {
    const fn of(dtype: DType) -> Self {
        match dtype {
            DType::Float32 | DType::Float64 => Self::Float,
            DType::Int32 | DType::Int64 | DType::Uint8 => Self::Int,
            DType::Bool => Self::Bool,
        }
    }
}

/// An array on a device. A clone shares the memory.
#[derive(Debug, Clone)]
pub struct Value {
    tensor: DispatchTensor,
    spec: Spec,
    device: Device,
    /// What the least and the greatest integer are at most, if they came to a GPU from here: indices are checked without
    /// waiting for it.
    bounds: Option<(i64, i64)>,
    /// The number that it is everywhere, if that came from here: burn takes it as a number.
    number: Option<f64>,
}

impl Value {
    /// The array whose row-major, little-endian elements are `bytes`.
    ///
    /// # Errors
    /// `bytes` of another length than `spec` asks for.
    pub fn upload(bytes: &[u8], spec: &Spec, device: &Device) -> Result<Self> {
        let tensor = upload(bytes, spec, *device, spec.dtype)?;
        let bounds = if device.is_gpu() { place::bounds(bytes, spec.dtype) } else { None };
        Ok(Self { tensor, spec: spec.clone(), device: *device, bounds, number: number::of(bytes, spec) })
    }

    /// Its elements: row-major, little-endian; a bool is one byte, 0 or 1.
    ///
    /// # Errors
    /// A device that fails to give its memory back.
    pub fn download(&self) -> Result<Vec<u8>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        place::bytes(self.plain(), self.dtype())
    }

    /// The same elements on another device.
    ///
    /// # Errors
    /// A device that fails.
    pub fn to(&self, device: Device) -> Result<Self> {
        if device == self.device { Ok(self.clone()) } else { Self::upload(&self.download()?, &self.spec, &device) }
    }

    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    pub fn shape(&self) -> &Shape {
        &self.spec.shape
    }

    pub fn dtype(&self) -> DType {
        self.spec.dtype
    }

    pub fn device(&self) -> Device {
        self.device
    }

    fn dims(&self) -> &[usize] {
        self.spec.shape.dims()
    }

    fn is_empty(&self) -> bool {
        self.shape().count() == 0
    }

    /// A result on the same device.
    fn with(&self, tensor: DispatchTensor, shape: impl Into<Shape>, dtype: DType) -> Self {
        let spec = Spec::new(shape, dtype);
        let tensor = place::in_memory(tensor, &spec, self.device, dtype);
        Self { tensor, spec, device: self.device, bounds: None, number: None }
    }

    /// A result of some of its elements, on the same device.
    fn of_same(&self, tensor: DispatchTensor, shape: impl Into<Shape>) -> Self {
        Self { bounds: self.bounds, number: self.number, ..self.with(tensor, shape, self.dtype()) }
    }

    /// The number that it is everywhere, if that is known and its gradient is not asked for.
    fn known(&self) -> Option<f64> {
        self.number.filter(|_| !self.tracked())
    }

    /// Whether all integers are known to lie in `low..high`.
    pub fn within(&self, low: i64, high: i64) -> bool {
        self.bounds.is_some_and(|(least, most)| low <= least && most < high)
    }

    /// A number everywhere, on the same device and of the same type.
    pub fn filled(&self, shape: impl Into<Shape>, number: f64) -> Self {
        Self::full(number, Spec::new(shape, self.dtype()), self.device)
    }

    /// Zeros on the same device, and of the same type.
    pub fn zeros(&self, shape: impl Into<Shape>) -> Self {
        self.filled(shape, 0.0)
    }

    /// The array of `spec` that is `value` everywhere.
    fn full(value: impl Into<Scalar>, spec: Spec, device: Device) -> Self {
        let (shape, place) = (held(&spec.shape).into(), device.dispatch(spec.dtype));
        let value: Scalar = value.into();
        let number = Some(value.elem::<f64>());
        let tensor = match Kind::of(spec.dtype) {
            Kind::Float => Dispatch::float_full(shape, value, &place, float_dtype(spec.dtype)),
            Kind::Int => Dispatch::int_full(shape, value, &place, int_dtype(spec.dtype)),
            Kind::Bool if value.elem::<f64>() == 0.0 => Dispatch::bool_zeros(shape, &place, truth(device, spec.dtype)),
            Kind::Bool => Dispatch::bool_ones(shape, &place, truth(device, spec.dtype)),
        };
        Self { tensor, spec, device, bounds: None, number }
    }

    /// The result without elements, if `spec` has none.
    fn vacant(&self, spec: &Spec) -> Option<Result<Self>> {
        (spec.shape.count() == 0).then(|| Self::upload(&[], spec, &self.device))
    }

    /// Its dimensions after as many of size 1 as make `rank`.
    fn ranked(&self, rank: usize) -> Vec<usize> {
        [&vec![1; rank.max(1) - self.shape().rank()][..], self.dims()].concat()
    }

    /// The tensor of it with as many dimensions as those that it meets in a function of elements.
    fn facing(&self, rank: usize) -> DispatchTensor {
        let dims = self.ranked(rank);
        let tensor = self.tensor.clone();
        if dims == held(self.shape()) {
            return tensor;
        }
        kinds!(self.dtype(); float_reshape int_reshape bool_reshape; tensor, dims.into())
    }

    /// The tensor of it that broadcasts to `shape`, which its own shape must.
    fn spread(&self, shape: &Shape) -> DispatchTensor {
        let (tensor, target) = (self.facing(shape.rank()), held(shape));
        if self.ranked(shape.rank()) == target {
            return tensor;
        }
        kinds!(self.dtype(); float_expand int_expand bool_expand; tensor, target.into())
    }

    /// Its tensor without the tape.
    fn plain(&self) -> DispatchTensor {
        match Kind::of(self.dtype()) {
            Kind::Float if self.tracked() => oracle::inner(self.tensor.clone()),
            Kind::Float | Kind::Int | Kind::Bool => self.tensor.clone(),
        }
    }

    /// Whether operations on it are written to burn's tape.
    fn tracked(&self) -> bool {
        matches!(self.tensor.kind, DispatchTensorKind::Autodiff(_))
    }
}

/// burn's tensor of elements in row-major order, in the memory where a device keeps `beside`.
fn upload(bytes: &[u8], spec: &Spec, device: Device, beside: DType) -> Result<DispatchTensor> {
    if bytes.len() != spec.bytes() {
        return Err(Error::internal(format!(
            "{} {} takes {} bytes. Received: {}",
            spec.dtype,
            spec.shape,
            spec.bytes(),
            bytes.len()
        )));
    }
    let shape = held(&spec.shape);
    let data = match spec.dtype {
        DType::Float32 => TensorData::new(f32::read(bytes), shape),
        DType::Float64 => TensorData::new(f64::read(bytes), shape),
        DType::Int32 => TensorData::new(i32::read(bytes), shape),
        DType::Int64 => TensorData::new(i64::read(bytes), shape),
        DType::Uint8 => TensorData::new(bytes.to_vec(), shape),
        DType::Bool => {
            let truths = TensorData::new(bytes.iter().map(|&byte| byte != 0).collect(), shape);
            truths.convert_dtype(place::truth(device, beside).into())
        }
    };
    let place = &device.dispatch(beside);
    Ok(kinds!(spec.dtype; float_from_data int_from_data bool_from_data; data, place))
}

/// The dimensions that burn's tensor of an array has.
fn held(shape: &Shape) -> Vec<usize> {
    if shape.rank() == 0 { vec![1] } else { shape.dims().to_vec() }
}

fn bytes_of(data: &TensorData, dtype: DType) -> std::result::Result<Vec<u8>, DataError> {
    Ok(match dtype {
        DType::Float32 => f32::write(data.as_slice::<f32>()?),
        DType::Float64 => f64::write(data.as_slice::<f64>()?),
        DType::Int32 => i32::write(data.as_slice::<i32>()?),
        DType::Int64 => i64::write(data.as_slice::<i64>()?),
        DType::Uint8 => data.as_slice::<u8>()?.to_vec(),
        DType::Bool => match data.dtype() {
            Held::Bool(BoolStore::U32) => {
                data.as_bytes().chunks_exact(4).map(|word| u8::from(word != [0; 4])).collect()
            }
            _ => data.as_bytes().iter().map(|&byte| u8::from(byte != 0)).collect(),
        },
    })
}

/// # Panics
/// If `dtype` is no float: `Kind` decides before.
fn float_dtype(dtype: DType) -> FloatDType {
    match dtype {
        DType::Float32 => FloatDType::F32,
        DType::Float64 => FloatDType::F64,
        DType::Int32 | DType::Int64 | DType::Uint8 | DType::Bool => unreachable!("{dtype}"),
    }
}

/// # Panics
/// If `dtype` is no integer: `Kind` decides before.
fn int_dtype(dtype: DType) -> IntDType {
    match dtype {
        DType::Int32 => IntDType::I32,
        DType::Int64 => IntDType::I64,
        DType::Uint8 => IntDType::U8,
        DType::Float32 | DType::Float64 | DType::Bool => unreachable!("{dtype}"),
    }
}

/// Whether a conversion of a number that the integer cannot hold saturates or wraps, instead of failing.
fn converts_any(device: Device) -> bool {
    match device {
        Device::Cpu => true,
        #[cfg(feature = "ndarray")]
        Device::NdArray => false,
        #[cfg(feature = "wgpu")]
        Device::Gpu(_) => false,
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod twins;

#[cfg(test)]
mod tests {
    use super::testing::{devices, range};
    use super::*;

    #[test]
    fn bytes_come_back_as_they_went() {
        for device in devices() {
            for dtype in DType::ALL {
                for shape in [&[][..], &[3], &[2, 0], &[2, 3, 4]] {
                    let spec = Spec::new(shape, dtype);
                    // A bool that is true may come as any byte but 0.
                    let bytes: Vec<u8> = (0..spec.bytes()).map(|i| (i * 37 % 64) as u8).collect();
                    let wanted: Vec<u8> = match dtype {
                        DType::Bool => bytes.iter().map(|&byte| u8::from(byte != 0)).collect(),
                        _ => bytes.clone(),
                    };
                    let value = Value::upload(&bytes, &spec, &device).unwrap();
                    assert_eq!((value.spec(), value.device()), (&spec, device));
                    assert_eq!(value.download().unwrap(), wanted, "{spec:?}");
                    for other in devices() {
                        let moved = value.to(other).unwrap();
                        assert_eq!((moved.device(), moved.download().unwrap()), (other, wanted.clone()));
                    }
                }
            }
            assert!(Value::upload(&[0; 7], &Spec::new(vec![2], DType::Float32), &device).is_err());
        }
    }

    #[test]
    fn constants() {
        for device in devices() {
            for dtype in DType::ALL {
                let full = Value::full(1, Spec::new(vec![2, 2], dtype), device);
                assert_eq!(testing::numbers(&full), [1.0; 4]);
            }
            assert_eq!(testing::numbers(&range(&[3], DType::Int64, device)), [0.0, 1.0, 2.0]);
        }
    }
}
