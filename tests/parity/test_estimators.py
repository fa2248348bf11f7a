"""Models as estimators of scikit-learn, beside Keras's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import assert_close, keras

pytest.importorskip("sklearn")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 4)).astype("float32")
LABELS = np.array(["no", "yes", "maybe"])[np.arange(30) % 3]


def network(k: Any, width: Any) -> Any:
    def build(X: Any, y: Any = None) -> Any:
        layers = [k.layers.Dense(5, activation="tanh", kernel_initializer="ones")]
        last = width if y is None or y.ndim == 1 else y.shape[1]
        layers.append(k.layers.Dense(last, activation="softmax" if last == 3 else None, kernel_initializer="ones"))
        model = k.Sequential([k.Input((X.shape[1],)), *layers])
        model.compile("sgd", "categorical_crossentropy" if last == 3 else "mse")
        return model

    return build


FIT = {"epochs": 3, "batch_size": 10, "shuffle": False, "verbose": 0}


def classified(k: Any) -> Any:
    made = k.wrappers.SKLearnClassifier(network(k, 3), fit_kwargs=FIT).fit(X, LABELS)
    return made.model_.predict(X, verbose=0), made.classes_, made.predict(X), made.score(X, LABELS)


def regressed(k: Any) -> Any:
    made = k.wrappers.SKLearnRegressor(network(k, 1), fit_kwargs=FIT).fit(X, X[:, 0])
    return made.predict(X), made.score(X, X[:, 0])


def transformed(k: Any) -> Any:
    made = k.wrappers.SKLearnTransformer(network(k, 1), fit_kwargs=FIT).fit(X, X[:, 0])
    return made.transform(X)


@pytest.mark.parametrize("function", [classified, regressed, transformed], ids=lambda function: function.__name__)
def test_estimators(function):
    ours, theirs = function(keraburn), function(keras)
    if not isinstance(theirs, tuple):
        ours, theirs = (ours,), (theirs,)
    for mine, original in zip(ours, theirs, strict=True):
        if getattr(original, "dtype", None) is not None and original.dtype.kind in "UO":
            assert list(mine) == list(original)
        else:
            assert_close(mine, original, function.__name__, rtol=1e-4, atol=1e-4)
