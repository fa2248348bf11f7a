"""Models drawn as graphs of their layers, by Graphviz."""

from __future__ import annotations

import html
import itertools
import os
import sys
from collections.abc import Iterator
from typing import Any

from keraburn import tree
from keraburn.utils.console import print_message

_UNBUILT = (
    "This model has not yet been built. Build the model first by calling `build()` or by calling the model on a batch "
    "of data."
)


def _is_sequential(layer: Any) -> bool:
    return hasattr(layer, "layers") and hasattr(type(layer), "add") and hasattr(type(layer), "pop")


def _is_functional(layer: Any) -> bool:
    return hasattr(layer, "_nodes") and not _is_sequential(layer)


def _is_nested(layer: Any) -> bool:
    return _is_sequential(layer) or _is_functional(layer)


class Dot:
    """A drawing in Graphviz's language.

    Args:
        name: of a part of another drawing; None for a whole one.
        settings: attributes of the graph.
    """

    def __init__(self, name: str | None = None, **settings: Any) -> None:
        self.name = name
        self.settings = settings
        # From identities of layers to their labels.
        self.nodes: dict[int, str] = {}
        self.edges: dict[tuple[int, int], None] = {}
        self.parts: list[Dot] = []

    def _numbers(self) -> Iterator[int]:
        yield from self.nodes
        for part in self.parts:
            yield from part._numbers()

    def to_string(self) -> str:
        """The drawing as text."""
        names = {key: f"n{number}" for number, key in enumerate(self._numbers())}
        return "\n".join(self._lines(names, "")) + "\n"

    def _lines(self, names: dict[int, str], indent: str) -> Iterator[str]:
        kind = "digraph G" if self.name is None else f"subgraph {_quoted('cluster_' + self.name)}"
        yield f"{indent}{kind} {{"
        for setting, value in self.settings.items():
            yield f"{indent}  {setting}={_quoted(value)};"
        if self.name is None:
            yield f"{indent}  node [shape=record];"
        for part in self.parts:
            yield from part._lines(names, indent + "  ")
        for key, label in self.nodes.items():
            yield f'{indent}  {names[key]} [label={label}, fontname="Helvetica", border=0, margin=0];'
        for source, target in self.edges:
            if source in names and target in names:
                yield f"{indent}  {names[source]} -> {names[target]} [penwidth=2];"
        yield f"{indent}}}"

    def create(self, prog: str = "dot", format: str = "png") -> bytes:
        """The drawing as a picture.

        Args:
            prog: Graphviz's program.
            format: `"png"`, `"svg"`, `"pdf"`...

        Raises:
            OSError: if the program is not there or cannot draw this.
        """
        import subprocess

        done = subprocess.run([prog, f"-T{format}"], input=self.to_string().encode(), capture_output=True, check=False)
        if done.returncode:
            raise OSError(f"Graphviz could not draw the model: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def write(self, path: Any, prog: str = "dot", format: str = "raw") -> None:
        """Write the drawing, as text for the formats `"raw"`, `"dot"` and `"gv"`, else as a picture."""
        text = format in ("raw", "dot", "gv")
        content = self.to_string().encode() if text else self.create(prog, format)
        with open(path, "wb") as file:
            file.write(content)


def _quoted(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _shape_text(shape: Any) -> str:
    if shape is None:
        return "?"
    text = ", ".join(f"{key}: {value}" for key, value in shape.items()) if isinstance(shape, dict) else f"{shape}"
    return text.replace("}", "").replace("{", "")


def _of_symbols(layer: Any, attribute: str, what: str) -> Any:
    """Shapes or dtypes of the layer's inputs or outputs, None where it has none."""
    try:
        return tree.map_structure(lambda symbol: getattr(symbol, what), getattr(layer, attribute))
    except (ValueError, AttributeError):
        return None


def _cell(text: str, color: str = "white", font: str = "") -> str:
    return f'<td bgcolor="{color}"><font point-size="14"{font}>{text}</font></td>'


def _label(layer: Any, options: dict[str, bool]) -> str:
    """A table of what is shown of a layer, in Graphviz's HTML."""
    kind = getattr(layer, "class_name", type(layer).__name__)
    cells = []
    if options["show_shapes"]:
        given, result = _of_symbols(layer, "input", "shape"), _of_symbols(layer, "output", "shape")
        given = given if result is not None else None
        if kind != "InputLayer":
            cells.append(_cell(f"Input shape: <b>{_shape_text(given)}</b>"))
        cells.append(_cell(f"Output shape: <b>{_shape_text(result)}</b>"))
    if options["show_dtype"]:
        cells.append(_cell(f"Output dtype: <b>{_of_symbols(layer, 'output', 'dtype') or '?'}</b>"))
    if options["show_trainable"] and getattr(layer, "weights", None):
        word, color = ("Trainable", "forestgreen") if layer.trainable else ("Non-trainable", "firebrick")
        cells.append(_cell(f"<b>{word}</b>", color, ' color="white"'))
    span = max(1, int(options["show_dtype"]) + int(options["show_trainable"]) + 2 * int(options["show_shapes"]))
    title = f"<b>{html.escape(kind)}</b>"
    if options["show_layer_names"]:
        title = f"<b>{html.escape(layer.name)}</b> ({html.escape(kind)})"
    rows = [f'<tr><td colspan="{span}" bgcolor="black"><font point-size="16" color="white">{title}</font></td></tr>']
    activation = getattr(layer, "activation", None)
    if options["show_layer_activations"] and activation is not None:
        name = getattr(activation, "name", None) or getattr(activation, "__name__", None) or str(activation)
        rows.append(
            f'<tr><td bgcolor="white" colspan="{span}"><font point-size="14">Activation: <b>{html.escape(name)}</b>'
            "</font></td></tr>"
        )
    if cells:
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f'<<table border="0" cellborder="1" bgcolor="black" cellpadding="10">{"".join(rows)}</table>>'


def _source(layer: Any, output: int) -> Any:
    """The layer within nested models that gives one of their outputs."""
    while _is_nested(layer):
        history = layer.outputs[output].history
        layer, output = history.operation, history.tensor_index
    return layer


def _target(layer: Any, given: int) -> Any:
    """The layer within nested models that takes one of their inputs."""
    while _is_nested(layer):
        layer, given = (layer.layers[0], 0) if _is_sequential(layer) else (layer.inputs[given].history.operation, 0)
    return layer


def _calls(model: Any) -> Iterator[Any]:
    """The calls whose inputs are drawn as edges."""
    if _is_functional(model):
        yield from (node for node in model._nodes if not node.is_input)
        return
    inner = model._functional
    yield from (node for node in inner._nodes if not node.is_input)


def _fill(dot: Dot, model: Any, options: dict[str, bool], expand_nested: bool) -> None:
    if not _is_nested(model):
        dot.nodes[id(model)] = _label(model, options)
        return
    layers = model.layers if _is_sequential(model) else model.operations
    for layer in layers:
        if expand_nested and _is_nested(layer):
            part = Dot(layer.name, style="dashed", label=layer.name, labeljust="l")
            _fill(part, layer, options, expand_nested)
            dot.parts.append(part)
        else:
            dot.nodes[id(layer)] = _label(layer, options)
    if _is_sequential(model) and not expand_nested:
        dot.edges.update({(id(a), id(b)): None for a, b in itertools.pairwise(layers)})
        return
    # The input of a Sequential model has no box.
    first = layers[0] if _is_sequential(model) and layers else None
    for node in _calls(model):
        if node.operation is first:
            continue
        for place, symbol in enumerate(node.input_tensors):
            source, target = symbol.history.operation, node.operation
            if expand_nested:
                source, target = _source(source, symbol.history.tensor_index), _target(target, place)
            dot.edges[id(source), id(target)] = None


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Dot:
    """A drawing of a model in Graphviz's language.

    Args:
        model: a built model.
        show_shapes: whether shapes of inputs and outputs are shown.
        show_dtype: whether dtypes of outputs are shown.
        show_layer_names: whether names are shown beside the classes.
        rankdir: `"TB"` for a drawing from top to bottom, `"LR"` from left to right.
        expand_nested: whether models inside are drawn layer by layer.
        dpi: dots per inch.
        subgraph: whether the drawing is a part of another.
        show_layer_activations: whether activations are shown.
        show_trainable: whether it is shown which layers are trainable.
        splines: how edges are drawn: `"ortho"`, `"curved"`, `"polyline"`, `"spline"` or `"line"`.

    Returns:
        An object with `to_string()`, `create(format="svg")` and `write(path)`.

    Raises:
        ValueError: if the model is not built or an argument is unknown.

    Example:

    >>> import keraburn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="one"), keras.layers.Dense(1)])
    >>> "n0 -> n1" in keras.utils.model_to_dot(model).to_string()
    True
    """
    if not model.built:
        raise ValueError(f"{_UNBUILT} Received: model={model}")
    if kwargs.pop("layer_range", None) is not None:
        raise ValueError("Argument `layer_range` is no longer supported.")
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments: {kwargs}. Received: {sorted(kwargs)}")
    if subgraph:
        dot = Dot(model.name, style="dashed", label=model.name, labeljust="l")
    else:
        dot = Dot(rankdir=rankdir, concentrate=True, dpi=dpi, splines=splines)
    options = {
        "show_layer_names": show_layer_names,
        "show_layer_activations": show_layer_activations,
        "show_dtype": show_dtype,
        "show_shapes": show_shapes,
        "show_trainable": show_trainable,
    }
    _fill(dot, model, options, expand_nested)
    return dot


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draw a model into a file.

    Args:
        model: a built model.
        to_file: where to; its ending says the format. `.dot` needs no Graphviz.
        show_shapes: as for `model_to_dot`, like those that follow.
        show_dtype: whether dtypes of outputs are shown.
        show_layer_names: whether names are shown beside the classes.
        rankdir: `"TB"` or `"LR"`.
        expand_nested: whether models inside are drawn layer by layer.
        dpi: dots per inch.
        show_layer_activations: whether activations are shown.
        show_trainable: whether it is shown which layers are trainable.
        splines: how edges are drawn.

    Returns:
        The picture for notebooks, None where IPython is not installed.

    Raises:
        ValueError: if the model is not built or an argument is unknown.
        ImportError: if Graphviz is not installed.

    Example:

    >>> import os, tempfile
    >>> import keraburn as keras
    >>> path = os.path.join(tempfile.mkdtemp(), "model.dot")
    >>> keras.utils.plot_model(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), path)
    >>> os.path.exists(path)
    True
    """
    dot = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        **kwargs,
    )
    path = os.fspath(to_file)
    kind = os.path.splitext(path)[1][1:] or "png"
    if kind in ("dot", "gv"):
        dot.write(path)
        return None
    import shutil

    if shutil.which("dot") is None:
        message = (
            "You must install graphviz (see instructions at https://graphviz.gitlab.io/download/) for `plot_model` to "
            "work."
        )
        # A notebook goes on without the picture.
        if "IPython.core.magics.namespace" in sys.modules:
            print_message(message)
            return None
        raise ImportError(message)
    dot.write(path, format=kind)
    if kind == "pdf":
        return None
    try:
        from IPython import display
    except ImportError:
        return None
    return display.SVG(filename=path) if kind == "svg" else display.Image(filename=path)
