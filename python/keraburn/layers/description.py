"""What a layer gives for inputs of which only shapes and dtypes are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraburn import ops, stateless, trace, tree
from keraburn.layers import call as calls
from keraburn.layers.operation import default, is_default
from keraburn.layers.penalties import Penalties
from keraburn.ops import apply
from keraburn.tensor import KerasTensor, NeedsValueError


class Description(Penalties):
    """The shapes and dtypes of a layer's outputs: as the subclass says, else by tracing its `call`."""

    built: bool
    compute_dtype: Any
    call: Callable[..., Any]
    build: Callable[..., Any]

    @default
    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs as KerasTensors for inputs that are KerasTensors."""
        if is_default(self.compute_output_shape):
            return apply.describe(self.call, args, kwargs)
        arguments = calls.Arguments(self, args, dict(kwargs))
        shape = self.compute_output_shape(**arguments.shapes_for(self.compute_output_shape, self))
        return symbols_of(shape, self.compute_dtype, type(self).__name__)

    @default
    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output for an input of a shape, None where unknown; or structures of shapes."""
        inputs = symbols_of(input_shape, self.compute_dtype, type(self).__name__)
        with calls.Scope(self):
            if not self.built and not is_default(self.build):
                self.build(input_shape)
        outputs = apply.describe(self.call, (inputs,), {})
        return tree.map_structure(lambda output: output.shape, outputs)

    def _inferred(self, args: Any, kwargs: Any) -> Any:
        if self._is_ours and type(self).__name__ != "Lambda":
            return self.compute_output_spec(*args, **kwargs)
        try:
            return self.compute_output_spec(*args, **kwargs)
        except (TypeError, ValueError) as error:
            if isinstance(error, NeedsValueError) and (found := self._tried_out(args, kwargs)) is not None:
                return found
            raise type(error)(
                f"Could not automatically infer the output shape / dtype of '{self.name}' (of type "
                f"{type(self).__name__}). Either the `{type(self).__name__}.call()` method is incorrect, or you need "
                f"to implement the `compute_output_shape()` method. Error encountered:\n\n{error}"
            ) from error

    def _tried_out(self, args: Any, kwargs: Any) -> Any:
        """The outputs as KerasTensors, of a call on zeros that leaves no trace; None if it fails.

        A `call` that looks at values can only be described like this; it can run eagerly.
        """

        def run(size: int) -> Any:
            def stand_in(leaf: Any) -> Any:
                if type(leaf) is not KerasTensor:
                    return leaf
                return ops.zeros(tuple(size if d is None else d for d in leaf.shape), leaf.dtype)

            given, named = tree.map_structure(stand_in, (tuple(args), dict(kwargs)))
            return self.call(*given, **named)

        try:
            with trace.suspended(), stateless.StatelessScope():
                return apply.as_symbols(run(4), run(8))
        except Exception:
            return None


def symbols_of(shape: Any, dtype: str, layer: str) -> Any:
    """KerasTensors in the structure of a structure of shapes."""
    if isinstance(shape, dict):
        return {key: symbols_of(item, dtype, layer) for key, item in shape.items()}
    if not isinstance(shape, Sequence):
        raise ValueError(
            f"Method `compute_output_shape()` of layer {layer} should return a shape tuple. Received: {shape}"
        )
    if all(size is None or isinstance(size, (int, np.integer)) for size in shape):
        return KerasTensor(shape, dtype)
    symbols = [symbols_of(item, dtype, layer) for item in shape]
    return tuple(symbols) if isinstance(shape, tuple) else symbols
