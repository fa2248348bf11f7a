"""Boxes around objects beside Keras's."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from keraburn.utils.bounding_boxes.formats import SUPPORTED_FORMATS
from tests.parity.harness import assert_close, keras, same_signature, value_and_gradient

OURS, THEIRS = keraburn.utils.bounding_boxes, keras.utils.bounding_boxes
SIZE = {"height": 20, "width": 30}
IMAGE = (20, 30, 3)


def boxes_of(*shape, seed=0):
    """Boxes of corners."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(-2, 12, (*shape, 2))
    return np.concatenate([low, low + rng.uniform(1, 15, (*shape, 2))], axis=-1).astype("float32")


@pytest.mark.parametrize("source", SUPPORTED_FORMATS)
def test_convert_format(source):
    boxes = boxes_of(2, 3) / 30 if source.startswith("rel") else boxes_of(2, 3)
    same_signature(OURS.convert_format, THEIRS.convert_format)
    for target in SUPPORTED_FORMATS:
        expected = THEIRS.convert_format(boxes, source.upper(), target, **SIZE)
        assert_close(OURS.convert_format(boxes, source.upper(), target, **SIZE), expected, f"{source} to {target}")
    labelled = {"boxes": boxes, "labels": np.ones((2, 3))}
    found = OURS.convert_format(dict(labelled), source, "xywh", **SIZE)
    assert_close(found["boxes"], THEIRS.convert_format(dict(labelled), source, "xywh", **SIZE)["boxes"], source)


CASES = [
    ("clip_to_image_size", ({"boxes": boxes_of(2, 3), "labels": np.arange(6).reshape(2, 3)},), SIZE),
    ("clip_to_image_size", ({"boxes": boxes_of(3)},), {"height": 9, "width": 9}),
    (
        "clip_to_image_size",
        ({"boxes": boxes_of(3) / 9, "labels": np.arange(3)},),
        {"bounding_box_format": "rel_xyxy"},
    ),
    ("crop", (boxes_of(2, 3), 3, 4, 8, 9), {}),
    ("pad", (boxes_of(3), 3, 4), {}),
    ("encode_box_to_deltas", (boxes_of(3), boxes_of(2, 3, seed=1), "xyxy", "xyxy"), {}),
    (
        "encode_box_to_deltas",
        (boxes_of(3), boxes_of(3, seed=1), "xywh", "rel_yxyx", "center_xywh", [0.1, 0.1, 0.2, 0.2], IMAGE),
        {},
    ),
    ("decode_deltas_to_boxes", (boxes_of(3), boxes_of(2, 3, seed=1) / 9, "xyxy", "xywh"), {}),
    (
        "decode_deltas_to_boxes",
        (boxes_of(3), boxes_of(3, seed=1) / 9, "xywh", "rel_yxyx", "center_xywh", [0.1, 0.1, 0.2, 0.2], IMAGE),
        {},
    ),
    ("compute_iou", (boxes_of(4), boxes_of(5, seed=1), "xyxy"), {}),
    ("compute_iou", (boxes_of(2, 4), boxes_of(2, 5, seed=1), "yxyx"), {}),
    ("compute_iou", (boxes_of(2, 4), boxes_of(5, seed=1), "xywh"), {}),
    ("compute_iou", (boxes_of(4) / 30, boxes_of(4, seed=1) / 30, "rel_xyxy"), {"image_shape": IMAGE}),
    ("compute_iou", (boxes_of(4), boxes_of(4, seed=1) - 20, "xyxy"), {"use_masking": True, "mask_val": -3}),
    ("compute_ciou", (boxes_of(2, 4), boxes_of(2, 4, seed=1), "xyxy"), {}),
    ("compute_ciou", (boxes_of(4), boxes_of(4, seed=1), "center_xywh"), {}),
]


@pytest.mark.parametrize(("name", "args", "kwargs"), CASES)
def test_values(name, args, kwargs):
    ours, theirs = getattr(OURS, name), getattr(THEIRS, name)
    same_signature(ours, theirs)
    tensors = keras.tree.map_structure(lambda x: keras.ops.array(x) if isinstance(x, np.ndarray) else x, args)
    found, expected = ours(*args, **kwargs), theirs(*tensors, **kwargs)
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            assert_close(found[key], expected[key], f"{key} of {name}", rtol=1e-5, atol=1e-4)
    else:
        assert_close(found, expected, name, rtol=1e-5, atol=1e-4)


def test_affine_transform():
    same_signature(OURS.affine_transform, THEIRS.affine_transform)
    boxes, rng = boxes_of(3, 4), np.random.default_rng(1)
    numbers = [rng.uniform(-1, 1, 3).astype("float32") for _ in range(5)]
    angle, x, y, shear_x, shear_y = numbers
    args = (angle * 90, x * 0.3, y * 0.3, 1 + x * 0.4, shear_x * 20, shear_y * 20, 20, 30)
    for centers in ({}, {"center_x": 0.2, "center_y": 0.7}):
        expected = THEIRS.affine_transform(boxes, *(keras.ops.array(each) for each in args[:6]), *args[6:], **centers)
        assert_close(OURS.affine_transform(boxes, *args, **centers), expected, "boxes", rtol=1e-4, atol=1e-3)
    single = OURS.affine_transform(boxes[0], *(each[:1] for each in args[:6]), *args[6:])
    assert_close(single, OURS.affine_transform(boxes, *args)[0], "boxes of one image")


def test_levels_of_deltas():
    anchors = {"p3": boxes_of(3), "p4": boxes_of(2, seed=2)}
    deltas = {"p3": boxes_of(3, seed=1) / 9, "p4": boxes_of(2, seed=3) / 9}
    found = OURS.decode_deltas_to_boxes(anchors, deltas, "xyxy", "xyxy")
    expected = THEIRS.decode_deltas_to_boxes(anchors, deltas, "xyxy", "xyxy")
    for level in anchors:
        assert_close(found[level], expected[level], level, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["compute_iou", "compute_ciou"])
def test_gradients(name):
    import jax

    other = boxes_of(4, seed=1)
    _, gradient = value_and_gradient(lambda x: keraburn.ops.sum(getattr(OURS, name)(x, other, "xyxy")), boxes_of(4))
    expected = jax.grad(lambda x: getattr(THEIRS, name)(x, other, "xyxy").sum())(boxes_of(4))
    assert_close(gradient, expected, name, rtol=1e-4, atol=1e-5)
