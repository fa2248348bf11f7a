"""How much memory GPUs have: Vulkan tells, wgpu does not."""

from __future__ import annotations

import contextlib
import ctypes
import struct
import sys

_LIBRARIES = {"win32": ["vulkan-1.dll"], "darwin": ["libvulkan.1.dylib", "libMoltenVK.dylib"]}
# Offsets and sizes of `VkPhysicalDeviceProperties` and `VkPhysicalDeviceMemoryProperties`, which no version changes.
_NAME, _NAME_BYTES = 20, 256
_HEAP_COUNT, _HEAPS = 260, 264
_OF_THE_DEVICE = 1


class _InstanceCreateInfo(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("flags", ctypes.c_uint32),
        ("application", ctypes.c_void_p),
        ("layer_count", ctypes.c_uint32),
        ("layers", ctypes.c_void_p),
        ("extension_count", ctypes.c_uint32),
        ("extensions", ctypes.c_void_p),
    )


def memories() -> dict[str, int]:
    """The bytes of each adapter's largest memory of its own, by the adapter's name; nothing without Vulkan.

    A driver may crash when it is asked, so a process of its own asks.
    """
    library = _library()
    if library is None:
        return {}
    instance = ctypes.c_void_p()
    if library.vkCreateInstance(ctypes.byref(_InstanceCreateInfo(type=1)), None, ctypes.byref(instance)) != 0:
        return {}
    count = ctypes.c_uint32(16)
    adapters = (ctypes.c_void_p * count.value)()
    library.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), adapters)
    found = {}
    for adapter in adapters[: count.value]:
        properties = ctypes.create_string_buffer(4096)
        library.vkGetPhysicalDeviceProperties(ctypes.c_void_p(adapter), properties)
        name = properties.raw[_NAME : _NAME + _NAME_BYTES].split(b"\0")[0].decode(errors="replace")
        library.vkGetPhysicalDeviceMemoryProperties(ctypes.c_void_p(adapter), properties)
        (heaps,) = struct.unpack_from("<I", properties, _HEAP_COUNT)
        sizes = [struct.unpack_from("<QI", properties, _HEAPS + 16 * index) for index in range(heaps)]
        found[name] = max((size for size, flags in sizes if flags & _OF_THE_DEVICE), default=0)
    library.vkDestroyInstance(instance, None)
    return found


def _library() -> ctypes.CDLL | None:
    for name in _LIBRARIES.get(sys.platform, ["libvulkan.so.1"]):
        with contextlib.suppress(OSError):
            return ctypes.CDLL(name)
    return None
