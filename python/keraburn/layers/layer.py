"""Layer: weights, and a computation of tensors that uses them."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import config as settings
from keraburn import constraints, dtype_policies, initializers, ops, regularizers, trace, tree
from keraburn.data.elements import Strings
from keraburn.dtypes import is_float
from keraburn.layers import call as calls
from keraburn.layers import copying
from keraburn.layers.description import symbols_of
from keraburn.layers.input_spec import assert_input_compatibility
from keraburn.layers.node import Node
from keraburn.layers.operation import Operation, default, is_default, signature
from keraburn.layers.pure import PureCalls
from keraburn.ops import apply
from keraburn.ops.convert import convert
from keraburn.tensor import Tensor
from keraburn.variable import Variable

_active = trace._active


def _built_once(build: Callable[..., Any]) -> Callable[..., Any]:
    """Around a class's `build`: names, the record of the shapes and the lock on the state, once for the whole chain."""

    @functools.wraps(build)
    def wrapper(self: Layer, *args: Any, **kwargs: Any) -> None:
        for value in (*args, *kwargs.values()):
            if isinstance(value, (str, int, float)):
                raise ValueError(
                    f"`build()` of layer '{self.name}' expects a shape such as (None, 3). Received: {value!r}"
                )
        if self.__dict__.get("_building"):
            build(self, *args, **kwargs)
            return
        self.__dict__["_building"] = True
        before = [*self.weights, *self._layers]
        try:
            with self._scope(), trace.suspended():
                self._path = "/".join(settings.name_scope_stack())
                build(self, *args, **kwargs)
        except BaseException:
            # A second try must not find the weights of the first.
            kept = {id(item) for item in before}
            for item in (*self.weights, *self._layers):
                if id(item) not in kept:
                    self._tracker.untrack(item)
            raise
        finally:
            self.__dict__["_building"] = False
        bound = signature(build).bind(self, *args, **kwargs).arguments
        self.__dict__["_build_shapes"] = dict(list(bound.items())[1:])
        self.built = True
        self._lock_state()

    return wrapper


class Layer(PureCalls, Operation):
    """A callable with weights: subclasses make them in `build` and compute with them in `call`.

    Attributes that are variables, layers, metrics or seed generators, and those inside lists, dicts, tuples and sets,
    are tracked: they appear in `weights`, `layers` and so on.

    Args:
        activity_regularizer: regularizer of the outputs; its value is divided by the batch size.
        trainable: whether optimizers update the weights.
        dtype: name of a dtype or a DTypePolicy, for weights and computations; `config.floatx()` if None.
        autocast: whether float inputs are cast to the layer's compute dtype.
        name: unique name; made from the class name if None.
        **kwargs: `input_shape` (without the batch size) or `input_dim`, for the first layer of a Sequential.

    Raises:
        ValueError: for an unknown argument.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> class Scale(keras.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> layer = Scale()
    >>> layer(np.ones((2, 3))).shape
    (2, 3)
    >>> [weight.shape for weight in layer.trainable_weights]
    [(3,)]
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._is_ours = cls.__module__.startswith("keraburn.")
        if "build" in cls.__dict__:
            cls.build = _built_once(cls.__dict__["build"])  # type: ignore[method-assign]

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name)
        self._dtype_policy = dtype_policies.get(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        dimension = kwargs.pop("input_dim", None)
        shape = kwargs.pop("input_shape", None) if dimension is None else (dimension,)
        if shape is not None:
            warnings.warn(
                "Do not pass an `input_shape`/`input_dim` argument to a layer. When using Sequential models, "
                "prefer using an `Input(shape)` object as the first layer in the model instead.",
                stacklevel=3,
            )
            self._input_shape_arg = tuple(shape) if isinstance(shape, (list, tuple)) else (shape,)
        if kwargs:
            raise ValueError(
                f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}"
                f"{self._nearest_argument(kwargs)}"
            )
        if not isinstance(trainable, bool):
            raise ValueError(
                f"Expected `trainable` to be a boolean. Received: trainable={trainable} (of type {type(trainable)})"
            )
        self._trainable = trainable
        self._path: str | None = None
        self.built = False
        self.autocast = autocast
        self.input_spec: Any = None
        self.supports_masking = not is_default(self.compute_mask)
        self._call_parameters = tuple(signature(type(self).call).parameters)[1:]
        # Functional models convert each input to its own dtype, and take None.
        self._convert_input_args = True
        self._allow_non_tensor_positional_args = False
        self._initialized = True

    def _nearest_argument(self, wrong: dict[str, Any]) -> str:
        from difflib import get_close_matches  # only paid for by mistakes

        known = {
            name
            for cls in type(self).__mro__
            if "__init__" in cls.__dict__
            for name in signature(cls.__dict__["__init__"]).parameters
        } - {"self", "args", "kwargs"}
        near = get_close_matches(next(iter(wrong)), sorted(known), n=1)
        return f". Did you mean '{near[0]}'?" if near else ""

    def _check_super_called(self) -> None:
        if "_initialized" not in self.__dict__:
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as the first statement in "
                "the `__init__()` method. Go add it!"
            )

    @property
    def _call_has_training_arg(self) -> bool:
        return "training" in self._call_parameters

    # Names and dtypes.

    @property
    def path(self) -> str | None:
        """Names of the layers around it and its own, joined by slashes; None before it is built."""
        return self._path

    def _scope(self) -> calls.Scope:
        return calls.Scope(self)

    @property
    def dtype_policy(self) -> dtype_policies.DTypePolicy:
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = dtype_policies.get(value)

    @property
    def dtype(self) -> str:
        """The dtype of the weights."""
        return self._dtype_policy.variable_dtype

    @property
    def variable_dtype(self) -> str:
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        return self._dtype_policy.compute_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype to which float inputs are cast."""
        return self.compute_dtype

    # Building.

    @default
    def build(self, input_shape: Any) -> None:
        """Make the weights; called once, before the first call.

        A layer that does not write this itself has its inner layers built by a description of its `call`.

        Args:
            input_shape: shape of the input, None where unknown; or a structure of shapes.
        """
        self._check_super_called()
        if input_shape is None or all(layer.built for layer in self._layers):
            return
        try:
            apply.describe(self.call, (symbols_of(input_shape, self.compute_dtype, type(self).__name__),), {})
        except Exception as error:
            warnings.warn(
                f"`build()` was called on layer '{self.name}', which has no `build()` method of its own, and its "
                f"`call()` does not run on the shape alone. Layers inside it are not built. The error was: {error}. "
                f"Received: input_shape={input_shape}",
                stacklevel=4,
            )

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """A new weight of this layer.

        Args:
            shape: its shape, `()` if None.
            initializer: name or object; "glorot_uniform" for floats and "zeros" for the rest if None.
            dtype: the layer's variable dtype if None.
            trainable: whether optimizers update it.
            autocast: whether layers of mixed precision read it in their compute dtype.
            regularizer: name or function whose value is added to `losses`.
            constraint: name or function applied after every update by an optimizer.
            aggregation: kept for Keras's signature.
            overwrite_with_gradient: kept for Keras's signature.
            name: its name, used in its path.

        Raises:
            ValueError: if the name was given in place of the shape, or a dimension is not known.
        """
        self._check_super_called()
        if isinstance(shape, str):
            raise ValueError(
                f"`name` must be passed as a keyword argument. Received: add_weight('{shape}', ...). "
                f"Use: add_weight(shape=..., name='{shape}')."
            )
        shape = () if shape is None else tuple(shape) if isinstance(shape, (list, tuple)) else (shape,)
        if any(size is None for size in shape):
            raise ValueError(
                f"The shape of weight '{name}' of layer '{self.name}' must be known, but it has a dimension that is "
                f"None. Give the input a shape without None there. Received: shape={shape}"
            )
        dtype = self.variable_dtype if dtype is None else dtype_policies.get(dtype).variable_dtype
        if initializer is None:
            initializer = "glorot_uniform" if "float" in dtype else "zeros"
        with self._scope(), trace.suspended():
            variable = Variable(
                initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._tracker.add("trainable" if trainable else "non_trainable", variable)
        if not self._trainable:
            variable.trainable = False
        return variable

    add_variable = add_weight

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that the layer was built with, None if it was not."""
        shapes = self.__dict__.get("_build_shapes")
        if shapes is None:
            return None
        return {"input_shape": next(iter(shapes.values()))} if len(shapes) == 1 else {"shapes_dict": shapes}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build with the shapes that `get_build_config` returned."""
        if config and "input_shape" in config:
            self.build(config["input_shape"])
        elif config and "shapes_dict" in config and is_default(self.build):
            shapes = config["shapes_dict"]
            symbols = {
                name.removesuffix("_shape"): symbols_of(shape, self.compute_dtype, type(self).__name__)
                for name, shape in shapes.items()
            }
            with self._scope(), trace.suspended():
                apply.describe(self.call, (), symbols)
            self.build(None)
            self.__dict__["_build_shapes"] = shapes
        elif config and "shapes_dict" in config:
            self.build(**config["shapes_dict"])

    def _build_at_init(self) -> None:
        """For layers without weights: they need no shape."""
        if is_default(self.build):
            self.built = True
            self._lock_state()

    def _build_from_call(self, arguments: calls.Arguments) -> None:
        if not is_default(self.build):
            self.build(**arguments.shapes_for(self.build, self))
            # The build may have narrowed the specification.
            assert_input_compatibility(self.input_spec, arguments.first, self.name)
        elif all(layer.built for layer in self._layers):
            self.build(next(iter(arguments.shapes().values()), None))

    # Calling.

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation, in terms of `keraburn.ops`; may take `training` and `mask`."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `call` method implemented.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._check_super_called()
        given = (args, dict(kwargs))
        ready = self._is_ready(args, kwargs)
        if not ready and self._convert_input_args:
            args = tuple(self._convert(arg, first=not i) for i, arg in enumerate(args))
            kwargs = {key: self._convert(value) for key, value in kwargs.items()}
        if not self._allow_non_tensor_positional_args:
            for arg in tree.flatten(args):
                if not isinstance(arg, (Tensor, Strings)):
                    raise ValueError(
                        "Only input tensors may be passed as positional arguments. The following argument value of "
                        f"layer '{self.name}' should be passed as a keyword argument: {arg} (of type {type(arg)})"
                    )
        arguments = calls.Arguments(self, args, kwargs)
        assert_input_compatibility(self.input_spec, arguments.first, self.name)
        context = calls.context
        outer = (context.entry, context.training)
        outer_dtype = _active.autocast
        _active.autocast = calls.autocast(self, outer_dtype)
        if context.entry is None:
            context.entry = self
            self._clear_losses()
        try:
            training = next(
                (t for t in (arguments.training, context.training, arguments.default_training) if t is not None), None
            )
            context.training = training
            if training is not None and "training" in self._call_parameters:
                arguments.values["training"] = kwargs["training"] = training
            calls.fill_masks(arguments, kwargs)
            with self._scope():
                if not self.built:
                    self._build_from_call(arguments)
                if apply.has_symbols(args) or (kwargs and apply.has_symbols(kwargs)):
                    if ready:
                        # Keras remembers the masks that came along with one tensor as arguments of the call.
                        given[1].update({key: value for key, value in kwargs.items() if f"_{key}".endswith("_mask")})
                    outputs = self._describe_call(arguments, args, kwargs, given)
                else:
                    outputs = self._run_call(arguments, args, kwargs)
                if not self.built:
                    shapes = arguments.shapes()
                    self.build(next(iter(shapes.values()), None))
                    if len(shapes) > 1:
                        # `build` takes one shape; who is built from its config needs all.
                        self.__dict__["_build_shapes"] = shapes
        finally:
            context.entry, context.training = outer
            _active.autocast = outer_dtype
        return outputs

    def _is_ready(self, args: Any, kwargs: Any) -> bool:
        """Whether nothing needs converting: the most common case, one tensor of the right dtype."""
        return len(args) == 1 and not kwargs and isinstance(args[0], Tensor) and args[0].dtype == self.input_dtype

    def _run_call(self, arguments: calls.Arguments, args: Any, kwargs: Any) -> Any:
        outputs = self.call(*args, **kwargs)
        if self.activity_regularizer is not None:
            for output in tree.flatten(outputs):
                loss = self.activity_regularizer(output)
                self.add_loss(loss / output.shape[0] if output.shape and output.shape[0] else loss)
        previous = kwargs.get("mask")
        previous = calls.masks_of(arguments.first) if previous is None else previous
        if self.supports_masking:
            flat = tree.flatten(outputs)
            # A mask is only passed on, or made by a layer that says how.
            makes = previous is not None or not is_default(self.compute_mask)
            if makes and any(calls.get_mask(output) is None for output in flat):
                calls.set_masks(outputs, self.compute_mask(arguments.first, previous))
        elif previous is not None:
            self._warn_of_lost_mask()
        return outputs

    def _describe_call(self, arguments: calls.Arguments, args: Any, kwargs: Any, given: Any) -> Any:
        outputs = self._inferred(args, kwargs)
        previous = kwargs.get("mask")
        previous = calls.masks_of(arguments.first) if previous is None else previous
        if self.supports_masking:
            if previous is not None or not is_default(self.compute_mask):
                calls.set_masks(outputs, self.compute_mask(arguments.first, previous))
        elif previous is not None:
            self._warn_of_lost_mask()
        # What was computed to find the shapes is gone.
        self._clear_losses()
        args, kwargs = given
        Node(self, args, kwargs, outputs)
        return outputs

    def _warn_of_lost_mask(self) -> None:
        warnings.warn(
            f"Layer '{self.name}' (of type {type(self).__name__}) was passed an input with a mask attached to it. "
            "However, this layer does not support masking and will therefore destroy the mask information. Downstream "
            "layers will not see the mask.",
            stacklevel=4,
        )

    def _convert(self, value: Any, first: bool = False) -> Any:
        """Arrays, variables and, as first argument, Python numbers as tensors; floats in the compute dtype."""
        if isinstance(value, Tensor):
            dtype = self.input_dtype
            if not self.autocast or value.dtype == dtype or not is_float(value.dtype):
                return value
            converted = ops.cast(value, dtype)
            mask = calls.get_mask(value)
            if mask is not None:
                converted._keras_mask = mask
            return converted
        if first and calls.is_numbers(value):
            value = convert(value)
            return self._convert(value)
        if isinstance(value, (list, tuple, dict)):
            return tree.map_structure(self._convert, value)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and self.autocast and "float" in self.input_dtype:
            return convert(value, self.input_dtype)
        if isinstance(value, Variable) or (hasattr(value, "__array__") and not isinstance(value, Strings)):
            return self._convert(convert(value))
        return value

    @default
    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the outputs: the inputs' own, unless overridden."""
        return previous_mask

    # Configuration.

    @default
    def get_config(self) -> dict[str, Any]:
        self._check_super_called()
        config = super().get_config()
        config.update(trainable=self.trainable, dtype=dtype_policies.serialize(self._dtype_policy))
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    def count_params(self) -> int:
        """How many numbers the weights hold.

        Raises:
            ValueError: if the layer is not built.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't built. "
                "You can build it manually via: `layer.build(input_shape)`."
            )
        return sum(math.prod(weight.shape) for weight in self.weights)

    def __reduce__(self) -> Any:
        return copying.reduced(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.__dict__.get('name')}, built={self.__dict__.get('built', False)}>"


Layer.build = default(_built_once(Layer.build))  # type: ignore[method-assign]
