"""Boxes around objects: round trips, what is left at borders, lists of any length, errors."""

import numpy as np
import pytest

import keraburn as keras
from keraburn.utils import bounding_boxes
from keraburn.utils.bounding_boxes.dense import densify_bounding_boxes
from keraburn.utils.bounding_boxes.formats import SUPPORTED_FORMATS

BOXES = np.array([[[2.0, 1.0, 6.0, 4.0], [0.0, 3.0, 9.0, 8.0]]], "float32")


@pytest.mark.parametrize("name", SUPPORTED_FORMATS)
def test_round_trips(name):
    there = bounding_boxes.convert_format(BOXES, "xyxy", name, height=10, width=20)
    back = bounding_boxes.convert_format(there, name, "xyxy", height=10, width=20)
    np.testing.assert_allclose(back.numpy(), BOXES, atol=1e-5)
    # Sizes of images may be tensors, one for each image.
    sizes = {"height": np.full((1, 1, 1), 10), "width": np.full((1, 1, 1), 20)}
    np.testing.assert_allclose(bounding_boxes.convert_format(BOXES, "xyxy", name, **sizes).numpy(), there.numpy())


def test_known_boxes():
    given = {"boxes": BOXES, "labels": np.array([[1, 2]])}
    assert bounding_boxes.convert_format(given, "xyxy", "center_yxhw")["boxes"].numpy()[0, 0].tolist() == [2.5, 4, 3, 4]
    # What was given stays.
    assert given["boxes"] is BOXES
    clipped = bounding_boxes.clip_to_image_size({"boxes": BOXES - 5, "labels": np.array([[1, 2]])}, 10, 10)
    assert clipped["labels"].numpy().tolist() == [[-1, 2]]
    assert clipped["boxes"].numpy()[0].tolist() == [[0, 0, 1, 0], [0, 0, 4, 3]]
    cut = bounding_boxes.crop(BOXES, top=1, left=2, height=4, width=5)
    assert cut.numpy()[0].tolist() == [[0, 0, 4, 3], [0, 2, 5, 4]]
    assert bounding_boxes.pad(BOXES, 1, 2).numpy()[0, 0].tolist() == [4, 2, 8, 5]


def test_deltas_are_undone():
    anchors = BOXES[0] + np.array([1, 0, 2, 1], "float32")
    for variance in (None, [0.1, 0.1, 0.2, 0.2]):
        deltas = bounding_boxes.encode_box_to_deltas(anchors, BOXES, "xyxy", "xyxy", variance=variance)
        back = bounding_boxes.decode_deltas_to_boxes(anchors, deltas, "xyxy", "xyxy", variance=variance)
        np.testing.assert_allclose(back.numpy(), BOXES, atol=1e-5)


def test_overlap_by_hand():
    box = np.array([[0.0, 0.0, 4.0, 2.0]])
    others = np.array([[0.0, 0.0, 4.0, 2.0], [2.0, 0.0, 6.0, 2.0], [5.0, 5.0, 6.0, 6.0], [-3.0, -3.0, -1.0, -1.0]])
    found = bounding_boxes.compute_iou(box, others, "xyxy").numpy()
    np.testing.assert_allclose(found, [[1, 1 / 3, 0, 0]], atol=1e-5)
    masked = bounding_boxes.compute_iou(box, others, "xyxy", use_masking=True).numpy()
    np.testing.assert_allclose(masked, [[1, 1 / 3, 0, -1]], atol=1e-5)
    # Of equal forms the centers' distance, two, over the diagonal of the box around both remains.
    apart = bounding_boxes.compute_ciou(box, others[1:2], "xyxy").numpy()
    np.testing.assert_allclose(apart, [1 / 3 - 2**2 / (6**2 + 2**2)], atol=1e-5)


def test_in_a_traced_step():
    given = keras.ops.convert_to_tensor(BOXES)
    step = keras.trace.Compiled(lambda x: bounding_boxes.convert_format(x, "xyxy", "rel_xywh", 10, 20), [given])
    expected = bounding_boxes.convert_format(BOXES, "xyxy", "rel_xywh", 10, 20)
    np.testing.assert_allclose(step(given).numpy(), expected.numpy(), atol=1e-6)


def test_boxes_of_any_number():
    found = densify_bounding_boxes({"boxes": [[], [[1, 2, 3, 4]]], "labels": [[], [7]]})
    assert found["boxes"].numpy().tolist() == [[[0, 0, 0, 0]], [[1, 2, 3, 4]]]
    assert found["labels"].numpy().tolist() == [[-1], [7]]
    single = densify_bounding_boxes({"boxes": [[1, 2, 3, 4]], "labels": [7]})
    assert single["boxes"].shape == (1, 4)
    assert single["labels"].shape == (1,)


CONVERT = bounding_boxes.convert_format
WRONG = [
    (lambda: CONVERT(BOXES, "xyxy", "xyz"), ValueError, "Supported formats: .* Received: source=xyxy, target=xyz"),
    (lambda: CONVERT(BOXES, "xyxy", "rel_xyxy"), ValueError, "must receive `height` and `width`"),
    (lambda: CONVERT(BOXES[..., :3], "xyxy", "xywh"), ValueError, r"Received: boxes.shape=\(1, 2, 3\)"),
    (lambda: bounding_boxes.clip_to_image_size({"boxes": BOXES}), ValueError, "`height` and `width` must be set"),
    (lambda: bounding_boxes.crop(BOXES, 0, 0, 1, 1, "xywh"), NotImplementedError, "bounding_box_format=xywh"),
    (lambda: bounding_boxes.pad(BOXES, 0, 0, bounding_box_format="xywh"), NotImplementedError, "xywh"),
    (
        lambda: bounding_boxes.encode_box_to_deltas(BOXES, BOXES, "xyxy", "xyxy", variance=[1, 2]),
        ValueError,
        r"length 4. Received: variance=\[1, 2\]",
    ),
    (
        lambda: bounding_boxes.decode_deltas_to_boxes(BOXES, BOXES, "xyxy", "xyxy", encoded_format="xyxy"),
        ValueError,
        "Received: encoded_format=xyxy",
    ),
    (lambda: bounding_boxes.compute_iou(BOXES[0, 0], BOXES, "xyxy"), ValueError, "Received: len"),
    (lambda: bounding_boxes.compute_iou(BOXES, BOXES, "rel_xyxy"), ValueError, "`image_shape` argument must be"),
    (lambda: bounding_boxes.compute_ciou(BOXES, BOXES, "rel_xyxy"), ValueError, "rel_xyxy"),
    (lambda: densify_bounding_boxes({"boxes": BOXES}), ValueError, "keys 'boxes' and 'labels'"),
    (lambda: densify_bounding_boxes({"boxes": [[]], "labels": np.ones(1)}), ValueError, "must also be a list"),
    (lambda: densify_bounding_boxes({"boxes": [[]], "labels": []}), ValueError, "the same length"),
    (lambda: densify_bounding_boxes({"boxes": [[[1, 2, 3, 4]]], "labels": [[]]}), ValueError, "as many labels"),
    (lambda: densify_bounding_boxes({"boxes": np.ones(4), "labels": np.ones(1)}), ValueError, "rank 2 or 3"),
    (lambda: densify_bounding_boxes({"boxes": BOXES, "labels": np.ones(2)}), ValueError, "rank 2 or 3, but received"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_wrong_boxes(call, error, message):
    with pytest.raises(error, match=message):
        call()
