"""CutMix: in each image a piece of another one of the batch."""

from __future__ import annotations

from typing import Any

from keraburn import ops, random
from keraburn.layers.images.base import BaseImagePreprocessingLayer
from keraburn.layers.images.mix_up import mixed
from keraburn.random import SeedGenerator


class CutMix(BaseImagePreprocessingLayer):
    """In training, puts a box of another image of the batch into each, and blends the labels by the box's area.

    The area is drawn from a beta distribution, the place of the box with equal chances.

    Args:
        factor: between which numbers in [0, 1] the distribution's parameter is drawn; a single one stands for
            `(0, factor)`.
        seed: for the same boxes every time.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"`, `"labels"` and `"segmentation_masks"`; `training`. A single
        image stays as it is.

    Shapes: outputs as inputs, `(batch, height, width, channels)`; labels `(batch, classes)`.

    Raises:
        ValueError: if the factor is outside [0, 1].

    Yun et al., 2019: https://arxiv.org/abs/1905.04899

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> data = {"images": np.ones((2, 4, 4, 3)), "labels": np.eye(2)}
    >>> mixed = keras.layers.CutMix(seed=0)(data, training=True)
    >>> bool(np.allclose(mixed["labels"].numpy().sum(axis=1), 1))
    True
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (0, 1)

    def __init__(
        self, factor: Any = 1.0, seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self._set_factor(factor)
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        images = data["images"] if isinstance(data, dict) else data
        if not training or not self._is_batched(images):
            return None
        shape, seed = images.shape, self._draw_from(seed)
        alpha = random.uniform((), self.factor[0], self.factor[1], seed=seed) + 1e-6
        side = ops.sqrt(1.0 - random.beta((shape[0],), alpha, alpha, seed=seed))
        inside_x, width = self._box_along(shape, self.width_axis, side, seed)
        inside_y, height = self._box_along(shape, self.height_axis, side, seed)
        area = width * height / (shape[self.width_axis] * shape[self.height_axis])
        return {
            "permutation_order": random.shuffle(ops.arange(shape[0], dtype="int32"), seed=seed),
            "batch_masks": ops.logical_and(inside_x, inside_y),
            "mix_weight": 1.0 - area,
        }

    def _box_along(self, shape: Any, axis: int, side: Any, seed: Any) -> tuple[Any, Any]:
        """Where along an axis the boxes are, and their length there; of rank 4."""
        size = shape[axis]
        length = ops.reshape(side * size, (-1, 1, 1, 1))
        start = random.uniform((shape[0], 1, 1, 1), seed=seed) * (size - length)
        place = [size if each == axis else 1 for each in range(-4, 0)]
        positions = ops.reshape(ops.arange(size, dtype="float32"), place)
        end = start + length
        return ops.logical_and(positions >= start, positions < end), end - start

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        images = ops.cast(images, self.compute_dtype)
        if not training or transformation is None:
            return images
        others = ops.take(images, transformation["permutation_order"], axis=0)
        return ops.where(transformation["batch_masks"], others, images)

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        if not training or transformation is None:
            return labels
        weight = ops.reshape(transformation["mix_weight"], (-1,))
        return mixed(labels, {**transformation, "mix_weight": weight})

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self.transform_images(segmentation_masks, transformation, training)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "seed": self.seed}
