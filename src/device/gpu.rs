//! The graphics processors that wgpu reaches.

use super::{Adapter, Device, kept};
use crate::error::{Error, Result};
use crate::guard::guarded;
use burn::backend::{CubeDevice, DispatchDevice, WgpuBackend, WgpuDevice, WgpuDeviceKind};
use burn::cubecl::config::cache::CacheConfig;
use burn::cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};
use burn::tensor::read_sync;
use burn::tensor::wgpu::wgpu;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Which of the machine's adapters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gpu {
    /// A piece of hardware, by its place among [`adapters`].
    Hardware(u8),
    /// A program that plays a graphics processor, for tests.
    Software,
}

const NAMES: [&str; 8] = ["gpu:0", "gpu:1", "gpu:2", "gpu:3", "gpu:4", "gpu:5", "gpu:6", "gpu:7"];
const SOFTWARE: &str = "gpu:software";

impl Gpu {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hardware(index) => NAMES[index as usize],
            Self::Software => SOFTWARE,
        }
    }

    /// The one called so, `"gpu"` being the first.
    pub fn parse(name: &str) -> Option<Self> {
        if name == SOFTWARE {
            return Some(Self::Software);
        }
        let position = if name == "gpu" { Some(0) } else { NAMES.iter().position(|&known| known == name) };
        position.map(|index| Self::Hardware(index as u8))
    }

    /// Find it and have it ready.
    ///
    /// # Errors
    /// A machine without it, or whose driver fails; the message says what was looked for and what to install.
    pub fn open(self) -> Result<()> {
        let all = known()?;
        if all.iter().any(|(gpu, ..)| *gpu == self) {
            self.start();
            return Ok(());
        }
        let found: Vec<String> =
            all.iter().map(|(gpu, each, _)| format!("{} ({}, {})", gpu.name(), each.name, each.api)).collect();
        let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        Err(Error::value(format!(
            "No such GPU. Looked for adapters of Vulkan, Metal, Direct3D 12 and OpenGL, and found: {found}. A GPU needs \
             its maker's driver with Vulkan (on Linux a package such as `mesa-vulkan-drivers` or `libnvidia-gl`); an \
             adapter in software is used only if asked for by name, as device=\"{SOFTWARE}\". Received: device=\"{}\"",
            self.name()
        )))
    }

    pub fn dispatch(self) -> DispatchDevice {
        DispatchDevice::Cube(self.cube())
    }

    /// burn's name for it.
    pub(super) fn cube(self) -> CubeDevice {
        let found = known().ok().and_then(|all| all.iter().find(|(gpu, ..)| *gpu == self));
        let (.., device) = found.expect("checked when its name was read");
        CubeDevice::Wgpu(device.clone())
    }
}

pub(super) fn keep_shaders(folder: &str) {
    let folder = PathBuf::from(folder);
    let mut settings = CubeClRuntimeConfig::default().override_from_env();
    settings.environment.path = CacheConfig::Directory(folder.clone());
    settings.compilation.cache = true;
    // False once a GPU was used: the first folder stays.
    if CubeClRuntimeConfig::try_set(settings) {
        kept::load(folder.join("kept.bin"));
    }
}

pub(super) fn adapters() -> Result<Vec<Adapter>> {
    Ok(known()?.iter().map(|(_, adapter, _)| adapter.clone()).collect())
}

type Known = (Gpu, Adapter, WgpuDevice);

/// The machine's adapters, asked once: hardware of the first API that has some, and one in software.
fn known() -> Result<&'static [Known]> {
    static ADAPTERS: OnceLock<Result<Vec<Known>>> = OnceLock::new();
    ADAPTERS.get_or_init(|| guarded(|| Ok(ask()))).as_deref().map_err(Clone::clone)
}

fn ask() -> Vec<Known> {
    let apis = [
        (wgpu::Backend::Vulkan, WgpuBackend::Vulkan, "Vulkan"),
        (wgpu::Backend::Metal, WgpuBackend::Metal, "Metal"),
        (wgpu::Backend::Dx12, WgpuBackend::Dx12, "Direct3D 12"),
        (wgpu::Backend::Gl, WgpuBackend::Gl, "OpenGL"),
    ];
    let mut software = None;
    for (backend, pinned, api) in apis {
        let mut found: Vec<Known> = Vec::new();
        for (info, kind) in kinds(backend) {
            let gpu = if kind == WgpuDeviceKind::Cpu { Gpu::Software } else { Gpu::Hardware(found.len() as u8) };
            let driver = format!("{} {}", info.driver, info.driver_info).trim().to_owned();
            let adapter = Adapter { device: Device::Gpu(gpu), name: info.name, api, driver };
            let known = (gpu, adapter, WgpuDevice::new(kind).on(pinned));
            if gpu == Gpu::Software {
                software.get_or_insert(known);
            } else if found.len() < NAMES.len() {
                found.push(known);
            }
        }
        if !found.is_empty() {
            found.extend(software);
            return found;
        }
    }
    software.into_iter().collect()
}

/// An API's adapters as burn counts them, the fastest kind first.
fn kinds(backend: wgpu::Backend) -> Vec<(wgpu::AdapterInfo, WgpuDeviceKind)> {
    let mut settings = wgpu::InstanceDescriptor::new_without_display_handle();
    settings.backends = backend.into();
    let all = read_sync(wgpu::Instance::new(settings).enumerate_adapters(backend.into()));
    let infos: Vec<wgpu::AdapterInfo> = all.iter().map(wgpu::Adapter::get_info).collect();
    let of =
        |wanted: wgpu::DeviceType| infos.iter().filter(move |info| info.device_type == wanted).cloned().enumerate();
    let named = [
        of(wgpu::DeviceType::DiscreteGpu).map(|(i, info)| (info, WgpuDeviceKind::DiscreteGpu(i))).collect::<Vec<_>>(),
        of(wgpu::DeviceType::IntegratedGpu).map(|(i, info)| (info, WgpuDeviceKind::IntegratedGpu(i))).collect(),
        of(wgpu::DeviceType::VirtualGpu).map(|(i, info)| (info, WgpuDeviceKind::VirtualGpu(i))).collect(),
        of(wgpu::DeviceType::Other).map(|(i, info)| (info, WgpuDeviceKind::Other(i))).collect(),
        of(wgpu::DeviceType::Cpu).take(1).map(|(_, info)| (info, WgpuDeviceKind::Cpu)).collect(),
    ];
    named.concat()
}
