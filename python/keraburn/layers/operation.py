"""What layers and the plain operations of a functional model share: a name, a config and the calls made."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from keraburn import config as naming
from keraburn import dtype_policies, tree
from keraburn.layers.node import Node, symbolic_call
from keraburn.ops import apply

F = TypeVar("F", bound=Callable[..., Any])
_PLAIN = (str, int, float, bool, type(None))


def default(method: F) -> F:
    """Mark a method that subclasses may override; `is_default` tells whether one did."""
    method._is_default = True  # type: ignore[attr-defined]
    return method


def is_default(method: Any) -> bool:
    return getattr(method, "_is_default", False)


@functools.lru_cache(maxsize=1024)
def signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a plain function, `self` included, kept because layers of one class share it."""
    return inspect.signature(function)


def original_name(cls: type) -> str:
    """The name of a class in Keras's sources, after which objects and their places in files are named."""
    return cls.__dict__.get("_original_name", cls.__name__)


class Operation:
    """A named thing that can be called on tensors, and on the symbols of a functional model.

    Args:
        name: unique name; made from the class name if None.

    Raises:
        ValueError: if the name is not a string or contains a slash.
    """

    name: str

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls)
        # What `get_config` returns for a class that does not write its own.
        instance.__dict__["_init_arguments"] = (args, kwargs)
        return instance

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = naming.auto_name(naming.to_snake_case(original_name(type(self))))
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name} (of type {type(name)})"
            )
        self.name = name
        self._inbound_nodes: list[Node] = []
        self._outbound_nodes: list[Node] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if apply.has_symbols(args) or apply.has_symbols(kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation, in terms of `keraburn.ops`; to be defined by subclasses."""
        raise NotImplementedError(f"Operation {type(self).__name__} does not have a `call()` method implemented.")

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for symbols, which remember this call."""
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for KerasTensors, as KerasTensors."""
        return apply.describe(self.call, args, kwargs)

    @default
    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal object, as plain data."""
        config: dict[str, Any] = {"name": self.name}
        if not is_default(self.get_config):
            return config
        arguments = self._plain_arguments()
        if arguments is None:
            raise NotImplementedError(
                f"Object {type(self).__name__} was created with arguments of `__init__()` that cannot be saved "
                "automatically. Implement `get_config()`: return a dict of the arguments, starting from "
                "`super().get_config()`."
            )
        config.update(arguments)
        parameters = signature(type(self).__init__).parameters
        if "name" not in parameters and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            del config["name"]
        return config

    def _plain_arguments(self) -> dict[str, Any] | None:
        """The arguments of `__init__` and their defaults, None if they are not all plain data."""
        args, kwargs = self._init_arguments  # type: ignore[attr-defined]
        known = signature(type(self).__init__)
        parameters = list(known.parameters.values())[1:]
        try:
            bound = known.bind(None, *args, **kwargs)
        except TypeError:
            return None
        if any(parameter.kind is parameter.POSITIONAL_ONLY for parameter in parameters):
            return None
        bound.apply_defaults()
        arguments = dict(list(bound.arguments.items())[1:])
        for parameter in parameters:
            if parameter.kind is parameter.VAR_POSITIONAL and arguments.pop(parameter.name):
                return None
            if parameter.kind is parameter.VAR_KEYWORD:
                arguments.update(arguments.pop(parameter.name))
        arguments.pop("name", None)
        return arguments if all(isinstance(leaf, _PLAIN) for leaf in tree.flatten(arguments)) else None

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An object made from what `get_config` returned.

        Raises:
            TypeError: if the class does not take these arguments.
        """
        if isinstance(config.get("dtype"), dict):
            config = {**config, "dtype": dtype_policies.deserialize(config["dtype"]).name}
        # What every layer has, but the `__init__` of this one does not take, is set afterwards.
        parameters = signature(cls.__init__).parameters
        closed = all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters.values())
        later = {"trainable": "trainable", "dtype": "dtype_policy"}
        left = {key: value for key, value in config.items() if closed and key in later and key not in parameters}
        try:
            instance = cls(**{key: value for key, value in config.items() if key not in left})
            for key, value in left.items():
                setattr(instance, later[key], value)
            return instance
        except Exception as error:
            raise TypeError(
                f"Error when deserializing class '{cls.__name__}' using config={config}.\n\n"
                f"Exception encountered: {error}"
            ) from error

    @property
    def input(self) -> Any:
        """The symbols that the first call was given: one, or a list."""
        return self._of_first_node("input_tensors", "input")

    @property
    def output(self) -> Any:
        """The symbols that the first call gave: one, or a list."""
        return self._of_first_node("output_tensors", "output")

    def _of_first_node(self, attribute: str, what: str) -> Any:
        if not self._inbound_nodes:
            raise AttributeError(f"The layer {self.name} has never been called and thus has no defined {what}.")
        values = getattr(self._inbound_nodes[0], attribute)
        return values[0] if len(values) == 1 else values

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class FunctionCall(Operation):
    """A plain function of tensors inside a functional model, such as `keras.ops.matmul`.

    Args:
        function: the function, an operation of `keras.ops`.
        name: unique name; made from the function's if None.
        settings: keyword arguments of every call.
    """

    def __init__(
        self, function: Callable[..., Any], name: str | None = None, settings: dict[str, Any] | None = None
    ) -> None:
        self.function = function
        self.settings = settings or {}
        self.operation_name = function.__name__.strip("_") or "operation"
        super().__init__(name or naming.auto_name(self.operation_name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **{**self.settings, **kwargs})

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @property
    def class_name(self) -> str:
        """The name in Keras's style, as summaries show it: `expand_dims` is an ExpandDims."""
        return self.class_name_of(self.operation_name)

    @staticmethod
    def class_name_of(function: str) -> str:
        return "".join(part[:1].upper() + part[1:] for part in function.split("_"))


apply.symbolic_call = symbolic_call(FunctionCall)
