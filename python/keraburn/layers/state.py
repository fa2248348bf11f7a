"""The state of a layer: what its attributes hold, in Keras's order, and the values of its weights."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from keraburn.layers.tracking import Tracker
from keraburn.metrics import Metric
from keraburn.random import SeedGenerator
from keraburn.variable import Variable

_PLAIN = frozenset((bool, int, float, str, type(None)))
_LOCKED = (
    "You cannot add new elements of state (variables or sub-layers) to a layer that is already built. All state must "
    "be created in the `__init__()` method or in the `build()` method."
)


class _Changes:
    """How often a public attribute of any of our layers has changed: plans made before may no longer hold."""

    count = 0


changes = _Changes()


class MadeInBuild:
    """Stands for an attribute of a layer until `build` has made it.

    Args:
        name: the attribute's.

    Raises:
        AttributeError: whenever it is read.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, _: type) -> Any:
        if layer is None:
            return self
        raise AttributeError(f"You must build the layer before accessing `{self.name}`.")


class State:
    """What a layer owns: variables, layers, metrics and seed generators among its attributes."""

    _tracker: Tracker
    _trainable_variables: list[Variable]
    _non_trainable_variables: list[Variable]
    _layers: list[Any]
    _metrics: list[Metric]
    _seed_generators: list[SeedGenerator]
    _losses: list[Any]
    _trainable: bool
    name: str
    # False for the classes of users.
    _is_ours = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls, *args, **kwargs)
        own: dict[str, list[Any]] = {
            "_trainable_variables": [],
            "_non_trainable_variables": [],
            "_metrics": [],
            "_layers": [],
            "_seed_generators": [],
            "_losses": [],
        }
        instance.__dict__.update(own)
        instance.__dict__["_tracker"] = Tracker(
            {
                "trainable": (lambda x: isinstance(x, Variable) and x.trainable, own["_trainable_variables"]),
                "non_trainable": (lambda x: isinstance(x, Variable), own["_non_trainable_variables"]),
                "metrics": (lambda x: isinstance(x, Metric), own["_metrics"]),
                "layers": (lambda x: isinstance(x, State), own["_layers"]),
                "seed_generators": (lambda x: isinstance(x, SeedGenerator), own["_seed_generators"]),
            }
        )
        return instance

    def __setattr__(self, name: str, value: Any) -> None:
        if type(value) not in _PLAIN:
            value = self._tracker.track(value)
        if self._is_ours and name[0] != "_" and name != "built":
            changes.count += 1
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        object.__delattr__(self, name)
        if isinstance(value, (Variable, State, Metric, SeedGenerator)):
            self._tracker.untrack(value)

    def _lock_state(self) -> None:
        self._tracker.locked = _LOCKED

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        """This layer and those inside, each once."""
        layers: list[Any] = [self] if include_self else []
        seen: set[int] = set()
        waiting = deque(self._layers)
        while waiting:
            layer = waiting.popleft()
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            layers.append(layer)
            if recursive:
                waiting.extendleft(layer._layers)
        return layers

    @property
    def trainable(self) -> bool:
        """Whether optimizers update the weights of this layer and those inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self._trainable_variables:
            variable.trainable = bool(value)
        for layer in self._layers:
            layer.trainable = value

    @property
    def variables(self) -> list[Variable]:
        """All state: weights and the states of random generators, but not of metrics."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        own += [generator.state for generator in self._seed_generators]
        return _each_once(own, [layer.variables for layer in self._layers])

    @property
    def weights(self) -> list[Variable]:
        """Own weights, the trainable ones first, then those of the layers inside."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        return _each_once(own, [layer.weights for layer in self._layers])

    @property
    def trainable_variables(self) -> list[Variable]:
        return [variable for variable in self.variables if variable.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Variable]:
        return [variable for variable in self.variables if not variable.trainable] if self.trainable else self.variables

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that optimizers update."""
        return [weight for weight in self.weights if weight.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that optimizers leave alone."""
        return [weight for weight in self.weights if not weight.trainable] if self.trainable else self.weights

    @property
    def metrics(self) -> list[Metric]:
        """Own metrics, then those of the layers inside."""
        return [*self._metrics, *(metric for layer in self._layers for metric in layer.metrics)]

    @property
    def metrics_variables(self) -> list[Variable]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def get_weights(self) -> list[np.ndarray]:
        """The values of `weights`."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the values of `weights`; nothing is changed if one does not fit.

        Args:
            weights: arrays of the shapes of `weights`, in their order.

        Raises:
            ValueError: if there are too many or too few, or a shape differs.
        """
        own = self.weights
        if not isinstance(weights, Sequence) or isinstance(weights, str):
            raise ValueError(
                f"`set_weights(weights)` of layer '{self.name}' expects a list of arrays. Received: weights={weights!r}"
            )
        if len(own) != len(weights):
            raise ValueError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of length "
                f"{len(weights)}, but the layer was expecting {len(own)} weights."
            )
        values = [value if hasattr(value, "shape") else np.asarray(value) for value in weights]
        for variable, value in zip(own, values, strict=True):
            if variable.shape != tuple(value.shape):
                raise ValueError(
                    f"Layer {self.name} weight shape {variable.shape} is not compatible with provided weight shape "
                    f"{tuple(value.shape)}."
                )
        for variable, value in zip(own, values, strict=True):
            variable.assign(value)

    def _learned(self) -> Any:
        """What `adapt` found, where neither config nor variables hold it; None where they do."""
        return None

    def _set_learned(self, found: Any) -> None:
        """Take over what `_learned` of an equal layer gave."""

    def save_own_variables(self, store: Any) -> None:
        """Put the layer's own variables into `store`, under "0", "1" and so on."""
        for index, variable in enumerate([*self._trainable_variables, *self._non_trainable_variables]):
            store[f"{index}"] = variable

    def load_own_variables(self, store: Any) -> None:
        """Set the layer's own variables from what `save_own_variables` stored.

        Raises:
            ValueError: if their number differs.
        """
        own = [*self._trainable_variables, *self._non_trainable_variables]
        if len(store.keys()) != len(own):
            if not own and not getattr(self, "built", True):
                raise ValueError(
                    f"Layer '{self.name}' was never built and thus it doesn't have any variables. However the weights "
                    f"file lists {len(store.keys())} variables for this layer. The `build()` of the layer around it "
                    "must build it too, or it needs `get_build_config()` and `build_from_config()`, which make its "
                    f"variables when it is loaded. Received: {len(store.keys())} variables"
                )
            raise ValueError(
                f"Layer '{self.name}' expected {len(own)} variables, but received {len(store.keys())} variables during "
                f"loading. Expected: {[variable.name for variable in own]}"
            )
        for index, variable in enumerate(own):
            variable.assign(store[f"{index}"])


def _each_once(own: list[Variable], inner: list[list[Variable]]) -> list[Variable]:
    found = {id(variable): variable for variable in own}
    for variables in inner:
        for variable in variables:
            found.setdefault(id(variable), variable)
    return list(found.values())
