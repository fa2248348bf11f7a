"""Calls of a layer that change nothing: all state is an argument and a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraburn import stateless
from keraburn.layers.description import Description
from keraburn.tensor import Tensor


class PureCalls(Description):
    """A layer whose variables may be given with the call."""

    @property
    def quantization_mode(self) -> None:
        """How the weights are quantized: not at all."""
        return None

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for symbols, without a record of the call, which `__call__` makes."""
        return self.compute_output_spec(*args, **kwargs)

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Not to be used, as in Keras.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "Layer `add_metric()` method is deprecated. Add your metric in `Model.compile(metrics=[...])`, or create "
            "metric trackers in init() or build() when subclassing the layer or model, then call "
            "`metric.update_state()` whenever necessary."
        )

    def stateless_call(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
        """What `call` gives if the variables have these values, and what it would assign; nothing is assigned.

        Args:
            trainable_variables: values of `trainable_variables`.
            non_trainable_variables: values of `non_trainable_variables`.
            args: as for `call`.
            return_losses: whether the losses are wanted too.
            kwargs: as for `call`.

        Returns:
            The outputs, the new values of `non_trainable_variables`, and the list of losses if they are wanted.

        Raises:
            ValueError: if the layer is not built, or there are too many or too few values.
        """
        name = type(self).__name__
        if not self.built:
            raise ValueError(
                f"To call stateless_call, {name} must be built (i.e. its variables must have been already created). "
                "You can build it by calling it on some data."
            )
        mapping = stateless.mapping_of(
            self.trainable_variables, trainable_variables, f"{name}().trainable_variables", "trainable_variables"
        )
        mapping += stateless.mapping_of(
            self.non_trainable_variables,
            non_trainable_variables,
            f"{name}().non_trainable_variables",
            "non_trainable_variables",
        )
        kept = [(layer, list(layer._losses)) for layer in self._flatten_layers()]
        self._clear_losses()
        try:
            with stateless.StatelessScope(mapping, collect_losses=return_losses) as scope:
                outputs = self(*args, **kwargs)  # type: ignore[operator]
                losses: list[Tensor] = self.losses if return_losses else []
        finally:
            for layer, before in kept:
                layer._losses[:] = before
        state = stateless.values_of(scope, self.non_trainable_variables)
        return (outputs, state, losses) if return_losses else (outputs, state)
