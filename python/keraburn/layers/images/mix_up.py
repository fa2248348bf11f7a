"""MixUp: each image blended with another one of the batch."""

from __future__ import annotations

from numbers import Real
from typing import Any

from keraburn import ops, random
from keraburn.layers.images.base import BaseImagePreprocessingLayer
from keraburn.random import SeedGenerator


class MixUp(BaseImagePreprocessingLayer):
    """In training, `w * x + (1 - w) * other`, of images and labels, with an image of the batch drawn at random.

    The weight is drawn for each image from the beta distribution of `alpha`. Boxes of both images are kept.

    Args:
        alpha: small for weights near 0 and 1, larger for more blending.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        seed: for the same blends every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)`; labels `(batch, classes)`.

    Raises:
        ValueError: if alpha is not positive.

    Zhang et al., 2017: https://arxiv.org/abs/1710.09412

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> data = {"images": np.ones((2, 4, 4, 3)), "labels": np.eye(2)}
    >>> mixed = keras.layers.MixUp(alpha=1.0, seed=0)(data, training=True)
    >>> bool(np.allclose(mixed["labels"].numpy().sum(axis=1), 1))
    True
    """

    def __init__(
        self, alpha: float = 0.2, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        if isinstance(alpha, bool) or not isinstance(alpha, Real) or float(alpha) <= 0:
            raise ValueError(f"`alpha` must be a positive number. Received: alpha={alpha}")
        self.alpha: float = alpha
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        batch = self._images_shape(data)[0]
        return {
            "mix_weight": random.beta((batch,), self.alpha, self.alpha, seed=self._draw_from(seed)),
            "permutation_order": random.shuffle(ops.arange(batch, dtype="int32"), seed=self._draw_from(seed)),
        }

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        return mixed(ops.cast(images, self.compute_dtype), transformation, 4) if training else images

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        return mixed(labels, transformation) if training else labels

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return bounding_boxes
        order = transformation["permutation_order"]

        def joined(items: Any) -> Any:
            # Those of the other image after its own; labels may be one for each image.
            others = ops.take(items, order, axis=0)
            return ops.concatenate([items, others], axis=min(1, len(items.shape) - 1))

        return {key: joined(bounding_boxes[key]) for key in ("boxes", "labels")}

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return mixed(segmentation_masks, transformation, 4) if training else segmentation_masks

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha, "seed": self.seed}


def mixed(items: Any, transformation: Any, rank: int | None = None) -> Any:
    """The items of a batch blended with each other.

    Args:
        items: one for each image.
        transformation: with `"mix_weight"` and `"permutation_order"`.
        rank: of the items, with the batch; as they are if None.
    """
    weight = ops.convert_to_tensor(transformation["mix_weight"])
    if "float" in str(items.dtype):
        weight = ops.cast(weight, items.dtype)
    weight = ops.reshape(weight, (-1, *[1] * ((rank or len(items.shape)) - 1)))
    return weight * items + (1.0 - weight) * ops.take(items, transformation["permutation_order"], axis=0)
