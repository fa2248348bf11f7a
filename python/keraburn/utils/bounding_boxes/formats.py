"""The orders and meanings of a box's four numbers, and conversions between them."""

from __future__ import annotations

from typing import Any

from keraburn import ops

# Name to the order of the axes and the meaning of the two pairs.
_LAYOUTS = {
    "xyxy": ("xy", "corners"),
    "yxyx": ("yx", "corners"),
    "xywh": ("xy", "corner and size"),
    "center_xywh": ("xy", "center and size"),
    "center_yxhw": ("yx", "center and size"),
}
SUPPORTED_FORMATS = (*_LAYOUTS, *(f"rel_{name}" for name in _LAYOUTS if name != "center_yxhw"))


def convert_format(
    boxes: Any, source: str, target: str, height: Any = None, width: Any = None, dtype: str = "float32"
) -> Any:
    """Boxes of one format in another.

    The formats: `"xyxy"` (left, top, right, bottom), `"yxyx"`, `"xywh"` (left, top, width, height), `"center_xywh"`,
    `"center_yxhw"`, and `"rel_xyxy"`, `"rel_yxyx"`, `"rel_xywh"`, `"rel_center_xywh"`, in fractions of the image.

    Args:
        boxes: of shape `(..., 4)`, or a dict with such `"boxes"`.
        source: the format that they have; upper and lower case mean the same.
        target: the format wanted.
        height: of the image, needed where one of the formats is relative.
        width: of the image, likewise.
        dtype: of the result.

    Raises:
        ValueError: for an unknown format, boxes of other than four numbers, or where the image's size is needed.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> boxes = np.array([[10, 20, 30, 60]])
    >>> keras.utils.bounding_boxes.convert_format(boxes, "xyxy", "xywh").numpy()
    array([[10., 20., 20., 40.]], dtype=float32)
    """
    if isinstance(boxes, dict):
        return {**boxes, "boxes": convert_format(boxes["boxes"], source, target, height, width, dtype)}
    shape = ops.shape(boxes)
    if not shape or shape[-1] != 4:
        raise ValueError(f"`boxes` must be a tensor with the last dimension of 4. Received: boxes.shape={tuple(shape)}")
    source, target = source.lower(), target.lower()
    if source not in SUPPORTED_FORMATS or target not in SUPPORTED_FORMATS:
        raise ValueError(
            f"Invalid source or target format. Supported formats: {SUPPORTED_FORMATS}. "
            f"Received: source={source}, target={target}"
        )
    relative = source.startswith("rel_"), target.startswith("rel_")
    if any(relative) and (width is None or height is None):
        raise ValueError(
            "convert_format() must receive `height` and `width` transforming between relative and absolute formats. "
            f"Received: source=`{source}`, target=`{target}`, height={height} and width={width}"
        )
    boxes = ops.cast(boxes, dtype)
    if source == target:
        return boxes
    order, meaning = _LAYOUTS[source.removeprefix("rel_")]
    a, b, c, d = ops.split(boxes, 4, axis=-1)
    x, y = ((a, c), (b, d)) if order == "xy" else ((b, d), (a, c))
    x, y = _corners(*x, meaning), _corners(*y, meaning)
    order, meaning = _LAYOUTS[target.removeprefix("rel_")]
    if relative == (True, False):
        x, y = _scaled(x, width, dtype), _scaled(y, height, dtype)
    x, y = _pair(*x, meaning), _pair(*y, meaning)
    if relative == (False, True):
        x, y = _divided(x, width, dtype), _divided(y, height, dtype)
    first, second = (x, y) if order == "xy" else (y, x)
    return ops.concatenate([first[0], second[0], first[1], second[1]], axis=-1)


def _corners(first: Any, second: Any, meaning: str) -> tuple[Any, Any]:
    """The two ends along one axis."""
    if meaning == "corners":
        return first, second
    if meaning == "corner and size":
        return first, first + second
    return first - second / 2.0, first + second / 2.0


def _pair(low: Any, high: Any, meaning: str) -> tuple[Any, Any]:
    """What a format says of the two ends along one axis."""
    if meaning == "corners":
        return low, high
    size = high - low
    return (low, size) if meaning == "corner and size" else (low + size / 2.0, size)


def _scaled(ends: tuple[Any, Any], size: Any, dtype: str) -> tuple[Any, Any]:
    size = ops.cast(size, dtype)
    return ends[0] * size, ends[1] * size


def _divided(ends: tuple[Any, Any], size: Any, dtype: str) -> tuple[Any, Any]:
    size = ops.cast(size, dtype)
    return ends[0] / size, ends[1] / size
