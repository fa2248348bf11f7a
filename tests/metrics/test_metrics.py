"""Metrics: state, names, users' own, errors."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import trace


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("mse", "MeanSquaredError"),
        ("mae", "MeanAbsoluteError"),
        ("rmse", "RootMeanSquaredError"),
        ("kld", "KLDivergence"),
        ("accuracy", "Accuracy"),
        ("AUC", "AUC"),
        ("auc", "AUC"),
        ("precision", "Precision"),
        ("Recall", "Recall"),
        ("binary_accuracy", "BinaryAccuracy"),
        ("mean_squared_error", "MeanSquaredError"),
        ("sparse_categorical_accuracy", "SparseCategoricalAccuracy"),
        ("top_k_categorical_accuracy", "TopKCategoricalAccuracy"),
    ],
)
def test_names(name, cls):
    assert type(keras.metrics.get(name)).__name__ == cls


def test_name_of_a_function():
    assert keras.metrics.get("huber") is keras.losses.huber


def test_numbered_names():
    assert [keras.metrics.Precision().name for _ in range(2)] == ["precision", "precision_1"]
    assert keras.metrics.AUC().name == "auc"
    assert [keras.metrics.Mean().name for _ in range(2)] == ["mean", "mean"]
    assert [each.path for each in keras.metrics.Mean().variables] == ["mean/total", "mean/count"]


def test_mean_over_batches():
    metric = keras.metrics.Mean()
    assert float(metric.result()) == 0.0
    metric.update_state([1.0, 2.0, 3.0])
    metric.update_state(6.0)
    assert float(metric.result()) == 3.0
    metric.reset_state()
    assert float(metric.result()) == 0.0
    metric.update_state([1.0, 3.0], sample_weight=[3.0, 1.0])
    assert float(metric.result()) == 1.5


def test_a_metric_of_ones_own_tracks_what_it_holds():
    class Own(keras.metrics.Metric):
        def __init__(self, name="own", **kwargs):
            super().__init__(name=name, **kwargs)
            self.hits = self.add_weight(name="hits", initializer="zeros")
            self.other = keras.Variable(1.0)
            self.inner = keras.metrics.Mean()
            self.listed = [keras.metrics.Sum(), keras.metrics.Sum()]

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.hits.assign_add(keras.ops.sum(y_true))
            self.inner.update_state(y_pred)

        def result(self):
            return {"hits": self.hits.value, "inner": self.inner.result()}

    metric = Own()
    assert len(metric.variables) == 1 + 1 + 2 + 2
    assert all(not each.trainable for each in metric.inner.variables)
    result = metric([1.0, 1.0], [2.0, 4.0])
    assert float(result["hits"]) == 2.0
    assert float(result["inner"]) == 3.0
    metric.reset_state()
    assert float(metric.hits.numpy()) == 0.0


def test_forgotten_super():
    class Careless(keras.metrics.Metric):
        def __init__(self):
            self.total = self.add_weight(name="total")

    with pytest.raises(RuntimeError, match=r"super\(\).__init__\(\)"):
        Careless()


def test_mask_of_predictions():
    y_pred = keras.ops.convert_to_tensor(np.array([[1.0], [5.0]], "float32"))
    y_pred._keras_mask = keras.ops.convert_to_tensor(np.array([True, False]))
    metric = keras.metrics.MeanSquaredError()
    metric.update_state(np.zeros((2, 1), "float32"), y_pred)
    assert float(metric.result()) == 1.0


def test_update_in_a_traced_step():
    metrics = [keras.metrics.BinaryAccuracy(), keras.metrics.AUC(), keras.metrics.F1Score(threshold=0.5)]

    def step(y_true, y_pred):
        for metric in metrics:
            metric.update_state(y_true, y_pred)
        return []

    y_true, y_pred = np.array([[1.0], [0.0]], "float32"), np.array([[0.8], [0.7]], "float32")
    run = trace.Compiled(step, (y_true, y_pred))
    for _ in range(3):
        run(y_true, y_pred)
    assert [float(np.squeeze(metric.result().numpy())) for metric in metrics] == pytest.approx(
        [0.5, 1.0, 2 / 3], rel=1e-3
    )
    assert float(metrics[0].count.numpy()) == 6.0


def test_dict_and_config():
    metric = keras.metrics.AUC(num_thresholds=7, curve="PR", name="area", label_weights=None)
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert again.get_config() == metric.get_config()
    wrapped = keras.metrics.MeanMetricWrapper(keras.losses.huber, name="h", delta=0.5)
    again = keras.metrics.deserialize(keras.metrics.serialize(wrapped))
    assert float(again([[0.0]], [[2.0]])) == pytest.approx(0.875)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.Precision(thresholds=1.5), r"must be in \[0, 1\]. Received: \[1.5\]"),
        (lambda m: m.AUC(num_thresholds=1), "Received: num_thresholds=1"),
        (lambda m: m.AUC(curve="XY"), "Received: curve=XY"),
        (lambda m: m.AUC(summation_method="best"), "Received: summation_method=best"),
        (lambda m: m.AUC(num_labels=3), "Received: num_labels=3"),
        (lambda m: m.F1Score(average="mean"), "Received: average=mean"),
        (lambda m: m.FBetaScore(beta=-1.0), "Received: beta=-1.0"),
        (lambda m: m.F1Score()(np.ones(3), np.ones(3)), r"2D inputs.*Received: y_pred.shape=\(3,\)"),
        (lambda m: m.R2Score(class_aggregation="all"), "Received: class_aggregation=all"),
        (lambda m: m.IoU(2, [2]), r"Received: target_class_ids=\[2\]"),
        (lambda m: m.SensitivityAtSpecificity(2.0), "Received: specificity=2.0"),
        (lambda m: m.MeanSquaredError()(np.ones((3, 2)), np.ones((4, 2))), r"Received: y_true.shape=\(3, 2\)"),
        (lambda m: m.BinaryAccuracy()(np.ones((3, 2)), np.ones((4, 2))), r"Received: y_true.shape=\(3, 2\)"),
        (lambda m: m.SparseCategoricalAccuracy()(np.ones(5), np.ones((4, 2))), r"Received: y_true.shape=\(5,\)"),
        (lambda m: m.Mean()(np.ones(4), sample_weight=np.ones(3)), r"sample_weight.shape=\(3,\)"),
        (lambda m: m.Precision(class_id=2)(np.ones((4, 2)), np.ones((4, 2))), "Received: class_id=2"),
        (lambda m: m.AUC(num_thresholds="many"), "Received: num_thresholds=many"),
        (lambda m: m.MeanIoU(0), "Received: num_classes=0"),
        (lambda m: m.MeanIoU(2)(np.ones(4), np.ones(5)), r"Received: y_true.shape=\(4,\)"),
        (lambda m: m.F1Score()(np.ones((4, 3)), np.ones((5, 3))), r"Received: y_true.shape=\(4, 3\)"),
        (lambda m: m.CategoricalAccuracy()(np.ones(4), np.ones((4, 3))), "sparse_categorical_accuracy"),
        (lambda m: m.Precision(class_id=1)(np.ones(4), np.ones(4)), r"Received: y_pred.shape=\(4,\)"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(keras.metrics)


def test_a_reset_is_not_undone_by_steps_that_follow():
    metric = keras.metrics.Mean()
    run = trace.Compiled(lambda x: metric.update_state(x) or [], [np.ones(2, "float32")])
    for _ in range(3):
        metric.reset_state()
        assert float(metric.total.numpy()) == 0.0
        run(np.ones(2, "float32"))
        assert float(metric.total.numpy()) == 2.0
        metric.update_state([1.0])
        assert float(metric.total.numpy()) == 3.0
