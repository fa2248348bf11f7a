"""Solarization: bright values turned into dark ones."""

from __future__ import annotations

from numbers import Real
from typing import Any

from keraburn import ops, random
from keraburn.layers.images.color import ColorLayer
from keraburn.layers.images.values import sorted_range
from keraburn.random import SeedGenerator


class Solarization(ColorLayer):
    """In training, turns values from a threshold on around: `high - x + low`, after an addition to all.

    Args:
        addition_factor: how much is added, as a fraction of the range: one number, up to which it is drawn, or two,
            between which it is drawn.
        threshold_factor: the threshold, likewise.
        value_range: the lowest and the highest value that images may have.
        seed: for the same changes every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if a factor is outside [0, 1], or the range is not two numbers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> images = np.array([0, 55, 155, 255]).reshape(1, 2, 2, 1)
    >>> keras.layers.Solarization()(images).numpy().ravel()
    array([255., 200., 100.,   0.], dtype=float32)
    """

    _USE_BASE_FACTOR = False

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = SeedGenerator(seed)
        self.addition_factor = _fractions("addition_factor", addition_factor)
        self.threshold_factor = _fractions("threshold_factor", threshold_factor)
        self.value_range = sorted_range(value_range)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        batch = self._images_shape(data)[0]

        def drawn(ends: tuple[float, float]) -> Any:
            return random.uniform(
                (batch, 1, 1, 1), ends[0], ends[1] * 255, dtype=self.compute_dtype, seed=self._draw_from(seed)
            )

        return {"additions": drawn(self.addition_factor), "thresholds": drawn(self.threshold_factor)}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        images = ops.cast(images, self.compute_dtype)
        if not training or transformation is None:
            return images
        values = self._transform_value_range(images, self.value_range, (0, 255), dtype=self.compute_dtype)
        values = ops.clip(values + transformation["additions"], 0, 255)
        values = ops.where(values < transformation["thresholds"], values, 255 - values)
        return self._transform_value_range(values, (0, 255), self.value_range, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "addition_factor": self.addition_factor,
            "threshold_factor": self.threshold_factor,
            "seed": self.seed,
        }


def _fractions(name: str, factor: Any) -> tuple[float, float]:
    numbers = list(factor) if isinstance(factor, (tuple, list)) and len(factor) == 2 else [0, factor]
    if not all(isinstance(number, Real) and 0 <= float(number) <= 1 for number in numbers):
        raise ValueError(
            "The `addition_factor` and `threshold_factor` arguments should be a number (or a list of two numbers) in "
            f"the range [0, 1]. Received: {name}={factor}"
        )
    lower, upper = sorted(numbers)
    return lower, upper
