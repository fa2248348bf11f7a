//! Concrete tensors: a shape, an element type, and values on a device.

use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::kernels::memory::Buffer;
use crate::ops::engine::Value;
use crate::shape::Spec;
use std::sync::Arc;

#[derive(Clone)]
pub struct Tensor {
    pub spec: Spec,
    pub storage: Storage,
}

#[derive(Clone)]
pub enum Storage {
    /// The CPU's own memory.
    Host(Arc<Buffer>),
    /// A tensor of burn's, on the device that it knows.
    Engine(Device, Box<Value>),
}

impl Tensor {
    pub fn from_bytes(bytes: &[u8], spec: Spec, device: Device) -> Result<Self> {
        debug_assert_eq!(bytes.len(), spec.bytes());
        let storage = if device == Device::Cpu {
            Storage::Host(Arc::new(Buffer::from_bytes(bytes)))
        } else {
            device.check_rank("The data", &spec.shape)?;
            Storage::Engine(device, Box::new(Value::upload(bytes, &spec, &device)?))
        };
        Ok(Self { spec, storage })
    }

    pub fn host(buffer: Buffer, spec: Spec) -> Self {
        Self { spec, storage: Storage::Host(Arc::new(buffer)) }
    }

    pub fn scalar(value: f64, dtype: DType, device: Device) -> Result<Self> {
        Self::from_bytes(&number(value, dtype), Spec::new(Vec::new(), dtype), device)
    }

    pub fn device(&self) -> Device {
        match &self.storage {
            Storage::Host(_) => Device::Cpu,
            Storage::Engine(device, _) => *device,
        }
    }

    /// The values, row-major, in memory that is the caller's to keep.
    pub fn to_host(&self) -> Result<Arc<Buffer>> {
        match &self.storage {
            Storage::Host(buffer) => Ok(buffer.clone()),
            Storage::Engine(_, value) => Ok(Arc::new(Buffer::from_bytes(&value.download()?))),
        }
    }

    /// The values as a tensor of burn's.
    pub fn to_engine(&self, device: Device) -> Result<Value> {
        match &self.storage {
            Storage::Engine(own, value) if *own == device => Ok(Value::clone(value)),
            Storage::Engine(..) | Storage::Host(_) => {
                device.check_rank("The data", &self.spec.shape)?;
                Value::upload(self.to_host()?.bytes(), &self.spec, &device)
            }
        }
    }

    pub fn to_device(&self, device: Device) -> Result<Self> {
        if self.device() == device {
            return Ok(self.clone());
        }
        Self::from_bytes(self.to_host()?.bytes(), self.spec.clone(), device)
    }
}

/// The bytes of a number in an element type.
pub fn number(value: f64, dtype: DType) -> Vec<u8> {
    match dtype {
        DType::Float32 => (value as f32).to_ne_bytes().to_vec(),
        DType::Float64 => value.to_ne_bytes().to_vec(),
        DType::Int32 => (value as i32).to_ne_bytes().to_vec(),
        DType::Int64 => (value as i64).to_ne_bytes().to_vec(),
        DType::Uint8 => vec![value as u8],
        DType::Bool => vec![u8::from(value != 0.0)],
    }
}
