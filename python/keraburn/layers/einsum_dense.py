"""EinsumDense: a fully connected layer whose axes are named."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from keraburn import activations, constraints, initializers, ops, regularizers
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.layers.state import MadeInBuild
from keraburn.variable import Variable


class EinsumDense(Layer):
    """A fully connected layer over any axes: `outputs = activation(einsum(equation, inputs, kernel) + bias)`.

    Args:
        equation: the axes of inputs, kernel and outputs, as in `"abc,cd->abd"`; `...` first or last in inputs and
            outputs stands for any number of axes.
        output_shape: sizes of the outputs' axes but the first and those of `...`; None where it is the inputs'.
        activation: name or function; none if None.
        bias_axes: letters of the outputs' axes that the bias has; no bias if None.
        kernel_initializer: initializer of the kernel.
        bias_initializer: initializer of the bias.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer: regularizer of the bias.
        kernel_constraint: constraint of the kernel.
        bias_constraint: constraint of the bias.
        lora_rank: must be None; low-rank adaptation is not supported.
        lora_alpha: must be None.
        gptq_unpacked_column_size: must be None; quantization is not supported.
        quantization_config: must be None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Raises:
        ValueError: if the equation is malformed or does not fit the shapes, or what is not supported is asked for.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.EinsumDense("abc,cd->abd", output_shape=(None, 2), bias_axes="d")
    >>> layer(np.ones((4, 5, 3))).shape
    (4, 5, 2)
    >>> layer.kernel.shape, layer.bias.shape
    ((3, 2), (2,))
    """

    kernel: Any = MadeInBuild("kernel")
    bias: Variable | None

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        for name, value in (
            ("lora_rank", lora_rank),
            ("gptq_unpacked_column_size", gptq_unpacked_column_size),
            ("quantization_config", quantization_config),
        ):
            if value is not None:
                raise ValueError(f"`{name}` is not supported. Expected None. Received: {name}={value}")
        super().__init__(**kwargs)
        self.equation = equation
        self.partial_output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.bias_axes = bias_axes
        self.activation = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self._axes = _Axes.of(equation)

    def build(self, input_shape: Any) -> None:
        kernel, bias, _ = self._axes.shapes(self.bias_axes, input_shape, self.partial_output_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=kernel,
            initializer=self._for_these_axes(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if bias is not None:
            self.bias = self.add_weight(
                name="bias",
                shape=bias,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(ndim=len(input_shape))

    def _for_these_axes(self, initializer: Any) -> Any:
        """The initializer, knowing which axes of the kernel are inputs unless it was told."""
        known = not isinstance(initializer, initializers.VarianceScaling) or (
            initializer.input_axes is not None and initializer.output_axes is not None
        )
        if known:
            return initializer
        inputs = [i for i, letter in enumerate(self._axes.kernel) if letter not in self._axes.outputs]
        outputs = [i for i, letter in enumerate(self._axes.kernel) if letter in self._axes.outputs]
        config = {**initializer.get_config(), "seed": initializer.seed}
        return type(initializer).from_config({**config, "input_axes": inputs, "output_axes": outputs})

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        summed = self._axes.summed()
        if summed and self._has_bias_of_new_axes():
            outputs = self._flat(inputs, summed)
        else:
            outputs = ops.einsum(self.equation, inputs, self.kernel)
            if self.bias is not None:
                outputs = ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def _has_bias_of_new_axes(self) -> bool:
        return self.bias is None or self.bias.shape == self.kernel.shape[len(self._axes.summed()) :]

    def _flat(self, inputs: Any, summed: str) -> Any:
        """One product of two matrices, to which the bias is added before the columns are taken apart."""
        shape, kernel = tuple(inputs.shape), tuple(self.kernel.shape)
        rows, columns = shape[: -len(summed)], kernel[len(summed) :]
        depth = math.prod(kernel[: len(summed)])
        x = ops.reshape(inputs, (math.prod(rows), depth))
        outputs = ops.matmul(x, ops.reshape(self.kernel, (depth, math.prod(columns))))
        if self.bias is not None:
            outputs = ops.add(outputs, ops.reshape(self.bias, (math.prod(columns),)))
        return ops.reshape(outputs, (*rows, *columns))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        return self._axes.shapes(self.bias_axes, input_shape, self.partial_output_shape)[2]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "output_shape": self.partial_output_shape,
            "equation": self.equation,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "quantization_config": None,
        }


@dataclasses.dataclass(frozen=True)
class _Axes:
    """The letters of an equation, and where its ellipsis stands: "first", "last" or None."""

    equation: str
    inputs: str
    kernel: str
    outputs: str
    ellipsis: str | None

    @classmethod
    def of(cls, equation: str) -> _Axes:
        """The axes that an equation names.

        Raises:
            ValueError: if it is none.
        """
        if not isinstance(equation, str):
            raise ValueError(f"Argument `equation` must be a string such as 'ab,bc->ac'. Received: equation={equation}")
        operands, arrow, outputs = equation.replace(" ", "").partition("->")
        inputs, comma, kernel = operands.partition(",")
        ellipsis = None
        for place, strip in (("first", str.removeprefix), ("last", str.removesuffix)):
            if strip(inputs, "...") != inputs and strip(outputs, "...") != outputs:
                inputs, outputs, ellipsis = strip(inputs, "..."), strip(outputs, "..."), place
                break
        words = (inputs, kernel, outputs)
        if not (arrow and comma) or not all(word.isascii() and word.isalpha() for word in words):
            raise ValueError(
                f"Invalid einsum equation '{equation}'. Equations must be in the form [X],[Y]->[Z], "
                "...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...."
            )
        for letter in outputs:
            if letter not in inputs and letter not in kernel:
                raise ValueError(
                    f"Dimension '{letter}' was specified in the output '{outputs}' but has no corresponding dim in "
                    f"the input spec '{inputs}' or weight spec '{kernel}'"
                )
        for letter in kernel:
            if letter not in inputs and letter not in outputs:
                raise ValueError(
                    f"Weight dimension '{letter}' did not have a match in either the input spec '{inputs}' or the "
                    f"output spec '{outputs}'. For this layer, the weight must be fully specified."
                )
        return cls(equation, *words, ellipsis)

    def summed(self) -> str:
        """The letters of the sum if they end the inputs and begin the kernel, all others following in order."""
        shared = "".join(letter for letter in self.kernel if letter in self.inputs)
        kept, new = self.inputs.removesuffix(shared), self.kernel.removeprefix(shared)
        fits = kept + shared == self.inputs and shared + new == self.kernel and kept + new == self.outputs
        return shared if fits and self.ellipsis != "last" else ""

    def shapes(
        self, bias_axes: str | None, input_shape: Sequence[Any], partial_output_shape: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...] | None, tuple[Any, ...]]:
        """The shapes of kernel, bias and outputs.

        Raises:
            ValueError: if the equation does not fit the shapes.
        """
        input_shape = tuple(input_shape)
        hidden = len(input_shape) - len(self.inputs)
        if hidden < 0 or (hidden and self.ellipsis is None):
            raise ValueError(
                f"The equation '{self.equation}' names {len(self.inputs)} axes of the inputs. "
                f"Received: input_shape={input_shape}"
            )
        first = hidden if self.ellipsis == "first" else 0
        last = hidden - first
        output_shape = (
            input_shape[0],
            *input_shape[1:first],
            *partial_output_shape,
            *input_shape[len(input_shape) - last :],
        )
        if len(output_shape) != len(self.outputs) + hidden:
            raise ValueError(
                f"The equation '{self.equation}' names {len(self.outputs)} axes of the outputs, of which "
                f"`output_shape` must give all that the inputs do not begin or end with. Received: "
                f"output_shape={tuple(partial_output_shape)}"
            )
        sizes = dict(zip(self.outputs, output_shape[first:], strict=False))
        given = dict(zip(self.inputs, input_shape[first:], strict=False))
        for letter, size in given.items():
            if sizes.get(letter) not in (None, size):
                raise ValueError(
                    f"Input shape and output shape do not match at shared dimension '{letter}'. Input shape is {size}, "
                    f"and output shape is {sizes[letter]}."
                )
        kernel = tuple(sizes[letter] if letter in sizes else given[letter] for letter in self.kernel)
        return kernel, self._bias_shape(bias_axes, sizes, last), output_shape

    def _bias_shape(self, bias_axes: str | None, sizes: dict[str, Any], last: int) -> tuple[Any, ...] | None:
        if bias_axes is None:
            return None
        for letter in bias_axes:
            if letter not in self.outputs:
                raise ValueError(
                    f"Bias dimension '{letter}' was requested, but is not part of the output spec '{self.outputs}'"
                )
        begin = min(self.outputs.index(letter) for letter in bias_axes)
        named = tuple(sizes[letter] if letter in bias_axes else 1 for letter in self.outputs[begin:])
        return (*named, *[1] * last)
