"""Function: a computation described on symbols, to be used on other inputs."""

from __future__ import annotations

from typing import Any

from keraburn import ops, tree
from keraburn.layers.node import ordered_nodes, run_nodes
from keraburn.layers.operation import Operation
from keraburn.ops import apply
from keraburn.tensor import KerasTensor


class Function(Operation):
    """The operations that lead from some symbols to others; other than a functional model it owns no weights.

    Args:
        inputs: a KerasTensor, or a structure of them.
        outputs: likewise; computed from the inputs.
        name: name of the function.

    Raises:
        ValueError: if there are no inputs or outputs, or an output depends on something else.

    Example:

    >>> import keraburn as keras
    >>> x = keras.KerasTensor((None, 2))
    >>> function = keras.Function(x, keras.ops.square(x) + 1)
    >>> function(keras.ops.array([[1.0, 2.0]])).numpy()
    array([[2., 5.]], dtype=float32)
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        self._inputs_struct, self._outputs_struct = inputs, outputs
        self._inputs, self._outputs = tree.flatten(inputs), tree.flatten(outputs)
        for argument, flat in (("inputs", self._inputs), ("outputs", self._outputs)):
            if not flat:
                raise ValueError(f"`{argument}` argument cannot be empty. Received:\n{inputs=}\n{outputs=}")
            for leaf in flat:
                if not isinstance(leaf, KerasTensor):
                    raise ValueError(f"All `{argument}` values must be KerasTensors. Received: {argument}={leaf}")
        self._nodes, _ = ordered_nodes(self._inputs, self._outputs)
        known = {id(tensor) for tensor in self._inputs}
        for node in self._nodes:
            if not node.is_input and all(id(tensor) in known for tensor in node.input_tensors):
                known.update(id(tensor) for tensor in node.output_tensors)
        for place, tensor in enumerate(self._outputs):
            if id(tensor) not in known:
                raise ValueError(f"Output {place} is not connected to `inputs`. Received: {inputs=}, {outputs=}")
        self._operations = list({id(node.operation): node.operation for node in self._nodes}.values())

    @property
    def operations(self) -> list[Operation]:
        """The operations on the way."""
        return self._operations[:]

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbols that the function takes, in a flat list."""
        return self._inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbols that the function gives, in a flat list."""
        return self._outputs

    def _checked(self, inputs: Any) -> list[Any]:
        flat = tree.flatten(inputs)
        if len(flat) != len(self._inputs):
            raise ValueError(
                f"Function was called with an invalid input structure. Expected input structure: {self._inputs_struct}"
                f"\nReceived input structure: {inputs}"
            )
        flat = [leaf if isinstance(leaf, KerasTensor) else ops.convert_to_tensor(leaf) for leaf in flat]
        for leaf, symbol in zip(flat, self._inputs, strict=True):
            fits = len(leaf.shape) == len(symbol.shape) and all(
                a == b or None in (a, b) for a, b in zip(leaf.shape, symbol.shape, strict=True)
            )
            if not fits:
                raise ValueError(
                    f"{type(self).__name__} was passed incompatible inputs. For input '{symbol.name}', expected shape "
                    f"{symbol.shape}, but received instead a tensor with shape {leaf.shape}."
                )
        return flat

    def call(self, inputs: Any) -> Any:
        """The outputs for other inputs of the same structure."""
        values = {id(symbol): leaf for symbol, leaf in zip(self._inputs, self._checked(inputs), strict=True)}
        run_nodes(self._nodes, values, lambda operation, args, kwargs: operation(*args, **kwargs))
        return tree.map_structure(lambda symbol: values[id(symbol)], self._outputs_struct)

    def compute_output_spec(self, inputs: Any) -> Any:
        self._checked(inputs)
        return apply.describe(self.call, (inputs,), {})

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the outputs for inputs of these shapes."""
        flat = input_shape if len(self._inputs) > 1 else [input_shape]
        shapes = tree.pack_sequence_as(
            self._inputs_struct,
            [KerasTensor(shape, symbol.dtype) for shape, symbol in zip(flat, self._inputs, strict=True)],
        )
        return tree.map_structure(lambda output: output.shape, self.compute_output_spec(shapes))
