"""Boxes that follow what is done to their image: cuts, borders, rotations."""

from __future__ import annotations

import math
from typing import Any

from keraburn import ops


def clip_to_image_size(
    bounding_boxes: dict[str, Any], height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> dict[str, Any]:
    """Boxes cut at the border of the image; the labels of those of which nothing is left become -1.

    Args:
        bounding_boxes: a dict of `"boxes"`, shape `(boxes, 4)` or `(batch, boxes, 4)`, and perhaps `"labels"`.
        height: of the image, needed for `"xyxy"`.
        width: of the image, likewise.
        bounding_box_format: `"xyxy"` or `"rel_xyxy"`.

    Raises:
        NotImplementedError: for another format.
        ValueError: where the size is needed and not given.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> boxes = {"boxes": np.array([[-5.0, 10.0, 50.0, 60.0]]), "labels": np.array([3])}
    >>> keras.utils.bounding_boxes.clip_to_image_size(boxes, height=40, width=40)["boxes"].numpy()
    array([[ 0., 10., 40., 40.]], dtype=float32)
    """
    _check_format(bounding_box_format, ("xyxy", "rel_xyxy"))
    if bounding_box_format == "rel_xyxy":
        height = width = 1
    elif height is None or width is None:
        raise ValueError(
            f"`height` and `width` must be set if `format='xyxy'`. Received: height={height}, width={width}"
        )
    boxes = ops.convert_to_tensor(bounding_boxes["boxes"])
    x1, y1, x2, y2 = _clipped(boxes, ops.cast(height, boxes.dtype), ops.cast(width, boxes.dtype))
    result = {**bounding_boxes, "boxes": ops.concatenate([x1, y1, x2, y2], axis=-1)}
    if bounding_boxes.get("labels") is not None:
        areas = ops.squeeze((x2 - x1) * (y2 - y1), axis=-1)
        result["labels"] = ops.where(areas > 0, bounding_boxes["labels"], -1)
    return result


def crop(boxes: Any, top: Any, left: Any, height: Any, width: Any, bounding_box_format: str = "xyxy") -> Any:
    """Boxes as they stand in a piece cut out of their image.

    Args:
        boxes: of shape `(boxes, 4)` or `(batch, boxes, 4)`.
        top: row of the image where the piece begins.
        left: column of the image where the piece begins.
        height: of the piece.
        width: of the piece.
        bounding_box_format: must be `"xyxy"`.

    Raises:
        NotImplementedError: for another format.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> boxes = np.array([[10.0, 20.0, 50.0, 60.0]])
    >>> keras.utils.bounding_boxes.crop(boxes, top=10, left=20, height=40, width=30).numpy()
    array([[ 0., 10., 30., 40.]], dtype=float32)
    """
    _check_format(bounding_box_format, ("xyxy",))
    return ops.concatenate(_clipped(_moved(boxes, -top, -left), height, width), axis=-1)


def pad(
    boxes: Any, top: Any, left: Any, height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> Any:
    """Boxes as they stand in their image after rows and columns were put before it.

    Args:
        boxes: of shape `(boxes, 4)` or `(batch, boxes, 4)`.
        top: how many rows.
        left: how many columns.
        height: not needed.
        width: not needed.
        bounding_box_format: must be `"xyxy"`.

    Raises:
        NotImplementedError: for another format.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.utils.bounding_boxes.pad(np.array([[1.0, 2.0, 3.0, 4.0]]), top=10, left=20).numpy()
    array([[21., 12., 23., 14.]], dtype=float32)
    """
    _check_format(bounding_box_format, ("xyxy",))
    return _moved(boxes, top, left)


def affine_transform(
    boxes: Any,
    angle: Any,
    translate_x: Any,
    translate_y: Any,
    scale: Any,
    shear_x: Any,
    shear_y: Any,
    height: int,
    width: int,
    center_x: Any = None,
    center_y: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """The upright boxes around boxes that were rotated, sheared, scaled and shifted.

    Args:
        boxes: of shape `(batch, boxes, 4)`, or `(boxes, 4)` of one image.
        angle: of the rotation, in degrees, shape `(batch,)`, as are all that follow.
        translate_x: shift to the right as a fraction of the width.
        translate_y: shift downwards as a fraction of the height.
        scale: the factor.
        shear_x: along x, in degrees.
        shear_y: along y, in degrees.
        height: of the image.
        width: of the image.
        center_x: what stays in place, as a fraction of the width; 0.5 if None.
        center_y: what stays in place, as a fraction of the height; 0.5 if None.
        bounding_box_format: must be `"xyxy"`.

    Raises:
        NotImplementedError: for another format.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> boxes = np.array([[[0.0, 0.0, 4.0, 2.0]]])
    >>> turned = keras.utils.bounding_boxes.affine_transform(boxes, np.array([180.0]), 0, 0, 1, 0, 0, 9, 9)
    >>> np.round(turned.numpy()) + 0.0
    array([[[4., 6., 8., 8.]]], dtype=float32)
    """
    _check_format(bounding_box_format, ("xyxy",))
    numbers = (angle, translate_x, translate_y, scale, shear_x, shear_y)
    centers = (0.5 if center_x is None else center_x, 0.5 if center_y is None else center_y)
    x_terms, y_terms = _inverse_terms([_per_image(each) for each in (*numbers, *centers)], height, width)
    boxes = ops.cast(boxes, "float32")
    single = len(boxes.shape) == 2
    x1, y1, x2, y2 = ops.split(ops.expand_dims(boxes, 0) if single else boxes, 4, axis=-1)
    x = ops.concatenate([x1, x2, x2, x1], axis=-1)
    y = ops.concatenate([y1, y1, y2, y2], axis=-1)
    moved = [terms[0] * x + terms[1] * y + terms[2] for terms in (x_terms, y_terms)]
    ends = [ops.min(each, axis=-1) for each in moved] + [ops.max(each, axis=-1) for each in moved]
    result = ops.stack(ends, axis=-1)
    return ops.squeeze(result, 0) if single else result


def _per_image(value: Any) -> Any:
    return ops.reshape(ops.cast(value, "float32"), (-1, 1, 1))


def _inverse_terms(numbers: list[Any], height: Any, width: Any) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
    """Coefficients of x, of y and of one, for the new x and the new y."""
    angle, translate_x, translate_y, scale, shear_x, shear_y, center_x, center_y = numbers
    # Images are sampled where each pixel comes from; boxes go where it goes to.
    radians = -math.pi / 180.0
    rotation, skew_x, skew_y = angle * radians, shear_x * radians, shear_y * radians
    cx, cy = center_x * (width - 1), center_y * (height - 1)
    shifted_x, shifted_y = cx - translate_x * (width - 1), cy - translate_y * (height - 1)
    a = ops.cos(rotation - skew_y) / ops.cos(skew_y)
    b = a * ops.tan(skew_x) + ops.sin(rotation)
    c = -ops.sin(rotation - skew_y) / ops.cos(skew_y)
    d = ops.cos(rotation) - c * ops.tan(skew_x)
    xx, xy, yx, yy = d * scale, -b * scale, -c * scale, a * scale
    return (xx, xy, cx - xx * shifted_x - xy * shifted_y), (yx, yy, cy - yx * shifted_x - yy * shifted_y)


def _moved(boxes: Any, down: Any, right: Any) -> Any:
    x1, y1, x2, y2 = ops.split(boxes, 4, axis=-1)
    return ops.concatenate([x1 + right, y1 + down, x2 + right, y2 + down], axis=-1)


def _clipped(boxes: Any, height: Any, width: Any) -> list[Any]:
    return [
        ops.clip(each, 0, limit)
        for each, limit in zip(ops.split(boxes, 4, axis=-1), (width, height, width, height), strict=True)
    ]


def _check_format(bounding_box_format: str, known: tuple[str, ...]) -> None:
    if bounding_box_format not in known:
        raise NotImplementedError(
            f"Boxes must have one of the formats {known}; `convert_format` brings them there. "
            f"Received: bounding_box_format={bounding_box_format}"
        )
