"""GradientTape: records what runs, and differentiates it afterwards."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator
from typing import Any

from keraburn import dtypes, recorder, tree
from keraburn.ops import convert, creation, diagonals, joining, shaping
from keraburn.tape import flow
from keraburn.tensor import Tensor
from keraburn.variable import Variable


class GradientTape:
    """Records operations on watched tensors and variables, so that their gradients can be computed.

    Trainable variables are watched when they are read, other tensors when `watch` is called. What ran before the
    tape began or while it was stopped is a constant. Tapes may be nested: the gradients that an inner one computes
    are recorded by the outer ones. Works on values, and in the same way inside of compiled functions and steps.

    Args:
        persistent: whether `gradient` may be called more than once.
        watch_accessed_variables: whether trainable variables are watched without being asked.

    Example:

    >>> import keraburn as keras
    >>> x = keras.ops.array(3.0)
    >>> with keras.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> float(tape.gradient(y, x))
    6.0
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._watch_accessed_variables = watch_accessed_variables
        self._recorder: recorder.Recorder | None = None
        self._recording = False
        self._watched: tuple[Variable, ...] = ()

    def __enter__(self) -> GradientTape:
        if self._recording:
            raise ValueError("The tape is still recording: it cannot be entered again. Received: an active tape")
        if self._recorder is None:
            self._recorder = recorder.Recorder(self._watch_accessed_variables)
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._recording:
            self._stop()

    def _start(self) -> None:
        recorder.begin(self._notes())
        self._recording = True

    def _stop(self) -> None:
        recorder.end(self._notes())
        self._recording = False

    def _notes(self) -> recorder.Recorder:
        if self._recorder is None:
            raise RuntimeError(
                "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians), and "
                "only after it was entered. Use `GradientTape(persistent=True)` for more. "
                f"Received: persistent={self._persistent}"
            )
        return self._recorder

    def watch(self, tensor: Any) -> None:
        """Follow what is computed from a tensor from now on.

        Args:
            tensor: a float tensor or variable, or a structure of them.

        Raises:
            ValueError: if something else is among them.
        """
        notes = self._notes()
        for leaf in tree.flatten(tensor):
            _check_object(leaf)
            if not dtypes.is_float(leaf.dtype):
                warnings.warn(
                    "The dtype of the watched tensor must be floating (e.g. float32); there is no gradient of others. "
                    f"Received: dtype={leaf.dtype}",
                    stacklevel=2,
                )
            elif isinstance(leaf, Variable):
                notes.watch_variable(leaf)
            else:
                notes.watch(leaf, flow.captured)

    @contextlib.contextmanager
    def stop_recording(self) -> Iterator[None]:
        """What runs inside is not recorded.

        Raises:
            RuntimeError: if the tape does not record.
        """
        if not self._recording:
            raise RuntimeError("Cannot stop the recording of a tape that is not recording.")
        self._stop()
        try:
            yield
        finally:
            self._start()

    def reset(self) -> None:
        """Forget everything recorded and watched; a tape that records goes on, from here."""
        recording = self._recording
        if recording:
            self._stop()
        self._recorder = None
        if recording:
            self.__enter__()

    def watched_variables(self) -> tuple[Variable, ...]:
        """The variables that were watched, in the order in which they were first read."""
        if self._recorder is not None:
            self._watched = tuple(variable for variable, _ in self._recorder.reads.values())
        return self._watched

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = "none",
    ) -> Any:
        """The gradients of the sum of all elements of `target` with respect to `sources`.

        Args:
            target: a float tensor, or a structure of them, whose sums are added.
            sources: a watched tensor or variable, or a structure of them.
            output_gradients: what each element of `target` is multiplied by before the sum; a structure like it.
            unconnected_gradients: "none" or "zero": what is given for a source that `target` does not depend on.

        Returns:
            A tensor for each source, in their structure.

        Raises:
            RuntimeError: if the tape is not persistent and was used already.
            TypeError: if the target is None.
            ValueError: for sources that are no tensors, and unknown `unconnected_gradients`.
        """
        wants_zeros = _wants_zeros(unconnected_gradients)
        if target is None:
            raise TypeError(
                "Argument `target` should be a tensor, a variable or a nested structure of them. Received: target=None"
            )
        notes = self._finish_recording()
        targets, seeds = self._targets(notes, target, output_gradients)
        flat = tree.flatten(sources)
        for source in flat:
            _check_object(source)
        found = flow.gradients(notes, targets, seeds, flat)
        if not self._persistent:
            self.watched_variables()
            self._recorder = None
        if wants_zeros:
            pairs = zip(found, flat, strict=True)
            found = [creation.zeros(x.shape, dtype=x.dtype) if each is None else each for each, x in pairs]
        return tree.pack_sequence_as(sources, found)

    def _finish_recording(self) -> recorder.Recorder:
        notes = self._notes()
        if self._recording and not self._persistent:
            self._stop()
        return notes

    def _targets(self, notes: recorder.Recorder, target: Any, output_gradients: Any) -> tuple[list[Any], list[Any]]:
        flat = tree.flatten(target)
        given: list[Any] = [None] * len(flat)
        if output_gradients is not None:
            given = [leaf for _, leaf in tree.flatten_with_path(output_gradients)]
        if len(given) != len(flat):
            raise ValueError(
                "`output_gradients` must have the structure of `target`. "
                f"Received: {len(given)} output gradients for {len(flat)} targets"
            )
        targets, seeds = [], []
        for each, seed in zip(flat, given, strict=True):
            _check_object(each)
            tensor = recorder.read(each, [notes]) if isinstance(each, Variable) else each
            if dtypes.is_float(tensor.dtype) and id(tensor) in notes.known:
                targets.append(tensor)
                seeds.append(None if seed is None else _seed(seed, tensor))
        return targets, seeds

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivative of every element of `target` with respect to every element of `sources`.

        Args:
            target: a float tensor.
            sources: a watched tensor or variable, or a structure of them.
            unconnected_gradients: "none" or "zero", as for `gradient`.
            parallel_iterations: accepted as in TensorFlow, without effect.
            experimental_use_pfor: accepted as in TensorFlow, without effect.

        Returns:
            For each source a tensor of shape `target.shape + source.shape`, in their structure.
        """
        wants_zeros = _wants_zeros(unconnected_gradients)
        notes = self._finish_recording()
        _check_object(target)
        flat = tree.flatten(sources)
        rows = [flow.gradients(notes, [target], [seed], flat) for seed in _units(target, target.shape)]
        if not self._persistent:
            self._recorder = None
        columns = []
        for index, source in enumerate(flat):
            shape = [*target.shape, *source.shape]
            parts = [row[index] for row in rows]
            if any(part is None for part in parts) or not parts:
                zeros = wants_zeros or not parts
                columns.append(creation.zeros(shape, dtype=source.dtype) if zeros else None)
            else:
                columns.append(shaping.reshape(joining.stack(parts), shape))
        return tree.pack_sequence_as(sources, columns)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivatives of each row of `target` with respect to the same row of `source`.

        Args:
            target: a float tensor of shape (batch, ...); a row must not depend on other rows of `source`.
            source: a watched tensor of shape (batch, ...).
            unconnected_gradients: "none" or "zero", as for `gradient`.
            parallel_iterations: accepted as in TensorFlow, without effect.
            experimental_use_pfor: accepted as in TensorFlow, without effect.

        Returns:
            A tensor of shape `(batch,) + target.shape[1:] + source.shape[1:]`.

        Raises:
            ValueError: if the first dimensions differ.
        """
        wants_zeros = _wants_zeros(unconnected_gradients)
        if not target.shape or not source.shape or target.shape[0] != source.shape[0]:
            raise ValueError(
                "The first dimensions of `target` and `source` must be equal. "
                f"Received: target.shape={target.shape}, source.shape={source.shape}"
            )
        notes = self._finish_recording()
        shape = [*target.shape, *source.shape[1:]]
        seeds = _units(target, target.shape[1:])
        columns = [flow.gradients(notes, [target], [seed], [source])[0] for seed in seeds]
        if not self._persistent:
            self._recorder = None
        if any(column is None for column in columns) or not columns:
            return creation.zeros(shape, dtype=target.dtype) if wants_zeros or not columns else None
        return shaping.reshape(joining.stack(columns, axis=1), shape)


def _check_object(leaf: Any) -> None:
    if not isinstance(leaf, (Tensor, Variable)):
        raise ValueError(
            f"A tape works on tensors and variables. Received: {leaf!r} of type {type(leaf).__name__!r}, which is "
            "neither a tensor nor a variable"
        )


def _wants_zeros(unconnected_gradients: Any) -> bool:
    name = str(getattr(unconnected_gradients, "value", unconnected_gradients)).lower()
    if name not in ("none", "zero"):
        raise ValueError(
            f"Unknown value for unconnected_gradients: expected 'none' or 'zero'. Received: {unconnected_gradients!r}"
        )
    return name == "zero"


def _seed(value: Any, target: Tensor) -> Tensor:
    seed = convert.convert(value, target.dtype)
    return seed if seed.shape == target.shape else shaping.broadcast_to(seed, target.shape)


def _units(target: Tensor, shape: Any) -> list[Tensor]:
    """For each element of a row of `target`, a seed that picks it."""
    count = math.prod(shape)
    rows = diagonals.eye(count, dtype=target.dtype)
    return [shaping.broadcast_to(shaping.reshape(rows[i], tuple(shape)), target.shape) for i in range(count)]
