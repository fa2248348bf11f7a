"""Layers that mix the images of a batch, and that count boxes, beside Keras's."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity import image_layers
from tests.parity.harness import assert_close, keras, same_config, same_signature
from tests.parity.image_layers import as_arrays, images_of

# Keras asks JAX for 64 bits in MixUp.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64:UserWarning")
FIRST = {"data_format": "channels_first"}
LABELS = np.eye(4, dtype="float32")


@pytest.mark.parametrize(
    ("name", "arguments", "images"),
    [
        ("MixUp", {}, images_of((4, 5, 6, 3))),
        ("MixUp", {"alpha": 1.0}, images_of((4, 5, 6, 3), high=1)),
        ("CutMix", {}, images_of((4, 5, 6, 3))),
        ("CutMix", {"factor": (0.5, 1.0), **FIRST}, images_of((4, 3, 5, 6), dtype="uint8")),
    ],
)
def test_mixed_images(name, arguments, images):
    image_layers.check_image_layer(name, arguments, images)


@pytest.mark.parametrize("name", ["MixUp", "CutMix"])
def test_mixed_labels(name):
    ours, theirs = getattr(keraburn.layers, name)(), getattr(keras.layers, name)()
    images = images_of((4, 5, 6, 3))
    drawn = theirs.get_random_transformation(keras.ops.array(images), training=True)
    expected = theirs.transform_labels(keras.ops.array(LABELS), drawn, training=True)
    given = as_arrays(drawn)
    assert_close(ours.transform_labels(keraburn.ops.array(LABELS), given, training=True), expected, "labels")
    assert_close(ours.transform_labels(LABELS, given, training=False), LABELS, "labels")
    data = {"images": images, "labels": LABELS}
    for training in (True, False):
        found, reference = ours(dict(data), training=training), theirs(dict(data), training=training)
        for key in data:
            assert found[key].shape == tuple(reference[key].shape)
            assert found[key].dtype == str(reference[key].dtype)


def test_mixed_boxes_of_images():
    theirs = keras.layers.MixUp()
    drawn = theirs.get_random_transformation(keras.ops.ones((4, 5, 6, 3)))
    boxes = np.random.default_rng(0).uniform(size=(4, 2, 4)).astype("float32")
    labels = np.arange(8).reshape(4, 2)
    given = {"boxes": keras.ops.array(boxes), "labels": keras.ops.array(labels)}
    expected = theirs.transform_bounding_boxes(given, drawn)
    ours = keraburn.layers.MixUp()
    found = ours.transform_bounding_boxes({"boxes": boxes, "labels": labels}, as_arrays(drawn))
    assert_close(found["boxes"], expected["boxes"], "boxes")
    # Keras puts the labels of the other images behind all others, where no boxes are.
    assert_close(np.concatenate(np.split(found["labels"].numpy(), 2, axis=1)), expected["labels"], "labels")


@pytest.mark.parametrize("number", [1, 2, 5])
def test_max_num_bounding_boxes(number):
    arguments = {"max_number": number, "fill_value": -2, "bounding_box_format": "xyxy"}
    ours, theirs = keraburn.layers.MaxNumBoundingBoxes, keras.layers.MaxNumBoundingBoxes
    same_signature(ours, theirs)
    same_config(ours(**arguments), theirs(**arguments))
    data = {
        "images": images_of((3, 6, 5, 3)),
        "labels": np.eye(3, dtype="float32"),
        "bounding_boxes": {"boxes": np.ones((3, 2, 4), "float32"), "labels": np.arange(6).reshape(3, 2)},
        "segmentation_masks": np.ones((3, 6, 5, 1), "uint8"),
    }
    for each in (data, keras.tree.map_structure(lambda x: x[0], data)):
        found = ours(**arguments)(each)
        expected = as_arrays(theirs(**arguments)(keras.tree.map_structure(np.copy, each)))
        assert found.keys() == expected.keys()
        for key in ("images", "labels", "segmentation_masks"):
            assert_close(found[key], expected[key], key)
        for key in ("boxes", "labels"):
            assert_close(found["bounding_boxes"][key], expected["bounding_boxes"][key], key)
    shapes = keras.tree.map_structure(lambda x: (None, *x.shape[1:]), data)
    found = ours(**arguments).compute_output_shape(shapes)
    assert found["bounding_boxes"] == {"boxes": (None, number, 4), "labels": (None, number)}
    assert found["images"] == shapes["images"]
