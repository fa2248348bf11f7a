//! Where a tensor lives and which backend of burn runs its operations.

use crate::error::{Error, Result};
use crate::shape::Shape;
use burn::backend::DispatchDevice;
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Device {
    /// This machine's processor: our kernels, and burn's Flex where an operation has none.
    #[default]
    Cpu,
    /// burn's older backend for the processor, a second opinion on every operation.
    #[cfg(feature = "ndarray")]
    NdArray,
}

/// Names that a build may lack, and the Cargo feature that brings each.
const OPTIONAL: [(&str, &str); 1] = [("ndarray", "ndarray")];

impl Device {
    /// The devices of this build, the default first.
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
        }
    }

    /// The device called `name`: `"cpu"`, `"ndarray"`; capitals and a closing `":0"` are allowed.
    ///
    /// # Errors
    /// A name that is unknown, or known and left out of this build.
    pub fn parse(name: &str) -> Result<Self> {
        let lower = name.trim().to_ascii_lowercase();
        let plain = lower.strip_suffix(":0").unwrap_or(&lower);
        let built = Self::built();
        if let Some(&device) = built.iter().find(|device| device.name() == plain) {
            return Ok(device);
        }
        let names: Vec<_> = built.iter().map(|device| device.name()).collect();
        let names = names.join(", ");
        Err(Error::value(match OPTIONAL.iter().find(|(optional, _)| *optional == plain) {
            Some((_, feature)) => format!(
                "This build of keraburn is without the device: it has {names}. Build it with \
                 `maturin develop --release --features {feature}`. Received: device={name}"
            ),
            None => format!("Unknown device: expected one of {names}. Received: device={name}"),
        }))
    }

    /// How many dimensions its arrays have at most, where there is a limit.
    const fn most_dimensions(self) -> Option<usize> {
        match self {
            Self::Cpu => None,
            #[cfg(feature = "ndarray")]
            Self::NdArray => Some(6),
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

    /// burn's name for it.
    pub fn dispatch(self) -> DispatchDevice {
        match self {
            Self::Cpu => DispatchDevice::Flex(burn::backend::FlexDevice),
            // Deprecated with the backend, whose end in burn 0.23 will be this device's.
            #[cfg(feature = "ndarray")]
            #[allow(deprecated)]
            Self::NdArray => DispatchDevice::NdArray(burn::backend::NdArrayDevice::Cpu),
        }
    }
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
        }
    }

    #[test]
    fn unknown_names_say_what_is_built() {
        let message = Device::parse("abacus").unwrap_err().to_string();
        assert!(message.contains("cpu") && message.ends_with("Received: device=abacus"), "{message}");
    }

    #[cfg(not(feature = "ndarray"))]
    #[test]
    fn a_device_left_out_says_how_to_build_it() {
        let message = Device::parse("ndarray").unwrap_err().to_string();
        assert!(message.contains("--features ndarray"), "{message}");
    }
}
