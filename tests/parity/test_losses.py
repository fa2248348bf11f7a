"""Every loss against Keras."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity import harness

RNG = np.random.default_rng(1)
REAL = (RNG.normal(size=(6, 4)), RNG.normal(size=(6, 4)))
POSITIVE = (RNG.random((6, 4)) + 0.1, RNG.random((6, 4)) + 0.1)
BITS = (RNG.integers(0, 2, (6, 4)), RNG.random((6, 4)) * 0.98 + 0.01)
SIGNS = (RNG.choice([-1.0, 1.0], (6, 4)), RNG.normal(size=(6, 4)))
HOT = (np.eye(4)[RNG.integers(0, 4, 6)], RNG.dirichlet(np.ones(4), 6))
INDEX = (RNG.integers(0, 4, 6), RNG.dirichlet(np.ones(4), 6))
UNIT = (RNG.integers(0, 3, 6), (lambda x: x / np.linalg.norm(x, axis=1, keepdims=True))(RNG.normal(size=(6, 4))))
LOGITS = RNG.normal(size=(6, 4)) * 3
WEIGHT = RNG.random(6).astype("float32")

# Class, function, data, arguments.
CASES = [
    ("MeanSquaredError", "mean_squared_error", REAL, {}),
    ("MeanAbsoluteError", "mean_absolute_error", REAL, {}),
    ("MeanAbsolutePercentageError", "mean_absolute_percentage_error", POSITIVE, {}),
    ("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", POSITIVE, {}),
    ("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", REAL, {}),
    ("Huber", "huber", REAL, {}),
    ("Huber", "huber", REAL, {"delta": 0.4}),
    ("LogCosh", "log_cosh", REAL, {}),
    ("CosineSimilarity", "cosine_similarity", REAL, {}),
    ("CosineSimilarity", "cosine_similarity", REAL, {"axis": 1}),
    ("BinaryCrossentropy", "binary_crossentropy", BITS, {}),
    ("BinaryCrossentropy", "binary_crossentropy", (BITS[0], LOGITS), {"from_logits": True}),
    ("BinaryCrossentropy", "binary_crossentropy", BITS, {"label_smoothing": 0.1}),
    ("CategoricalCrossentropy", "categorical_crossentropy", HOT, {}),
    ("CategoricalCrossentropy", "categorical_crossentropy", (HOT[0], LOGITS), {"from_logits": True}),
    ("CategoricalCrossentropy", "categorical_crossentropy", HOT, {"label_smoothing": 0.1}),
    ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", INDEX, {}),
    ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", (INDEX[0], LOGITS), {"from_logits": True}),
    ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", (INDEX[0][:, None], INDEX[1]), {}),
    ("BinaryFocalCrossentropy", "binary_focal_crossentropy", BITS, {}),
    ("BinaryFocalCrossentropy", "binary_focal_crossentropy", BITS, {"apply_class_balancing": True, "gamma": 1.5}),
    ("BinaryFocalCrossentropy", "binary_focal_crossentropy", (BITS[0], LOGITS), {"from_logits": True}),
    ("CategoricalFocalCrossentropy", "categorical_focal_crossentropy", HOT, {}),
    ("CategoricalFocalCrossentropy", "categorical_focal_crossentropy", (HOT[0], LOGITS), {"from_logits": True}),
    ("CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy", INDEX, {"q": 0.5}),
    ("Hinge", "hinge", SIGNS, {}),
    ("Hinge", "hinge", (BITS[0], REAL[1]), {}),
    ("SquaredHinge", "squared_hinge", SIGNS, {}),
    ("CategoricalHinge", "categorical_hinge", (HOT[0], REAL[1]), {}),
    ("KLDivergence", "kl_divergence", POSITIVE, {}),
    ("Poisson", "poisson", POSITIVE, {}),
    ("Dice", "dice", BITS, {}),
    ("Dice", "dice", BITS, {"axis": 1}),
    ("Tversky", "tversky", BITS, {"alpha": 0.3, "beta": 0.7}),
    ("Circle", "circle", UNIT, {}),
    ("CTC", "ctc", (np.array([[1, 2, 0], [2, 2, 1]], "int32"), RNG.normal(size=(2, 7, 4))), {}),
]
BASES = {"Loss", "LossFunctionWrapper"}


@pytest.mark.parametrize(("name", "function", "data", "arguments"), CASES)
def test_loss(name, function, data, arguments):
    weight = None if data[1].ndim == 0 or arguments.get("axis") == 1 or name in ("Dice", "Tversky", "CTC") else WEIGHT
    harness.check_loss(name, *data, arguments, weight, function)


def test_every_public_name_has_a_case():
    names = harness.public_names(keraburn.losses)
    assert len(names) > 40
    assert names == {case[0] for case in CASES} | {case[1] for case in CASES} | BASES


def test_every_name_of_keras_is_here():
    theirs = {name for name in dir(harness.keras.losses) if not name.startswith("_")}
    assert len(theirs) > 40
    assert {name for name in theirs if not hasattr(keraburn.losses, name)} == set()


@pytest.mark.parametrize("ignore_class", [1, -1])
def test_ignored_class(ignore_class):
    y_true = np.array([0, 1, 2, -1 if ignore_class == -1 else 1])
    arguments = {"ignore_class": ignore_class}
    for reduction in ("sum_over_batch_size", "sum", "none"):
        ours = keraburn.losses.SparseCategoricalCrossentropy(**arguments, reduction=reduction)
        theirs = harness.keras.losses.SparseCategoricalCrossentropy(**arguments, reduction=reduction)
        y_pred = INDEX[1][:4].astype("float32")
        harness.assert_close(ours(y_true, y_pred), theirs(y_true, y_pred), reduction)


@pytest.mark.parametrize(
    ("true_shape", "pred_shape"), [((6,), (6, 1)), ((6, 1), (6,)), ((6, 1), (6, 1)), ((6,), (6,)), ((6, 5), (6, 5, 1))]
)
def test_ranks_that_differ_by_a_closing_one(true_shape, pred_shape):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.random(true_shape).astype("float32"), rng.random(pred_shape).astype("float32")
    for name in ("MeanSquaredError", "BinaryCrossentropy", "Huber"):
        ours, theirs = getattr(keraburn.losses, name)(), getattr(harness.keras.losses, name)()
        harness.assert_close(ours(y_true, y_pred), theirs(y_true, y_pred), name)


def test_mask_of_predictions():
    y_true, y_pred = np.zeros((2, 3, 1), "float32"), np.arange(6, dtype="float32").reshape(2, 3, 1)
    mask = np.array([[1, 1, 0], [1, 0, 0]], dtype=bool)
    weight = np.array([1.0, 2.0], "float32")[:, None]
    theirs = harness.keras.ops.convert_to_tensor(y_pred)
    theirs._keras_mask = harness.keras.ops.convert_to_tensor(mask)
    ours = keraburn.ops.convert_to_tensor(y_pred)
    ours._keras_mask = keraburn.ops.convert_to_tensor(mask)
    for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight"):
        for given in (None, weight):
            mine = keraburn.losses.MeanSquaredError(reduction=reduction)(y_true, ours, given)
            expected = harness.keras.losses.MeanSquaredError(reduction=reduction)(y_true, theirs, given)
            harness.assert_close(mine, expected, reduction)
