"""Data that JSON has no form for, as Keras writes it into configs."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from keraburn import ops
from keraburn.tensor import KerasTensor, Tensor


def serialize_data(obj: Any) -> Any:
    """The config of bytes, slices, tensors, arrays and lambdas; None for anything else."""
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}}
    if isinstance(obj, slice):
        parts = {key: getattr(obj, key) for key in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": parts}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, KerasTensor):
        history = [obj.history[0].name, *obj.history[1:]] if obj.history else None
        config = {"shape": list(obj.shape), "dtype": obj.dtype, "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": config}
    if isinstance(obj, Tensor):
        return {"class_name": "__tensor__", "config": {"value": obj.tolist(), "dtype": obj.dtype}}
    if isinstance(obj, np.ndarray) and obj.ndim:
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": str(obj.dtype)}}
    if isinstance(obj, types.FunctionType) and obj.__name__ == "<lambda>":
        return {"class_name": "__lambda__", "config": {"value": _dump_lambda(obj)}}
    return obj.item() if isinstance(obj, (np.generic, np.ndarray)) else None


def deserialize_data(kind: str, value: dict[str, Any], safe_mode: bool) -> Any:
    """What `serialize_data` was given.

    Args:
        kind: the config's class name, such as `"__tensor__"`.
        value: the inner config.
        safe_mode: refuse Python code.

    Raises:
        ValueError: for a lambda in safe mode.
        TypeError: for another kind of data.
    """
    if kind == "__bytes__":
        return value["value"].encode("utf-8")
    if kind == "__slice__":
        return slice(value["start"], value["stop"], value["step"])
    if kind == "__ellipsis__":
        return Ellipsis
    if kind == "__keras_tensor__":
        return KerasTensor(value["shape"], dtype=value["dtype"])
    if kind == "__tensor__":
        return ops.convert_to_tensor(value["value"], dtype=value["dtype"])
    if kind == "__numpy__":
        return _array(value["value"], np.dtype(value["dtype"]))
    if kind == "__lambda__":
        if safe_mode:
            raise ValueError(
                "Requested the deserialization of a Python lambda. This carries a potential risk of arbitrary code "
                "execution and thus it is disallowed by default. If you trust the source of the artifact, you can "
                "override this error by passing `safe_mode=False` to the loading function, or calling "
                f"`keras.config.enable_unsafe_deserialization()`. Received: safe_mode={safe_mode}"
            )
        # Keras's Lambda layer leaves out one level.
        return _load_lambda(value.get("value", value))
    raise TypeError(f"Unknown kind of data in a config. Received: class_name={kind}")


def _array(value: Any, dtype: np.dtype) -> np.ndarray:
    if dtype.kind in "US":
        # As long as its longest string is, whatever length the config names.
        return np.array(value, dtype=dtype.kind)
    if dtype.kind not in "biuf":
        raise TypeError(f"A config holds arrays of numbers or strings. Received: dtype={dtype}")
    return np.array(value, dtype=dtype)


def _dump_lambda(function: types.FunctionType) -> tuple[Any, ...]:
    """The code, default values and closure of a lambda, in Keras's format."""
    import base64
    import marshal
    import warnings

    warnings.warn(
        "A `lambda` is being serialized; loading it needs `safe_mode=False`. A named function is safer.", stacklevel=3
    )
    closure = tuple(cell.cell_contents for cell in function.__closure__) if function.__closure__ else None
    code = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
    return code, function.__defaults__, closure


def _load_lambda(value: Any) -> types.FunctionType:
    import base64
    import marshal

    if isinstance(value, dict):
        value = (value["code"], value.get("defaults"), value.get("closure"))
    text, defaults, closure = value
    code = marshal.loads(base64.b64decode(text))
    cells = tuple(types.CellType(item) for item in closure or ())
    return types.FunctionType(code, globals(), "<lambda>", tuple(defaults) if defaults else None, cells or None)
