"""Curves, histograms and pictures of training, for TensorBoard."""

from __future__ import annotations

import os
import time
import warnings
from typing import Any

import numpy as np

from keraburn.callbacks.callback import Callback, only_when
from keraburn.callbacks.projector import write_projector, write_vectors
from keraburn.layers import Embedding
from keraburn.utils.event_file import EventFile


class TensorBoard(Callback):
    """Writes files of events that TensorBoard shows: `tensorboard --logdir=logs`.

    Curves of every value are under `epoch_<name>`, those of batches under `batch_<name>`, those of evaluations, by the
    number of updates, under `evaluation_<name>_vs_iterations`; histograms of a layer's weights under
    `<layer>/<weight>/histogram`. Training writes into the folder `train`, validation and `evaluate` into `validation`.

    Args:
        log_dir: folder for the files.
        histogram_freq: epochs from one histogram of the weights to the next; 0 writes none.
        write_graph: whether the model's description is written.
        write_images: whether weights are also written as pictures, with their histograms.
        write_steps_per_second: whether the speed of training is written.
        update_freq: `"epoch"`; `"batch"`, or a number of batches, also writes the values of every so many batches.
        profile_batch: kept for Keras's signature; batches are not profiled, and a warning says so.
        embeddings_freq: epochs from one writing of the `Embedding` layers' vectors to the next; 0 writes none.
        embeddings_metadata: file that names the vectors, or a dict from the layers' names to their files.

    Raises:
        ImportError: during training, if the package `tensorboard` is not installed (or Pillow, for pictures).
        ValueError: if `update_freq` or `profile_batch` is something else, or `embeddings_metadata` names other layers.

    Example:

    >>> import keraburn as keras
    >>> board = keras.callbacks.TensorBoard("logs", histogram_freq=1)
    """

    state_attributes = ("_global_train_batch",)

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | dict[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.log_dir = str(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq: Any = 1 if update_freq == "batch" else update_freq
        is_number = isinstance(self.update_freq, int) and self.update_freq > 0
        if self.update_freq != "epoch" and not is_number:
            raise ValueError(
                f"`update_freq` should be 'epoch', 'batch' or a positive integer. Received: update_freq={update_freq!r}"
            )
        self._writes_batches = is_number
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        _check_profile(profile_batch)
        self._train = EventFile(os.path.join(self.log_dir, "train"))
        self._validation = EventFile(os.path.join(self.log_dir, "validation"))
        self._global_train_batch = 0
        self._batch_began = 0.0
        self._epoch_began = 0.0
        self._iterations_before = 0

    def set_model(self, model: Any) -> None:
        self._model = model
        # Models that are symbols through and through have a graph to show.
        if self.write_graph and getattr(model, "outputs", None):
            try:
                description = model.to_json()
            except Exception as error:
                # What cannot be described can still be trained.
                warnings.warn(f"Model failed to serialize as JSON. Ignoring... {error}", stacklevel=2)
            else:
                self._train.keras_model("keras", description, 0)
        if self.embeddings_freq:
            write_projector(self.log_dir, self._embeddings(), self.embeddings_metadata)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._global_train_batch = 0

    @only_when("_writes_batches")
    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batch_began = time.perf_counter()

    @only_when("_writes_batches")
    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._global_train_batch += 1
        step = self._global_train_batch
        if not self._writes_batches or step % self.update_freq:
            return
        if self.write_steps_per_second:
            self._train.scalar("batch_steps_per_second", 1 / (time.perf_counter() - self._batch_began), step)
        self._scalars(self._train, "batch_{}", logs or {}, step)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.write_steps_per_second:
            self._iterations_before = self._iterations()
            self._epoch_began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        trained = {name: value for name, value in logs.items() if not name.startswith("val_")}
        validated = {name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}
        if logs:
            trained.update(self._rates())
            if self.write_steps_per_second:
                passed = time.perf_counter() - self._epoch_began
                trained["steps_per_second"] = (self._iterations() - self._iterations_before) / passed
        self._scalars(self._train, "epoch_{}", trained, epoch)
        self._scalars(self._validation, "epoch_{}", validated, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            write_vectors(self.log_dir, self._embeddings())
        self._train.flush()
        self._validation.flush()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        if getattr(self.model.optimizer, "iterations", None) is not None:
            self._scalars(self._validation, "evaluation_{}_vs_iterations", logs or {}, self._iterations())
            self._validation.flush()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._train.flush()
        self._validation.flush()

    @staticmethod
    def _scalars(file: EventFile, tag: str, values: dict[str, Any], step: int) -> None:
        for name, value in values.items():
            if np.ndim(value) == 0:
                file.scalar(tag.format(name), float(value), step)

    def _iterations(self) -> int:
        return int(np.asarray(self.model.optimizer.iterations))

    def _rates(self) -> dict[str, float]:
        """The learning rates, by what they are called in the curves."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        several = getattr(optimizer, "optimizers", None)
        if several is not None:
            return {f"learning_rate_{each.name}": float(np.asarray(each.learning_rate)) for each in several}
        return {} if optimizer is None else {"learning_rate": float(np.asarray(optimizer.learning_rate))}

    def _embeddings(self) -> list[Any]:
        return [layer for layer in self.model.layers if isinstance(layer, Embedding)]

    def _write_weights(self, epoch: int) -> None:
        for layer in self.model.layers:
            for weight in layer.weights:
                name = weight.path.replace(":", "_")
                values = weight.numpy()
                self._train.histogram(f"{name}/histogram", values, epoch)
                pictures = _as_pictures(values) if self.write_images else None
                if pictures is not None:
                    self._train.images(f"{name}/image", pictures, epoch)


def _as_pictures(values: np.ndarray) -> np.ndarray | None:
    """A weight as pictures of shape (pictures, height, width, channels); None if it cannot be one."""
    values = values.squeeze()
    if values.ndim == 1:
        values = values[None, :, None, None]
    elif values.ndim == 2:
        # Lying rather than standing.
        values = (values.T if values.shape[0] > values.shape[1] else values)[None, :, :, None]
    elif values.ndim == 3:
        # Each kernel of a convolution is a picture of its own.
        values = values.transpose(2, 0, 1)[..., None]
    return values if values.ndim == 4 and values.shape[-1] in (1, 3, 4) and values.size else None


def _check_profile(profile_batch: Any) -> None:
    given = profile_batch
    if isinstance(given, str):
        parts = given.split(",")
        given = [int(part) for part in parts] if all(part.strip().isdigit() for part in parts) else []
        given = given[0] if len(given) == 1 else given
    span = (given, given) if isinstance(given, int) else given
    is_pair = isinstance(span, (tuple, list)) and len(span) == 2 and all(isinstance(each, int) for each in span)
    if not is_pair or not 0 <= span[0] <= span[1]:
        raise ValueError(
            "profile_batch must be a non-negative integer or 2-tuple of positive integers. A pair of positive "
            f"integers signifies a range of batches to profile. Received: profile_batch={profile_batch!r}"
        )
    if span != (0, 0) and list(span) != [0, 0]:
        warnings.warn(
            f"Batches are not profiled by this package. Received: profile_batch={profile_batch!r}", stacklevel=3
        )
