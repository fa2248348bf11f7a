"""Every metric against Keras."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity import harness

RNG = np.random.default_rng(2)


def batches(y_true, y_pred):
    """Two batches, then a shorter one with weights."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    weight = np.linspace(0.5, 2.0, 6).astype("float32")
    return [(y_true[:7], y_pred[:7]), (y_true[7:14], y_pred[7:14]), (y_true[14:], y_pred[14:], weight)]


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def uniform(*shape):
    return (RNG.random(shape) * 0.98 + 0.01).astype("float32")


REAL = batches(normal(20, 3), normal(20, 3))
POSITIVE = batches(uniform(20, 3), uniform(20, 3))
BITS = batches(RNG.integers(0, 2, (20, 1)).astype("float32"), uniform(20, 1))
VECTOR = batches(RNG.integers(0, 2, 20).astype("float32"), uniform(20))
LABELS = batches(RNG.integers(0, 2, (20, 3)).astype("float32"), uniform(20, 3))
LOGITS = batches(RNG.integers(0, 2, (20, 1)).astype("float32"), normal(20, 1))
HOT = batches(np.eye(5, dtype="float32")[RNG.integers(0, 5, 20)], RNG.dirichlet(np.ones(5), 20).astype("float32"))
INDEX = batches(RNG.integers(0, 5, 20), RNG.dirichlet(np.ones(5), 20).astype("float32"))
COLUMN = [(y[:, None], *rest) for y, *rest in INDEX]
SEQUENCE = batches(RNG.integers(0, 5, (20, 4)), normal(20, 4, 5))[:2]
SIGNS = batches(RNG.choice([-1.0, 1.0], (20, 3)).astype("float32"), normal(20, 3))
CLASSES = batches(RNG.integers(0, 3, 20), RNG.integers(0, 3, 20))
UNWEIGHTED_CLASSES = CLASSES[:2]

CASES = [
    (
        "Mean",
        [(uniform(5),), (uniform(4, 2),), (uniform(3), np.array([1.0, 0.0, 2.0], "float32")), (np.float32(2),)],
        {},
    ),
    ("Sum", [(uniform(5),), (uniform(4, 2),), (uniform(3), np.array([1.0, 0.0, 2.0], "float32"))], {}),
    ("Accuracy", batches(RNG.integers(0, 2, 20), RNG.integers(0, 2, 20)), {}),
    ("BinaryAccuracy", BITS, {}),
    ("BinaryAccuracy", VECTOR, {"threshold": 0.3}),
    ("BinaryAccuracy", LABELS, {}),
    ("CategoricalAccuracy", HOT, {}),
    ("SparseCategoricalAccuracy", INDEX, {}),
    ("SparseCategoricalAccuracy", COLUMN, {}),
    ("SparseCategoricalAccuracy", SEQUENCE, {}),
    ("TopKCategoricalAccuracy", HOT, {"k": 2}),
    ("SparseTopKCategoricalAccuracy", INDEX, {"k": 2}),
    ("SparseTopKCategoricalAccuracy", SEQUENCE, {"k": 3}),
    ("MeanSquaredError", REAL, {}),
    ("RootMeanSquaredError", REAL, {}),
    ("MeanAbsoluteError", REAL, {}),
    ("MeanAbsolutePercentageError", POSITIVE, {}),
    ("MeanSquaredLogarithmicError", POSITIVE, {}),
    ("CosineSimilarity", REAL, {}),
    ("LogCoshError", REAL, {}),
    ("BinaryCrossentropy", BITS, {"label_smoothing": 0.1}),
    ("BinaryCrossentropy", LOGITS, {"from_logits": True}),
    ("CategoricalCrossentropy", HOT, {"label_smoothing": 0.1}),
    ("SparseCategoricalCrossentropy", INDEX, {}),
    ("SparseCategoricalCrossentropy", SEQUENCE, {"from_logits": True}),
    ("KLDivergence", POSITIVE, {}),
    ("Poisson", POSITIVE, {}),
    ("Hinge", SIGNS, {}),
    ("SquaredHinge", SIGNS, {}),
    ("CategoricalHinge", HOT, {}),
    ("PearsonCorrelation", REAL, {}),
    ("ConcordanceCorrelation", REAL, {}),
    ("TruePositives", BITS, {}),
    ("TrueNegatives", VECTOR, {"thresholds": [0.3, 0.7]}),
    ("FalsePositives", LABELS, {"thresholds": [0.0, 0.5, 1.0]}),
    ("FalseNegatives", BITS, {}),
    ("Precision", BITS, {}),
    ("Precision", LABELS, {"top_k": 2}),
    ("Precision", LABELS, {"class_id": 1, "thresholds": [0.2, 0.5]}),
    ("Recall", VECTOR, {}),
    ("Recall", LABELS, {"top_k": 1, "class_id": 2}),
    ("AUC", BITS, {}),
    ("AUC", VECTOR, {"curve": "PR"}),
    ("AUC", VECTOR, {"curve": "PRGAIN", "num_thresholds": 20}),
    ("AUC", BITS, {"summation_method": "minoring", "num_thresholds": 11}),
    ("AUC", BITS, {"summation_method": "majoring", "thresholds": [0.2, 0.3, 0.9]}),
    ("AUC", LABELS, {"multi_label": True, "num_labels": 3}),
    ("AUC", LABELS, {"multi_label": True, "curve": "PR"}),
    ("AUC", LOGITS, {"from_logits": True}),
    ("SensitivityAtSpecificity", BITS, {"specificity": 0.4}),
    ("SpecificityAtSensitivity", BITS, {"sensitivity": 0.4}),
    ("PrecisionAtRecall", BITS, {"recall": 0.5, "num_thresholds": 1}),
    ("RecallAtPrecision", BITS, {"precision": 0.5}),
    ("FBetaScore", HOT, {"beta": 2.0}),
    ("FBetaScore", LABELS, {"beta": 0.5, "threshold": 0.4, "average": "weighted"}),
    ("F1Score", HOT, {"average": "micro"}),
    ("F1Score", HOT, {"average": "macro"}),
    ("R2Score", REAL, {}),
    ("R2Score", REAL, {"class_aggregation": "variance_weighted_average"}),
    ("R2Score", REAL, {"class_aggregation": None}),
    ("IoU", UNWEIGHTED_CLASSES, {"num_classes": 3, "target_class_ids": [0, 2]}),
    ("IoU", CLASSES, {"num_classes": 3, "target_class_ids": [0, 2], "ignore_class": 1, "dtype": "float32"}),
    ("BinaryIoU", VECTOR[:2], {"threshold": 0.4}),
    ("MeanIoU", UNWEIGHTED_CLASSES, {"num_classes": 3}),
    ("OneHotIoU", HOT[:2], {"num_classes": 5, "target_class_ids": [1, 3]}),
    ("OneHotMeanIoU", HOT[:2], {"num_classes": 5}),
]

FUNCTIONS = [
    ("binary_accuracy", BITS, {}),
    ("categorical_accuracy", HOT, {}),
    ("sparse_categorical_accuracy", INDEX, {}),
    ("sparse_top_k_categorical_accuracy", INDEX, {"k": 2}),
    ("top_k_categorical_accuracy", HOT, {"k": 2}),
    ("pearson_correlation", REAL, {}),
    ("concordance_correlation", REAL, {}),
]
OTHERS = {"Metric", "MeanMetricWrapper"}


# Keras asks JAX for an int64 that JAX does not have.
@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")
@pytest.mark.parametrize(("name", "data", "arguments"), CASES)
def test_metric(name, data, arguments):
    harness.check_metric(name, data, arguments)


@pytest.mark.parametrize(("name", "data", "arguments"), FUNCTIONS)
def test_function(name, data, arguments):
    ours, theirs = getattr(keraburn.metrics, name), getattr(harness.keras.metrics, name)
    harness.same_signature(ours, theirs)
    y_true, y_pred = data[0]
    harness.assert_close(ours(y_true, y_pred, **arguments), theirs(y_true, y_pred, **arguments), name)


def test_wrapper_of_a_function():
    for package in (keraburn, harness.keras):
        metric = package.metrics.MeanMetricWrapper(lambda y_true, y_pred: (y_true - y_pred) ** 2, name="square")
        metric.update_state(REAL[0][0], REAL[0][1])
        assert float(metric.result()) == pytest.approx(np.mean((REAL[0][0] - REAL[0][1]) ** 2), rel=1e-5)


def test_every_public_name_has_a_case():
    names = harness.public_names(keraburn.metrics)
    assert len(names) > 50
    assert names == {case[0] for case in CASES} | {case[0] for case in FUNCTIONS} | OTHERS


def test_every_name_of_keras_is_here():
    theirs = {name for name in dir(harness.keras.metrics) if not name.startswith("_")}
    assert len(theirs) > 60
    assert {name for name in theirs if not hasattr(keraburn.metrics, name)} == set()


def test_directions():
    for name in sorted(harness.public_names(keraburn.metrics)):
        ours, theirs = getattr(keraburn.metrics, name), getattr(harness.keras.metrics, name)
        arguments = next((case[2] for case in CASES if case[0] == name), None)
        if arguments is not None:
            assert ours(**arguments)._direction == getattr(theirs(**arguments), "_direction", None), name
