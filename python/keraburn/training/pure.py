"""All state of a model as nested dicts, and losses computed from state that is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraburn import stateless
from keraburn.training.compiling import Compiling
from keraburn.variable import Variable

_KINDS = ("trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables")


class PureTraining(Compiling):
    """The part of a model that gives its state away and takes it back."""

    def stateless_compute_loss(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        metrics_variables: Sequence[Any],
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """What `compute_loss` gives if the variables have these values; nothing is assigned.

        Args:
            trainable_variables: values of `trainable_variables`.
            non_trainable_variables: values of `non_trainable_variables`.
            metrics_variables: values of `metrics_variables`.
            x: inputs.
            y: targets.
            y_pred: outputs for these inputs.
            sample_weight: weights of the samples.
            training: whether this is a training step.

        Returns:
            The loss, and a tuple of the three lists of values as they are afterwards.

        Raises:
            ValueError: if there are too many or too few values.
        """
        owner = type(self).__name__
        mapping = []
        for name, values in zip(
            (*_KINDS[:2], "metrics_variables"),
            (trainable_variables, non_trainable_variables, metrics_variables),
            strict=True,
        ):
            mapping += stateless.mapping_of(getattr(self, name), values, f"{owner}().{name}", name)
        with stateless.StatelessScope(mapping) as scope:
            loss = self._compute_loss(x, y, y_pred, sample_weight, training)
        return loss, (
            list(trainable_variables),
            stateless.values_of(scope, self.non_trainable_variables),
            stateless.values_of(scope, self.metrics_variables),
        )

    def _kinds_of_state(self) -> dict[str, list[Variable]]:
        optimizer = [] if self.optimizer is None else self.optimizer.variables
        return dict(
            zip(
                _KINDS,
                (self.trainable_variables, self.non_trainable_variables, optimizer, self.metrics_variables),
                strict=True,
            )
        )

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """The values of all variables, in dicts by kind and then by the parts of their paths.

        Args:
            value_format: "backend_tensor" for tensors, "numpy_array" for numpy arrays.

        Raises:
            ValueError: if two variables have one path, or the format is not known.

        Example:

        >>> import keraburn as keras
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name="out")], name="model")
        >>> model.compile("sgd", "mse")
        >>> tree = model.get_state_tree("numpy_array")
        >>> tree["trainable_variables"]["model"]["out"]["bias"]
        array([0.], dtype=float32)
        """
        if value_format not in ("backend_tensor", "numpy_array"):
            raise ValueError(
                "Invalid `value_format` argument. Expected one of {'numpy_array', 'backend_tensor'}. "
                f"Received: value_format={value_format}"
            )
        as_numpy = value_format == "numpy_array"
        tree: dict[str, Any] = {}
        for kind, variables in self._kinds_of_state().items():
            branch = tree[kind] = {}
            met: set[str] = set()
            for variable in variables:
                if variable.path in met:
                    raise ValueError(
                        f"The following variable path is found twice in the model: '{variable.path}'. "
                        "`get_state_tree()` can only be called when all variable paths are unique. Make sure to give "
                        "unique names to your layers (and other objects)."
                    )
                met.add(variable.path)
                place: dict[str, Any] = branch
                *outer, last = variable.path.split("/")
                for part in outer:
                    place = place.setdefault(part, {})
                place[last] = variable.numpy() if as_numpy else variable.value
        return tree

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Set variables to the values of a tree as `get_state_tree` gives it; what it does not name stays.

        Args:
            state_tree: such a dict, or some of its branches.

        Raises:
            ValueError: if it names a kind or a path that is not there.
        """
        kinds = self._kinds_of_state()
        for kind, branch in state_tree.items():
            if kind not in kinds:
                raise ValueError(f"Unknown variable name: {kind}. Expected one of {_KINDS}.")
            known = {variable.path: variable for variable in kinds[kind]}
            # What is not built yet has no variables to set.
            for path, value in _flat(branch).items() if known else ():
                if path not in known:
                    raise ValueError(f"No variable of that path in `{kind}`. Received: path={path!r}")
                known[path].assign(value)


def _flat(branch: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The leaves of nested dicts by their paths."""
    found: dict[str, Any] = {}
    for name, item in branch.items():
        found.update(_flat(item, f"{prefix}{name}/") if isinstance(item, dict) else {f"{prefix}{name}": item})
    return found
