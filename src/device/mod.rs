//! Where a tensor lives and which backend of burn runs its operations.

#[cfg(feature = "wgpu")]
mod gpu;
#[cfg(feature = "wgpu")]
mod kept;
#[cfg(feature = "wgpu")]
mod thread;

#[cfg(feature = "wgpu")]
pub use gpu::Gpu;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::Shape;
use burn::backend::DispatchDevice;
use std::{fmt, io};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Device {
    /// This machine's processor: our kernels, and burn's Flex where an operation has none.
    #[default]
    Cpu,
    /// burn's older backend for the processor, a second opinion on every operation.
    #[cfg(feature = "ndarray")]
    NdArray,
    /// What wgpu reaches: Vulkan, Metal, Direct3D 12 or OpenGL.
    #[cfg(feature = "wgpu")]
    Gpu(Gpu),
}

/// Names that a build may lack, and the Cargo feature that brings each.
const OPTIONAL: [(&str, &str); 2] = [("ndarray", "ndarray"), ("gpu", "wgpu")];

impl Device {
    /// The devices of this build that need no more than a processor, the default first.
    pub fn built() -> Vec<Self> {
        vec![
            Self::Cpu,
            #[cfg(feature = "ndarray")]
            Self::NdArray,
        ]
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            #[cfg(feature = "ndarray")]
            Self::NdArray => "ndarray",
            #[cfg(feature = "wgpu")]
            Self::Gpu(gpu) => gpu.name(),
        }
    }

    /// The device called `name`: `"cpu"`, `"ndarray"`, `"gpu"`, `"gpu:1"`, `"gpu:software"`; capitals, a closing `":0"`
    /// and TensorFlow's `"/device:GPU:0"` are allowed, and `"wgpu"` is `"gpu"`.
    ///
    /// # Errors
    /// A name that is unknown, or known and left out of this build; a GPU that is not there.
    pub fn parse(name: &str) -> Result<Self> {
        let lower = name.trim().to_ascii_lowercase();
        let plain = lower.trim_start_matches('/').trim_start_matches("device:");
        let plain = plain.strip_suffix(":0").unwrap_or(plain);
        if let Some(device) = Self::built().into_iter().find(|device| device.name() == plain) {
            return Ok(device);
        }
        let gpu = plain.strip_prefix('w').unwrap_or(plain);
        #[cfg(feature = "wgpu")]
        if let Some(gpu) = Gpu::parse(gpu) {
            gpu.open()?;
            return Ok(Self::Gpu(gpu));
        }
        let kind = if gpu.starts_with("gpu") { "gpu" } else { plain };
        let lacks = OPTIONAL.iter().find(|(optional, feature)| *optional == kind && !FEATURES.contains(feature));
        let names = names().join(", ");
        Err(Error::value(match lacks {
            Some((_, feature)) => format!(
                "This build of keraburn is without the device: it has {names}. Build it with \
                 `maturin develop --release --features {feature}`. Received: device={name}"
            ),
            None => format!("Unknown device. Expected one of {names}. Received: device={name}"),
        }))
    }

    /// How many dimensions its arrays have at most, where there is a limit.
    const fn most_dimensions(self) -> Option<usize> {
        match self {
            Self::Cpu => None,
            #[cfg(feature = "ndarray")]
            Self::NdArray => Some(6),
            #[cfg(feature = "wgpu")]
            Self::Gpu(_) => None,
        }
    }

    /// Whether it has arrays of that shape.
    ///
    /// # Errors
    /// More dimensions than it knows; `what` is the operation that would give such an array.
    pub fn check_rank(self, what: &str, shape: &Shape) -> Result<()> {
        match self.most_dimensions() {
            Some(most) if shape.rank() > most => Err(Error::value(format!(
                "{what} needs an array of {} dimensions, and those of device '{self}' have {most} at most: use the \
                 device 'cpu'. Received: shape {shape}",
                shape.rank()
            ))),
            Some(_) | None => Ok(()),
        }
    }

    /// burn's name for the place where it keeps an element type.
    pub fn dispatch(self, dtype: DType) -> DispatchDevice {
        match self {
            _ if !self.holds(dtype) => Self::Cpu.dispatch(dtype),
            Self::Cpu => DispatchDevice::Flex(burn::backend::FlexDevice),
            // Deprecated with the backend, whose end in burn 0.23 will be this device's.
            #[cfg(feature = "ndarray")]
            #[allow(deprecated)]
            Self::NdArray => DispatchDevice::NdArray(burn::backend::NdArrayDevice::Cpu),
            #[cfg(feature = "wgpu")]
            Self::Gpu(gpu) => gpu.dispatch(),
        }
    }

    /// Whether arrays of this type are in the device's own memory. Shaders know neither 64 bits nor single bytes: such
    /// arrays stay with the processor, exact, and what they are cast to moves.
    pub const fn holds(self, dtype: DType) -> bool {
        !self.is_gpu() || matches!(dtype, DType::Float32 | DType::Int32 | DType::Bool)
    }

    /// Do work of many operations where it costs least.
    ///
    /// # Errors
    /// What `work` returns; a device that fails.
    pub fn run<T: Send>(self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        match self {
            Self::Cpu => work(),
            #[cfg(feature = "ndarray")]
            Self::NdArray => work(),
            #[cfg(feature = "wgpu")]
            Self::Gpu(gpu) => gpu.run(work),
        }
    }

    pub const fn is_gpu(self) -> bool {
        match self {
            Self::Cpu => false,
            #[cfg(feature = "ndarray")]
            Self::NdArray => false,
            #[cfg(feature = "wgpu")]
            Self::Gpu(_) => true,
        }
    }
}

/// What a driver says of a GPU.
#[derive(Debug, Clone)]
pub struct Adapter {
    pub device: Device,
    pub name: String,
    /// The graphics API that reaches it.
    pub api: &'static str,
    pub driver: String,
}

/// The machine's GPUs; none in a build without them.
///
/// # Errors
/// A driver that fails when it is asked.
pub fn adapters() -> Result<Vec<Adapter>> {
    #[cfg(feature = "wgpu")]
    return gpu::adapters();
    #[cfg(not(feature = "wgpu"))]
    Ok(Vec::new())
}

/// The folder for compiled shaders and what was measured of them. Counts from before the first use of a GPU.
pub fn keep_shaders(folder: &str) {
    #[cfg(feature = "wgpu")]
    gpu::keep_shaders(folder);
    #[cfg(not(feature = "wgpu"))]
    let _ = folder;
}

/// Write what was compiled and measured since to that folder.
///
/// # Errors
/// A folder that cannot be written to.
pub fn save_shaders() -> io::Result<()> {
    #[cfg(feature = "wgpu")]
    return kept::save();
    #[cfg(not(feature = "wgpu"))]
    Ok(())
}

/// The Cargo features of this build that bring devices.
const FEATURES: &[&str] = &[
    #[cfg(feature = "ndarray")]
    "ndarray",
    #[cfg(feature = "wgpu")]
    "wgpu",
];

/// The names of the devices in this build, whether this machine has them or not, the default first.
pub fn names() -> Vec<&'static str> {
    let built = Device::built().into_iter().map(Device::name);
    built.chain(FEATURES.contains(&"wgpu").then_some("gpu")).collect()
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_devices() {
        for device in Device::built() {
            assert_eq!(Device::parse(device.name()), Ok(device));
            assert_eq!(Device::parse(&format!(" {}:0", device.name().to_uppercase())), Ok(device));
            assert_eq!(Device::parse(&format!("/device:{}:0", device.name().to_uppercase())), Ok(device));
        }
    }

    #[test]
    fn unknown_names_say_what_is_built() {
        let message = Device::parse("abacus").unwrap_err().to_string();
        assert!(message.contains("cpu") && message.ends_with("Received: device=abacus"), "{message}");
    }

    #[test]
    fn a_device_left_out_says_how_to_build_it() {
        for (name, feature) in OPTIONAL {
            if !FEATURES.contains(&feature) {
                let message = Device::parse(name).unwrap_err().to_string();
                assert!(message.contains(&format!("--features {feature}")), "{message}");
            }
        }
    }
}
