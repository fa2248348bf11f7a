"""The losses and metrics given to `compile`, resolved and named once the first batch's shapes are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keraburn import config, losses, metrics, ops, tree
from keraburn.training import outputs


def _kind(y_true: Any, y_pred: Any) -> str:
    """What 'accuracy' and 'crossentropy' mean for targets and outputs of these shapes."""
    if y_pred.shape and y_pred.shape[-1] == 1:
        return "binary"
    if len(y_true.shape) < len(y_pred.shape) or (y_true.shape and y_true.shape[-1] == 1):
        return "sparse"
    return "categorical"


def _by_shapes(identifier: Any, words: tuple[str, str]) -> bool:
    return isinstance(identifier, str) and identifier.lower() in words


def known_loss(identifier: Any) -> Any:
    """The loss that `identifier` means; "crossentropy" and "ce" stay until the shapes are known.

    Raises:
        ValueError: if the name is not known.
    """
    if identifier is None or _by_shapes(identifier, ("crossentropy", "ce")):
        return identifier
    found = losses.get(identifier)
    if isinstance(found, losses.Loss):
        return found
    return losses.LossFunctionWrapper(found, name=identifier if isinstance(identifier, str) else _name(found))


def resolve_loss(found: Any, y_true: Any, y_pred: Any) -> Any:
    """The loss that `known_loss` gave, or the crossentropy for these shapes."""
    if not isinstance(found, str):
        return found
    function = {
        "binary": losses.binary_crossentropy,
        "sparse": losses.sparse_categorical_crossentropy,
        "categorical": losses.categorical_crossentropy,
    }[_kind(y_true, y_pred)]
    return losses.LossFunctionWrapper(function, name=found)


def known_metric(identifier: Any) -> Any:
    """The metric that `identifier` means, under the name as typed; "accuracy" and "acc" stay until shapes are known.

    Raises:
        ValueError: if the name is not known.
    """
    if identifier is None or _by_shapes(identifier, ("accuracy", "acc")):
        return identifier
    found = metrics.get(identifier)
    name = identifier if isinstance(identifier, str) else _name(found)
    if not isinstance(found, metrics.Metric):
        found = metrics.MeanMetricWrapper(found, name=name)
    found.name = name
    return found


def resolve_metric(found: Any, y_true: Any, y_pred: Any) -> Any:
    """The metric that `known_metric` gave, or the accuracy for these shapes."""
    if not isinstance(found, str):
        return found
    return {
        "binary": metrics.BinaryAccuracy,
        "sparse": metrics.SparseCategoricalAccuracy,
        "categorical": metrics.CategoricalAccuracy,
    }[_kind(y_true, y_pred)](name=found)


def _name(found: Any) -> str:
    if getattr(found, "name", None):
        return found.name
    return config.to_snake_case(getattr(found, "__name__", None) or type(found).__name__)


class CompileLoss:
    """The total loss of a model: the weighted sum of its outputs' losses.

    Args:
        loss: a loss for all outputs, or a list by position or a dict by name of losses, None where there is none.
        loss_weights: a number, or a structure like `loss` of numbers.
        output_names: the model's names of its outputs.

    Raises:
        ValueError: if `loss_weights` is no number, list, tuple or dict, or a name is not known.
    """

    name = "compile_loss"

    def __init__(self, loss: Any, loss_weights: Any = None, output_names: Sequence[str] | None = None) -> None:
        if loss_weights is not None and not isinstance(loss_weights, (list, tuple, dict, float, int)):
            raise ValueError(
                "Expected `loss_weights` argument to be a float (single output case) or a list, tuple, or dict "
                f"(multiple output case). Received: loss_weights={loss_weights} of type {type(loss_weights)}"
            )
        for weight in tree.flatten(loss_weights):
            if isinstance(weight, bool) or not isinstance(weight, (int, float)):
                raise ValueError(f"`loss_weights` should hold numbers. Received: loss_weights={loss_weights}")
        self._loss = tree.map_structure(known_loss, loss)
        self._weights = loss_weights
        self._output_names = output_names
        self.built = False
        self.metrics: list[Any] = []
        # Position of an output, its loss, its weight, its own tracker.
        self._parts: list[tuple[int, Any, float | None]] = []

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Resolve names by the shapes of a batch."""
        known = outputs.names(y_pred, self._output_names)
        targets = self._targets(y_true, y_pred)
        predictions = tree.flatten(y_pred)
        chosen = self._spread("loss", self._loss, y_pred, known)
        weights = self._spread("loss_weights", self._weights, y_pred, known)
        is_nested = tree.is_nested(y_pred) and len(y_pred) < len(predictions)
        places = outputs.paths(y_pred)
        order = list(range(len(predictions)))
        if isinstance(self._loss, dict) and isinstance(y_pred, dict) and not is_nested:
            # Losses by name are logged in the order in which they are given.
            given = list(self._loss)
            order.sort(key=lambda i: given.index(known[i]) if known[i] in given else len(given))
        parts, labels = [], []
        for i in order:
            loss, weight = chosen[i], weights[i]
            several = loss if isinstance(loss, (list, tuple)) else [loss]
            for each, scale in zip(several, _each(weight, len(several)), strict=True):
                if each is not None:
                    found = resolve_loss(each, targets[i], predictions[i])
                    parts.append((i, found, scale))
                    name = known[i] or found.name
                    labels.append(outputs.label(places[i], name) if is_nested else name)
        self._parts = parts
        if len(parts) > 1:
            self.metrics = [metrics.Mean(name=f"{label}_loss") for label in labels]
        self.built = True

    def _spread(self, argument: str, value: Any, y_pred: Any, known: Sequence[str | None]) -> list[Any]:
        if not tree.is_nested(y_pred):
            if isinstance(value, dict):
                names = self._output_names or list(value)
                if len(value) != 1 or next(iter(value)) not in names:
                    raise ValueError(
                        f"The keys of `{argument}` should name outputs of the model. Expected: {list(names)}. "
                        f"Received: {argument} with keys {list(value)}"
                    )
                return list(value.values())
            return [value]
        if isinstance(value, (list, tuple, dict)):
            return outputs.spread(value, y_pred, known, argument)
        return [value] * outputs.count(y_pred)

    def _targets(self, y_true: Any, y_pred: Any) -> list[Any]:
        """The target of each output; None for outputs without a loss where targets came only for the others."""
        if y_true is None:
            raise ValueError(
                "The model was compiled with a loss, which needs targets. Pass `y`, or batches of `(x, y)`. "
                "Received: y=None"
            )
        flat = tree.flatten(y_true)
        total = outputs.count(y_pred)
        if total == 1:
            if len(flat) != 1:
                raise ValueError(
                    f"The model has one output, so `y` should be one array. Received: y with {len(flat)} arrays"
                )
            return flat
        if not tree.is_nested(y_true):
            raise ValueError(
                f"The model has {total} outputs, so `y` should hold an array for each. "
                f"Received: one array of shape {tuple(y_true.shape)}"
            )
        known = outputs.names(y_pred, self._output_names)
        chosen = self._spread("loss", self._loss, y_pred, known)
        with_loss = [i for i, loss in enumerate(chosen) if loss is not None]
        if len(flat) == len(with_loss) < total and not isinstance(y_true, dict):
            given = dict(zip(with_loss, flat, strict=True))
            return [given.get(i) for i in range(total)]
        found = outputs.spread(y_true, y_pred, known, "y")
        lacking = [known[i] or i for i in with_loss if found[i] is None]
        if lacking:
            raise ValueError(f"`y` lacks targets for the outputs {lacking}. Received: y with {len(flat)} arrays")
        return found

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The total loss of a batch, None if no output has a loss."""
        if not self.built:
            self.build(y_true, y_pred)
        targets = self._targets(y_true, y_pred)
        predictions = tree.flatten(y_pred)
        weights = _sample_weights(sample_weight, y_pred, self._output_names)
        total = None
        for k, (i, loss, scale) in enumerate(self._parts):
            value = ops.cast(loss(targets[i], predictions[i], weights[i]), config.floatx())
            if self.metrics:
                # The output's own value is logged without its weight in the total.
                self.metrics[k].update_state(value, sample_weight=predictions[i].shape[0])
            if scale is not None:
                value = ops.multiply(value, scale)
            total = value if total is None else ops.add(total, value)
        return total


def _each(value: Any, n: int) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) and len(value) == n else [value] * n


def _sample_weights(sample_weight: Any, y_pred: Any, output_names: Sequence[str] | None) -> list[Any]:
    total = outputs.count(y_pred)
    if not tree.is_nested(sample_weight):
        return [sample_weight] * total
    flat = tree.flatten(sample_weight)
    if len(flat) == 1:
        return flat * total
    return outputs.spread(sample_weight, y_pred, outputs.names(y_pred, output_names), "sample_weight")


class CompileMetrics:
    """The metrics of a model's outputs, under the names that the logs show.

    Args:
        metrics: metrics computed without sample weights: a list for a single output; for several, a list or dict of
            metrics or lists of metrics.
        weighted_metrics: the same, computed with sample weights.
        output_names: the model's names of its outputs.

    Raises:
        ValueError: if one of them is no list, tuple or dict, or a name is not known.
    """

    name = "compile_metrics"

    def __init__(
        self, metrics: Any = None, weighted_metrics: Any = None, output_names: Sequence[str] | None = None
    ) -> None:
        self._given: dict[str, Any] = {}
        for argument, value in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if value is not None and not isinstance(value, (list, tuple, dict)):
                raise ValueError(
                    f"Expected `{argument}` argument to be a list, tuple, or dict. "
                    f"Received: {argument}={value!r} of type {type(value)}"
                )
            self._given[argument] = tree.map_structure(known_metric, value)
        self._output_names = output_names
        self.built = False
        # Position of an output, the metric, the key in the logs.
        self._plain: list[tuple[int, Any, str]] = []
        self._weighted: list[tuple[int, Any, str]] = []

    @property
    def metrics(self) -> list[Any]:
        """The metrics, in the order of `compile`."""
        return [metric for _, metric, _ in (*self._plain, *self._weighted)]

    @property
    def variables(self) -> list[Any]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Resolve names by the shapes of a batch."""
        used: dict[str, int] = {}
        self._plain = self._resolve("metrics", y_true, y_pred, lambda name, prefix: _unique(prefix + name, used))

        def weighted(name: str, prefix: str) -> str:
            return _unique(prefix + (f"weighted_{name}" if prefix + name in used else name), used)

        self._weighted = self._resolve("weighted_metrics", y_true, y_pred, weighted)
        self.built = True

    def _resolve(
        self, argument: str, y_true: Any, y_pred: Any, key: Callable[[str, str], str]
    ) -> list[tuple[int, Any, str]]:
        value = self._given[argument]
        if not value:
            return []
        if y_true is None:
            raise ValueError(f"`{argument}` need targets. Pass `y`, or batches of `(x, y)`. Received: y=None")
        targets, predictions = tree.flatten(y_true), tree.flatten(y_pred)
        known: list[str | None] = [None]
        if len(predictions) == 1:
            # A single output needs no name before its metrics.
            chosen, prefixes = [tree.flatten(value)], [""]
        else:
            known = outputs.names(y_pred, self._output_names)
            chosen = outputs.spread(value, y_pred, known, argument)
            prefixes = [f"{name}_" if name else "" for name in known]
            targets = outputs.spread(y_true, y_pred, known, "y")
        found = []
        for i, (each, prefix) in enumerate(zip(chosen, prefixes, strict=True)):
            for identifier in each if isinstance(each, (list, tuple)) else [each]:
                if identifier is None:
                    continue
                if targets[i] is None:
                    raise ValueError(
                        f"`y` lacks targets for output '{known[i] or i}', which has metrics. Received: y=None there"
                    )
                metric = resolve_metric(identifier, targets[i], predictions[i])
                found.append((i, metric, key(metric.name, prefix)))
        return found

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch."""
        if not self.built:
            self.build(y_true, y_pred)
        predictions = tree.flatten(y_pred)
        if len(predictions) == 1:
            targets = tree.flatten(y_true)
        elif self._plain or self._weighted:
            targets = outputs.spread(y_true, y_pred, outputs.names(y_pred, self._output_names), "y")
        for i, metric, _ in self._plain:
            metric.update_state(targets[i], predictions[i])
        if self._weighted:
            weights = _sample_weights(sample_weight, y_pred, self._output_names)
            for i, metric, _ in self._weighted:
                metric.update_state(targets[i], predictions[i], sample_weight=weights[i])

    def result(self) -> dict[str, Any]:
        """The values by their keys in the logs."""
        return {key: metric.result() for _, metric, key in (*self._plain, *self._weighted)}

    def reset_state(self) -> None:
        for metric in self.metrics:
            metric.reset_state()


def _unique(name: str, used: dict[str, int]) -> str:
    """`name`, or with a number where it was used before."""
    count = used.get(name, 0)
    used[name] = count + 1
    return f"{name}_{count}" if count else name
