"""Steps that run in Python for every batch, with values at hand: what `run_eagerly` asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraburn import _core, config, tree
from keraburn.data.packing import pack_x_y_sample_weight
from keraburn.half import as_numpy
from keraburn.ops.convert import convert
from keraburn.tensor import Tensor
from keraburn.training.steps import flat_logs, plain_logs


class EagerStep:
    """A training or test step, or a prediction, that is called anew for each batch.

    It stands where a compiled step stands, and for the plan inside of that as well.

    Args:
        function: takes the data of a batch.
        specs: `(x, y, sample_weight)` with shapes and element types as leaves.
    """

    # All that is read and changed lies in the model.
    variables: tuple[Any, ...] = ()

    def __init__(self, function: Callable[[Any], Any], specs: Any) -> None:
        self.function = function
        self.specs = specs
        self.dtypes = [spec.dtype for spec in tree.flatten(specs)]
        self.structure: Any = None
        self._halves: list[str | None] = []

    @property
    def step(self) -> _Plan:
        """What runs a batch."""
        return _Plan(self)

    def call(self, leaves: Sequence[np.ndarray]) -> list[Tensor]:
        """Run a batch; returns the flat outputs, whose structure is kept."""
        tensors = [
            Tensor(_core.Tensor(np.ascontiguousarray(leaf, dtype), config.device()))
            for leaf, dtype in zip(leaves, self.dtypes, strict=True)
        ]
        outputs = self.outputs(self.function(pack_x_y_sample_weight(*tree.pack_sequence_as(self.specs, tensors))))
        self.structure = tree.map_structure(lambda _: 0, outputs)
        flat = tree.flatten(outputs)
        self._halves = [output.half for output in flat]
        return flat

    def outputs(self, returned: Any) -> Any:
        """What the function returned, as a structure of tensors."""
        return tree.map_structure(convert, returned)

    def arrays(self, kept: list[np.ndarray]) -> list[np.ndarray]:
        """The outputs in their own types, from the arrays in which they are kept."""
        return [each if half is None else as_numpy(each, half) for each, half in zip(kept, self._halves, strict=True)]

    def run(self, leaves: Sequence[np.ndarray]) -> Any:
        """The outputs of one batch as numpy arrays."""
        flat = [output.numpy() for output in self.call(leaves)]
        return tree.pack_sequence_as(self.structure, flat)


class _Plan:
    """The part of a step that gives bare outputs."""

    def __init__(self, owner: EagerStep) -> None:
        self.owner = owner

    def run(self, leaves: Sequence[np.ndarray]) -> list[_core.Tensor]:
        return [output.handle for output in self.owner.call(leaves)]


class EagerLogStep(EagerStep):
    """A training or test step, which gives logs."""

    def outputs(self, returned: Any) -> Any:
        return flat_logs(returned)

    def logs(self, outputs: Sequence[_core.Tensor]) -> dict[str, Any]:
        """The outputs of a run as Python floats by name; those that are no single number as arrays."""
        return plain_logs(list(self.structure), outputs)
