"""Judging a model by the moving averages of its weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keraburn.callbacks.callback import Callback


class SwapEMAWeights(Callback):
    """Exchanges the weights with their moving averages while the model is evaluated or predicts, and back afterwards.

    The averages are those of an optimizer with `use_ema=True` (Polyak and Juditsky, "Acceleration of stochastic
    approximation by averaging", 1992).

    Args:
        swap_on_epoch: whether they are also exchanged from the end of an epoch to the beginning of the next, so that
            callbacks that come later in the list, such as `ModelCheckpoint`, see the averages.

    Raises:
        ValueError: during training, if no optimizer keeps averages.

    Example:

    >>> import keraburn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(use_ema=True), "mse")
    >>> swap = keras.callbacks.SwapEMAWeights()
    """

    state_attributes = ("_ema_weights_in_model",)

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._ema_weights_in_model = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.swap_on_epoch:
            self._put(averages=False)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not self.swap_on_epoch or self._ema_weights_in_model:
            return
        self._put(averages=True)
        if epoch == (self.params or {})["epochs"] - 1:
            # The end of training sets the weights to what the optimizer holds as averages.
            for weight, average in self._pairs():
                average.assign(weight.value)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._put(averages=True)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._put(averages=False)

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._put(averages=True)

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        self._put(averages=False)

    def _put(self, averages: bool) -> None:
        """See to it that the model holds the averages, or that it holds its weights."""
        if averages == self._ema_weights_in_model:
            return
        for weight, average in self._pairs():
            value = weight.value
            weight.assign(average.value)
            average.assign(value)
        self._ema_weights_in_model = averages

    def _pairs(self) -> Iterator[tuple[Any, Any]]:
        """Each trained variable with its average."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        several = getattr(optimizer, "optimizers", None)
        averaging = [each for each in several or [optimizer] if each.use_ema]
        if not averaging:
            raise ValueError(
                "SwapEMAWeights must be used when at least one inner optimizer has `use_ema=True` set. "
                "Received: a MultiOptimizer with all inner optimizers having `use_ema=False`"
                if several
                else "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. "
                f"Received: use_ema={optimizer.use_ema}"
            )
        for each in averaging:
            yield from zip(each._trainable_variables, each._averages, strict=True)
