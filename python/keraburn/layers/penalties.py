"""The losses that layers add to a model's own: `add_loss`, activity regularizers and weight regularizers."""

from __future__ import annotations

from typing import Any

from keraburn import stateless, trace, tree
from keraburn.layers.state import State
from keraburn.tensor import Tensor, TracedTensor


class Penalties(State):
    """Scalars that a layer and the layers inside add to the loss."""

    def add_loss(self, loss: Any) -> None:
        """Add a scalar to the loss that training minimizes; to be called in `call`.

        Raises:
            ValueError: if it is not a tensor.
        """
        losses = tree.flatten(loss)
        for value in losses:
            if not isinstance(value, Tensor):
                raise ValueError(
                    "`add_loss()` can only be called from inside `build()` or `call()`, on a tensor input. "
                    f"Received invalid value: {value}"
                )
        self._losses.extend(losses)
        scope = stateless.current()
        if scope is not None and scope.collect_losses:
            for value in losses:
                scope.add_loss(value)

    @property
    def losses(self) -> list[Tensor]:
        """The scalars of `add_loss` and activity regularizers of the last call, then those of weight regularizers."""
        active = trace.current()
        found = [
            loss
            for layer in self._flatten_layers()
            for loss in layer._losses
            # What another trace left behind is no value here.
            if not isinstance(loss, TracedTensor) or loss.trace is active
        ]
        found.extend(
            variable.regularizer(variable.value)
            for variable in self.trainable_weights
            if variable.regularizer is not None
        )
        return found

    def _clear_losses(self) -> None:
        self._losses.clear()
        for layer in self._layers:
            layer._clear_losses()
