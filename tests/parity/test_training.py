"""Ten epochs of training are Keras's, for every optimizer and every loss."""

from __future__ import annotations

import numpy as np
import pytest

from tests.parity import harness

ROWS = 64
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, ROWS)
TARGETS = {
    "numbers": (RNG.normal(size=(ROWS, 1)).astype("float32"), 1, None, ["mae"]),
    "binary": (RNG.integers(0, 2, (ROWS, 1)).astype("float32"), 1, "sigmoid", ["accuracy"]),
    "signs": (RNG.integers(0, 2, (ROWS, 1)).astype("float32") * 2 - 1, 1, "tanh", []),
    "labels": (LABELS, 3, "softmax", ["accuracy"]),
    "one-hot": (np.eye(3, dtype="float32")[LABELS], 3, "softmax", ["accuracy"]),
    "counts": (RNG.integers(1, 5, (ROWS, 1)).astype("float32"), 1, "softplus", []),
}
LOSSES = {
    "binary_crossentropy": "binary",
    "categorical_crossentropy": "one-hot",
    "sparse_categorical_crossentropy": "labels",
    "mean_squared_error": "numbers",
    "mean_absolute_error": "numbers",
    "huber": "numbers",
    "mse": "numbers",
    "log_cosh": "numbers",
    "mean_squared_logarithmic_error": "counts",
    "mean_absolute_percentage_error": "counts",
    "poisson": "counts",
    "hinge": "signs",
    "squared_hinge": "signs",
    "categorical_hinge": "one-hot",
    "kl_divergence": "one-hot",
    "cosine_similarity": "one-hot",
    "binary_focal_crossentropy": "binary",
    "categorical_focal_crossentropy": "one-hot",
    "dice": "one-hot",
    "tversky": "one-hot",
}
MAIN = ["sgd", "rmsprop", "adam", "adamw"]
OPTIMIZERS = {
    "momentum": lambda package: package.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "clipped": lambda package: package.optimizers.Adam(0.01, clipnorm=0.1),
    "centered": lambda package: package.optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    "amsgrad": lambda package: package.optimizers.Adam(0.01, amsgrad=True),
    "decayed": lambda package: package.optimizers.AdamW(0.01, weight_decay=0.1),
    "scheduled": lambda package: package.optimizers.Adam(package.optimizers.schedules.ExponentialDecay(0.05, 5, 0.8)),
    "averaged": lambda package: package.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9),
    "accumulated": lambda package: package.optimizers.SGD(0.1, gradient_accumulation_steps=2),
    "adagrad": "adagrad",
    "adadelta": "adadelta",
    "adamax": "adamax",
    "nadam": "nadam",
    "ftrl": "ftrl",
    "lion": "lion",
    "adafactor": "adafactor",
}


def train(optimizer, loss, targets, **arguments):
    y, units, activation, metrics = TARGETS[targets]
    harness.check_training(optimizer, loss, y, units, activation, **{"metrics": metrics, **arguments})


@pytest.mark.parametrize("optimizer", MAIN)
@pytest.mark.parametrize("loss", list(LOSSES)[:6])
def test_optimizers_and_losses(optimizer, loss):
    train(optimizer, loss, LOSSES[loss])


@pytest.mark.parametrize("loss", list(LOSSES)[6:])
def test_losses(loss):
    train("adam", loss, LOSSES[loss])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers(optimizer):
    train(OPTIMIZERS[optimizer], "mse", "numbers")


@pytest.mark.parametrize("targets", ["binary", "labels", "one-hot"])
def test_logits(targets):
    y, units, _, _ = TARGETS[targets]
    name = {
        "binary": "BinaryCrossentropy",
        "labels": "SparseCategoricalCrossentropy",
        "one-hot": "CategoricalCrossentropy",
    }
    harness.check_training(
        "adam", lambda package: getattr(package.losses, name[targets])(from_logits=True), y, units, metrics=["accuracy"]
    )


def test_validation_weights_and_classes():
    train("adam", "mse", "numbers", validation_split=0.3, metrics=["mae", "mse"])
    train("adam", "mse", "numbers", sample_weight=np.linspace(0, 2, ROWS))
    train("adam", "sparse_categorical_crossentropy", "labels", class_weight={0: 2.0, 1: 0.5})


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_epochs_of_three_of_four_batches():
    train("adam", "mse", "numbers", steps_per_epoch=3)


def test_regularizers_dropout_free_and_constrained():
    keras, ours = harness.keras, harness.keraburn
    x = RNG.normal(size=(ROWS, 5)).astype("float32")
    y = TARGETS["numbers"][0]
    runs, weights = [], None
    for package in (keras, ours):
        model = package.Sequential(
            [
                package.Input((5,)),
                package.layers.Dense(
                    8,
                    activation="relu",
                    kernel_regularizer=package.regularizers.L1L2(0.01, 0.02),
                    activity_regularizer=package.regularizers.L2(0.03),
                    kernel_constraint=package.constraints.MaxNorm(0.5),
                ),
                package.layers.Dense(1, bias_regularizer="l2"),
            ]
        )
        weights = weights or model.get_weights()
        model.set_weights(weights)
        model.compile("sgd", "mse", metrics=["mae"])
        runs.append(model.fit(x, y, epochs=10, batch_size=16, shuffle=False, verbose=0, validation_data=(x, y)).history)
    for name, values in runs[0].items():
        np.testing.assert_allclose(runs[1][name], values, rtol=1e-3, atol=1e-4, err_msg=name)


def test_two_outputs():
    keras, ours = harness.keras, harness.keraburn
    x = RNG.normal(size=(ROWS, 5)).astype("float32")
    y = [TARGETS["numbers"][0], LABELS]
    runs, weights = [], None
    for package in (keras, ours):
        symbol = package.Input((5,))
        hidden = package.layers.Dense(8, activation="relu")(symbol)
        outputs = [
            package.layers.Dense(1, name="size")(hidden),
            package.layers.Dense(3, activation="softmax", name="kind")(hidden),
        ]
        model = package.Model(symbol, outputs)
        weights = weights or model.get_weights()
        model.set_weights(weights)
        model.compile(
            "adam",
            loss={"size": "mse", "kind": "sparse_categorical_crossentropy"},
            loss_weights={"size": 0.5, "kind": 2.0},
            metrics={"kind": ["accuracy"], "size": ["mae"]},
        )
        history = model.fit(x, y, epochs=5, batch_size=16, shuffle=False, verbose=0, validation_split=0.2).history
        runs.append((history, model.evaluate(x, y, verbose=0, return_dict=True), model.evaluate(x, y, verbose=0)))
    for a, b in zip(*(run[:2] for run in runs), strict=True):
        assert list(a) == list(b)
        for name, values in a.items():
            np.testing.assert_allclose(b[name], values, rtol=1e-3, atol=1e-3, err_msg=name)
    np.testing.assert_allclose(runs[1][2], runs[0][2], rtol=1e-3, atol=1e-3)
