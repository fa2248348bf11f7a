"""The compiled steps of a model: traced once for each kind and shape of batch, then run in Rust."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraburn import _core, config, ops, tree
from keraburn.data.packing import pack_x_y_sample_weight
from keraburn.dtypes import stored
from keraburn.half import as_numpy
from keraburn.tensor import Tensor
from keraburn.trace import Compiled

# Enough for training, testing and predicting with whole and partial batches of a few sizes.
_KEPT = 32


def flat_logs(logs: Any) -> dict[str, Tensor]:
    """The values of nested dicts of logs, by name, as tensors; in alphabetical order, as callbacks are shown them.

    Raises:
        TypeError: if they are no dict.
    """
    found: dict[str, Tensor] = {}
    _collect_logs(logs, found)
    return dict(sorted(found.items()))


def _collect_logs(logs: Any, into: dict[str, Tensor]) -> None:
    if not isinstance(logs, dict):
        raise TypeError(
            "`train_step()` and `test_step()` should return a dict from names to values. "
            f"Received: {logs!r} (of type {type(logs).__name__})"
        )
    for name, value in logs.items():
        if isinstance(value, dict):
            _collect_logs(value, into)
        elif value is not None:
            into[name] = value if isinstance(value, Tensor) else ops.convert_to_tensor(value)


def plain_logs(names: Sequence[str], outputs: Sequence[_core.Tensor]) -> dict[str, Any]:
    """Outputs by name as Python floats; those that are no single number as arrays."""
    logs: dict[str, Any] = {}
    for name, output in zip(names, outputs, strict=True):
        value = output.numpy()
        logs[name] = float(value) if value.ndim == 0 else value
    return logs


class LogStep:
    """A compiled training or test step.

    Args:
        function: takes the data of a batch, returns a dict of logs.
        specs: `(x, y, sample_weight)` with shapes and element types as leaves.
    """

    def __init__(self, function: Callable[[Any], Any], specs: Any) -> None:
        def run(x: Any, y: Any, sample_weight: Any) -> dict[str, Tensor]:
            return flat_logs(function(pack_x_y_sample_weight(x, y, sample_weight)))

        compiled = Compiled(run, specs)
        self.names = list(compiled.structure)
        self.step = compiled.step
        self.variables = compiled.variables
        self.dtypes = [spec.dtype for spec in tree.flatten(specs)]

    def logs(self, outputs: Sequence[_core.Tensor]) -> dict[str, Any]:
        """The outputs of a run as Python floats by name; those that are no single number as arrays."""
        return plain_logs(self.names, outputs)


class PredictStep:
    """A compiled prediction.

    Args:
        function: takes the data of a batch, returns a structure of tensors.
        specs: `(x, None, None)` with shapes and element types as leaves.
    """

    def __init__(self, function: Callable[[Any], Any], specs: Any) -> None:
        self.specs: list[tuple[tuple[int, ...], str]] = []
        self._halves: list[str | None] = []

        def run(x: Any, y: Any, sample_weight: Any) -> Any:
            outputs = tree.map_structure(
                lambda leaf: leaf if isinstance(leaf, Tensor) else ops.convert_to_tensor(leaf),
                function(pack_x_y_sample_weight(x, y, sample_weight)),
            )
            leaves = tree.flatten(outputs)
            self.specs = [(leaf.shape, stored(leaf.dtype)) for leaf in leaves]
            self._halves = [leaf.half for leaf in leaves]
            return outputs

        compiled = Compiled(run, specs)
        self.structure = compiled.structure
        self.is_single = not tree.is_nested(self.structure)
        # One array, in the type in which it is kept.
        self._is_plain = self.is_single and self._halves == [None]
        self.step = compiled.step
        self.dtypes = [spec.dtype for spec in tree.flatten(specs)]

    def run(self, leaves: list[Any]) -> Any:
        """The outputs of one batch as numpy arrays."""
        if self._is_plain:
            return self.step.run(leaves)[0].numpy()
        outputs = self.arrays([output.numpy() for output in self.step.run(leaves)])
        return outputs[0] if self.is_single else tree.pack_sequence_as(self.structure, outputs)

    def of_array(self, dtype: np.dtype) -> Callable[[np.ndarray], Any]:
        """A function that runs one batch, an array of that dtype."""
        run, wanted = self.run, np.dtype(stored(self.dtypes[0]))
        if dtype != wanted:
            return lambda x: run([x.astype(wanted)])
        if not self._is_plain:
            return lambda x: run([x])
        run_step = self.step.run
        return lambda x: run_step([x])[0].numpy()

    def arrays(self, kept: list[np.ndarray]) -> list[np.ndarray]:
        """The outputs in their own types, from the arrays in which they are kept."""
        return [each if half is None else as_numpy(each, half) for each, half in zip(kept, self._halves, strict=True)]


class StepCache:
    """Compiled steps by what they were compiled for; the least recently used go first."""

    def __init__(self) -> None:
        self._steps: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        """The step of that key, None if there is none."""
        step = self._steps.pop(key, None)
        if step is not None:
            self._steps[key] = step
        return step

    def peek(self, key: Any) -> Any:
        """The same, which does not count as a use."""
        return self._steps.get(key)

    def put(self, key: Any, step: Any) -> Any:
        self._steps[key] = step
        if len(self._steps) > _KEPT:
            del self._steps[next(iter(self._steps))]
        return step

    def of_specs(self, kind: str, make: Callable[[Any], Any], specs: Any) -> Any:
        """The step of `kind` for batches like `specs`, made if need be."""
        key = (kind, config.device(), signature(specs))
        return self.get(key) or self.put(key, make(specs))


def signature(specs: Any) -> Any:
    """A hashable description of a structure of shapes and element types."""
    if isinstance(specs, dict):
        return ("dict", *((key, signature(specs[key])) for key in sorted(specs)))
    if isinstance(specs, (list, tuple)):
        return (type(specs).__name__, *(signature(item) for item in specs))
    return None if specs is None else (specs.shape, specs.dtype)
