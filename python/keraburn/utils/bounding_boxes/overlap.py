"""How far boxes overlap: intersection over union, and that with a penalty for distance and form."""

from __future__ import annotations

import math
from typing import Any

from keraburn import config, ops
from keraburn.utils.bounding_boxes.formats import convert_format


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Any = None,
) -> Any:
    """The area that two boxes share divided by the area that they cover together, for all pairs.

    Args:
        boxes1: of shape `(n, 4)` or `(batch, n, 4)`.
        boxes2: of shape `(m, 4)` or `(batch, m, 4)`.
        bounding_box_format: of both.
        use_masking: whether pairs of which one box has only negative numbers are set to `mask_val`.
        mask_val: what these become.
        image_shape: `(height, width, channels)`, needed for relative formats.

    Returns:
        Shape `(n, m)` or `(batch, n, m)`.

    Raises:
        ValueError: for other ranks, or where the image's shape is needed.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> boxes = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0]])
    >>> keras.utils.bounding_boxes.compute_iou(boxes[:1], boxes, "xyxy").numpy().round(3)
    array([[1.   , 0.333]], dtype=float32)
    """
    for name, boxes in (("boxes1", boxes1), ("boxes2", boxes2)):
        if len(ops.shape(boxes)) not in (2, 3):
            raise ValueError(
                f"compute_iou() expects {name} to be batched, or to be unbatched: of rank 3 or 2. "
                f"Received: len({name}.shape)={len(ops.shape(boxes))}"
            )
    if "rel" in bounding_box_format and image_shape is None:
        raise ValueError(
            "When using relative bounding box formats (e.g. `rel_yxyx`) the `image_shape` argument must be provided. "
            f"Received: image_shape={image_shape}"
        )
    height, width = (None, None) if image_shape is None else image_shape[:2]
    # Those of the first along one axis, those of the second along the next.
    first = ops.expand_dims(convert_format(boxes1, bounding_box_format, "yxyx", height, width), -2)
    second = ops.expand_dims(convert_format(boxes2, bounding_box_format, "yxyx", height, width), -3)
    shared = ops.minimum(first[..., 2:], second[..., 2:]) - ops.maximum(first[..., :2], second[..., :2])
    intersection = ops.prod(ops.maximum(shared, 0), axis=-1)
    areas = [ops.prod(boxes[..., 2:] - boxes[..., :2], axis=-1) for boxes in (first, second)]
    result = intersection / (areas[0] + areas[1] - intersection + config.epsilon())
    if not use_masking:
        return result
    outside = ops.logical_or(ops.max(first, axis=-1) < 0.0, ops.max(second, axis=-1) < 0.0)
    return ops.where(outside, ops.cast(mask_val, result.dtype), result)


def compute_ciou(boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: Any = None) -> Any:
    """Intersection over union of pairs, less the distance of the centers and the difference of the forms.

    `iou - d² / c² - v * alpha`, where d is the distance of the centers, c the diagonal of the box around both,
    `v = 4 / pi² * (atan(w2 / h2) - atan(w1 / h1))²` and `alpha = v / (1 - iou + v)`.

    Args:
        boxes1: of shape `(..., 4)`.
        boxes2: of the same shape.
        bounding_box_format: of both, not a relative one.
        image_shape: not needed.

    Returns:
        Shape `(...)`.

    Raises:
        ValueError: for a relative format.

    Zheng et al., 2019: https://arxiv.org/abs/1911.08287

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> box = np.array([[0.0, 0.0, 2.0, 2.0]])
    >>> keras.utils.bounding_boxes.compute_ciou(box, box, "xyxy").numpy().round(3)
    array([1.], dtype=float32)
    """
    if "rel" in bounding_box_format:
        raise ValueError(
            "compute_ciou() does not take relative bounding box formats (e.g. `rel_yxyx`); `convert_format` makes "
            f"absolute ones of them. Received: bounding_box_format={bounding_box_format}, image_shape={image_shape}"
        )
    tiny = config.epsilon()
    first, second = (convert_format(boxes, bounding_box_format, "xyxy") for boxes in (boxes1, boxes2))
    extents = [boxes[..., 2:] - boxes[..., :2] for boxes in (first, second)]
    sides = [(extent[..., 0], extent[..., 1] + tiny) for extent in extents]
    shared = ops.minimum(first[..., 2:], second[..., 2:]) - ops.maximum(first[..., :2], second[..., :2])
    intersection = ops.prod(ops.maximum(shared, 0), axis=-1)
    union = sides[0][0] * sides[0][1] + sides[1][0] * sides[1][1] - intersection + tiny
    iou = intersection / (union + tiny)
    around = ops.maximum(first[..., 2:], second[..., 2:]) - ops.minimum(first[..., :2], second[..., :2])
    diagonal = ops.sum(ops.square(around), axis=-1) + tiny
    centers = [(boxes[..., :2] + boxes[..., 2:]) / 2 for boxes in (first, second)]
    distance = ops.sum(ops.square(centers[0] - centers[1]), axis=-1)
    angles = [ops.arctan(width / height) for width, height in sides]
    form = 4 / math.pi**2 * ops.square(angles[1] - angles[0])
    return iou - (distance / diagonal + form * (form / (form - iou + (1 + tiny))))
