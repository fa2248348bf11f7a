"""Functional: a model described by calls of layers and operations on symbols."""

from __future__ import annotations

import warnings
from collections import defaultdict
from inspect import Parameter
from typing import Any

import numpy as np

from keraburn import ops, tree
from keraburn.layers import call as calls
from keraburn.layers.host import handed_over
from keraburn.layers.input_layer import Input, InputLayer
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.layers.node import Node, ordered_nodes, run_nodes
from keraburn.layers.operation import Operation, signature
from keraburn.models.direct import DirectCalls
from keraburn.models.graph_config import graph_from_config, graph_to_config
from keraburn.models.host import HostPart, is_prepared
from keraburn.models.model import Model, _Kinds
from keraburn.ops import apply
from keraburn.ops.convert import convert
from keraburn.tensor import KerasTensor, Tensor


class Functional(DirectCalls, Model):
    """A model given as a graph of calls; made by `keras.Model(inputs, outputs)`.

    Args:
        inputs: a KerasTensor, or a list or dict of them, made by `keras.Input` or on the way from there.
        outputs: likewise; reached from the inputs by calls.
        name: name of the model.
        **kwargs: `trainable`.

    Raises:
        ValueError: if something is no KerasTensor, an output does not depend on the inputs alone, or two operations
            have one name.
    """

    _inputs_struct: Any
    _outputs_struct: Any
    _inputs: list[KerasTensor]
    _outputs: list[KerasTensor]
    _nodes: list[Node]
    _nodes_by_depth: dict[int, list[Node]]
    _operations: list[Operation]
    # What runs before the graph; None if nothing does.
    _host: HostPart | None

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:
        _check_symbols("inputs", inputs, outputs, inputs)
        _check_symbols("outputs", inputs, outputs, outputs)
        if isinstance(inputs, dict):
            _check_keys(inputs)
        trainable = kwargs.pop("trainable", None)
        DirectCalls.__init__(self, name=name, **kwargs)
        self._describe_graph(*_from_inputs(inputs, outputs))
        for layer in self.layers:
            self._tracker.track(layer)
        if trainable is not None:
            self.trainable = trainable
        self.build(None)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.output_names = [tensor.history.operation.name for tensor in self._outputs]

    def _describe_graph(self, inputs: Any, outputs: Any) -> None:
        graph = Graph(inputs, outputs)
        host = HostPart(graph.inputs, graph.nodes, graph.outputs)
        self.__dict__.update(
            _host=host if host.exists else None,
            _ends_on_host=not host.is_all,
            _inputs_struct=inputs,
            _outputs_struct=outputs,
            _inputs=graph.inputs,
            _outputs=graph.outputs,
            _nodes=graph.nodes,
            _nodes_by_depth=graph.nodes_by_depth,
            _operations=graph.operations,
        )

    @property
    def _title(self) -> str:
        """The name that users know the model by: a Sequential's own, for the graph inside it."""
        return self.__dict__.get("_owner_name", self.name)

    def _lock_state(self) -> None:
        # Layers may be attached to a functional model as attributes.
        pass

    def build(self, input_shape: Any) -> None:
        """Nothing to do: the layers were built when they were called on symbols."""

    def _own_layers(self) -> list[Layer]:
        return [operation for operation in self._operations if isinstance(operation, Layer)]

    @property
    def operations(self) -> list[Operation]:
        """The layers and plain operations of the graph."""
        return self._operations[:]

    @property
    def inputs(self) -> list[KerasTensor]:  # type: ignore[override]
        return self._inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        return self._outputs

    @property
    def input(self) -> Any:
        return self._inputs_struct

    @property
    def output(self) -> Any:
        return self._outputs_struct

    @property
    def input_shape(self) -> Any:
        shapes = [tensor.shape for tensor in self._inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self) -> Any:
        shapes = [tensor.shape for tensor in self._outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def input_names(self) -> list[str]:
        return [tensor.name for tensor in self._inputs]

    @property
    def input_spec(self) -> Any:
        # What the host hands over is checked there.
        if "_inputs" not in self.__dict__ or self._host is not None:
            return None
        struct = self._inputs_struct
        if isinstance(struct, dict):
            # Errors about parts of parts come from where they are flattened.
            nested = any(map(tree.is_nested, struct.values()))
            return None if nested else [_spec_of(struct[key], key) for key in sorted(struct)]
        return [_spec_of(tensor, tensor.history.operation.name) for tensor in self._inputs]

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        pass

    @property
    def _begins_on_host(self) -> bool:  # type: ignore[override]
        return self._host is not None

    def _on_host(self, inputs: Any, whole: bool = False) -> Any:
        if self._host is None or is_prepared(inputs):
            return inputs
        if isinstance(self._inputs_struct, KerasTensor) and not isinstance(inputs, dict):
            # A list is one input's rows, unless it holds an array.
            alone = isinstance(inputs, (list, tuple)) and len(inputs) == 1 and np.ndim(inputs[0]) > 0
            flat = list(inputs) if alone and hasattr(inputs[0], "shape") else [inputs]
        else:
            flat = self._flat(inputs)
        return self._host.prepare_rows(flat) if whole else self._host.prepare(flat)

    def _as_given(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        if args and self._host is not None and not _are_symbols(args[0]):
            return (handed_over(lambda: self._on_host(args[0])), *args[1:])
        if args and not isinstance(args[0], (np.ndarray, Tensor)):
            return (self._arrays(args[0]), *args[1:])
        return args

    def _arrays(self, inputs: Any) -> Any:
        """Lists of numbers as arrays where they cannot mean several inputs."""
        if len(self._inputs) == 1 and calls.is_numbers(inputs):
            return np.asarray(inputs)
        if isinstance(inputs, dict):
            return {key: np.asarray(value) if calls.is_numbers(value) else value for key, value in inputs.items()}
        if isinstance(inputs, (list, tuple)):
            return [np.asarray(value) if calls.is_numbers(value) else value for value in inputs]
        return inputs

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        inner: list[tuple[Node, Any]] = []
        if self._host is not None:
            values, inner = self._host.unpack(self._on_host(inputs))
            for symbol in self._host.crossing:
                if symbol.dtype != "string":
                    values[id(symbol)] = self._standardize_one(values[id(symbol)], symbol)
        else:
            tensors = self._standardize(inputs)
            if mask is not None:
                calls.set_masks(tensors, self._flat_masks(mask))
            values = {id(symbol): tensor for symbol, tensor in zip(self._inputs, tensors, strict=True)}

        def run(operation: Operation, args: Any, kwargs: Any) -> Any:
            if training is not None and isinstance(operation, Layer):
                kwargs["training"] = training
            return operation(*args, **kwargs)

        for node, given in inner:
            found = run(node.operation, (given,), {})
            values.update(zip(map(id, node.output_tensors), tree.flatten(found), strict=True))
        run_nodes(self._nodes, values, run)
        outputs = tree.map_structure(lambda symbol: values[id(symbol)], self._outputs_struct)
        return outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs

    def compute_output_spec(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if self._host is not None:
            outputs = tree.map_structure(lambda symbol: KerasTensor(symbol.shape, symbol.dtype), self._outputs_struct)
            return outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs
        return apply.describe(self.call, (inputs,), {"training": training, "mask": mask})

    def compute_output_shape(self, input_shape: Any) -> Any:
        shapes = [input_shape] if isinstance(self._inputs_struct, KerasTensor) else tree.flatten_shapes(input_shape)
        symbols = [KerasTensor(shape, symbol.dtype) for shape, symbol in zip(shapes, self._inputs, strict=True)]
        outputs = self.compute_output_spec(tree.pack_sequence_as(self._inputs_struct, symbols))
        return tree.map_structure(lambda output: output.shape, outputs)

    def get_config(self) -> dict[str, Any]:
        if not _is_plain(type(self)):
            return Model.get_config(self)
        return graph_to_config(self)

    @classmethod
    def from_config_of(cls, kind: type, config: dict[str, Any], custom_objects: dict[str, Any] | None) -> Any:
        """A model of class `kind` with the graph that `get_config` described."""
        inputs, outputs = graph_from_config(config, custom_objects)
        known = ("layers", "input_layers", "output_layers", "name", "trainable")
        rest = {key: value for key, value in config.items() if key not in known}
        return kind(inputs=inputs, outputs=outputs, name=config.get("name"), trainable=config.get("trainable"), **rest)

    def _standardize(self, inputs: Any) -> list[Any]:
        """The inputs as a flat list of tensors of the described dtypes and ranks."""
        return [self._standardize_one(v, symbol) for v, symbol in zip(self._flat(inputs), self._inputs, strict=True)]

    def _flat(self, inputs: Any) -> list[Any]:
        """The inputs as a flat list."""
        struct = self._inputs_struct
        if isinstance(inputs, dict):
            parts = struct if isinstance(struct, dict) else dict(zip(self.input_names, self._inputs, strict=True))
            if any(key not in inputs for key in parts):
                raise ValueError(
                    "The structure of `inputs` doesn't match the expected structure.\n"
                    f"Expected: {tree.map_structure(lambda symbol: symbol.name, struct)}\n"
                    f"Received: inputs with keys {sorted(inputs)}"
                )
            keys = sorted(parts) if parts is struct else self.input_names
            flat = [leaf for key in keys for leaf in _part(parts[key], inputs[key])]
        else:
            flat = list(inputs) if isinstance(inputs, (list, tuple)) else tree.flatten(inputs)
            flat = flat if len(flat) == len(self._inputs) else tree.flatten(inputs)
            if isinstance(inputs, (list, tuple)) and isinstance(struct, KerasTensor):
                warnings.warn(
                    "The structure of `inputs` doesn't match the expected structure.\n"
                    f"Expected: {struct.name}\nReceived: a {type(inputs).__name__} of {len(inputs)}",
                    stacklevel=2,
                )
        if len(flat) != len(self._inputs):
            raise ValueError(
                f'Layer "{self._title}" expects {len(self._inputs)} input(s), but it received {len(flat)} '
                "input tensors."
            )
        return flat

    def _flat_masks(self, mask: Any) -> list[Any]:
        """A mask for each input, None where there is none."""
        struct = self._inputs_struct
        if isinstance(mask, dict):
            mask = [mask.get(name) for name in (sorted(struct) if isinstance(struct, dict) else self.input_names)]
        flat = _leaves(mask)
        if len(flat) != len(self._inputs):
            raise ValueError(
                f"`mask` must hold a mask or None for each of the {len(self._inputs)} input(s) of model "
                f"'{self._title}'. Received: mask={mask}"
            )
        return flat

    def _standardize_one(self, value: Any, symbol: KerasTensor) -> Any:
        if value is None:
            operation = symbol.history.operation
            if isinstance(operation, InputLayer) and not operation.optional:
                raise ValueError(
                    f"The input '{symbol.name}' is not optional, but None was passed. Please provide a valid tensor."
                )
            return None
        tensor = convert(value, symbol.dtype)
        mask = calls.get_mask(value)
        rank, wanted = len(tensor.shape), len(symbol.shape)
        if rank == wanted + 1 and tensor.shape[-1] == 1:
            tensor = ops.squeeze(tensor, -1)
        elif rank == wanted - 1 and symbol.shape[-1] == 1:
            tensor = ops.expand_dims(tensor, -1)
        elif rank != wanted:
            raise ValueError(
                f"Invalid input shape for input '{symbol.history.operation.name}' of model '{self._title}'. "
                f"Expected shape {symbol.shape}, but input has incompatible shape {tuple(tensor.shape)}"
            )
        if mask is not None:
            calls.set_masks(tensor, mask)
        return tensor


_Kinds.functional = Functional


def _is_plain(cls: type) -> bool:
    """Whether a class is made as Functional itself is, so that its graph says all."""
    parameters = list(signature(vars(cls).get("__init__", Functional.__init__)).parameters.values())[1:]
    if [parameter.name for parameter in parameters][:3] == ["inputs", "outputs", "name"]:
        return True
    kinds = {parameter.kind for parameter in parameters}
    return kinds >= {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}


def _are_symbols(inputs: Any) -> bool:
    """Whether a model is being described; long lists are data."""
    return not (isinstance(inputs, (list, tuple)) and len(inputs) > 256) and apply.has_symbols(inputs)


class Graph:
    """What lies between inputs and outputs: the calls in the order in which they can run, and their operations.

    Operations are ordered as Keras orders them, by their distance from the outputs and then by when a walk from the
    outputs first meets them; the order of weights follows from it.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs: list[KerasTensor] = tree.flatten(inputs)
        self.outputs: list[KerasTensor] = tree.flatten(outputs)
        self.nodes, met = ordered_nodes(self.inputs, self.outputs)
        node_depths: dict[int, int] = {}
        depths: dict[int, int] = {}
        operations: dict[int, Operation] = {}
        in_graph = {id(node) for node in self.nodes}
        for node in reversed(self.nodes):
            key = id(node.operation)
            operations[key] = node.operation
            depth = max(node_depths.get(id(node), 0), depths.get(key, 0))
            depths[key] = node_depths[id(node)] = depth
            for parent in node.parents:
                if id(parent) in in_graph:
                    node_depths[id(parent)] = max(depth + 1, node_depths.get(id(parent), 0))
        nodes = list(self.nodes)
        for tensor in self.inputs:
            node = tensor.history.node
            # Inputs that nothing uses belong to the model too.
            if node.is_input and id(node) not in in_graph:
                nodes.append(node)
                node_depths[id(node)] = depths[id(node.operation)] = 0
                operations[id(node.operation)] = node.operation
                met[id(node.operation)] = -1
        by_depth: dict[int, list[Node]] = defaultdict(list)
        for node in reversed(nodes):
            by_depth[node_depths[id(node)]].append(node)
        self.nodes_by_depth = dict(by_depth)
        self.operations = sorted(
            operations.values(), key=lambda operation: (-depths[id(operation)], met[id(operation)])
        )
        self._check()

    def _check(self) -> None:
        known = {id(tensor) for tensor in self.inputs}
        for node in self.nodes:
            missing = [tensor for tensor in node.input_tensors if id(tensor) not in known]
            if node.is_input:
                missing = [tensor for tensor in node.output_tensors if id(tensor) not in known]
            if missing:
                raise ValueError(
                    f"Graph disconnected: the outputs depend on tensor {missing[0]} of operation "
                    f"'{missing[0].history.operation.name}', which is not among `inputs` and not reached from them."
                )
            known.update(id(tensor) for tensor in node.output_tensors)
        names = [operation.name for operation in self.operations]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f'The name "{name}" is used {names.count(name)} times in the model. '
                    "All operation names should be unique."
                )


def _check_symbols(argument: str, inputs: Any, outputs: Any, value: Any) -> None:
    flat = tree.flatten(value)
    if not flat:
        raise ValueError(f"`{argument}` argument cannot be empty. Received:\ninputs={inputs}\noutputs={outputs}")
    for leaf in flat:
        if not isinstance(leaf, KerasTensor):
            raise ValueError(
                f"All `{argument}` values must be KerasTensors. Received: {argument}={value} including invalid value "
                f"{leaf} of type {type(leaf)}"
            )


def _check_keys(inputs: dict[str, Any]) -> None:
    for key, value in inputs.items():
        if isinstance(value, KerasTensor) and key != value.name:
            warnings.warn(
                "When providing `inputs` as a dict, all keys in the dict must match the names of the corresponding "
                f"tensors. Received key '{key}' mapping to value {value} which has name '{value.name}'. Change the "
                f"tensor name to '{key}' (via `Input(..., name='{key}')`)",
                stacklevel=4,
            )


def _leaves(structure: Any) -> list[Any]:
    return [leaf for _, leaf in tree.flatten_with_path(structure)]


def _part(struct: Any, given: Any) -> list[Any]:
    """What is given for a part of the structure of inputs, as a flat list."""
    return _leaves(given) if tree.is_nested(struct) else [given]


def _spec_of(tensor: KerasTensor, name: str) -> InputSpec:
    optional = getattr(tensor.history.operation, "optional", False)
    return InputSpec(shape=(None, *tensor.shape[1:]), allow_last_axis_squeeze=True, name=name, optional=optional)


def _from_inputs(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """Inputs and outputs of a graph that begins with input layers, where the given inputs may lie on the way."""
    flat = tree.flatten(inputs)
    for tensor in flat:
        if tensor.history is None:
            raise ValueError(f"A model's inputs are made by `keras.Input` or by layers. Received: {tensor}")
    if all(tensor.history.node.is_input for tensor in flat):
        return inputs, outputs
    copies = {id(tensor): tensor for tensor in flat if tensor.history.node.is_input}
    for tensor in flat:
        if id(tensor) not in copies:
            copies[id(tensor)] = Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"{tensor.name}CLONE")

    def copy(leaf: Any) -> Any:
        return copies.get(id(leaf), leaf) if isinstance(leaf, KerasTensor) else leaf

    nodes, _ = ordered_nodes(flat, tree.flatten(outputs))
    for node in nodes:
        if node.is_input:
            copies.update((id(tensor), tensor) for tensor in node.output_tensors)
            continue
        fresh = [copies.setdefault(id(t), KerasTensor(t.shape, t.dtype)) for t in node.output_tensors]
        args, kwargs = tree.map_structure(copy, (node.args, node.kwargs))
        Node(node.operation, args, kwargs, fresh)
    return tree.map_structure(copy, inputs), tree.map_structure(copy, outputs)
