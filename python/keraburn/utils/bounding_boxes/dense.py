"""Boxes and labels of images as two tensors, whatever they came as."""

from __future__ import annotations

from typing import Any

from keraburn import ops


def check_bounding_boxes(bounding_boxes: Any) -> None:
    """Boxes must be a dict of `"boxes"` and `"labels"` that fit each other.

    Raises:
        ValueError: if they are not.
    """
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= bounding_boxes.keys():
        raise ValueError(
            "Expected `bounding_boxes` argument to be a dict with keys 'boxes' and 'labels'. "
            f"Received: bounding_boxes={bounding_boxes}"
        )
    boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
    if isinstance(boxes, list):
        _check_lists(boxes, labels)
        return
    shape, labels_shape = tuple(ops.shape(boxes)), tuple(ops.shape(labels))
    if len(shape) not in (2, 3):
        raise ValueError(
            "Expected `bounding_boxes['boxes']` to have rank 2 or 3, with shape (num_boxes, 4) or "
            f"(batch_size, num_boxes, 4). Received: bounding_boxes['boxes'].shape={shape}"
        )
    if len(labels_shape) not in (len(shape) - 1, len(shape)):
        raise ValueError(
            f"Found bounding_boxes['boxes'].shape={shape} and expected bounding_boxes['labels'] to have rank "
            f"{len(shape) - 1} or {len(shape)}, but received: bounding_boxes['labels'].shape={labels_shape}"
        )


def _check_lists(boxes: list[Any], labels: Any) -> None:
    if not isinstance(labels, list):
        raise ValueError(
            "If `bounding_boxes['boxes']` is a list, then `bounding_boxes['labels']` must also be a list. "
            f"Received: bounding_boxes['labels']={labels}"
        )
    if len(boxes) != len(labels):
        raise ValueError(
            "If `bounding_boxes['boxes']` and `bounding_boxes['labels']` are both lists, they must have the same "
            f"length. Received: len(bounding_boxes['boxes'])={len(boxes)} and "
            f"len(bounding_boxes['labels'])={len(labels)}"
        )


def _is_ragged(boxes: Any) -> bool:
    """Whether these are lists of lists of boxes: one for each image, of any length."""
    return isinstance(boxes, list) and any(
        isinstance(each, list) and (not each or isinstance(each[0], (list, tuple))) for each in boxes
    )


def densify_bounding_boxes(bounding_boxes: Any, boxes_default: float = 0, labels_default: int = -1) -> dict[str, Any]:
    """Boxes and labels as two tensors; images with fewer boxes than others get empty ones.

    Args:
        bounding_boxes: a dict of `"boxes"` and `"labels"`: tensors, arrays, or lists of one list for each image.
        boxes_default: what the numbers of the boxes that are added are.
        labels_default: what the labels are that are added.

    Raises:
        ValueError: if they do not fit each other.
    """
    check_bounding_boxes(bounding_boxes)
    boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
    if _is_ragged(boxes):
        for each, marks in zip(boxes, labels, strict=True):
            if not isinstance(marks, list) or len(marks) != len(each):
                raise ValueError(
                    "Each image must have as many labels as boxes. "
                    f"Received: {len(each)} boxes with bounding_boxes['labels'] of {marks}"
                )
        most = max(len(each) for each in boxes)
        boxes = [[*each, *[[boxes_default] * 4] * (most - len(each))] for each in boxes]
        labels = [[*each, *[labels_default] * (most - len(each))] for each in labels]
    return {
        **bounding_boxes,
        "boxes": ops.convert_to_tensor(boxes, dtype="float32"),
        "labels": ops.convert_to_tensor(labels),
    }
