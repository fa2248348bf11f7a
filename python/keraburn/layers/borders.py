"""Layers that add pixels around images, and take them away."""

from __future__ import annotations

from typing import Any, ClassVar

from keraburn import config, ops
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.ops.spatial import channels_of, image_shape, per_axis, spatial_shape

_ORDINALS = ("1st", "2nd", "3rd")


def _both_ends(value: Any, rank: int, name: str) -> tuple[tuple[int, ...], ...]:
    """Amounts before and after each spatial axis: one number for all, one for each, or a pair for each.

    Raises:
        ValueError: if it is anything else.
    """
    if isinstance(value, int):
        if value < 0:
            raise ValueError(f"`{name}` cannot be negative. Received: {name}={value}.")
        return ((value, value),) * rank
    if not hasattr(value, "__len__"):
        raise ValueError(
            f"`{name}` should be either an int, a tuple of {rank} ints, or a tuple of {rank} tuples of 2 ints (before "
            f"and after each axis). Received: {name}={value}."
        )
    if len(value) != rank:
        count = {2: "two", 3: "3"}[rank]
        raise ValueError(f"`{name}` should have {count} elements. Received: {name}={value}.")
    return tuple(per_axis(each, 2, f"{_ORDINALS[i]} entry of {name}", 0) for i, each in enumerate(value))


class _Padding(Layer):
    rank: ClassVar[int]
    _pairs: tuple[tuple[int, ...], ...]

    def __init__(self, padding: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        if self.rank == 1:
            self.padding: Any = per_axis(padding, 2, "padding", 0)
            self._pairs = (self.padding,)
        else:
            self.padding = self._pairs = _both_ends(padding, self.rank, "padding")
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Any:
        return ops.pad(inputs, image_shape((0, 0), self._pairs, (0, 0), self.data_format))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        sizes = zip(spatial_shape(input_shape, self.data_format), self._pairs, strict=True)
        padded = [None if size is None else size + sum(pair) for size, pair in sizes]
        return image_shape(input_shape[0], padded, channels_of(input_shape, self.data_format), self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "data_format": self.data_format}


class ZeroPadding1D(_Padding):
    """Steps of zeros before and after sequences.

    Args:
        padding: how many on both sides, or a pair: before and after.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, more_steps, channels)`.

    Raises:
        ValueError: if the padding is negative, or no number and no pair.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.ZeroPadding1D((1, 0))(np.array([[[1.0], [2.0]]])).numpy().ravel()
    array([0., 1., 2.], dtype=float32)
    """

    rank = 1

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class ZeroPadding2D(_Padding):
    """Pixels of zeros around images.

    Args:
        padding: how many on all sides; or a pair: above and below, left and right; or a pair of pairs.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, more_height, more_width, channels)`.

    Raises:
        ValueError: if the padding is negative or of another form.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.ZeroPadding2D(((1, 0), (2, 1)))(np.ones((1, 4, 4, 3))).shape
    (1, 5, 7, 3)
    """

    rank = 2

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class ZeroPadding3D(_Padding):
    """Pixels of zeros around volumes.

    Args:
        padding: how many on all sides; or three: for each axis; or three pairs.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, depth, height, width, channels)`, outputs the same with larger sizes.

    Raises:
        ValueError: if the padding is negative or of another form.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.ZeroPadding3D(2)(np.ones((1, 2, 3, 4, 1))).shape
    (1, 6, 7, 8, 1)
    """

    rank = 3

    def __init__(self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class _Cropping(Layer):
    rank: ClassVar[int]
    _pairs: tuple[tuple[int, ...], ...]
    data_format = "channels_last"

    def __init__(self, cropping: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.rank == 1:
            self.cropping: Any = per_axis(cropping, 2, "cropping", 0)
            self._pairs = (self.cropping,)
        else:
            self.cropping = self._pairs = _both_ends(cropping, self.rank, "cropping")
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _require_rest(self, shape: Any, name: str) -> None:
        """Check that something is left."""
        sizes = zip(spatial_shape(shape, self.data_format), self._pairs, strict=True)
        if any(size is not None and sum(pair) >= size for size, pair in sizes):
            raise ValueError(
                "Values in `cropping` argument should be smaller than the corresponding spatial dimension of the "
                f"input. Received: {name}={tuple(shape)}, cropping={self.cropping}"
            )

    def call(self, inputs: Any) -> Any:
        self._require_rest(inputs.shape, "inputs.shape")
        sizes = zip(spatial_shape(inputs.shape, self.data_format), self._pairs, strict=True)
        kept = [slice(before, size - after) for size, (before, after) in sizes]
        return inputs[image_shape(slice(None), kept, slice(None), self.data_format)]

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        self._require_rest(input_shape, "input_shape")
        sizes = zip(spatial_shape(input_shape, self.data_format), self._pairs, strict=True)
        cropped = [None if size is None else size - sum(pair) for size, pair in sizes]
        return image_shape(input_shape[0], cropped, channels_of(input_shape, self.data_format), self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cropping": self.cropping}


class _FormattedCropping(_Cropping):
    def __init__(self, cropping: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, **kwargs)
        self.data_format = config.standardize_data_format(data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class Cropping1D(_Cropping):
    """Sequences without their first and last steps.

    Args:
        cropping: how many steps on both sides, or a pair: before and after.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, fewer_steps, channels)`.

    Raises:
        ValueError: if the cropping is negative, of another form, or leaves nothing.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Cropping1D((0, 1))(np.array([[[1.0], [2.0], [3.0]]])).numpy().ravel()
    array([1., 2.], dtype=float32)
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(cropping, **kwargs)


class Cropping2D(_FormattedCropping):
    """Images without pixels at their sides.

    Args:
        cropping: how many on all sides; or a pair: above and below, left and right; or a pair of pairs.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, less_height, less_width, channels)`.

    Raises:
        ValueError: if the cropping is negative, of another form, or leaves nothing.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Cropping2D(((1, 0), (2, 1)))(np.ones((1, 4, 4, 3))).shape
    (1, 3, 1, 3)
    """

    rank = 2

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(_FormattedCropping):
    """Volumes without pixels at their sides.

    Args:
        cropping: how many on all sides; or three: for each axis; or three pairs.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, depth, height, width, channels)`, outputs the same with smaller sizes.

    Raises:
        ValueError: if the cropping is negative, of another form, or leaves nothing.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Cropping3D(1)(np.ones((1, 3, 4, 5, 2))).shape
    (1, 1, 2, 3, 2)
    """

    rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)
