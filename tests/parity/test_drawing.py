"""Drawings of models beside Keras's: the same boxes with the same labels, the same edges and clusters."""

from __future__ import annotations

import itertools
import types
from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import keras


class Drawn:
    """Stands for pydot's objects: keeps what Keras puts into a drawing."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        self.args, self.attributes = args, attributes
        self.nodes: dict[str, str] = {}
        self.edges: set[tuple[str, str]] = set()
        self.parts: list[Drawn] = []

    def set(self, key: str, value: Any) -> None:
        self.attributes[key] = value

    def set_node_defaults(self, **attributes: Any) -> None:
        pass

    def add_node(self, node: Drawn) -> None:
        self.nodes[node.args[0]] = node.attributes["label"]

    def get_edge(self, *ends: str) -> bool:
        return ends in self.edges

    def add_edge(self, edge: Drawn) -> None:
        self.edges.add(edge.args)

    def add_subgraph(self, part: Drawn) -> None:
        self.parts.append(part)


PYDOT = types.SimpleNamespace(Dot=Drawn, Cluster=Drawn, Node=Drawn, Edge=Drawn)


def nested(package: Any) -> Any:
    x = package.Input((4,), name="x")
    other = package.Input((4,), name="other")
    inner = package.Sequential(
        [package.Input((4,)), package.layers.Dense(4, name="i1"), package.layers.Dense(4, name="i2")], name="inner"
    )
    a = package.Input((4,), name="a")
    split = package.Model(
        a,
        [package.layers.Dense(3, activation="relu", name="s1")(a), package.layers.Dense(4, name="s2")(a)],
        name="split",
    )
    shared = package.layers.Dense(4, trainable=False, name="shared")
    first, second = split(inner(shared(x)))
    merged = package.layers.Add(name="sum")([second, shared(other)])
    return package.Model([x, other], {"one": first, "two": merged}, name="whole")


def stacked(package: Any) -> Any:
    return package.Sequential(
        [
            package.Input((3,)),
            package.layers.Dense(4, activation="tanh", name="d"),
            package.Sequential([package.Input((4,)), package.layers.Dense(2, name="e")], name="deep"),
            package.layers.Dropout(0.1, name="f"),
        ],
        name="stack",
    )


def contents(dot: Any) -> Any:
    """Labels of boxes, edges between labels, and the same of parts."""
    labels: dict[Any, str] = {}

    def collect(part: Any) -> None:
        labels.update(part.nodes)
        for each in part.parts:
            collect(each)

    def edges(part: Any) -> list[Any]:
        own = [tuple(labels.get(end, end) for end in edge) for edge in part.edges]
        return sorted(own) + [edge for each in part.parts for edge in edges(each)]

    def boxes(part: Any) -> Any:
        return sorted(part.nodes.values()), [boxes(each) for each in part.parts]

    collect(dot)
    return boxes(dot), sorted(edges(dot))


OPTIONS = ["show_shapes", "show_dtype", "show_layer_names", "show_layer_activations", "show_trainable", "expand_nested"]


@pytest.mark.parametrize("build", [nested, stacked])
@pytest.mark.parametrize("chosen", [(), *itertools.combinations(OPTIONS, 2), tuple(OPTIONS)], ids=",".join)
def test_drawings(build, chosen, monkeypatch):
    from keras.src.utils import model_visualization

    monkeypatch.setattr(model_visualization, "pydot", PYDOT)
    options = {name: name in chosen for name in OPTIONS}
    mine = keraburn.utils.model_to_dot(build(keraburn), rankdir="LR", dpi=50, splines="line", **options)
    original = keras.utils.model_to_dot(build(keras), rankdir="LR", dpi=50, splines="line", **options)
    for name, value in original.attributes.items():
        assert mine.settings[name] == value
    ours = contents(types.SimpleNamespace(nodes=with_text_keys(mine), edges=text_edges(mine), parts=parts(mine)))
    assert ours == contents(original)


def with_text_keys(dot: Any) -> dict[str, str]:
    return {str(key): label for key, label in dot.nodes.items()}


def text_edges(dot: Any) -> set[tuple[str, str]]:
    return {(str(source), str(target)) for source, target in dot.edges}


def parts(dot: Any) -> list[Any]:
    return [
        types.SimpleNamespace(nodes=with_text_keys(part), edges=text_edges(part), parts=parts(part))
        for part in dot.parts
    ]


def test_subclassed_models_are_one_box(monkeypatch):
    from keras.src.utils import model_visualization

    monkeypatch.setattr(model_visualization, "pydot", PYDOT)
    found = []
    for package in (keraburn, keras):

        class Net(package.Model):  # type: ignore[name-defined]
            def __init__(self) -> None:
                super().__init__(name="net")
                self.dense = package.layers.Dense(2)  # noqa: B023

            def call(self, x: Any) -> Any:
                return self.dense(x)

        model = Net()
        with pytest.raises(ValueError, match="This model has not yet been built"):
            package.utils.model_to_dot(model)
        model(np.ones((1, 3), "float32"))
        found.append(list(package.utils.model_to_dot(model, show_trainable=True).nodes.values()))
    assert found[0] == found[1]


@pytest.mark.parametrize("arguments", [{"layer_range": ["a", "b"]}, {"other": 1}], ids=repr)
def test_errors(arguments, monkeypatch):
    from keras.src.utils import model_visualization

    monkeypatch.setattr(model_visualization, "pydot", PYDOT)
    errors = []
    for package in (keraburn, keras):
        with pytest.raises(ValueError, match=r"Argument|Unrecognized") as error:
            package.utils.model_to_dot(stacked(package), **arguments)
        errors.append(str(error.value))
    assert errors[0].startswith(errors[1])
