"""RandomElasticTransform: images pushed about as if they were painted on rubber."""

from __future__ import annotations

from typing import Any

from keraburn import ops, random
from keraburn.layers.images.geometry import INTERPOLATIONS, GeometricLayer, known
from keraburn.layers.images.values import check_range, factor_range
from keraburn.ops.image.elastic import displaced
from keraburn.ops.image.layout import from_batch, to_batch
from keraburn.ops.image.sampling import FILL_MODES

# Curves no wider than this leave all pixels apart.
_NARROW = 1e-2


class RandomElasticTransform(GeometricLayer):
    """In training, distorts images by smooth random fields.

    Simard et al., "Best practices for convolutional neural networks applied to visual document analysis", 2003.

    Args:
        factor: between which numbers the chance of a change is drawn, two in [0, 1]; a single one stands for
            `(0, factor)`.
        scale: between which numbers the strength is drawn, likewise.
        interpolation: "nearest" or "bilinear".
        fill_mode: what is beyond the border: "constant", "nearest", "wrap", "mirror" or "reflect".
        fill_value: with "constant", the value there.
        value_range: the lowest and the highest value that images may have.
        seed: for the same changes every time.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them but boxes; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the factor or the scale is out of range.
        NotImplementedError: for an unknown fill mode or interpolation, or for boxes.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomElasticTransform(seed=1)
    >>> layer(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self._set_factor(factor)
        self.scale = factor_range(scale, self._FACTOR_BOUNDS, "scale")
        self.interpolation = known(interpolation, INTERPOLATIONS, "interpolation")
        self.fill_mode = known(fill_mode, FILL_MODES, "fill_mode")
        self.fill_value = fill_value
        check_range(value_range)
        self.value_range = value_range

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training or self.scale[1] == 0 or self.factor[1] == 0:
            return None
        seed = self._draw_from(seed)
        return {
            "apply_transform": self._drawn_images(data, seed),
            "distortion_factor": random.uniform((), *self.scale, dtype="float32", seed=seed),
            # One draw, so that masks move as their images do.
            "seed": random.draw_seed(seed),
        }

    def get_elastic_transform_params(self, height: int, width: int, factor: Any) -> tuple[Any, Any]:
        """How far pixels are moved, and how smooth the moves are, in pixels.

        Args:
            height: of the images.
            width: of the images.
            factor: the strength, from 0 to 1.
        """
        return max(height, width) * (0.1 * factor), min(height, width) * (0.05 * factor)

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        if transformation is None:
            return images
        images = ops.convert_to_tensor(images)
        batch = to_batch(images, self.data_format)
        height, width = batch.shape[1:3]
        strength = transformation["distortion_factor"]
        alpha, sigma = self.get_elastic_transform_params(height, width, strength)
        sigma = ops.maximum(sigma, _NARROW)
        widest = self.get_elastic_transform_params(height, width, self.scale[1])[1]
        noise = random.normal((2, *batch.shape[:3]), dtype="float32", seed=transformation["seed"])
        moves = noise * sigma * alpha
        moved = displaced(batch, moves, sigma, int(6 * widest) | 1, interpolation, self.fill_mode, self.fill_value)
        chosen = ops.reshape(transformation["apply_transform"], (-1, 1, 1, 1))
        return from_batch(ops.where(chosen, moved, batch), images.ndim, self.data_format)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        images = super().transform_images(images, transformation, training)
        return images if not training or transformation is None else ops.clip(images, *self.value_range)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        raise NotImplementedError(f"Layer {type(self).__name__} cannot transform bounding boxes.")

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "factor": self.factor,
            "scale": self.scale,
            "interpolation": self.interpolation,
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "value_range": self.value_range,
        }
