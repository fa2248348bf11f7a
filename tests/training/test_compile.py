"""What the names given to compile mean, and what the logs call them."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import data, linear


def classifier(units, activation, **arguments):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, activation=activation)])
    model.compile(**{"optimizer": "sgd", **arguments})
    return model


CASES = {
    "binary": (1, "sigmoid", lambda k: k % 2, keras.metrics.BinaryAccuracy),
    "binary column": (1, "sigmoid", lambda k: (k % 2)[:, None], keras.metrics.BinaryAccuracy),
    "sparse": (3, "softmax", lambda k: k, keras.metrics.SparseCategoricalAccuracy),
    "sparse column": (3, "softmax", lambda k: k[:, None], keras.metrics.SparseCategoricalAccuracy),
    "one-hot": (3, "softmax", lambda k: np.eye(3)[k], keras.metrics.CategoricalAccuracy),
}


@pytest.mark.parametrize("word", ["accuracy", "acc", "Accuracy"])
@pytest.mark.parametrize("case", CASES)
def test_accuracy_goes_by_the_shapes(case, word):
    units, activation, make, expected = CASES[case]
    labels = np.arange(9) % 3
    x, y = data(9)[0], make(labels)
    model = classifier(units, activation, loss="ce", metrics=[word])
    result = model.evaluate(x, y, verbose=0, return_dict=True)
    assert sorted(result) == sorted([word, "loss"])
    metric = model.metrics[1].metrics[0]
    assert type(metric) is expected
    predicted = model.predict(x, verbose=0)
    answers = predicted.argmax(-1) if units > 1 else (predicted[:, 0] > 0.5).astype(int)
    truth = labels if units > 1 else labels % 2
    assert result[word] == pytest.approx(np.mean(answers == truth))


@pytest.mark.parametrize(
    ("case", "loss"),
    [
        ("binary", "binary_crossentropy"),
        ("sparse", "sparse_categorical_crossentropy"),
        ("one-hot", "categorical_crossentropy"),
    ],
)
@pytest.mark.parametrize("word", ["ce", "crossentropy"])
def test_crossentropy_goes_by_the_shapes(case, loss, word):
    units, activation, make, _ = CASES[case]
    x, y = data(9)[0], make(np.arange(9) % 3)
    results = []
    for name in (word, loss):
        keras.utils.set_random_seed(1)
        results.append(classifier(units, activation, loss=name).evaluate(x, y, verbose=0))
    assert results[0] == results[1]


def test_names_are_kept_as_typed():
    x, y = data(8)
    model = linear(metrics=["mae", "MSE", keras.metrics.MeanAbsoluteError(name="own"), keras.losses.mean_squared_error])
    model.evaluate(x, y, verbose=0)
    keys = model.evaluate(x, y, verbose=0, return_dict=True)
    assert sorted(keys) == sorted(["mae", "MSE", "own", "mean_squared_error", "loss"])


def test_functions_are_named_in_snake_case():
    def meanGap(y_true, y_pred):
        return keras.ops.mean(y_pred - y_true, axis=-1)

    model = linear(metrics=[lambda t, p: keras.ops.mean(p - t, axis=-1), meanGap])
    assert sorted(model.evaluate(*data(8), verbose=0, return_dict=True)) == ["lambda", "loss", "mean_gap"]


def test_metrics_of_one_name_are_numbered():
    x, y = data(8)
    model = linear(metrics=["mae", "mae"], weighted_metrics=["mae", "mae"])
    keys = model.evaluate(x, y, verbose=0, return_dict=True)
    assert sorted(keys) == ["loss", "mae", "mae_1", "weighted_mae", "weighted_mae_1"]


def test_compile_again_begins_anew():
    x, y = data(8)
    model = linear(metrics=["mae"])
    model.fit(x, y, verbose=0)
    model.compile("adam", "mae")
    assert sorted(model.evaluate(x, y, verbose=0, return_dict=True)) == ["loss"]
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    model.fit(x, y, verbose=0)
    assert int(model.optimizer.iterations) == 1


def test_defaults():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    assert not model.compiled
    model.compile()
    assert model.compiled
    assert isinstance(model.optimizer, keras.optimizers.RMSprop)
    assert model.loss is None
    assert model.jit_compile is True
    assert model.run_eagerly is False
    assert model.steps_per_execution == 1
    assert model.stop_training is False


def test_eager_and_compiled_contradict():
    with pytest.warns(UserWarning, match="Disabling `jit_compile`"):
        linear(run_eagerly=True, jit_compile=True)


def test_the_compile_config_says_what_was_compiled():
    model = linear(loss="mse", metrics=["mae"])
    config = model.get_compile_config()
    assert config["loss"] == "mse"
    assert config["metrics"] == ["mae"]
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    other.compile_from_config(config)
    assert type(other.optimizer) is type(model.optimizer)
    assert other.evaluate(*data(8), verbose=0, return_dict=True).keys() == {"loss", "mae"}
