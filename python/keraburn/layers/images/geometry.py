"""What the layers share that move the pixels of images, and boxes and masks with them."""

from __future__ import annotations

from typing import Any, ClassVar

from keraburn import ops
from keraburn.layers.images.base import BaseImagePreprocessingLayer
from keraburn.ops.image.geometry import pixel_grid
from keraburn.ops.image.layout import from_batch, to_batch
from keraburn.ops.image.sampling import sample
from keraburn.random import SeedGenerator
from keraburn.utils.bounding_boxes.formats import convert_format
from keraburn.utils.bounding_boxes.moves import clip_to_image_size

INTERPOLATIONS = ("nearest", "bilinear")


def known(value: Any, allowed: tuple[str, ...], name: str) -> str:
    """One of the values that an argument may have.

    Raises:
        NotImplementedError: if it is another, as in Keras.
    """
    if value not in allowed:
        raise NotImplementedError(f"Unknown `{name}` {value}. Expected of one {allowed}. Received: {name}={value}")
    return str(value)


def positive_size(value: Any, name: str) -> int:
    """A number of pixels.

    Raises:
        ValueError: if it is no positive integer.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"Argument `{name}` must be a positive integer. Received: {name}={value}")
    return value


class GeometricLayer(BaseImagePreprocessingLayer):
    """A layer that moves pixels: labels stay, boxes and masks move along.

    Args:
        seed: for the same changes every time.
        **kwargs: arguments of the layers below.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        return labels

    def _size(self, transformation: Any) -> tuple[int, int]:
        """Height and width of the images that a transformation was drawn for."""
        shape = transformation["input_shape"]
        return shape[self.height_axis], shape[self.width_axis]

    def _move_boxes(self, boxes: Any, transformation: Any, height: int, width: int) -> Any:
        """Boxes `(batch, boxes, 4)` of left, top, right and bottom, moved with the pixels."""
        raise NotImplementedError(f"Layer {type(self).__name__} cannot transform bounding boxes.")

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        height, width = self._size(transformation)
        boxes = convert_format(bounding_boxes, self.bounding_box_format or "", "xyxy", height, width)
        given = boxes["boxes"]
        batch = given if given.ndim == 3 else ops.expand_dims(given, 0)
        boxes["boxes"] = ops.reshape(self._move_boxes(batch, transformation, height, width), given.shape)
        boxes = clip_to_image_size(boxes, height, width)
        return convert_format(boxes, "xyxy", self.bounding_box_format or "", height, width)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self._shape_of_images(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


class SampledLayer(GeometricLayer):
    """A layer that says for each pixel of the result what place of the image is seen there.

    Args:
        fill_mode: what is beyond the border: "reflect", "wrap", "constant" or "nearest".
        interpolation: "nearest" or "bilinear".
        fill_value: with "constant", the value there.
        **kwargs: arguments of the layers below.
    """

    _FILL_MODES: ClassVar[tuple[str, ...]] = ("reflect", "wrap", "constant", "nearest")

    def __init__(self, fill_mode: str, interpolation: str, fill_value: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fill_mode = known(fill_mode, self._FILL_MODES, "fill_mode")
        self.interpolation = known(interpolation, INTERPOLATIONS, "interpolation")
        self.fill_value = fill_value

    def _places(self, rows: Any, columns: Any, transformation: Any) -> tuple[Any, Any]:
        """The row and the column that are seen at each pixel.

        Args:
            rows: of the pixels, shape `(1, height, 1)`.
            columns: of the pixels, shape `(1, 1, width)`.
            transformation: from `get_random_transformation`.

        Returns:
            Shapes that make `(batch, height, width)` when broadcast.
        """
        raise NotImplementedError

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        if transformation is None:
            return images
        images = ops.convert_to_tensor(images)
        batch = to_batch(images, self.data_format)
        places = self._places(*pixel_grid(*batch.shape[1:3]), transformation)
        seen = sample(batch, places, interpolation, self.fill_mode, self.fill_value)
        return from_batch(seen, images.ndim, self.data_format)

    def get_config(self) -> dict[str, Any]:
        own = {"fill_mode": self.fill_mode, "interpolation": self.interpolation, "fill_value": self.fill_value}
        return {**super().get_config(), **own}


def for_images(values: Any, images: Any) -> Any:
    """A number for each image, to be met with a batch of images, or with a single one."""
    return ops.reshape(values, (-1, *[1] * (images.ndim - 1)))


def for_pixels(values: Any) -> Any:
    """A number for each image, to be met with its rows and columns."""
    return ops.reshape(ops.cast(values, "float32"), (-1, 1, 1))


def limits(factor: Any, name: str, message: str, low: float, above: float | None = None) -> tuple[float, float]:
    """The two numbers that a factor stands for: `(-factor, factor)` for a single one.

    Args:
        factor: a number or two.
        name: the argument's name.
        message: of the error, which ends with what came.
        low: the lowest number allowed; the highest is 1.
        above: a number that they must be above.

    Raises:
        ValueError: if it is something else, or out of bounds.
    """
    pair = list(factor) if isinstance(factor, (tuple, list)) else [factor]
    numbers = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in pair)
    if not numbers or len(pair) != (2 if isinstance(factor, (tuple, list)) else 1):
        raise ValueError(f"{message}Received: {name}={factor}")
    for each in pair:
        if not low <= each <= 1 or (above is not None and each <= above):
            raise ValueError(f"{message}Received: input_number={each}")
    if isinstance(factor, (tuple, list)):
        lower, upper = sorted(pair)
        return lower, upper
    return -abs(factor), abs(factor)
