"""Values that are found to be wrong in the middle of training: what the error says, and that nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras

WORDS, CLASSES, ROWS = 10, 5, 20


def data(seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, WORDS, (ROWS, 3)).astype("int32"), rng.integers(0, CLASSES, ROWS)


def classifier(**compile_arguments):
    """A model with all kinds of state: weights, moving statistics, a seed; dropout draws anew in each step."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            layers.Embedding(WORDS, 4),
            layers.Flatten(),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(**{"optimizer": "adam", "loss": "sparse_categorical_crossentropy", **compile_arguments})
    return model


def state(model):
    return [variable.numpy() for variable in model.variables + model.optimizer.variables]


def assert_same(model, expected):
    for found, value in zip(state(model), expected, strict=True):
        np.testing.assert_array_equal(found, value)


def fit(model, x, y, **arguments):
    return model.fit(x, y, **{"batch_size": 4, "verbose": 0, "shuffle": False, **arguments})


@pytest.mark.parametrize(
    "callbacks", [[], [keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]]
)
@pytest.mark.parametrize("wrong", ["id", "label"])
def test_fit_says_the_batch_and_keeps_the_last_good_step(wrong, callbacks):
    x, y = data()
    good = classifier(metrics=["accuracy"])
    fit(good, x[:8], y[:8])
    good_state = state(good)
    model = classifier(metrics=["accuracy"])
    bad_x, bad_y = x.copy(), y.copy()
    if wrong == "id":
        bad_x[9, 2], place = WORDS, r"value 10 at position \[1, 2\]; the legal range is \[0, 10\)"
    else:
        bad_y[9], place = -2, r"value -2 at position \[1\]; the legal range is \[0, 5\)"
    with pytest.raises(ValueError, match=place + r"; in batch 3 of 5 of epoch 1 \(rows 8 to 11\)$"):
        fit(model, bad_x, bad_y, callbacks=callbacks)
    assert_same(model, good_state)
    assert fit(model, x, y, epochs=2).history["loss"] == fit(good, x, y, epochs=2).history["loss"]


def test_later_epochs_and_validation():
    x, y = data()
    bad = np.where(np.arange(ROWS) == 17, CLASSES, y)
    model = classifier()
    with pytest.raises(ValueError, match=r"in batch 5 of 5 of the validation data \(rows 16 to 19\)$"):
        fit(model, x, y, validation_data=(x, bad), validation_batch_size=4)
    spoil = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: given.__setitem__(17, CLASSES * epoch))
    given = y.copy()
    with pytest.raises(ValueError, match=r"in batch 5 of 5 of epoch 2 \(rows 16 to 19\)$"):
        fit(model, x, given, epochs=2, callbacks=[spoil])
    with pytest.raises(ValueError, match=r"in batch \d of 5 of epoch 1 \(shuffled\)$"):
        fit(model, x, bad, shuffle=True)


def test_evaluate_and_predict():
    x, y = data()
    model = classifier()
    model.evaluate(x, y, verbose=0)
    before = state(model)
    x[18, 0] = -1
    with pytest.raises(ValueError, match=r"value -1 at position \[2, 0\]; .*; in batch 5 of 5 \(rows 16 to 19\)$"):
        model.evaluate(x, y, batch_size=4, verbose=0)
    with pytest.raises(ValueError, match=r"value -1 at position \[2, 0\]; .*; in batch 5 of 5 \(rows 16 to 19\)$"):
        model.predict(x, batch_size=4, verbose=0)
    assert_same(model, before)
    assert model.predict(x[:16], batch_size=4, verbose=0).shape == (16, CLASSES)


def test_batches_that_come_one_by_one():
    x, y = data()
    y[6] = CLASSES
    batches = [(x[i : i + 4], y[i : i + 4]) for i in range(0, ROWS, 4)]
    model = classifier()
    with pytest.raises(ValueError, match=r"value 5 at position \[2\]; .*; in batch 2 of epoch 1$"):
        model.fit(iter(batches), shuffle=False, verbose=0)
    with pytest.raises(ValueError, match=r"value 5 at position \[2\]; .*; in batch 2 of 5$"):
        model.evaluate(keras.data.Dataset.from_tensor_slices((x, y)).batch(4), verbose=0)


@pytest.mark.parametrize("where", ["loss", "metric", "lookup"])
def test_a_wrong_value_changes_nothing(where):
    """Wherever in the step it is found: what is updated before it would be read is written later."""
    if where == "loss":
        model = classifier()
    elif where == "metric":
        model = classifier(
            loss=lambda y, p: keras.ops.mean((p - 0.5) ** 2), metrics=["sparse_categorical_crossentropy"]
        )
    else:
        table = keras.ops.convert_to_tensor(np.linspace(0, 1, CLASSES, dtype="float32"))
        model = classifier(
            loss=lambda y, p: keras.ops.mean((p - 0.5) ** 2),
            metrics=[lambda y, p: keras.ops.take(table, keras.ops.cast(y, "int32")) * p[:, 0]],
        )
    x, y = data()
    fit(model, x, y)
    before = state(model)
    with pytest.raises(ValueError, match=r"the legal range is \[0, 5\)"):
        model.train_on_batch(x, np.full(ROWS, CLASSES))
    assert_same(model, before)
    fit(model, x, y)


def test_what_is_checked_after_an_update_is_written_last():
    """A table that is updated, and then looked up: the check needs the update, which yet must not stay."""

    class Counting(keras.Model):
        def __init__(self):
            super().__init__()
            self.count = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False)
            self.table = self.add_weight(shape=(3,), initializer="ones")

        def call(self, x):
            self.count.assign(self.count + 1)
            return x * keras.ops.take(self.table, self.count)

    model = Counting()
    model.compile("sgd", "mse")
    x = np.ones((2, 1), "float32")
    model.train_on_batch(x, x)
    model.train_on_batch(x, x)
    before = state(model)
    assert model.count.numpy() == 2
    with pytest.raises(ValueError, match=r"index 3 is out of range.*\[0, 3\)"):
        model.train_on_batch(x, x)
    assert_same(model, before)
