"""Where tensors are: this machine's processor, or a GPU."""

from __future__ import annotations

import atexit
import contextlib
import os
import pathlib
import sys
from collections.abc import Iterator
from typing import NamedTuple

from keraburn import _core

_PROBE_SECONDS = 120


class _Chosen:
    # None until the device that the environment asks for is looked at, at its first use.
    name: str | None = None if os.environ.get("KERABURN_DEVICE") else "cpu"
    # The bytes of adapters' memories by their names, once they were asked.
    memories: dict[str, int] | None = None


class DeviceInfo(NamedTuple):
    """What is known of a device.

    Args:
        name: what `set_device` takes.
        adapter: what the maker calls it.
        api: what reaches it: "Vulkan", "Metal", "Direct3D 12" or "OpenGL"; empty for processors.
        driver: the driver's name and version; empty for processors.
        memory: in bytes; None where it is not known, as of GPUs that Vulkan does not reach.
    """

    name: str
    adapter: str
    api: str
    driver: str
    memory: int | None = None


class PhysicalDevice(NamedTuple):
    """A device as TensorFlow shows it."""

    name: str
    device_type: str


def device() -> str:
    """The device on which new tensors are placed.

    Raises:
        ValueError: if the environment's `KERABURN_DEVICE` asks for one that is not there.
    """
    return _Chosen.name or _open(os.environ["KERABURN_DEVICE"])


def set_device(name: str) -> None:
    """Place new tensors on another device; models, optimizers and data follow at their next use.

    Args:
        name: `"cpu"`; `"gpu"` (or `"wgpu"`), the first GPU, `"gpu:1"` the next; `"auto"`, a GPU if there is one, else
            the processor; `"ndarray"`, slow, a second opinion in tests; `"gpu:software"`, a program that plays a GPU.
            `"/device:GPU:0"`, as TensorFlow has it, is understood.

    Raises:
        ValueError: if there is no such device in this build, or in this machine; the message says what was looked for.

    Example:

    >>> import keraburn as keras
    >>> keras.config.set_device("cpu")
    >>> keras.config.device()
    'cpu'
    """
    _open(name)


@contextlib.contextmanager
def device_scope(device_name: str) -> Iterator[None]:
    """Place the tensors made inside on a device.

    Args:
        device_name: as `set_device` takes it.

    Raises:
        ValueError: if there is no such device.
    """
    before = _Chosen.name
    set_device(device_name)
    try:
        yield
    finally:
        _Chosen.name = before


def list_devices() -> list[DeviceInfo]:
    """The devices that `set_device` takes in this machine, GPUs with their adapters, APIs and drivers.

    Raises:
        ValueError: if a GPU's driver fails when it is asked.

    Example:

    >>> import keraburn as keras
    >>> keras.config.list_devices()[0].name
    'cpu'
    """
    built = _core.devices()
    memory = _core.machine_memory()
    processors = [DeviceInfo(name, "processor", "", "", memory) for name in built if name != "gpu"]
    return [*processors, *_adapters()]


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The processor and the GPUs as TensorFlow shows them.

    Args:
        device_type: "CPU" or "GPU"; None for all.
    """
    found = [PhysicalDevice("/physical_device:CPU:0", "CPU")]
    if device_type in (None, "GPU"):
        found += [PhysicalDevice(f"/physical_device:GPU:{index}", "GPU") for index in range(len(_hardware()))]
    return [each for each in found if device_type in (None, each.device_type)]


def _adapters() -> list[DeviceInfo]:
    if "gpu" not in _core.devices():
        return []
    memories = _probe()
    return [DeviceInfo(*each, memory=memories.get(each[1])) for each in _core.adapters()]


def _hardware() -> list[DeviceInfo]:
    return [each for each in _adapters() if each.name != "gpu:software"]


def _open(name: str) -> str:
    if str(name).lower() == "auto":
        name = next((each.name for each in _hardware()), "cpu")
    if "gpu" in str(name).lower() and "gpu" in _core.devices():
        _probe()
    _Chosen.name = _core.find_device(str(name))
    return _Chosen.name


def _probe() -> dict[str, int]:
    """Ask for the GPUs in another process first: a driver that crashes must not take this one along.

    Returns:
        How much memory adapters have, by their names.

    Raises:
        ValueError: if it does crash, or does not answer.
    """
    if _Chosen.memories is not None:
        return _Chosen.memories
    import json
    import subprocess

    paths = [str(pathlib.Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    program = (
        "import json; from keraburn import _core, _vulkan; _core.adapters(); print(json.dumps(_vulkan.memories()))"
    )
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    try:
        run = subprocess.run(command, env=environment, capture_output=True, timeout=_PROBE_SECONDS, check=False)
        failure = f"exit status {run.returncode}" if run.returncode else ""
    except subprocess.TimeoutExpired:
        failure = f"no answer in {_PROBE_SECONDS} seconds"
    if failure:
        raise ValueError(
            "The driver of a GPU fails when it is asked for adapters of Vulkan, Metal, Direct3D 12 and OpenGL; install "
            'or update it, or go on with device="cpu". On Linux, `vulkaninfo` shows what is installed. '
            f"Received: {failure}"
        )
    # Drivers say things too.
    _Chosen.memories = json.loads(next(line for line in reversed(run.stdout.splitlines()) if line.startswith(b"{")))
    _core.keep_shaders(str(_cache()))
    atexit.register(keep_shaders)
    return _Chosen.memories


def keep_shaders() -> None:
    """Write what was compiled for a GPU, and measured on it, to the user's cache folder."""
    # A folder that cannot be written to costs the next start some time, and nothing else.
    with contextlib.suppress(OSError):
        _core.save_shaders()


def _cache() -> pathlib.Path:
    """The folder for compiled shaders: of the user, never of a project."""
    home = os.environ.get("KERABURN_HOME") or os.environ.get("KERAS_HOME")
    if home:
        return pathlib.Path(home) / "shaders"
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or pathlib.Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        root = pathlib.Path.home() / "Library" / "Caches"
    else:
        root = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(root) / "keraburn" / "shaders"
