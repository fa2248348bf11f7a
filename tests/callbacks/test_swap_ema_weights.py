"""SwapEMAWeights: which weights are in the model when."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import data, linear


def averaging(**arguments):
    return linear(optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8, **arguments))


class Sees(keras.callbacks.Callback):
    """Notes the first weight and its average at every event of one batch or more."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def _note(self, *args, **kwargs):
        weight = self.model.trainable_variables[0]
        average = self.model.optimizer._averages[0]
        self.seen.append((weight.numpy()[0, 0], average.numpy()[0, 0]))

    on_epoch_begin = on_train_batch_end = on_test_batch_begin = on_test_end = on_epoch_end = _note


def test_validation_uses_the_averages():
    x, y = data(10)
    model, sees = averaging(), Sees()
    swap = keras.callbacks.SwapEMAWeights()
    model.fit(x, y, batch_size=5, epochs=2, verbose=0, validation_data=(x, y), callbacks=[swap, sees])
    _, _, trained, tested, _, after, end, *_ = sees.seen
    assert tested == trained[::-1]
    assert after == end == trained
    assert trained[0] != trained[1]
    # The end of training puts the averages into the model.
    np.testing.assert_array_equal(model.trainable_variables[0].numpy(), model.optimizer._averages[0].numpy())


def test_swapped_between_epochs():
    x, y = data(10)
    model, sees = averaging(), Sees()
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    model.fit(x, y, batch_size=10, epochs=3, verbose=0, callbacks=[swap, sees])
    first_begin, first_trained, first_end, second_begin, _, _, _, trained, end = sees.seen
    assert first_end == first_trained[::-1]
    assert second_begin == first_trained
    assert first_begin[0] != first_begin[1]
    # After the last epoch both are the averages, which the end of training keeps.
    assert end == (trained[1], trained[1])
    assert model.trainable_variables[0].numpy()[0, 0] == trained[1]


def test_evaluate_and_predict_leave_the_weights():
    x, y = data(10)
    model = averaging()
    model.fit(x, y, epochs=2, verbose=0)
    weights = [np.full(weight.shape, 2.0, "float32") for weight in model.get_weights()]
    averages = [variable.numpy() for variable in model.optimizer._averages]
    judged, predicted = model.evaluate(x, y, verbose=0), model.predict(x, verbose=0)
    model.set_weights(weights)
    swap = keras.callbacks.SwapEMAWeights()
    assert model.evaluate(x, y, verbose=0, callbacks=[swap]) == judged
    np.testing.assert_array_equal(model.predict(x, verbose=0, callbacks=[swap]), predicted)
    for a, b in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(model.optimizer._averages, averages, strict=True):
        np.testing.assert_array_equal(a.numpy(), b)


@pytest.mark.parametrize("kind", ["scaled", "several"])
def test_optimizers_inside_others(kind):
    x, y = data(10)
    inner = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8)
    plain = keras.optimizers.SGD(0.1)
    optimizer = (
        keras.optimizers.LossScaleOptimizer(inner)
        if kind == "scaled"
        else keras.optimizers.MultiOptimizer(lambda variable: inner if variable.ndim == 2 else plain)
    )
    model = linear(optimizer=optimizer)
    seen = []

    class Tested(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            seen.append([variable.numpy() for variable in model.trainable_variables])

        def on_test_end(self, logs=None):
            seen.append([variable.numpy() for variable in model.trainable_variables])

    callbacks = [keras.callbacks.SwapEMAWeights(), Tested()]
    model.fit(x, y, batch_size=2, verbose=0, validation_data=(x, y), callbacks=callbacks)
    (tested_kernel, tested_bias), (kernel, bias) = seen
    assert (tested_kernel != kernel).all()
    assert (tested_bias == bias).all() == (kind == "several")


def test_without_averages():
    x, y = data(10)
    swap = keras.callbacks.SwapEMAWeights()
    with pytest.raises(ValueError, match=r"SwapEMAWeights must be used when `use_ema=True` is set.*use_ema=False"):
        linear().fit(x, y, verbose=0, validation_data=(x, y), callbacks=[swap])
    one = keras.optimizers.SGD(0.1)
    several = keras.optimizers.MultiOptimizer(lambda variable: one)
    with pytest.raises(ValueError, match="at least one inner optimizer has `use_ema=True`"):
        linear(optimizer=several).fit(x, y, verbose=0, validation_data=(x, y), callbacks=[swap])
