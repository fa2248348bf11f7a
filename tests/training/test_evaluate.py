"""What evaluate and the single-batch methods return, and in which order."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import Reference, data, linear


def test_one_value_is_a_float_that_answers_by_name():
    x, y = data()
    result = linear().evaluate(x, y, verbose=0)
    assert isinstance(result, float)
    assert result == pytest.approx(Reference().loss(x, y), rel=1e-5)
    assert result.loss == result
    with pytest.raises(AttributeError, match="Received: accuracy"):
        result.accuracy  # noqa: B018
    assert result + 1 == float(result) + 1
    assert pickle.loads(pickle.dumps(result)).loss == result


def test_several_values_are_a_list_in_the_order_of_compile():
    x, y = data()
    model = linear(metrics=["mae", "mse", "cosine_similarity"])
    result = model.evaluate(x, y, verbose=0)
    assert isinstance(result, list)
    loss, mae, mse, cosine = result
    named = model.evaluate(x, y, verbose=0, return_dict=True)
    assert list(named) == ["cosine_similarity", "loss", "mae", "mse"]
    assert result == [named["loss"], named["mae"], named["mse"], named["cosine_similarity"]]
    assert (result.loss, result.mae, result.cosine_similarity) == (loss, mae, cosine)
    assert mse == pytest.approx(loss)
    with pytest.raises(AttributeError, match="Received: auc"):
        result.auc  # noqa: B018
    assert pickle.loads(pickle.dumps(result)).mae == mae


@pytest.mark.parametrize("batch_size", [1, 3, 10, 64, None])
def test_batches_do_not_change_means(batch_size):
    x, y = data()
    loss, mae = linear(metrics=["mae"]).evaluate(x, y, batch_size=batch_size, verbose=0)
    reference = Reference()
    assert loss == pytest.approx(reference.loss(x, y), rel=1e-5)
    assert mae == pytest.approx(np.abs(reference.predict(x) - y).mean(), rel=1e-5)


def test_steps_limit_the_batches():
    x, y = data()
    assert linear().evaluate(x, y, batch_size=2, steps=3, verbose=0) == pytest.approx(
        Reference().loss(x[:6], y[:6]), rel=1e-5
    )


def test_sample_weight():
    x, y = data()
    weight = np.linspace(0, 1, 10)
    assert linear().evaluate(x, y, sample_weight=weight, verbose=0) == pytest.approx(
        Reference().loss(x, y, weight), rel=1e-5
    )


def test_evaluating_trains_nothing_and_repeats():
    x, y = data()
    model = linear(metrics=["mae"])
    before = model.get_weights()
    assert model.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_dropout_rests():
    x, y = data()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.9), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert model.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)


def test_a_metric_alone_needs_no_loss():
    x, y = data()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(metrics=["mae"])
    loss, mae = model.evaluate(x, y, verbose=0)
    assert loss == 0.0
    assert mae == pytest.approx(np.abs(model.predict(x, verbose=0) - y).mean(), rel=1e-5)


# --- Single batches ---


def test_train_on_batch_steps_and_reports_this_batch_alone():
    x, y = data()
    model, reference = linear(metrics=["mae"]), Reference()
    for _ in range(3):
        mae = np.abs(reference.predict(x) - y).mean()
        result = model.train_on_batch(x, y)
        assert result[0] == result.loss == pytest.approx(reference.step(x, y), rel=1e-5)
        assert result[1] == result.mae == pytest.approx(mae, rel=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], reference.w, atol=1e-6)


def test_train_on_batch_forms():
    x, y = data()
    weight = np.linspace(0, 2, 10)
    reference = Reference()
    assert linear().train_on_batch(x, y, sample_weight=weight) == pytest.approx(reference.step(x, y, weight), rel=1e-5)
    assert linear().train_on_batch(x.tolist(), y.tolist()) == pytest.approx(Reference().step(x, y), rel=1e-5)
    assert linear().train_on_batch(x.astype("float64"), y.astype("float64")) == pytest.approx(
        Reference().step(x, y), rel=1e-5
    )
    result = linear().train_on_batch(x, y, return_dict=True)
    assert type(result) is dict
    assert list(result) == ["loss"]


def test_train_on_batch_with_class_weight():
    x, y = data()[0], np.arange(10) % 2
    model = linear()
    expected = linear().train_on_batch(x, y, sample_weight=np.where(y == 1, 3.0, 1.0))
    assert model.train_on_batch(x, y, class_weight={1: 3.0}) == pytest.approx(expected, rel=1e-6)


def test_batches_of_changing_shape():
    x, y = data(40)
    model, reference = linear(), Reference()
    for rows in (1, 7, 40, 7, 1, 3):
        assert model.train_on_batch(x[:rows], y[:rows]) == pytest.approx(reference.step(x[:rows], y[:rows]), rel=1e-4)


def test_fit_and_train_on_batch_share_the_optimizer():
    x, y = data()
    one, other = (linear(optimizer=keras.optimizers.Adam(0.01)) for _ in range(2))
    one.fit(x, y, epochs=2, shuffle=False, verbose=0)
    one.train_on_batch(x, y)
    for _ in range(3):
        other.train_on_batch(x, y)
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert int(one.optimizer.iterations) == 3


def test_test_on_batch():
    x, y = data()
    model = linear(metrics=["mae"])
    assert list(model.test_on_batch(x, y)) == pytest.approx(model.evaluate(x, y, verbose=0), rel=1e-6)
    assert model.test_on_batch(x, y, return_dict=True)["mae"] == model.test_on_batch(x, y).mae


def test_metrics_names():
    model = linear(metrics=["mae"])
    assert model.metrics_names == ["loss", "compile_metrics"]
    model.evaluate(*data(), verbose=0)
    assert [metric.name for metric in model.metrics] == ["loss", "compile_metrics"]
