"""The graph of a functional model: nodes are calls, and symbols remember the call that made them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from keraburn import tree
from keraburn.ops import apply
from keraburn.tensor import KerasTensor

if TYPE_CHECKING:
    from keraburn.layers.operation import Operation


class History(NamedTuple):
    """Where a KerasTensor comes from: which call of which operation, and which of its outputs."""

    operation: Operation
    node_index: int
    tensor_index: int

    @property
    def node(self) -> Node:
        return self.operation._inbound_nodes[self.node_index]


class Node:
    """One call of an operation on KerasTensors.

    Args:
        operation: the layer or operation called.
        args: positional arguments of the call.
        kwargs: keyword arguments of the call.
        outputs: structure of the KerasTensors that the call gave; their history is set.
    """

    def __init__(self, operation: Operation, args: Any, kwargs: Any, outputs: Any) -> None:
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.input_tensors = [leaf for leaf in tree.flatten((args, kwargs)) if type(leaf) is KerasTensor]
        self.output_tensors = [leaf for leaf in tree.flatten(outputs) if type(leaf) is KerasTensor]
        for index, tensor in enumerate(self.output_tensors):
            tensor.history = History(operation, len(operation._inbound_nodes), index)
        operation._inbound_nodes.append(self)
        for parent in self.parents:
            parent.operation._outbound_nodes.append(self)

    @property
    def is_input(self) -> bool:
        return not self.input_tensors

    @property
    def parents(self) -> list[Node]:
        """The calls whose outputs this one takes."""
        return [tensor.history.node for tensor in self.input_tensors if tensor.history is not None]

    def fill(self, values: dict[int, Any]) -> tuple[Any, Any]:
        """The call's arguments with `values[id(symbol)]` in the place of every symbol."""
        if not self.kwargs and len(self.args) == 1 and type(self.args[0]) is KerasTensor:
            return (values[id(self.args[0])],), {}

        def value(leaf: Any) -> Any:
            return values[id(leaf)] if type(leaf) is KerasTensor else leaf

        return tree.map_structure(value, (self.args, self.kwargs))

    def __repr__(self) -> str:
        return f"<Node operation={self.operation.name}>"


def ordered_nodes(inputs: list[KerasTensor], outputs: list[KerasTensor]) -> tuple[list[Node], dict[int, int]]:
    """The calls between inputs and outputs, parents first, and for each operation's id when it was first met.

    Raises:
        ValueError: if a symbol has no origin.
    """
    given = {id(tensor) for tensor in inputs}
    met: dict[int, int] = {}
    seen: set[int] = set()
    order: list[Node] = []
    for output in outputs:
        stack: list[tuple[KerasTensor | None, Node | None]] = [(output, None)]
        while stack:
            tensor, done = stack.pop()
            if done is not None:
                order.append(done)
                continue
            assert tensor is not None
            if tensor.history is None:
                if id(tensor) in given:
                    continue
                raise ValueError(
                    f"Graph disconnected: cannot find the origin of tensor {tensor}. Start from `keras.Input`."
                )
            node = tensor.history.node
            if id(node) in seen or (id(tensor) in given and not node.is_input):
                continue
            seen.add(id(node))
            met.setdefault(id(node.operation), len(met))
            stack.append((None, node))
            stack.extend((parent, None) for parent in reversed(node.input_tensors))
    return order, met


def run_nodes(nodes: list[Node], values: dict[int, Any], call: Callable[[Any, Any, Any], Any]) -> None:
    """Run calls in order, adding what they give to `values`; those whose inputs are missing are left out."""
    for node in nodes:
        if node.is_input or any(id(tensor) not in values for tensor in node.input_tensors):
            continue
        args, kwargs = node.fill(values)
        outputs = call(node.operation, args, kwargs)
        for symbol, value in zip(node.output_tensors, tree.flatten(outputs), strict=True):
            values[id(symbol)] = value


def symbolic_call(record: Callable[[Callable[..., Any]], Operation]) -> Callable[..., Any]:
    """What a public operation does with symbols: describe its outputs and remember the call."""

    def call(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        outputs = apply.describe(function, args, kwargs)
        if apply.has_symbols(outputs):
            Node(record(function), args, kwargs, outputs)
        return outputs

    return call
