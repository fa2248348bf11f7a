"""`model.summary()`: the layers in a table, and how much the weights take."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from keraburn import tree
from keraburn.layers.node import Node
from keraburn.layers.operation import FunctionCall
from keraburn.models.table import Column, Span, draw, styled
from keraburn.utils.console import is_interactive_logging_enabled, print_message

_NUMBER = "38;5;34"
_NONE = "38;5;45"
_SYMBOL = "38;5;33"
_BOLD = "1"


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: list[float] | None = None,
    print_fn: Callable[..., Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Print a table of a model's layers; the arguments are those of `Model.summary`.

    Raises:
        ValueError: if the table would be too narrow, or `layer_range` names no layers.
    """
    for name, value, fits in (
        ("line_length", line_length, isinstance(line_length, int)),
        ("positions", positions, isinstance(positions, (list, tuple))),
        ("print_fn", print_fn, callable(print_fn)),
    ):
        if value is not None and not fits:
            raise ValueError(f"Invalid argument `{name}` of `summary()`. Received: {name}={value!r}")
    graph = _Graph(model)
    titles = ["Layer (type)", "Output Shape", "Param #"]
    alignments = ["left", "left", "right"]
    default_length, fractions = 88, positions or [0.45, 0.80, 1.0]
    if not graph.is_stack:
        titles.append("Connected to")
        alignments.append("left")
        default_length, fractions = 108, positions or [0.3, 0.56, 0.74, 1.0]
    if show_trainable:
        titles.append("Trainable")
        alignments.append("center")
        default_length += 12
        fractions = [fraction * 0.90 for fraction in fractions] + [1.0]
    terminal = _terminal_width()
    length = line_length or min(default_length, terminal - 4)
    widths = _widths(fractions, length)
    columns = [Column(*each) for each in zip(titles, alignments, widths, strict=False)]
    layers = graph.layers[slice(*_bounds(graph.layers, layer_range))]
    rows = [row for layer in layers for row in _rows(layer, graph, expand_nested, show_trainable)]

    color = print_fn is None and is_interactive_logging_enabled() and sys.stdout.isatty()
    lines = [styled([Span(f'Model: "{model.name}"', _BOLD)], color)]
    lines += draw(columns, rows, min(length, terminal), color) if length <= terminal else _cut(columns, rows, length)
    lines += _totals(model, color)
    text = "\n".join(lines) + "\n"
    if print_fn is not None:
        print_fn(text)
    else:
        print_message(text, line_break=False)


def _cut(columns: list[Column], rows: list[list[list[Span]]], length: int) -> list[str]:
    """A table that is wider than the terminal loses its right end."""
    terminal = _terminal_width()
    return [line[:terminal] for line in draw(columns, rows, length, color=False)]


def _terminal_width() -> int:
    import shutil  # brings compression libraries along, which importing keraburn need not wait for

    return shutil.get_terminal_size().columns


def _widths(fractions: list[float], length: int) -> list[int]:
    widths: list[int] = []
    for fraction in fractions:
        width = int(fraction * length) - sum(widths)
        if width < 4:
            raise ValueError("Insufficient console width to print summary.")
        widths.append(width)
    return widths


class _Graph:
    """What of a model's graph a summary shows: its layers in order, and whether they are one stack."""

    def __init__(self, model: Any) -> None:
        self.nodes: dict[int, Node] = {}
        self.is_stack = True
        by_depth = getattr(model, "_nodes_by_depth", None)
        if by_depth is None:
            self.layers = model.layers
            return
        self.layers = model._operations
        self.nodes = {id(node): node for nodes in by_depth.values() for node in nodes}
        self.is_stack = all(len(nodes) == 1 and len(nodes[0].input_tensors) < 2 for nodes in by_depth.values()) and all(
            sum(id(node) in self.nodes for node in layer._inbound_nodes) < 2 for layer in model.layers
        )

    def connections(self, layer: Any) -> list[Span]:
        spans: list[Span] = []
        for node in layer._inbound_nodes:
            if self.nodes and id(node) not in self.nodes:
                continue
            for tensor in node.input_tensors:
                operation, node_index, tensor_index = tensor.history
                spans += [
                    Span(f"{', ' if spans else ''}{operation.name}["),
                    Span(str(node_index), _NUMBER),
                    Span("]["),
                    Span(str(tensor_index), _NUMBER),
                    Span("]"),
                ]
        return spans or [Span("-")]


def _rows(layer: Any, graph: _Graph, expand: bool, show_trainable: bool, level: int = 0) -> list[list[list[Span]]]:
    prefix = "   " * level + "└ " if level else ""
    kind = layer.class_name if isinstance(layer, FunctionCall) else type(layer).__name__
    row = [[Span(f"{prefix}{layer.name} ("), Span(kind, _SYMBOL), Span(")")], _shape(layer), _count(layer)]
    if not graph.is_stack:
        row.append(graph.connections(layer))
    if show_trainable:
        if getattr(layer, "weights", None):
            row.append([Span("Y", "1;38;5;34") if layer.trainable else Span("N", "1;38;5;9")])
        else:
            row.append([Span("-", _BOLD)])
    rows = [row]
    if expand:
        for inner in getattr(layer, "layers", None) or ():
            rows += _rows(inner, graph, expand, show_trainable, level + 1)
    return rows


def _count(layer: Any) -> list[Span]:
    if not hasattr(layer, "built"):
        return [Span("0", _NUMBER)]
    return [Span(f"{layer.count_params():,}", _NUMBER)] if layer.built else [Span("0", _NUMBER), Span(" (unbuilt)")]


def _shape(layer: Any) -> list[Span]:
    """The shape of the last call's outputs on symbols, else the one that follows from the shapes it was built with."""
    shapes = layer.__dict__.get("_build_shapes")
    if layer._inbound_nodes:
        outputs: Any = [tensor.shape for tensor in layer._inbound_nodes[-1].output_tensors]
    elif not shapes:
        return [Span("?")]
    else:
        try:
            own = getattr(layer, "output_shape", None)
            outputs = own if own is not None else layer.compute_output_shape(**shapes)
        except (NotImplementedError, AttributeError, TypeError):
            return [Span("?")]
    flat = tree.flatten_shapes(outputs)
    if len(flat) == 1:
        return _spans_of(flat[0])
    return [
        Span("["),
        *(span for i, one in enumerate(flat) for span in ([Span(", ")] if i else []) + _spans_of(one)),
        Span("]"),
    ]


def _spans_of(shape: tuple[Any, ...]) -> list[Span]:
    spans = [Span("(")]
    for index, size in enumerate(shape):
        spans += [Span(", ")] if index else []
        spans.append(Span(str(size), _NONE if size is None else _NUMBER))
    return [*spans, Span(")")]


def _totals(model: Any, color: bool) -> list[str]:
    groups = [("Trainable", model.trainable_weights), ("Non-trainable", model.non_trainable_weights)]
    optimizer = model.optimizer if model.compiled else None
    if optimizer is not None and optimizer.built:
        groups.append(("Optimizer", optimizer.variables))
    counts = [(name, *_measure(weights)) for name, weights in groups]
    counts.insert(0, ("Total", sum(count for _, count, _ in counts), sum(size for _, _, size in counts)))
    return [
        styled(
            [Span(f" {name} params: ", _BOLD), Span(f"{count:,}", _NUMBER), Span(f" ({readable_size(size)})")], color
        )
        for name, count, size in counts
    ]


def _measure(weights: Iterable[Any]) -> tuple[int, float]:
    """How many numbers, and how many bytes."""
    each_once = {id(weight): weight for weight in weights}.values()
    sizes = [(math.prod(weight.shape), np.dtype(weight.dtype).itemsize) for weight in each_once]
    return sum(count for count, _ in sizes), sum(count * itemsize for count, itemsize in sizes)


def readable_size(size: float) -> str:
    """A number of bytes as text: `"1.00 KB"`."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"


def _bounds(layers: list[Any], layer_range: Any) -> tuple[int, int]:
    if layer_range is None:
        return 0, len(layers)
    if len(layer_range) != 2:
        raise ValueError(
            "layer_range must be a list or tuple of length 2. "
            f"Received: layer_range = {layer_range} of length {len(layer_range)}"
        )
    if not all(isinstance(name, str) for name in layer_range):
        raise ValueError(f"layer_range should contain string type only. Received: {layer_range}")
    found = [[i for i, layer in enumerate(layers) if re.match(name, layer.name)] for name in layer_range]
    if not all(found):
        raise ValueError(f"Passed layer_names do not match the layer names in the model. Received: {layer_range}")
    first, last = found
    return (min(last), max(first) + 1) if min(first) > max(last) else (min(first), max(last) + 1)
