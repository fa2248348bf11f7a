"""Models with structures of inputs and outputs beside Keras: calls, training, slices, shared parts, summaries, JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import keras

# Both warn where inputs come in another structure, and where an output has no loss.
pytestmark = [
    pytest.mark.filterwarnings("ignore:[\\s\\S]*The structure of `inputs`"),
    pytest.mark.filterwarnings("ignore:Gradients do not exist"),
]

RNG = np.random.default_rng(0)
X, Z, Y = (RNG.normal(size=shape).astype("float32") for shape in ((8, 3), (8, 3), (8, 2)))


def settled(model: Any) -> Any:
    """The model with weights that do not depend on who made it."""
    model.set_weights([np.linspace(-1, 1, w.size, dtype="float32").reshape(w.shape) for w in model.get_weights()])
    return model


def by_names(k: Any) -> Any:
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    shared = k.layers.Dense(2, name="shared")
    both = k.layers.Add(name="sum")([shared(a), shared(b)])
    return settled(k.Model({"a": a, "b": b}, {"u": shared(a), "v": k.layers.Dense(2, name="v")(both)}, name="named"))


def in_lists(k: Any) -> Any:
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    return settled(k.Model([a, b], [k.layers.Dense(2, name="s")(a), k.layers.Dense(2, name="v")(b)], name="listed"))


def mixed(k: Any) -> Any:
    a, b, c = (k.Input((3,), name=name) for name in "abc")
    shared = k.layers.Dense(2, name="s")
    return settled(k.Model([a, {"b": b, "c": c}], {"x": [shared(a), shared(b)], "y": shared(c)}, name="mixed"))


def nested(k: Any) -> Any:
    inner = k.Sequential([k.Input((3,)), k.layers.Dense(3, name="i")], name="inner")
    a = k.Input((3,), name="a")
    pair = k.Model(a, [k.layers.Dense(2, name="p")(a), inner(a)], name="pair")
    x = k.Input((3,), name="x")
    first, second = pair(inner(x))
    return settled(k.Model(x, k.layers.Concatenate(name="c")([first, inner(second)]), name="outer"))


def subclassed(k: Any) -> Any:
    class Net(k.Model):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__(name="net")
            self.first = k.layers.Dense(2, name="first")
            self.parts = {"k": k.layers.Dropout(0.5, name="drop"), "l": [k.layers.Dense(2, name="deep")]}

        def call(self, inputs: Any, training: bool = False) -> Any:
            p = self.first(inputs["a"])
            q = self.parts["k"](self.parts["l"][0](inputs["b"]), training=training)
            return {"p": p, "q": (p + q, q)}

    model = Net()
    model({"a": X, "b": Z})
    return settled(model)


def operations(k: Any) -> Any:
    x = k.Input((3,), name="x")
    a, b = k.ops.split(k.layers.Dense(4, name="d")(x), 2, axis=-1)
    outputs = [k.ops.einsum("bi,bi->b", a, b), k.ops.stack([a, b], axis=1)[:, 1], k.ops.where(a > 0, a, b)]
    return settled(k.Model(x, outputs, name="ops"))


NAMED, LISTED = {"a": X, "b": Z}, [X, Z]
BUILT: list[tuple[Any, Any]] = [
    (by_names, NAMED),
    (by_names, LISTED),
    (in_lists, LISTED),
    (in_lists, (X, Z)),
    (in_lists, NAMED),
    (mixed, [X, {"b": Z, "c": X}]),
    (nested, X),
    (subclassed, NAMED),
    (operations, X),
]


def same(ours: Any, theirs: Any, what: str = "") -> None:
    """Equal structures of equal numbers."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs), what
        for key, value in theirs.items():
            same(ours[key], value, f"{what}.{key}")
    elif isinstance(theirs, (list, tuple)):
        assert isinstance(ours, type(theirs)), what
        assert len(ours) == len(theirs), what
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            same(one, other, f"{what}.{place}")
    else:
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=2e-3, atol=1e-4, err_msg=what)


@pytest.mark.parametrize(("build", "inputs"), BUILT, ids=lambda value: getattr(value, "__name__", ""))
def test_calls(build, inputs):
    ours, theirs = build(keraburn), build(keras)
    same(ours(inputs), theirs(inputs))
    if not isinstance(inputs, tuple):
        same(ours.predict(inputs, verbose=0), theirs.predict(inputs, verbose=0))
        same(ours.predict_on_batch(inputs), theirs.predict_on_batch(inputs))


TRAINED: list[tuple[Any, dict[str, Any], Any, Any, dict[str, Any]]] = [
    (by_names, {"loss": "mse"}, NAMED, {"u": Y, "v": Y}, {"validation_split": 0.5}),
    (
        by_names,
        {
            "loss": {"u": "mse", "v": "mae"},
            "loss_weights": {"u": 0.3, "v": 2.0},
            "metrics": {"u": ["mae"], "v": ["mse"]},
        },
        NAMED,
        {"u": Y, "v": Y},
        {},
    ),
    (by_names, {"loss": {"u": "mse"}}, NAMED, {"u": Y}, {}),
    (
        in_lists,
        {"loss": ["mse", "mae"], "loss_weights": [1, 0.5], "metrics": [["mae"], ["mse"]]},
        LISTED,
        [Y, Y],
        {"validation_data": (LISTED, [Y, Y])},
    ),
    (
        in_lists,
        {"loss": ["mse", "mse"], "weighted_metrics": [["mae"], []]},
        LISTED,
        [Y, Y],
        {"sample_weight": [np.arange(8.0), np.ones(8)]},
    ),
    (mixed, {"loss": "mse"}, [X, {"b": Z, "c": X}], {"x": [Y, Y], "y": Y}, {}),
    (subclassed, {"loss": {"p": "mse", "q": ("mse", "mae")}}, NAMED, {"p": Y, "q": (Y, Y)}, {}),
    (nested, {"loss": "mse", "metrics": ["mae"]}, X, np.tile(Y, (1, 3))[:, :5], {}),
]


@pytest.mark.parametrize(
    ("build", "compiling", "x", "y", "fitting"),
    TRAINED,
    ids=[f"{case[0].__name__}{i}" for i, case in enumerate(TRAINED)],
)
def test_training(build, compiling, x, y, fitting):
    results = []
    for package in (keraburn, keras):
        model = build(package)
        if build is subclassed:
            model.parts["k"].rate = 0.0
        model.compile("sgd", **compiling)
        history = model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0, **fitting).history
        found = [
            history,
            list(model.evaluate(x, y, verbose=0)) if len(history) > 2 else model.evaluate(x, y, verbose=0),
        ]
        found += [model.evaluate(x, y, verbose=0, return_dict=True), model.get_weights()]
        results.append(found)
    same(*results)


def test_slices():
    def story(k: Any) -> Any:
        model = by_names(k)
        part = k.Model(model.input, model.get_layer("sum").output)
        x = k.Input((3,))
        hidden = k.layers.Dense(4, activation="relu", name="h")(x)
        whole = settled(k.Model(x, k.layers.Dense(2, name="o")(hidden)))
        tail = k.Model(whole.get_layer("o").input, whole.output)
        stack = settled(k.Sequential([k.Input((3,)), k.layers.Dense(4, name="a"), k.layers.Dense(2, name="b")]))
        return [
            part.predict(NAMED, verbose=0),
            tail(np.ones((2, 4), "float32")),
            k.Model(stack.inputs, stack.layers[0].output)(X),
            k.Sequential(stack.layers[:1])(X),
            [k.Model(whole.input, layer.output)(X) for layer in whole.layers[1:]],
        ]

    same(story(keraburn), story(keras))


def test_facts():
    def story(k: Any) -> Any:
        k.utils.clear_session()
        found = []
        for build in (by_names, in_lists, mixed, nested, subclassed, operations):
            model = build(k)
            lines: list[str] = []
            model.summary(print_fn=lines.append, expand_nested=True, show_trainable=True)
            facts = [model.name, [layer.name for layer in model.layers], [w.path for w in model.weights], lines]
            facts += [model.count_params(), len(model.trainable_variables), str(getattr(model, "output_names", None))]
            if build is not subclassed:
                facts += [str(model.input_shape), str(model.output_shape), sorted(json.loads(model.to_json()))]
            found.append(facts)
        return found

    for mine, original in zip(story(keraburn), story(keras), strict=True):
        assert mine == original


@pytest.mark.parametrize("build", [by_names, in_lists, mixed, nested])
def test_json_both_ways(build):
    ours, theirs = build(keraburn), build(keras)
    inputs = {by_names: NAMED, in_lists: LISTED, mixed: [X, {"b": Z, "c": X}], nested: X}[build]
    there = settled(keras.models.model_from_json(ours.to_json()))
    back = settled(keraburn.models.model_from_json(theirs.to_json()))
    same(back(inputs), there(inputs))
    same(back(inputs), theirs(inputs))
