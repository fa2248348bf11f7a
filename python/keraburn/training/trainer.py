"""Training, evaluation and prediction of a model."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np

from keraburn import config, devices
from keraburn.callbacks import CallbackList, History
from keraburn.data.packing import unpack_x_y_sample_weight
from keraburn.random import seeding
from keraburn.training import arguments
from keraburn.training.batches import as_batches, is_batches
from keraburn.training.data import Arrays
from keraburn.training.eager import EagerLogStep
from keraburn.training.feed import ArrayFeed
from keraburn.training.functions import Functions
from keraburn.training.loop import run_pass
from keraburn.training.prediction import predict_all
from keraburn.training.pure import PureTraining
from keraburn.training.resuming import Resuming
from keraburn.training.source import make_arrays, make_feed, read_data, weigh_classes
from keraburn.training.steps import LogStep, PredictStep

# Differences between the shuffle seeds of two epochs; odd, so that all of 2**63 are met.
_NEXT_SEED = 0x5851F42D4C957F2D


class Trainer(Resuming, Functions, PureTraining):
    """What makes a layer a model: `compile`, `fit`, `evaluate`, `predict` and the steps behind them."""

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Train for some epochs.

        Args:
            x: inputs: an array, tensor or table of any library, a sparse matrix, or a list, tuple or dict of these for
                several inputs; or what gives batches `(x,)`, `(x, y)` or `(x, y, sample_weight)`: a
                `keras.utils.PyDataset`, a `Dataset`, a PyTorch `DataLoader` or a generator.
            y: targets, like `x`; not with batches, which hold them.
            batch_size: samples of a batch; 32 if None. Batches that come as such keep their size.
            epochs: index of the epoch before which training ends.
            verbose: 0 prints nothing, 1 and "auto" a progress bar, 2 a line for each epoch.
            callbacks: a callback or a list of them.
            validation_split: part of the data, from its end, that is held out for validation.
            validation_data: `(x, y)` or `(x, y, sample_weight)` to validate with, or a generator.
            shuffle: whether each epoch takes the samples, or the batches of a `PyDataset`, in a new random order; with
                "batch" every sample stays in its batch. Other batches come in their own order.
            class_weight: from class indices to the weights of their samples in the loss.
            sample_weight: weights of the samples in the loss, of shape (samples,) or (samples, steps).
            initial_epoch: index of the first epoch.
            steps_per_epoch: batches of an epoch, which goes on where the one before ended; all of the data if None.
            validation_steps: batches of a validation; all of the data if None.
            validation_batch_size: samples of a batch of validation; as `batch_size` if None.
            validation_freq: epochs from one validation to the next, or a list of the epochs (from 1) to validate after.

        Returns:
            The record of the run; see `keras.callbacks.History`.

        Raises:
            ValueError: if the model was not compiled, or data and arguments do not fit; nothing is trained then.

        Example:

        >>> import numpy as np, keraburn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> history = model.fit(np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0)
        >>> len(history.history["loss"])
        2
        """
        self._assert_compile_called("fit")
        batch_size = arguments.whole_or_none("batch_size", batch_size, 1)
        epochs = arguments.whole("epochs", epochs, 0)
        initial_epoch = arguments.whole("initial_epoch", initial_epoch, 0)
        steps_per_epoch = arguments.whole_or_none("steps_per_epoch", steps_per_epoch, 1)
        validation_steps = arguments.whole_or_none("validation_steps", validation_steps, 1)
        validation_batch_size = arguments.whole_or_none("validation_batch_size", validation_batch_size, 1)
        arguments.is_due(0, validation_freq)
        epochs = arguments.limited("epochs", epochs, config.max_epochs())
        verbose = arguments.verbosity(verbose)
        seeds = self._next_shuffle_seed if arguments.shuffling(shuffle) else None
        split = arguments.fraction("validation_split", validation_split)
        data = read_data(self, x, y, sample_weight, class_weight, shuffle)
        held_out = None
        if validation_data is not None:
            held_out = self._validation_data(validation_data)
        elif split:
            if not isinstance(data, Arrays):
                raise ValueError(
                    "Argument `validation_split` is only supported for tensors or NumPy arrays. "
                    f"Received: x of type {type(x)}"
                )
            data, held_out = data.split(split)
        if isinstance(data, Arrays):
            # Validation is not weighted by class.
            data = weigh_classes(data, class_weight)
        within = shuffle == "batch"
        feed = make_feed(self, self._make_train_step, data, batch_size, steps_per_epoch, class_weight, seeds, within)
        validation = None
        if held_out is not None:
            size = validation_batch_size or batch_size
            validation = make_feed(self, self._make_test_step, held_out, size, validation_steps, ready=False)
            validation.stage = " of the validation data"
        # A callback may train the same model while it is trained.
        outer = self._feeds
        try:
            if not isinstance(callbacks, CallbackList):
                callbacks = CallbackList(
                    callbacks,
                    add_history=True,
                    add_progbar=verbose != 0,
                    verbose=verbose,
                    epochs=epochs,
                    steps=feed.target,
                    model=self,
                )
            self.__dict__.update(stop_training=False, _feeds=(feed, validation), _initial_epoch=None)
            callbacks.on_train_begin()
            # A callback may know better where to begin.
            first = initial_epoch if self._initial_epoch is None else self._initial_epoch
            logs = self._train(range(first, epochs), callbacks, validation_freq)
            callbacks.on_train_end(logs)
        finally:
            self.__dict__.update(_feeds=outer, _initial_epoch=None)
            feed.close()
            if validation is not None:
                validation.close()
        return self.history

    def _train(self, epochs: range, callbacks: CallbackList, validation_freq: Any) -> dict[str, Any]:
        """Run epochs; returns the values of the last one."""
        assert self._feeds is not None
        feed, validation = self._feeds
        logs: dict[str, Any] = {}
        try:
            for epoch in epochs:
                self.reset_metrics()
                feed.stage = f" of epoch {epoch + 1}"
                callbacks.on_epoch_begin(epoch)
                values = self._pass(feed, callbacks, "train", lambda: self.stop_training)
                if values is None and not self.stop_training:
                    # The batches have come to an end.
                    break
                logs = values or {}
                if validation is not None and arguments.is_due(epoch, validation_freq):
                    found = self._test(validation, callbacks)
                    logs.update({f"val_{name}": value for name, value in found.items()})
                callbacks.on_epoch_end(epoch, logs)
                if epoch == epochs.start:
                    devices.keep_shaders()
                if self.stop_training:
                    break
        finally:
            if epochs.stop > 0 and hasattr(self.optimizer, "finalize_variable_values"):
                self.optimizer.finalize_variable_values(self.trainable_variables)
        return logs

    def _next_shuffle_seed(self) -> int:
        times, given = seeding()
        # Seeds set since `compile` begin the sequence of orders anew.
        last = self._shuffle_seed if times == self._seeded else given
        seed = (last + _NEXT_SEED) % 2**63
        self.__dict__.update(_shuffle_seed=seed, _seeded=times)
        return seed

    def _validation_data(self, data: Any) -> Any:
        if is_batches(data):
            return as_batches(data)
        return make_arrays(self, *unpack_x_y_sample_weight(data), whole=True)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and the metrics over some data.

        Args:
            x: inputs, as for `fit`.
            y: targets.
            batch_size: samples of a batch; 32 if None.
            verbose: as for `fit`.
            sample_weight: weights of the samples.
            steps: batches to take; all if None.
            callbacks: a callback or a list of them.
            return_dict: whether a dict by name is returned.
            **kwargs: none; what was misspelled is an error.

        Returns:
            The loss as a float, or a list of the loss and the metrics in the order of `compile`; both also answer by
            name (`result.accuracy`). With `return_dict`, a dict.

        Raises:
            ValueError: if the model was not compiled, or data and arguments do not fit.

        Example:

        >>> import numpy as np, keraburn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
        >>> model.compile("sgd", "mse", metrics=["mae"])
        >>> result = model.evaluate(np.ones((4, 2)), np.zeros((4, 1)), verbose=0)
        >>> list(result), result.mae
        ([4.0, 2.0], 2.0)
        """
        self._assert_compile_called("evaluate")
        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        batch_size = arguments.whole_or_none("batch_size", batch_size, 1)
        steps = arguments.whole_or_none("steps", steps, 1)
        verbose = arguments.verbosity(verbose)
        data = read_data(self, x, y, sample_weight)
        with closing(make_feed(self, self._make_test_step, data, batch_size, steps)) as feed:
            if not isinstance(callbacks, CallbackList):
                callbacks = CallbackList(
                    callbacks, add_progbar=verbose != 0, verbose=verbose, epochs=1, steps=feed.target, model=self
                )
            logs = self._test(feed, callbacks)
        return logs if return_dict else self._in_order(logs)

    def _test(self, feed: Any, callbacks: CallbackList) -> dict[str, Any]:
        self.__dict__["stop_evaluating"] = False
        callbacks.on_test_begin()
        self.reset_metrics()
        feed.restart()
        logs = self._pass(feed, callbacks, "test", lambda: self.stop_evaluating) or {}
        callbacks.on_test_end(logs)
        return logs

    def _pass(
        self, feed: Any, callbacks: CallbackList, kind: str, stopped: Callable[[], bool]
    ) -> dict[str, Any] | None:
        """Run an epoch; returns the values at its end, None if it had no batch."""
        done = run_pass(feed, callbacks, kind, stopped, lambda first, last: feed.logs(), self.steps_per_execution)
        feed.finish()
        return feed.logs() if done else None

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for some data as numpy arrays.

        Args:
            x: inputs, as for `fit`.
            batch_size: samples of a batch; 32 if None.
            verbose: as for `fit`.
            steps: batches to take; all if None.
            callbacks: a callback or a list of them.

        Raises:
            ValueError: if data and arguments do not fit.

        Example:

        >>> import numpy as np, keraburn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> model.predict(np.ones((5, 2)), verbose=0).shape
        (5, 3)
        """
        if type(x) is np.ndarray and verbose == 0 and steps is None and callbacks is None:
            # One batch, met before: nothing needs to be prepared.
            run = self._steps.peek(("predict one", config.device(), x.shape, x.dtype))
            if run is not None and _is_one_batch(len(x), batch_size) and not self.run_eagerly:
                return run(x)
        batch_size = arguments.whole_or_none("batch_size", batch_size, 1)
        steps = arguments.whole_or_none("steps", steps, 1)
        verbose = arguments.verbosity(verbose)
        with closing(make_feed(self, self._make_predict_step, read_data(self, x), batch_size, steps)) as feed:
            if not isinstance(callbacks, CallbackList):
                callbacks = CallbackList(
                    callbacks, add_progbar=verbose != 0, verbose=verbose, epochs=1, steps=feed.target, model=self
                )
            self.__dict__["stop_predicting"] = False
            callbacks.on_predict_begin()
            outputs = predict_all(feed, callbacks, lambda: self.stop_predicting, self.steps_per_execution)
            callbacks.on_predict_end()
        plain = type(x) is np.ndarray and x.dtype.kind in "fiub" and not self._begins_on_host
        if plain and isinstance(feed, ArrayFeed) and feed.batches == 1 and isinstance(feed.step, PredictStep):
            self._steps.put(("predict one", config.device(), x.shape, x.dtype), feed.step.of_array(x.dtype))
        return outputs

    # Single batches.

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One update of the weights with one batch.

        Args:
            x: inputs, as for `fit`.
            y: targets.
            sample_weight: weights of the samples in the loss.
            class_weight: from class indices to the weights of their samples in the loss.
            return_dict: whether a dict by name is returned.

        Returns:
            The loss and metrics of this batch alone, as `evaluate` returns them.

        Raises:
            ValueError: if the model was not compiled, or the data does not fit.

        Example:

        >>> import numpy as np, keraburn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
        >>> model.compile("sgd", "mse")
        >>> model.train_on_batch(np.ones((4, 2)), np.zeros((4, 1))).loss
        4.0
        """
        self._assert_compile_called("train_on_batch")
        return self._one_batch("train", self._make_train_step, x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and the metrics of one batch; arguments and what is returned are as for `train_on_batch`."""
        self._assert_compile_called("test_on_batch")
        return self._one_batch("test", self._make_test_step, x, y, sample_weight, None, return_dict)

    def _one_batch(
        self,
        kind: str,
        make: Callable[[Any], LogStep | EagerLogStep],
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: Any,
        return_dict: bool,
    ) -> Any:
        key = None
        step = None
        plain = type(x) is np.ndarray and type(y) is np.ndarray and sample_weight is None and class_weight is None
        if plain and x.dtype.kind in "fiub" and not self.run_eagerly and not self._begins_on_host:
            key = (kind, config.device(), x.shape, x.dtype, y.shape, y.dtype)
            step = self._steps.get(key)
        if step is not None:
            leaves = [_leaf(x, step.dtypes[0]), _leaf(y, step.dtypes[1])]
        else:
            arrays = weigh_classes(make_arrays(self, x, y, sample_weight), class_weight)
            step = make(arrays.specs(arrays.rows))
            leaves = arrays.tensors_ready()
            if key is not None:
                self._steps.put(key, step)
        self.reset_metrics()
        logs = step.logs(step.step.run(leaves))
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch as numpy arrays."""
        arrays = make_arrays(self, x)
        return self._make_predict_step(arrays.specs(arrays.rows)).run(arrays.tensors_ready())


def _is_one_batch(rows: int, batch_size: Any) -> bool:
    return rows <= 32 if batch_size is None else type(batch_size) is int and rows <= batch_size


def _leaf(array: np.ndarray, dtype: str) -> np.ndarray:
    """`array` as a compiled step takes it."""
    return np.ascontiguousarray(array, dtype=dtype)
