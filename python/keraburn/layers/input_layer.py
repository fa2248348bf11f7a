"""Input: where a model begins."""

from __future__ import annotations

from typing import Any

from keraburn import config as settings
from keraburn.dtypes import standardize_dtype
from keraburn.layers.layer import Layer
from keraburn.layers.node import Node
from keraburn.tensor import KerasTensor


def standardize_shape(shape: Any) -> tuple[int | None, ...]:
    """A shape as a tuple of sizes and None.

    Raises:
        ValueError: if it is None or not a sequence of sizes.
    """
    if shape is None:
        raise ValueError("Undefined shapes are not supported.")
    if not hasattr(shape, "__iter__") or isinstance(shape, (str, bytes, dict)):
        raise ValueError(f"Cannot convert '{shape}' to a shape. Expected a tuple such as (28, 28). Received: {shape}")
    sizes: list[int | None] = []
    for size in shape:
        if size is None:
            sizes.append(None)
            continue
        if isinstance(size, bool) or not hasattr(size, "__index__"):
            raise ValueError(
                f"Cannot convert '{tuple(shape)}' to a shape. Found invalid entry '{size}' of type '{type(size)}'. "
                f"Received: {shape}"
            )
        if size < 0:
            raise ValueError(
                f"Cannot convert '{tuple(shape)}' to a shape. Negative dimensions are not allowed. Received: {shape}"
            )
        sizes.append(int(size))
    return tuple(sizes)


class InputLayer(Layer):
    """The layer that an `Input` belongs to.

    Args:
        shape: shape of one row, without the batch size; None where unknown.
        batch_size: number of rows of every batch, if it is fixed.
        dtype: dtype of the data; `config.floatx()` if None.
        sparse: must be false; sparse tensors are not supported.
        ragged: must be false; ragged tensors are not supported.
        batch_shape: shape with the batch size, in place of `shape` and `batch_size`.
        input_tensor: a KerasTensor to use as the input.
        optional: whether None may be given for it.
        name: name of the layer and the input.

    Raises:
        ValueError: if the shape is missing, given twice or not a shape.

    Example:

    >>> import keraburn as keras
    >>> model = keras.Sequential([keras.layers.InputLayer(shape=(4,)), keras.layers.Dense(2)])
    >>> model.output_shape
    (None, 2)
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name)
        shape = kwargs.pop("input_shape", shape)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments passed to InputLayer: {kwargs}")
        for argument, value in (("sparse", sparse), ("ragged", ragged)):
            if value:
                raise ValueError(f"`{argument}=True` is not supported. Received: {argument}={value}")
        if input_tensor is not None:
            _check_input_tensor(input_tensor, shape, batch_size, batch_shape, dtype)
            batch_shape, dtype = input_tensor.shape, input_tensor.dtype
        elif shape is not None and batch_shape is not None:
            raise ValueError("You cannot pass both `shape` and `batch_shape` at the same time.")
        elif batch_size is not None and batch_shape is not None:
            raise ValueError("You cannot pass both `batch_size` and `batch_shape` at the same time.")
        elif shape is None and batch_shape is None:
            raise ValueError("You must pass a `shape` argument. Received: shape=None and batch_shape=None")
        elif shape is not None:
            batch_shape = (batch_size, *standardize_shape(shape))
        self.batch_shape = standardize_shape(batch_shape)
        # No tensors have this dtype: layers for strings come next.
        self._dtype = "string" if dtype in ("string", str) else standardize_dtype(dtype)
        self.sparse = False
        self.ragged = False
        self.optional = optional
        if input_tensor is None:
            input_tensor = KerasTensor(self.batch_shape, self._dtype, name=name or settings.auto_name("keras_tensor"))
        Node(self, (), {}, input_tensor)
        self.built = True

    def call(self) -> None:
        return None

    @property
    def dtype(self) -> str:
        return self._dtype

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }


def _check_input_tensor(tensor: Any, shape: Any, batch_size: Any, batch_shape: Any, dtype: Any) -> None:
    if not isinstance(tensor, KerasTensor):
        raise ValueError(
            "Argument `input_tensor` must be a KerasTensor. "
            f"Received invalid type: input_tensor={tensor} (of type {type(tensor)})"
        )
    expected = {
        "batch_size": (batch_size, tensor.shape[:1] == (batch_size,)),
        "shape": (shape, shape is None or tensor.shape[1:] == tuple(shape)),
        "batch_shape": (batch_shape, batch_shape is None or tensor.shape == tuple(batch_shape)),
        "dtype": (dtype, dtype is None or tensor.dtype == (dtype if dtype == "string" else standardize_dtype(dtype))),
    }
    for name, (value, fits) in expected.items():
        if value is not None and not fits:
            raise ValueError(
                "When providing the `input_tensor` argument, you cannot provide an incompatible "
                f"`{name}` argument. Received: {name}={value} and input_tensor={tensor}"
            )


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> KerasTensor:
    """A symbol for the data that a model will be given.

    Args:
        shape: shape of one row, without the batch size; None where unknown.
        batch_size: number of rows of every batch, if it is fixed.
        dtype: dtype of the data; `config.floatx()` if None.
        sparse: must be false; sparse tensors are not supported.
        ragged: must be false; ragged tensors are not supported.
        batch_shape: shape with the batch size, in place of `shape` and `batch_size`.
        name: name of the input, also in dicts of inputs.
        tensor: a KerasTensor to use as the input.
        optional: whether None may be given for it.

    Returns:
        A KerasTensor, to call layers and `keras.ops` on.

    Example:

    >>> import keraburn as keras
    >>> x = keras.Input(shape=(3,))
    >>> y = keras.layers.Dense(2, activation="softmax")(x)
    >>> keras.Model(x, y).output_shape
    (None, 2)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        name=name,
        input_tensor=tensor,
        optional=optional,
    )
    return layer._inbound_nodes[0].output_tensors[0]
