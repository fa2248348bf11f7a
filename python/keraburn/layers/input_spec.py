"""What a layer accepts: rank, dtype and the sizes of axes."""

from __future__ import annotations

from typing import Any

from keraburn import tree


class InputSpec:
    """Constraints on one input of a layer; what is None is not checked.

    Args:
        dtype: the only dtype accepted.
        shape: the only shape accepted; None inside accepts any size.
        ndim: the only rank accepted.
        max_ndim: largest rank accepted.
        min_ndim: smallest rank accepted.
        axes: from axis to the only size accepted there.
        allow_last_axis_squeeze: accept a last axis of size 1 too many or too few.
        name: name of the input in errors and in dicts of inputs.
        optional: whether None is accepted.

    Raises:
        TypeError: if `axes` is no dict with integer keys.
        ValueError: if an axis lies beyond the rank.

    Example:

    >>> import keraburn as keras
    >>> keras.InputSpec(min_ndim=2, axes={-1: 3})
    InputSpec(min_ndim=2, axes={-1: 3})
    """

    def __init__(
        self,
        dtype: str | None = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.name = name
        self.optional = optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise TypeError(f"Argument `axes` must be a dict with integer keys. Received: axes={axes}") from error
        if self.axes and (self.ndim is not None or self.max_ndim is not None):
            largest = (self.ndim or self.max_ndim or 0) - 1
            if max(self.axes) > largest:
                raise ValueError(f"Axis {max(self.axes)} is greater than the maximum allowed value: {largest}")

    def get_config(self) -> dict[str, Any]:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        return cls(**config)

    def __repr__(self) -> str:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return f"InputSpec({', '.join(f'{name}={getattr(self, name)}' for name in names if getattr(self, name))})"


def assert_input_compatibility(input_spec: Any, inputs: Any, layer_name: str) -> None:
    """Check tensors against the specifications of a layer.

    Args:
        input_spec: an InputSpec, a structure of them, or None.
        inputs: a structure of tensors.
        layer_name: named in errors.

    Raises:
        ValueError: if an input does not fit.
    """
    if not input_spec:
        return
    specs = [input_spec] if isinstance(input_spec, InputSpec) else tree.flatten(input_spec)
    if isinstance(inputs, dict) and all(spec.name for spec in specs):
        for spec in specs:
            if spec.name not in inputs:
                raise ValueError(
                    f'Missing data for input "{spec.name}". You passed a data dictionary with keys '
                    f"{list(inputs)}. Expected the following keys: {[spec.name for spec in specs]}"
                )
        flat = [inputs[spec.name] for spec in specs]
    else:
        # None stands for an optional input that was left out; flattening would drop it.
        given_none = isinstance(inputs, (list, tuple)) and any(item is None for item in inputs)
        flat = list(inputs) if given_none else tree.flatten(inputs)
    if len(flat) != len(specs):
        names = [spec.name for spec in specs if spec is not None and spec.name]
        named = f" named input(s) with keys {names}" if names and len(names) == len(specs) else " input(s)"
        advice = "Pass inputs as a dict, e.g. `layer({'a': ..., 'b': ...})`. " if names else ""
        raise ValueError(
            f'Layer "{layer_name}" expects {len(specs)}{named}, but it received {len(flat)} input tensors. {advice}'
            f"Received: inputs of shapes {[getattr(each, 'shape', each) for each in flat]}"
        )
    for index, (tensor, spec) in enumerate(zip(flat, specs, strict=True)):
        if spec is not None and not (tensor is None and spec.optional):
            _check(index, tensor, spec, layer_name)


def _check(index: int, tensor: Any, spec: InputSpec, layer_name: str) -> None:
    if not hasattr(tensor, "shape"):
        raise ValueError(
            f"Inputs to a layer should be tensors. Got '{tensor}' (of type {type(tensor)}) as input for layer "
            f"'{layer_name}'."
        )
    shape = tuple(tensor.shape)
    rank = len(shape)
    which = f"Input {index}" if spec.name is None else f"Input {index} with name '{spec.name}'"
    start = f'{which} of layer "{layer_name}" is incompatible with the layer: '
    if spec.ndim is not None and not spec.allow_last_axis_squeeze and rank != spec.ndim:
        raise ValueError(f"{start}expected ndim={spec.ndim}, found ndim={rank}. Full shape received: {shape}")
    if spec.max_ndim is not None and rank > spec.max_ndim:
        raise ValueError(f"{start}expected max_ndim={spec.max_ndim}, found ndim={rank}")
    if spec.min_ndim is not None and rank < spec.min_ndim:
        raise ValueError(f"{start}expected min_ndim={spec.min_ndim}, found ndim={rank}. Full shape received: {shape}")
    if spec.dtype is not None and tensor.dtype != spec.dtype:
        raise ValueError(f"{start}expected dtype={spec.dtype}, found dtype={tensor.dtype}")
    for axis, size in spec.axes.items():
        if size is not None and shape[axis] not in (size, None):
            raise ValueError(
                f"{start}expected axis {axis} of input shape to have value {size}, "
                f"but received input with shape {shape}"
            )
    if spec.shape is None:
        return
    expected = spec.shape
    if spec.allow_last_axis_squeeze:
        shape = shape[:-1] if shape and shape[-1] == 1 else shape
        expected = expected[:-1] if expected and expected[-1] == 1 else expected
    for wanted, size in zip(expected, shape):  # noqa: B905 ranks may differ by a squeezed axis
        if wanted is not None and size is not None and wanted != size:
            raise ValueError(f"{start}expected shape={spec.shape}, found shape={tuple(tensor.shape)}")
