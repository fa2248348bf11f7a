"""Boxes as what is to be done to given ones, anchors, as detectors predict them."""

from __future__ import annotations

from typing import Any

from keraburn import config, ops
from keraburn.utils.bounding_boxes.formats import convert_format

_ENCODINGS = ("center_xywh", "center_yxhw")


def encode_box_to_deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """`((center - anchor_center) / anchor_size, log(size / anchor_size)) / variance`, in the order of the encoding.

    Args:
        anchors: of shape `(boxes, 4)`.
        boxes: of shape `(boxes, 4)` or `(batch, boxes, 4)`.
        anchor_format: format of the anchors.
        box_format: format of the boxes.
        encoding_format: `"center_yxhw"` or `"center_xywh"`.
        variance: four numbers by which the results are divided.
        image_shape: `(height, width, channels)`, needed for relative formats.

    Raises:
        ValueError: for another encoding, or other than four variances.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> anchors = np.array([[0.0, 0.0, 10.0, 10.0]])
    >>> boxes = np.array([[5.0, 0.0, 15.0, 10.0]])
    >>> keras.utils.bounding_boxes.encode_box_to_deltas(anchors, boxes, "xyxy", "xyxy").numpy()
    array([[0. , 0.5, 0. , 0. ]], dtype=float32)
    """
    variance = _checked_variance(variance)
    _check_encoding("encoding_format", encoding_format)
    size = _size(image_shape)
    anchors = convert_format(anchors, anchor_format, encoding_format, *size)
    boxes = convert_format(boxes, box_format, encoding_format, *size)
    anchor_extent = ops.maximum(anchors[..., 2:], config.epsilon())
    extent = ops.maximum(boxes[..., 2:], config.epsilon())
    shift = (boxes[..., :2] - anchors[..., :2]) / anchor_extent
    deltas = ops.concatenate([shift, ops.log(extent / anchor_extent)], axis=-1)
    return deltas if variance is None else deltas / variance


def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """The boxes of which `encode_box_to_deltas` made deltas.

    Args:
        anchors: of shape `(boxes, 4)`, or a dict of such for several levels.
        boxes_delta: of shape `(boxes, 4)` or `(batch, boxes, 4)`, or a dict of the same keys.
        anchor_format: format of the anchors.
        box_format: format of the result.
        encoded_format: `"center_yxhw"` or `"center_xywh"`.
        variance: four numbers by which the deltas are multiplied.
        image_shape: `(height, width, channels)`, needed for relative formats.

    Raises:
        ValueError: for another encoding, or other than four variances.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> anchors = np.array([[0.0, 0.0, 10.0, 10.0]])
    >>> deltas = np.array([[0.0, 0.5, 0.0, 0.0]])
    >>> keras.utils.bounding_boxes.decode_deltas_to_boxes(anchors, deltas, "xyxy", "xyxy").numpy()
    array([[ 5.,  0., 15., 10.]], dtype=float32)
    """
    variance = _checked_variance(variance)
    _check_encoding("encoded_format", encoded_format)
    size = _size(image_shape)

    def decoded(anchors: Any, deltas: Any) -> Any:
        anchors = convert_format(anchors, anchor_format, encoded_format, *size)
        deltas = ops.cast(deltas, "float32")
        deltas = deltas if variance is None else deltas * variance
        extent = anchors[..., 2:]
        center = deltas[..., :2] * extent + anchors[..., :2]
        boxes = ops.concatenate([center, ops.exp(deltas[..., 2:]) * extent], axis=-1)
        return convert_format(boxes, encoded_format, box_format, *size)

    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        return {level: decoded(anchors[level], boxes_delta[level]) for level in anchors}
    return decoded(anchors, boxes_delta)


def _checked_variance(variance: Any) -> Any:
    if variance is None:
        return None
    tensor = ops.convert_to_tensor(variance, "float32")
    if not tensor.shape or tensor.shape[-1] != 4:
        raise ValueError(f"`variance` must be of length 4. Received: variance={variance}")
    return tensor


def _check_encoding(name: str, value: str) -> None:
    if value not in _ENCODINGS:
        raise ValueError(f"`{name}` should be one of 'center_xywh' or 'center_yxhw'. Received: {name}={value}")


def _size(image_shape: Any) -> tuple[Any, Any]:
    if image_shape is None:
        return None, None
    height, width, _ = image_shape
    return height, width
