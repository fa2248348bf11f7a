"""AugMix: an image blended with several that were changed in different ways."""

from __future__ import annotations

import random as python_random
from numbers import Real
from typing import Any

import numpy as np

from keraburn import ops, random
from keraburn.layers.images.augmentations import Augmentations
from keraburn.random import make_default_seed

_MOVES_AND_TONES = (
    "random_shear",
    "random_translation",
    "random_rotation",
    "random_posterization",
    "solarization",
    "auto_contrast",
    "equalization",
)
_ALL = (
    *_MOVES_AND_TONES,
    "random_brightness",
    "random_color_degeneration",
    "random_contrast",
    "random_sharpness",
)


class AugMix(Augmentations):
    """In training, `w * x + (1 - w) * (w1 * chain1(x) + w2 * chain2(x) + ...)`, where chains are changes in a row.

    The weights `w1, w2...` come from a Dirichlet distribution, `w` from a beta distribution. Which changes a chain is
    made of is chosen in Python: anew for each call, and once for a compiled step. Boxes stay where they are.

    Args:
        value_range: the lowest and the highest value that images may have.
        num_chains: how many chains there are.
        chain_depth: how many changes a chain has at most.
        factor: between which numbers in [0, 1] the strength is drawn; a single one stands for `(0, factor)`.
        alpha: the parameter of both distributions.
        all_ops: whether brightness, colour degeneration, contrast and sharpness are among the changes.
        interpolation: `"bilinear"` or `"nearest"`, for what moves pixels.
        seed: for the same changes every time.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, 3)` or without the batch.

    Raises:
        ValueError: if an argument is out of its bounds.

    Hendrycks et al., 2019: https://arxiv.org/abs/1912.02781

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AugMix(seed=0)(np.full((2, 8, 8, 3), 100.0), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(value_range, factor, interpolation, seed, data_format=data_format, **kwargs)
        for name, number in (("num_chains", num_chains), ("chain_depth", chain_depth)):
            if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={number}")
        if isinstance(alpha, bool) or not isinstance(alpha, Real) or float(alpha) <= 0:
            raise ValueError(f"`alpha` must be a positive number. Received: alpha={alpha}")
        self.num_chains: int = num_chains
        self.chain_depth: int = chain_depth
        self.alpha: float = alpha
        self.all_ops: bool = all_ops
        self._augment_layers: tuple[str, ...] = _ALL if all_ops else _MOVES_AND_TONES
        self._choices: python_random.Random = python_random.Random(make_default_seed() if seed is None else seed)
        self._make_layers(self._augment_layers)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        seed = self._draw_from(seed)
        weights = random.gamma((self.num_chains,), self.alpha, seed=seed)
        blend = random.beta((), self.alpha, self.alpha, seed=seed)
        chains = []
        for _ in range(self.num_chains):
            names = [self._choices.choice((*self._augment_layers, None)) for _ in range(self.chain_depth)]
            chains.append(
                [
                    {
                        "layer_name": name,
                        "transformation": getattr(self, name).get_random_transformation(data, seed=seed),
                    }
                    for name in names
                    if name is not None
                ]
            )
        return {
            "chain_mixing_weights": weights / ops.sum(weights),
            "weight_sample": blend,
            "chain_transforms": chains,
        }

    def _mixed(self, method: str, item: Any, transformation: Any) -> Any:
        """`item` blended with what the chains make of it by the method of that name of their layers."""
        weights = ops.cast(transformation["chain_mixing_weights"], self.compute_dtype)
        blend = ops.cast(transformation["weight_sample"], self.compute_dtype)
        total: Any = 0
        for number, chain in enumerate(transformation["chain_transforms"]):
            changed = item
            for link in chain:
                changed = getattr(getattr(self, link["layer_name"]), method)(changed, link["transformation"])
            total = total + changed * weights[number]
        return blend * item + (1 - blend) * total

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        images = ops.cast(images, self.compute_dtype)
        if not training:
            return images
        return ops.clip(self._mixed("transform_images", images, transformation), *self.value_range)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        return bounding_boxes

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return segmentation_masks
        return self._mixed("transform_segmentation_masks", segmentation_masks, transformation)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_chains": self.num_chains,
            "chain_depth": self.chain_depth,
            "alpha": self.alpha,
            "all_ops": self.all_ops,
        }
