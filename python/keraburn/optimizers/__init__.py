"""Optimizers: how gradients change weights."""

from __future__ import annotations

from typing import Any

from keraburn import registry
from keraburn.optimizers import legacy, schedules
from keraburn.optimizers.adadelta import Adadelta
from keraburn.optimizers.adafactor import Adafactor
from keraburn.optimizers.adagrad import Adagrad
from keraburn.optimizers.adam import Adam, AdamW
from keraburn.optimizers.adamax import Adamax
from keraburn.optimizers.ftrl import Ftrl
from keraburn.optimizers.lamb import Lamb
from keraburn.optimizers.lion import Lion
from keraburn.optimizers.loss_scale import LossScaleOptimizer
from keraburn.optimizers.multi import MultiOptimizer, OptimizerMap
from keraburn.optimizers.muon import Muon
from keraburn.optimizers.nadam import Nadam
from keraburn.optimizers.optimizer import Optimizer
from keraburn.optimizers.rmsprop import RMSprop
from keraburn.optimizers.schedule_free import ScheduleFreeAdamW
from keraburn.optimizers.sgd import SGD

_PUBLISHED = registry.publish("keras.optimizers", [*registry.classes_of(Optimizer, vars()), OptimizerMap])
# Names of optimizers match in any case.
_TABLE = {name.lower(): item for name, item in _PUBLISHED.items()}


def get(identifier: Any) -> Any:
    """The optimizer that a name (in any case), config, class or instance means.

    Raises:
        ValueError: if it is not known, or not an optimizer.

    Example:

    >>> import keraburn as keras
    >>> keras.optimizers.get("Adam").get_config()["beta_1"]
    0.9
    """
    return registry.lookup("optimizer", identifier, _TABLE, fold_case=True, instance=Optimizer)


def serialize(optimizer: Any) -> Any:
    """The config of an optimizer."""
    return registry.serialize_keras_object(optimizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The optimizer of a config."""
    return registry.deserialize_keras_object(config, custom_objects, module_objects=_TABLE)
