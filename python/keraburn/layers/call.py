"""A call of a layer: its arguments by name, what is inherited from the calls around it, and masks."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from keraburn import config as settings
from keraburn import tree
from keraburn.data.elements import Strings
from keraburn.dtypes import is_float
from keraburn.layers.operation import signature
from keraburn.tensor import Tensor, TracedTensor

if TYPE_CHECKING:
    from keraburn.layers.layer import Layer


class _Context(threading.local):
    """What the calls going on in this thread hand down to the layers inside."""

    def __init__(self) -> None:
        self.entry: Layer | None = None
        self.training: bool | None = None
        self.scopes: list[Layer] = []


context = _Context()


class Scope:
    """Puts a layer's name before the paths of the variables made inside, once however often it is entered.

    Args:
        layer: the layer.
    """

    __slots__ = ("entered", "layer")

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.entered = False

    def __enter__(self) -> None:
        scopes = context.scopes
        if not scopes or scopes[-1] is not self.layer:
            self.entered = True
            scopes.append(self.layer)
            settings.name_scope_stack().append(self.layer.name)

    def __exit__(self, *_: object) -> None:
        if self.entered:
            context.scopes.pop()
            settings.name_scope_stack().pop()


def autocast(layer: Any, outer: str | None) -> str | None:
    """The dtype in which a layer's call reads float variables; None for their own.

    Args:
        layer: the layer.
        outer: that of the call around it.
    """
    policy = layer._dtype_policy
    if outer is not None:
        return policy.compute_dtype if layer.autocast and is_float(policy.compute_dtype) else None
    return policy.compute_dtype if policy.compute_dtype != policy.variable_dtype else None


class Arguments:
    """The arguments of one call of a layer's `call`, by name.

    Args:
        layer: the layer that is called.
        args: positional arguments, converted to tensors.
        kwargs: keyword arguments; `training` is taken out where `call` does not have it.

    Raises:
        TypeError: if `call` does not take these arguments.
        ValueError: if an argument mixes tensors with something else.
    """

    def __init__(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        parameters = layer._call_parameters
        self.training = kwargs.get("training")
        if "training" in kwargs and "training" not in parameters:
            del kwargs["training"]
        self.values = _bind(layer, args, kwargs)
        self.default_training = self.values.get("training")
        if len(args) > 1 and "training" in parameters[: len(args)]:
            raise ValueError(
                f"Layer '{layer.name}' (of type {type(layer).__name__}) takes `training` as a keyword argument only. "
                f"Received: {len(args)} positional arguments for {parameters}"
            )
        self.first = next(iter(self.values.values()), None)
        self.tensors = {name: value for name, value in self.values.items() if _holds_tensors(name, value)}

    def shapes(self) -> dict[str, Any]:
        """From `<argument>_shape` to the shape, or structure of shapes, of every argument of tensors."""
        return {
            f"{name}_shape": tree.map_structure(_shape, value)
            for name, value in self.tensors.items()
            if name not in ("mask", "args", "kwargs")
        }

    def shapes_for(self, method: Callable[..., Any], layer: Any) -> dict[str, Any]:
        """The arguments for `build` or `compute_output_shape`: by name, or the first shape where they take one.

        Raises:
            ValueError: if an argument of the method is not named after an argument of `call`.
        """
        shapes = self.shapes()
        names = [
            name
            for name, parameter in inspect.signature(method).parameters.items()
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
        if len(names) == 1:
            return {names[0]: next(iter(shapes.values()), None)}
        for name in names:
            if not name.endswith("_shape") or name.removesuffix("_shape") not in self.values:
                raise ValueError(
                    f"For a `{method.__name__}()` method with more than one argument, all arguments should have a "
                    "`_shape` suffix and match an argument from `call()`. E.g. "
                    f"`{method.__name__}(self, foo_shape, bar_shape)`. For layer '{type(layer).__name__}', received "
                    f"`{method.__name__}()` argument `{name}`."
                )
        return {name: shapes[name] for name in names if name in shapes}


_MISSING = object()


@functools.lru_cache(maxsize=1024)
def _plain_defaults(function: Callable[..., Any]) -> dict[str, Any] | None:
    """The arguments after `self` and their defaults; None if there are others than plain ones."""
    parameters = list(signature(function).parameters.values())[1:]
    if any(parameter.kind is not parameter.POSITIONAL_OR_KEYWORD for parameter in parameters):
        return None
    return {p.name: _MISSING if p.default is p.empty else p.default for p in parameters}


def _bind(layer: Layer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `call` by name, defaults included."""
    defaults = _plain_defaults(type(layer).call)
    if defaults is not None and len(args) <= len(defaults):
        values = {**defaults, **dict(zip(defaults, args, strict=False)), **kwargs}
        given = len(args) + len(kwargs)
        # Whatever was given twice, is not known or is missing: the slow way words the error.
        once = len(values) == len(defaults) and given == len(set(list(defaults)[: len(args)]) | kwargs.keys())
        if once and not any(value is _MISSING for value in values.values()):
            return values
    try:
        bound = signature(type(layer).call).bind(layer, *args, **kwargs)
    except TypeError as error:
        raise TypeError(
            f"{type(layer).__name__}.call() of layer '{layer.name}': {error}. Expected arguments: "
            f"{layer._call_parameters}. Received: {len(args)} positional ones and {sorted(kwargs)} by name"
        ) from None
    bound.apply_defaults()
    return dict(list(bound.arguments.items())[1:])


def _holds_tensors(name: str, value: Any) -> bool:
    if isinstance(value, Tensor):
        return True
    if not isinstance(value, (list, tuple, dict)):
        return False
    kinds = {isinstance(leaf, Tensor) for leaf in tree.flatten(value) if not isinstance(leaf, Strings)}
    if kinds == {True, False}:
        raise ValueError(
            "In a nested call() argument, you cannot mix tensors and non-tensors. "
            f"Received invalid mixed argument: {name}={value}"
        )
    return kinds == {True}


def _shape(tensor: Tensor) -> tuple[Any, ...]:
    shape = tuple(tensor.shape)
    # A layer built while a model is described knows no batch size.
    if shape and isinstance(tensor, TracedTensor) and shape[0] == tensor.trace.probe:
        return (None, *shape[1:])
    return shape


def get_mask(tensor: Any) -> Any:
    """The mask that travels with a tensor, or None."""
    return getattr(tensor, "_keras_mask", None)


def masks_of(value: Any) -> Any:
    """The masks of a tensor or of a structure of tensors, None where there is none; None if there is none at all."""
    if isinstance(value, Tensor):
        return get_mask(value)
    if not tree.is_nested(value):
        return None
    masks = tree.map_structure(get_mask, value)
    return masks if tree.flatten(masks) else None


def set_masks(outputs: Any, masks: Any) -> None:
    """Attach masks to outputs that have none yet."""
    if masks is None:
        return
    if isinstance(outputs, Tensor):
        if get_mask(outputs) is None:
            outputs._keras_mask = masks
    elif isinstance(outputs, dict):
        for key, output in outputs.items():
            set_masks(output, masks.get(key))
    elif isinstance(outputs, (list, tuple)):
        if isinstance(masks, Tensor):
            # What was handed on belongs to the first output; further ones, such as scores, have other axes.
            masks = [masks, *[None] * (len(outputs) - 1)]
        for output, mask in zip(outputs, masks, strict=True):
            set_masks(output, mask)


def fill_masks(arguments: Arguments, kwargs: dict[str, Any]) -> None:
    """Put the masks that travel with tensors into the mask arguments of `call` that were left open."""
    tensors = {name: value for name, value in arguments.tensors.items() if not f"_{name}".endswith("_mask")}
    if len(tensors) == 1 and "mask" in arguments.values:
        if arguments.values["mask"] is None:
            mask = masks_of(next(iter(tensors.values())))
            if mask is not None:
                kwargs["mask"] = mask
        return
    for name, value in tensors.items():
        target = f"{name}_mask"
        if target in arguments.values and arguments.values[target] is None:
            mask = masks_of(value)
            if mask is not None:
                kwargs[target] = mask


def is_numbers(value: Any) -> bool:
    """Whether `value` is a Python number or nested lists of them, which cannot mean several inputs."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(is_numbers(item) for item in value)
    return isinstance(value, (bool, int, float, np.number))
