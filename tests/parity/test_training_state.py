"""State trees, stateless losses and train functions are Keras's."""

from __future__ import annotations

import numpy as np
import pytest

from tests.parity import harness

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = X[:, :1] * 2


def make(package):
    package.utils.clear_session()
    model = package.Sequential(
        [
            package.Input((3,)),
            package.layers.Dense(4, activation="relu", kernel_regularizer=package.regularizers.L2(0.1)),
            package.layers.BatchNormalization(),
            package.layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def pair():
    ours, theirs = make(harness.keraburn), make(harness.keras)
    ours.set_weights(theirs.get_weights())
    return ours, theirs


def paths(tree, prefix=""):
    found = {}
    for name, item in tree.items():
        found.update(paths(item, f"{prefix}{name}/") if isinstance(item, dict) else {f"{prefix}{name}": item})
    return found


def test_state_trees():
    ours, theirs = pair()
    for model in (ours, theirs):
        model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    mine, other = (paths(model.get_state_tree("numpy_array")) for model in (ours, theirs))
    assert list(mine) == list(other)
    for path, value in other.items():
        np.testing.assert_allclose(mine[path], value, rtol=1e-3, atol=1e-4, err_msg=path)
    third = make(harness.keraburn)
    third.train_on_batch(X, Y)
    third.set_state_tree(ours.get_state_tree())
    np.testing.assert_array_equal(third.predict(X, verbose=0), ours.predict(X, verbose=0))
    assert int(third.optimizer.iterations) == int(ours.optimizer.iterations)
    make(harness.keraburn).set_state_tree({"optimizer_variables": {}, "metrics_variables": {"loss": {"total": 1.0}}})
    for model in (ours, theirs):
        with pytest.raises(ValueError, match="Invalid `value_format` argument"):
            model.get_state_tree("list")
        with pytest.raises(ValueError, match="Unknown variable name: weights"):
            model.set_state_tree({"weights": {}})
    with pytest.raises(ValueError, match="'a/b'"):
        ours.set_state_tree({"trainable_variables": {"a": {"b": 1.0}}})


def test_stateless_losses():
    ours, theirs = pair()
    results = []
    for model in (ours, theirs):
        model.evaluate(X, Y, verbose=0)
        before = model.get_weights()
        trainable = [np.asarray(variable.value) + 0.1 for variable in model.trainable_variables]
        rest = [np.asarray(variable.value) for variable in model.non_trainable_variables]
        metrics = [np.asarray(variable.value) for variable in model.metrics_variables]
        y_pred, state, losses = model.stateless_call(trainable, rest, X, training=True, return_losses=True)
        loss, after = model.stateless_compute_loss(trainable, rest, metrics, x=X, y=Y, y_pred=y_pred)
        for a, b in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        assert [len(part) for part in after] == [len(trainable), len(rest), len(metrics)]
        results.append([np.asarray(value) for value in (loss, y_pred, *state, *losses)])
    for mine, other in zip(*results, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="1:1"):
        ours.stateless_compute_loss([], [], [])


def test_losses_and_metrics_of_a_batch():
    ours, theirs = pair()
    for model in (ours, theirs):
        model.evaluate(X, Y, verbose=0)
        model.reset_metrics()
    y_pred = np.array(theirs(X))
    weight = np.linspace(0, 1, 8).astype("float32")
    for extra in ({}, {"sample_weight": weight}):
        mine, other = (model.compute_loss(x=X, y=Y, y_pred=y_pred, **extra) for model in (ours, theirs))
        np.testing.assert_allclose(float(mine), float(other), rtol=1e-5)
        mine, other = (model.compute_metrics(X, Y, y_pred, **extra) for model in (ours, theirs))
        assert list(mine) == list(other)
        for name, value in other.items():
            np.testing.assert_allclose(float(mine[name]), float(value), rtol=1e-5)
    assert list(ours.get_metrics_result()) == list(theirs.get_metrics_result())
    assert ours.metrics_names == theirs.metrics_names == ["loss", "compile_metrics"]
    assert [metric.name for metric in ours.metrics] == [metric.name for metric in theirs.metrics]


def test_symbolic_calls():
    ours, theirs = pair()
    mine = ours.symbolic_call(harness.keraburn.KerasTensor((None, 3)))
    other = theirs.symbolic_call(harness.keras.KerasTensor((None, 3)))
    assert (mine.shape, mine.dtype) == (other.shape, other.dtype)


@pytest.mark.parametrize("at_once", [1, 2])
def test_functions_for_loops_of_ones_own(at_once):
    model, reference = make(harness.keraburn), make(harness.keraburn)
    reference.set_weights(model.get_weights())
    model.steps_per_execution = at_once
    assert model.train_function is None
    train = model.make_train_function()
    assert model.make_train_function() is train is model.train_function
    batches = [(X[:4], Y[:4]), (X[4:], Y[4:]), (X[:4], Y[:4])]
    iterator = iter(batches)
    logs = {}
    for _ in range(-(-3 // at_once)):
        logs = train(iterator)
    with pytest.raises(StopIteration):
        train(iterator)
    history = reference.fit(iter(batches), shuffle=False, verbose=0, steps_per_epoch=3).history
    assert logs == {name: values[-1] for name, values in history.items()}
    model.reset_metrics()
    test = model.make_test_function()
    logs = [test(iter(batches[:at_once])) for _ in range(1)][-1]
    rows = slice(0, 4 * at_once)
    assert logs == pytest.approx(reference.evaluate(X[rows], Y[rows], verbose=0, return_dict=True), rel=1e-5)
    outputs = model.make_predict_function()(iter([X[:4], X[4:]]))
    np.testing.assert_array_equal(outputs, reference.predict(X[: 4 * at_once], verbose=0))
    model.compile("sgd", "mse")
    assert model.train_function is None
