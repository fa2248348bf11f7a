"""Global settings and the counters that name things."""

from __future__ import annotations

import contextlib
import math
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from keraburn.devices import DeviceInfo as DeviceInfo
from keraburn.devices import PhysicalDevice as PhysicalDevice
from keraburn.devices import device as device
from keraburn.devices import device_scope as device_scope
from keraburn.devices import list_devices as list_devices
from keraburn.devices import list_physical_devices as list_physical_devices
from keraburn.devices import set_device as set_device
from keraburn.switches import disable_flash_attention as disable_flash_attention
from keraburn.switches import disable_interactive_logging as disable_interactive_logging
from keraburn.switches import disable_traceback_filtering as disable_traceback_filtering
from keraburn.switches import enable_flash_attention as enable_flash_attention
from keraburn.switches import enable_interactive_logging as enable_interactive_logging
from keraburn.switches import enable_traceback_filtering as enable_traceback_filtering
from keraburn.switches import is_flash_attention_enabled as is_flash_attention_enabled
from keraburn.switches import is_interactive_logging_enabled as is_interactive_logging_enabled
from keraburn.switches import is_nnx_enabled as is_nnx_enabled
from keraburn.switches import is_traceback_filtering_enabled as is_traceback_filtering_enabled
from keraburn.switches import max_epochs as max_epochs
from keraburn.switches import max_steps_per_epoch as max_steps_per_epoch
from keraburn.switches import set_max_epochs as set_max_epochs
from keraburn.switches import set_max_steps_per_epoch as set_max_steps_per_epoch

_FLOATS = ("float16", "bfloat16", "float32", "float64")


class _Settings:
    floatx = "float32"
    epsilon = 1e-7
    image_data_format = "channels_last"
    unsafe_deserialization = False
    eager_functions = False
    policy: Any = None
    # What makes a policy of its name; the module of policies, which is built on this one, enters it here.
    get_policy: Any = None


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.names: list[str] = []
        self.bytes_left: int | None = None


_settings = _Settings()
_scopes = _Scopes()
_counters: dict[str, int] = {}
_numbers: dict[str, int] = {}


def backend() -> str:
    """The name of what computes: always "keraburn"."""
    return "keraburn"


def set_backend(backend: str) -> None:
    """Accepts the backend that is there.

    Raises:
        ValueError: for any other.
    """
    if backend != "keraburn":
        raise ValueError(f"There is one backend, 'keraburn', and no other to change to. Received: backend={backend}")


def floatx() -> str:
    """The default float type, `"float32"` unless set."""
    return _settings.floatx


def set_floatx(value: str) -> None:
    """Set the default float type: `"bfloat16"`, `"float16"`, `"float32"` or `"float64"`."""
    if value not in _FLOATS:
        raise ValueError(f"Unknown `floatx` value: {value}. Expected one of {_FLOATS}. Received: {value}")
    _settings.floatx = value


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite, 1e-7 unless set."""
    return _settings.epsilon


def set_epsilon(value: float) -> None:
    _settings.epsilon = float(value)


def image_data_format() -> str:
    return _settings.image_data_format


def standardize_data_format(data_format: str | None) -> str:
    """The order of dimensions that is meant: the setting where none is given.

    Raises:
        ValueError: if it is none of the two.
    """
    if data_format is None:
        return _settings.image_data_format
    data_format = str(data_format).lower()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
            f"Received: data_format={data_format}"
        )
    return data_format


def set_image_data_format(data_format: str) -> None:
    _settings.image_data_format = standardize_data_format(str(data_format))


def enable_unsafe_deserialization() -> None:
    """Let configs of models hold Python code, which runs when they are loaded; for trusted files only."""
    _settings.unsafe_deserialization = True


def unsafe_deserialization() -> bool:
    """Whether configs may hold Python code."""
    return _settings.unsafe_deserialization


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Whether functions that were given to `tf.function` run as plain Python, to look into them."""
    _settings.eager_functions = bool(run_eagerly)


def functions_run_eagerly() -> bool:
    """Whether functions that were given to `tf.function` run as plain Python."""
    return _settings.eager_functions


def dtype_policy() -> Any:
    """The dtype policy that layers have where none is given, `floatx()` unless set."""
    return _settings.get_policy(_settings.policy)


def set_dtype_policy(policy: Any) -> None:
    """Set the dtype policy that layers have where none is given.

    Args:
        policy: a `DTypePolicy` or its name, such as "mixed_float16".

    Raises:
        ValueError: if it is no policy.
    """
    _settings.policy = None if policy is None else _settings.get_policy(policy)


def to_snake_case(name: str) -> str:
    """`"MaxPooling2D"` to `"max_pooling2d"`, as Keras names layers."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(prefix: str) -> str:
    """`prefix`, then `prefix_1`, `prefix_2`: a name not given before in this session."""
    count = _counters.get(prefix, 0)
    _counters[prefix] = count + 1
    return f"{prefix}_{count}" if count else prefix


def next_number(prefix: str) -> int:
    """A number not given before for this prefix in this session, from 1 on."""
    _numbers[prefix] = _numbers.get(prefix, 0) + 1
    return _numbers[prefix]


def clear_session(free_memory: bool = True) -> None:
    """Forget the counters that name things."""
    _counters.clear()
    _numbers.clear()


def name_scope_stack() -> list[str]:
    return _scopes.names


@contextlib.contextmanager
def name_scope(name: str, **kwargs: Any) -> Iterator[None]:
    """Put `name/` before the paths of the variables made inside.

    Args:
        name: the name, without slashes.
        **kwargs: accepted as in Keras, without effect.

    Raises:
        ValueError: if the name is no string or has a slash.
    """
    if not isinstance(name, str) or "/" in name:
        raise ValueError(f"Argument `name` must be a string and cannot contain character `/`. Received: name={name}")
    _scopes.names.append(name)
    try:
        yield
    finally:
        _scopes.names.pop()


@contextlib.contextmanager
def limited(size: int) -> Iterator[None]:
    """Let new variables hold so many bytes in all inside, and new tensors no more than is left of them.

    Args:
        size: number of bytes.
    """
    outer = _scopes.bytes_left
    _scopes.bytes_left = size
    try:
        yield
    finally:
        _scopes.bytes_left = outer


def spend(shape: Sequence[int], dtype: str = "float32", keep: bool = False) -> None:
    """Take what a new tensor needs from what `limited` allows.

    Args:
        shape: of the tensor.
        dtype: of the tensor.
        keep: whether it stays.

    Raises:
        ValueError: if there is not as much.
    """
    left = _scopes.bytes_left
    if left is None:
        return
    size = math.prod(shape) * (8 if "64" in str(dtype) else 4)
    if size > left:
        raise ValueError(
            f"An array of {size} bytes is more than what a file of this size can be about. "
            f"Received: shape={tuple(shape)}"
        )
    if keep:
        _scopes.bytes_left = left - size
