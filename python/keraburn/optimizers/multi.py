"""Several optimizers, each for some of the variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from typing import Any

from keraburn import registry
from keraburn.optimizers.optimizer import Optimizer
from keraburn.variable import Variable


class OptimizerMap(MutableMapping[str, Optimizer]):
    """Which optimizer trains which variable, by patterns of their paths.

    Args:
        default_optimizer: for variables that no pattern matches.
        optimizer_map: from paths, or patterns that match whole paths, to optimizers.

    Raises:
        TypeError: if an argument is of another type.
        ValueError: at a look-up, if several patterns match; at an assignment, if the pattern is there already.

    Example:

    >>> import keraburn as keras
    >>> chosen = keras.optimizers.OptimizerMap(keras.optimizers.Adam(), {".*/bias": keras.optimizers.SGD()})
    >>> type(chosen["dense/bias"]).__name__, type(chosen["dense/kernel"]).__name__
    ('SGD', 'Adam')
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                f"default_optimizer must be a Keras Optimizer instance. Received: default_optimizer={default_optimizer}"
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"optimizer_map must be a dictionary. Received: optimizer_map={optimizer_map}")
        self._default = default_optimizer
        self._optimizers: dict[str, Optimizer] = {}
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    @property
    def default_optimizer(self) -> Optimizer:
        return self._default

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizers:
            return self._optimizers[key]
        matching = [pattern for pattern in self._optimizers if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(f"Several optimizers match variable {key}. Received: patterns {matching}")
        return self._optimizers[matching[0]] if matching else self._default

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if not isinstance(key, str) or not isinstance(optimizer, Optimizer) or isinstance(optimizer, MultiOptimizer):
            raise ValueError(
                "An OptimizerMap is from strings to optimizers that are not MultiOptimizers. "
                f"Received: key={key!r}, optimizer={optimizer}"
            )
        if key in self._optimizers:
            raise ValueError(f"The key is already in the OptimizerMap. Received: key={key!r}")
        self._optimizers[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._optimizers[key]

    def __len__(self) -> int:
        return len(self._optimizers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizers)

    def __call__(self, variable: Variable) -> Optimizer:
        return self[variable.path]

    def get_config(self) -> dict[str, Any]:
        return {
            "default_optimizer": registry.serialize_keras_object(self._default),
            "optimizer_map": registry.serialize_keras_object(self._optimizers),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """A map of the same config."""
        return cls(
            registry.deserialize_keras_object(config["default_optimizer"], custom_objects),
            registry.deserialize_keras_object(config["optimizer_map"], custom_objects),
        )


class MultiOptimizer(Optimizer):
    """Each variable is updated by the optimizer that a map has for it; learning rates belong to those.

    Args:
        optimizer_map: an `OptimizerMap`, or a function from a variable to its optimizer.
        loss_scale_factor: what the loss was multiplied by; it becomes that of every optimizer.
        name: the class's name in snake case, numbered, if None.

    Raises:
        ValueError: if the map gives something that is not an optimizer.

    Example:

    >>> import keraburn as keras
    >>> kernel, bias = keras.Variable([1.0], name="kernel"), keras.Variable([1.0], name="bias")
    >>> chosen = keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.5), {"bias": keras.optimizers.SGD(0.25)})
    >>> keras.optimizers.MultiOptimizer(chosen).apply([keras.ops.ones(1), keras.ops.ones(1)], [kernel, bias])
    >>> float(kernel.numpy()[0]), float(bias.numpy()[0])
    (0.5, 0.75)
    """

    def __init__(self, optimizer_map: Any, loss_scale_factor: float | None = None, name: str | None = None) -> None:
        self._own_optimizers: list[Optimizer] = []
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (*optimizer_map.values(), optimizer_map.default_optimizer):
                self._add(optimizer)

    def _add(self, optimizer: Optimizer) -> int:
        """The position of an optimizer among those that variables were given to."""
        if not isinstance(optimizer, Optimizer) or isinstance(optimizer, MultiOptimizer):
            raise ValueError(
                "A MultiOptimizer needs an optimizer for each variable, and not another MultiOptimizer. "
                f"Received: {optimizer}"
            )
        for position, known in enumerate(self._own_optimizers):
            if known is optimizer:
                return position
        optimizer.loss_scale_factor = self.loss_scale_factor
        self._own_optimizers.append(optimizer)
        return len(self._own_optimizers) - 1

    @property
    def optimizers(self) -> list[Optimizer]:
        return self._own_optimizers

    @property
    def variables(self) -> list[Variable]:
        """Its own, then those of each optimizer."""
        return [*super().variables, *(each for optimizer in self._own_optimizers for each in optimizer.variables)]

    @property
    def learning_rate(self) -> Any:
        """There is none: each optimizer has its own."""
        raise AttributeError(
            "Learning rate cannot be accessed on a MultiOptimizer. Access the learning rate on the individual "
            "sub-optimizers (`optimizers`) instead."
        )

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError(
            "Learning rate cannot be set on a MultiOptimizer. Set the learning rate on the individual sub-optimizers "
            f"(`optimizers`) instead. Received: learning_rate={value}"
        )

    def build(self, var_list: Sequence[Variable]) -> None:
        """Give each variable to its optimizer, and build those."""
        if self.built:
            return
        self._positions = {self._var_key(variable): self._add(self._optimizer_map(variable)) for variable in var_list}
        for optimizer, variables in zip(self._own_optimizers, self._shares(var_list), strict=True):
            if variables:
                optimizer.build(variables)
        super().build(var_list)

    def _shares(self, variables: Iterable[Variable]) -> list[list[Variable]]:
        shares: list[list[Variable]] = [[] for _ in self._own_optimizers]
        for variable in variables:
            shares[self._positions[self._var_key(variable)]].append(variable)
        return shares

    def apply(self, grads: Sequence[Any], trainable_variables: Iterable[Variable] | None = None) -> None:
        """Make a step of every optimizer with the gradients of its variables.

        Args:
            grads: a gradient for each variable.
            trainable_variables: the variables; those of `build` when None.

        Raises:
            ValueError: if gradients and variables do not match.
        """
        if len(grads) == 0:
            return
        variables = self._match(grads, trainable_variables)
        gradients = {self._var_key(variable): each for each, variable in zip(grads, variables, strict=True)}
        for optimizer, share in zip(self._own_optimizers, self._shares(variables), strict=True):
            if share:
                optimizer.apply([gradients[self._var_key(variable)] for variable in share], share)
        self.assign_add(self._iterations, 1)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Set variables to their moving averages where their optimizer keeps them."""
        for optimizer, share in zip(self._own_optimizers, self._shares(var_list), strict=True):
            if share:
                optimizer.finalize_variable_values(share)

    def get_config(self) -> dict[str, Any]:
        return {
            "optimizer_map": registry.serialize_keras_object(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """An optimizer of the same config; slots start anew."""
        chosen = registry.deserialize_keras_object(config["optimizer_map"], custom_objects)
        return cls(**{**config, "optimizer_map": chosen})
