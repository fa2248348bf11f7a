"""Bidirectional: a sequence read from both ends."""

from __future__ import annotations

from typing import Any

from keraburn import ops, registry, tree
from keraburn.layers.layer import Layer

_MODES = ("sum", "mul", "ave", "concat", None)
_SHARED = ("stateful", "return_sequences", "return_state")


class Bidirectional(Layer):
    """Two copies of a recurrent layer, one of which reads backwards, and their outputs merged.

    Args:
        layer: a recurrent layer, of which new copies are made.
        merge_mode: `"concat"`, `"sum"`, `"mul"`, `"ave"` (the mean), or None for both outputs.
        weights: the values of the weights, the forward layer's first.
        backward_layer: the layer that reads backwards, with `go_backwards=True`; a copy of `layer` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `sequences`; `initial_state`, the states of the forward layer and then those of the other; `mask`,
    booleans `(batch, steps)`; `training`.

    Shapes: as the layer's, with twice the features when concatenated. The outputs of the backward layer are put into
    the order of the steps. With `return_state` the states follow, the forward layer's first.

    Raises:
        ValueError: if something is no layer, the mode is not known, or the two layers do not fit.

    Schuster and Paliwal, 1997: https://doi.org/10.1109/78.650093

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))(np.ones((2, 5, 3))).shape
    (2, 5, 8)
    """

    forward_layer: Any
    backward_layer: Any

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Please initialize `Bidirectional` layer with a `keras.layers.Layer` instance. Received: {layer}"
            )
        if backward_layer is not None and not isinstance(backward_layer, Layer):
            raise ValueError(f"`backward_layer` need to be a `keras.layers.Layer` instance. Received: {backward_layer}")
        if merge_mode not in _MODES:
            raise ValueError(
                f"Invalid merge mode. Received: {merge_mode}. Merge mode should be one of "
                '{"sum", "mul", "ave", "concat", None}'
            )
        super().__init__(**kwargs)
        self.forward_layer = _copy(layer, "forward_")
        self.backward_layer = _copy(layer, "backward_", go_backwards=True) if backward_layer is None else backward_layer
        _check_pair(self.forward_layer, self.backward_layer)
        for each in (self.forward_layer, self.backward_layer):
            # What a masked step repeats would be merged with another step of the other direction.
            if getattr(each, "zero_output_for_mask", None) is not None:
                each.zero_output_for_mask = each.return_sequences
        self.merge_mode = merge_mode
        self.stateful = layer.stateful  # type: ignore[attr-defined]
        self.return_sequences = layer.return_sequences  # type: ignore[attr-defined]
        self.return_state = layer.return_state  # type: ignore[attr-defined]
        self.supports_masking = True
        self.input_spec = layer.input_spec
        # Values, not variables: kept from the tracker.
        self.__dict__["_first_weights"] = weights

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
                layer.built = True
        if self.__dict__["_first_weights"]:
            self.set_weights(self.__dict__["_first_weights"])

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = None) -> Any:
        halves: tuple[Any, Any] = (None, None)
        if initial_state is not None:
            middle = len(initial_state) // 2
            halves = (initial_state[:middle], initial_state[middle:])
        results = []
        for layer, state in zip((self.forward_layer, self.backward_layer), halves, strict=True):
            extra: dict[str, Any] = {}
            if "training" in layer._call_parameters:
                extra["training"] = training
            if "mask" in layer._call_parameters:
                extra["mask"] = mask
            if state is not None:
                extra["initial_state"] = list(state)
            results.append(layer(sequences, **extra))
        states: tuple[Any, ...] = ()
        if self.return_state:
            states = (*results[0][1:], *results[1][1:])
            results = [result[0] for result in results]
        forward, backward = (ops.cast(result, self.compute_dtype) for result in results)
        if self.return_sequences:
            backward = ops.flip(backward, axis=1)
        output = self._merged(forward, backward)
        if not self.return_state:
            return output
        return (*output, *states) if self.merge_mode is None else (output, *states)

    def _merged(self, forward: Any, backward: Any) -> Any:
        if self.merge_mode == "concat":
            return ops.concatenate([forward, backward], axis=-1)
        if self.merge_mode == "sum":
            return forward + backward
        if self.merge_mode == "ave":
            return (forward + backward) / 2
        if self.merge_mode == "mul":
            return forward * backward
        return (forward, backward)

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        states: tuple[Any, ...] = ()
        if self.return_state:
            shape, states = shape[0], tuple(shape[1:])
            states = (*states, *states)
        if self.merge_mode == "concat":
            shape = (*shape[:-1], 2 * shape[-1])
        if self.merge_mode is None:
            return (shape, shape, *states)
        return (shape, *states) if self.return_state else tuple(shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        mask = next(iter(tree.flatten(mask)), None) if self.return_sequences else None
        masks = [mask] if self.merge_mode else [mask, mask]
        if self.return_state:
            masks += [None] * (len(self.forward_layer.state_size) + len(self.backward_layer.state_size))
        return masks if len(masks) > 1 else mask

    @property
    def states(self) -> Any:
        """What the last batch left in stateful layers, None if they are not."""
        if self.forward_layer.states and self.backward_layer.states:
            return (*self.forward_layer.states, *self.backward_layer.states)
        return None

    def reset_state(self) -> None:
        """Make the states of stateful layers zeros.

        Raises:
            AttributeError: if they are not stateful.
        """
        if not self.stateful:
            raise AttributeError("Layer must be stateful.")
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self) -> None:
        """Another name of `reset_state`."""
        self.reset_state()

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "merge_mode": self.merge_mode,
            "layer": registry.serialize_keras_object(self.forward_layer),
            "backward_layer": registry.serialize_keras_object(self.backward_layer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        config = dict(config)
        for name in ("layer", "backward_layer"):
            if config.get(name) is not None:
                config[name] = registry.deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)


def _copy(layer: Layer, prefix: str, **changes: Any) -> Any:
    """A new layer of a layer's config, under a name with the prefix."""
    config = registry.serialize_keras_object(layer)
    name = f"{prefix}{layer.name.removeprefix(prefix)}"
    config["config"] = {**config["config"], "name": name, **changes}
    return registry.deserialize_keras_object(config, custom_objects={type(layer).__name__: type(layer)})


def _check_pair(forward: Any, backward: Any) -> None:
    if forward.go_backwards == backward.go_backwards:
        raise ValueError(
            "Forward layer and backward layer should have different `go_backwards` value. Received: "
            f"forward_layer.go_backwards {forward.go_backwards}, backward_layer.go_backwards={backward.go_backwards}"
        )
    for name in _SHARED:
        if getattr(forward, name) != getattr(backward, name):
            raise ValueError(
                "Forward layer and backward layer are expected to have the same value for attribute "
                f'"{name}", got "{getattr(forward, name)}" for forward layer and "{getattr(backward, name)}" for '
                "backward layer"
            )
