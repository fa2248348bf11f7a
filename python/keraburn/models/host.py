"""The part of a model that runs on the host: what lies between its inputs and the last layer of strings or hashes."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import tree
from keraburn.data.arrays import to_numpy
from keraburn.layers.host import HostLayer, host_value, strings_array
from keraburn.layers.layer import Layer
from keraburn.layers.node import Node
from keraburn.models.host_rows import HostRows, Source
from keraburn.ops.convert import convert
from keraburn.tensor import KerasTensor

# Before the names of what the host hands over to the graph.
MARK = "host:"
# What is larger is not prepared at once.
_AT_ONCE = 2**28


class HostPart:
    """The calls of a functional model that come before the graph.

    They are run once on the data given to `fit`; on each batch where batches come one by one, where what they give is
    large, or where its shape depends on the batch. Models inside that begin on the host and have weights do so here
    too, and go on in the graph.

    Args:
        inputs: the model's inputs.
        nodes: its calls, in order.
        outputs: its outputs.

    Attributes:
        exists: whether there are any.
        is_all: whether no later calls would have to run on the host too.
    """

    def __init__(self, inputs: list[KerasTensor], nodes: list[Node], outputs: list[KerasTensor]) -> None:
        self.inputs = inputs
        calls = [node for node in nodes if not node.is_input]
        after: set[int] = set()
        for node in calls:
            # What is trained belongs to the graph, and what comes after it.
            if any(id(parent) in after for parent in node.parents) or _is_trained(node.operation):
                after.add(id(node))
        self.inner = [
            node for node in calls if _begins_on_host(node.operation) and id(node) in after and _is_early(node, after)
        ]
        ends = [node for node in calls if _begins_on_host(node.operation) and id(node) not in after]
        needed: set[int] = {id(node) for node in ends}
        for node in reversed(calls):
            if id(node) in needed or node in self.inner:
                needed.update(id(parent) for parent in node.parents)
        self.nodes = [node for node in calls if id(node) in needed]
        made = [*inputs, *(tensor for node in self.nodes for tensor in node.output_tensors)]
        rest = [node for node in calls if id(node) not in needed and node not in self.inner]
        wanted = {id(tensor) for node in rest for tensor in node.input_tensors} | {id(tensor) for tensor in outputs}
        self.crossing = [tensor for tensor in made if id(tensor) in wanted]
        self.exists = bool(ends or self.inner)
        self.is_all = not any(_begins_on_host(node.operation) or _ends_on_host(node.operation) for node in rest)

    def prepare(self, flat: list[Any]) -> dict[str, Any]:
        """What the graph takes, for the values of the inputs, by names that `unpack` knows."""
        values: dict[int, Any] = {}
        used = {id(tensor) for node in [*self.nodes, *self.inner] for tensor in node.input_tensors}
        for symbol, value in zip(self.inputs, flat, strict=True):
            if symbol.dtype == "string":
                value = _of_rank(strings_array(value), symbol)
            elif id(symbol) in used:
                value = _of_rank(convert(value, symbol.dtype).numpy(), symbol)
            values[id(symbol)] = value
        for node in self.nodes:
            args, kwargs = node.fill(values)
            call: Any = node.operation
            if isinstance(call, HostLayer):
                found: Any = call.evaluate(args[0], floats=True)
            else:
                found = tree.map_structure(host_value, call(*args, **kwargs))
            for symbol, value in zip(node.output_tensors, tree.flatten(found), strict=True):
                values[id(symbol)] = value if symbol.dtype == "string" else value.astype(symbol.dtype, copy=False)
        prepared = {f"{MARK}{number:03}": values[id(tensor)] for number, tensor in enumerate(self.crossing)}
        for number, node in enumerate(self.inner, len(self.crossing)):
            args, _ = node.fill(values)
            for name, value in node.operation._on_host(args[0]).items():  # type: ignore[attr-defined]
                prepared[f"{MARK}{number:03}{name}"] = value
        return prepared

    def prepare_rows(self, flat: list[Any]) -> dict[str, Any]:
        """The same for whole data, at once or, where that would not do, with rows that are prepared later."""
        texts = [symbol.name for symbol in self.crossing if symbol.dtype == "string"]
        if texts:
            raise ValueError(
                "Strings cannot enter or leave the graph, which `fit`, `evaluate` and `predict` run: look them up or "
                "hash them first, and call a model that gives strings directly, as `model(x)`. "
                f"Received: symbols of strings {texts}"
            )
        kinds = [symbol.dtype == "string" for symbol in self.inputs]
        arrays = [strings_array(v) if text else to_numpy(v) for text, v in zip(kinds, flat, strict=True)]
        rows = len(arrays[0]) if arrays[0].ndim else 0
        if rows < 2 or any(array.shape[:1] != (rows,) for array in arrays):
            return self.prepare(arrays)
        first = self.prepare([array[:1] for array in arrays])
        size = sum(rows * value.nbytes for value in first.values())
        if size <= _AT_ONCE and not self.varies:
            return self.prepare(arrays)
        source = Source(self.prepare, arrays)
        return {name: HostRows(source, name, value) for name, value in first.items()}

    @property
    def varies(self) -> bool:
        """Whether the shape of a row depends on the batch that it is in."""
        inner: list[Any] = [node.operation for node in self.inner]
        # A Sequential keeps its graph.
        graphs = [model.__dict__.get("_functional", model) for model in inner]
        return any(None in symbol.shape[1:] for symbol in self.crossing) or any(g._host.varies for g in graphs)

    def unpack(self, prepared: dict[str, Any]) -> tuple[dict[int, Any], list[tuple[Node, dict[str, Any]]]]:
        """The values of the symbols that cross into the graph, and the calls of models inside with what they take."""
        names = sorted(prepared)
        values = {id(symbol): prepared[name] for name, symbol in zip(names, self.crossing, strict=False)}
        inner = []
        for number, node in enumerate(self.inner, len(self.crossing)):
            prefix = f"{MARK}{number:03}"
            inner.append((node, {n.removeprefix(prefix): prepared[n] for n in names if n.startswith(prefix)}))
        return values, inner


def is_prepared(inputs: Any) -> bool:
    """Whether these are what the host hands over."""
    return isinstance(inputs, dict) and bool(inputs) and all(str(name).startswith(MARK) for name in inputs)


def _begins_on_host(operation: Any) -> bool:
    return isinstance(operation, HostLayer) or getattr(operation, "_begins_on_host", False)


def _ends_on_host(operation: Any) -> bool:
    return getattr(operation, "_ends_on_host", False)


def _is_trained(operation: Any) -> bool:
    return isinstance(operation, Layer) and any(weight.trainable for weight in operation.weights)


def _is_early(node: Node, after: set[int]) -> bool:
    return all(id(parent) not in after for parent in node.parents)


def _of_rank(array: np.ndarray, symbol: KerasTensor) -> np.ndarray:
    """`array` with a last dimension of 1 put on or off, as the symbol has it."""
    wanted = len(symbol.shape)
    if array.ndim == wanted + 1 and array.shape[-1] == 1:
        return array[..., 0]
    if array.ndim == wanted - 1 and symbol.shape[-1] == 1:
        return array[..., None]
    if array.ndim != wanted:
        raise ValueError(
            f"Invalid input shape for input '{symbol.name}'. Expected shape {symbol.shape}, but input has incompatible "
            f"shape {array.shape}"
        )
    return array
