"""The base of metrics: state that batches add to, and a result of it."""

from __future__ import annotations

import functools
from typing import Any

from keraburn import config, dtypes, initializers, ops, stateless
from keraburn.tensor import Tensor
from keraburn.variable import Variable


class Metric:
    """Base of metrics: `update_state` adds a batch to variables, `result` computes the value from them.

    Args:
        dtype: the type to compute in; `config.floatx()` if None.
        name: the class's name in snake case, numbered, if None.

    Raises:
        RuntimeError: if a subclass did not call `super().__init__()`.

    Example:

    >>> import keraburn as keras
    >>> class Largest(keras.metrics.Metric):
    ...     def __init__(self, name="largest", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.value = self.add_weight(name="value", initializer="zeros")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.value.assign(keras.ops.maximum(self.value, keras.ops.max(y_pred)))
    ...     def result(self):
    ...         return self.value.value
    >>> float(Largest()([0.0, 0.0], [1.0, 5.0]))
    5.0
    """

    # Whether "up" or "down" is better; None where it cannot be said.
    _direction: str | None = None
    _variables: list[Variable]
    _metrics: list[Metric]

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.__dict__["_variables"] = []
        self.__dict__["_metrics"] = []
        self.name = name or config.auto_name(config.to_snake_case(type(self).__name__))
        self._dtype = dtypes.standardize_dtype(getattr(dtype, "compute_dtype", dtype))

    @property
    def dtype(self) -> str:
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """The metric's own variables, then those of metrics it holds."""
        return [*self._variables, *(variable for metric in self._metrics for variable in metric.variables)]

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        for item in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(item, Variable):
                self._track("_variables", item)
            elif isinstance(item, Metric):
                self._track("_metrics", item)

    def _track(self, kind: str, item: Any) -> None:
        known = self.__dict__.get(kind)
        if known is None:
            raise RuntimeError(
                "You forgot to call `super().__init__()` in the `__init__()` method. "
                f"Received: metric of class {type(self).__name__}"
            )
        if all(item is not other for other in known):
            known.append(item)

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: str | None = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """A new variable of the metric's state.

        Args:
            shape: its shape.
            initializer: what `initializers.get` takes; zeros when None.
            dtype: its type; `config.floatx()` if None.
            aggregation: kept for Keras's sake.
            name: its name.
        """
        with config.name_scope(self.__dict__.get("name", "").replace("/", ">")):
            variable = Variable(
                initializers.get("zeros" if initializer is None else initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                name=name,
            )
        self._track("_variables", variable)
        return variable

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: str | None = None, name: str | None = None
    ) -> Variable:
        """The same as `add_variable`."""
        return self.add_variable(shape=shape, initializer=initializer, dtype=dtype, name=name)

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Add a batch to the state, to be defined by subclasses."""
        raise NotImplementedError(f"Metric '{type(self).__name__}' must define `update_state`.")

    def result(self) -> Any:
        """The value (or a dict of values) for all batches since the last reset, to be defined by subclasses."""
        raise NotImplementedError(f"Metric '{type(self).__name__}' must define `result`.")

    def reset_state(self) -> None:
        """Set every variable to zero."""
        for variable in self.variables:
            variable.assign(_zeros(variable.shape, variable.dtype, config.device()))

    # Keras 2's name.
    def reset_states(self) -> None:
        self.reset_state()

    def _mapping(self, values: Any) -> Any:
        return stateless.mapping_of(self.variables, values, f"{type(self).__name__}().variables", "metric_variables")

    def stateless_update_state(self, metric_variables: Any, *args: Any, **kwargs: Any) -> list[Tensor]:
        """The variables' values after a batch, the variables themselves staying as they are.

        Args:
            metric_variables: the values of `variables` before it.
            args: as for `update_state`.
            kwargs: as for `update_state`.

        Raises:
            ValueError: if there are too many or too few values.
        """
        with stateless.StatelessScope(self._mapping(metric_variables)) as scope:
            self.update_state(*args, **kwargs)
        return stateless.values_of(scope, self.variables)

    def stateless_result(self, metric_variables: Any) -> Any:
        """The result for variables that have other values.

        Args:
            metric_variables: the values of `variables`.

        Raises:
            ValueError: if there are too many or too few values.
        """
        with stateless.StatelessScope(self._mapping(metric_variables)):
            return self.result()

    def stateless_reset_state(self) -> list[Tensor]:
        """The variables' values after a reset, the variables themselves staying as they are."""
        with stateless.StatelessScope() as scope:
            self.reset_state()
        return stateless.values_of(scope, self.variables)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


@functools.lru_cache(maxsize=64)
def _zeros(shape: tuple[int, ...], dtype: str, device: str) -> Tensor:
    """Zeros on the current device, made once: metrics are reset before every epoch and single batch."""
    return ops.zeros(shape, dtype=dtype)


def as_float(x: Any, dtype: str) -> Tensor:
    """`x` as a tensor of a metric's type."""
    return ops.convert_to_tensor(x, dtype=dtype)
