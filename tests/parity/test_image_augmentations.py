"""RandAugment, AugMix and RandomColorJitter beside Keras's: what one draws goes through both."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity.harness import assert_close, keras, same_config, same_signature
from tests.parity.image_layers import as_arrays, images_of

SHAPE = (2, 8, 8, 3)
BOXES = {
    "boxes": np.random.default_rng(0).uniform(1, 7, (2, 3, 2, 2)).cumsum(axis=2).reshape(2, 3, 4).astype("float32") / 2,
    "labels": np.arange(6).reshape(2, 3),
}
# Rounded values, and places of pixels right between two, may fall on either side.
MOST = 0.98


def assert_mostly_close(found, expected, what):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    close = np.isclose(found, expected, rtol=1e-3, atol=2e-2)
    assert close.mean() > MOST, f"{what}: {close.mean()} of the values are equal"


def pair(name, arguments):
    ours, theirs = getattr(keraburn.layers, name), getattr(keras.layers, name)
    same_signature(ours, theirs)
    same_config(ours(**arguments), theirs(**arguments))
    return ours(**arguments), theirs(**arguments)


@pytest.mark.parametrize(("high", "chosen"), [pytest.param(255, (0, 9), marks=pytest.mark.slow), (1, (3, 2))])
def test_rand_augment(high, chosen):
    arguments = {"value_range": (0, high), "factor": 0.4, "bounding_box_format": "xyxy"}
    ours, theirs = pair("RandAugment", arguments)
    assert tuple(theirs._AUGMENT_LAYERS) == ours._AUGMENT_LAYERS
    x = images_of(SHAPE, high=high)
    drawn = as_arrays(theirs.get_random_transformation(keras.ops.array(x)))
    assert drawn["layer_idxes"].shape == (2,)
    given = {**drawn, "layer_idxes": np.array(chosen, "int32")}
    expected = theirs.transform_images(keras.ops.array(x), given)
    assert_mostly_close(ours.transform_images(x, given), expected, str(chosen))

    def traced(x, chosen):
        return ours.transform_images(x, {**given, "layer_idxes": chosen})

    compiled = keraburn.trace.Compiled(traced, [x, given["layer_idxes"]])(x, given["layer_idxes"])
    assert_mostly_close(compiled, expected, "traced")
    boxes = theirs.transform_bounding_boxes(keras.tree.map_structure(keras.ops.array, BOXES), given)
    found = ours.transform_bounding_boxes(keraburn.tree.map_structure(keraburn.ops.array, BOXES), given)
    for key in found:
        assert_close(found[key], boxes[key], f"{key} for {chosen}", rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {"value_range": (0, 1), "num_chains": 2, "chain_depth": 1, "alpha": 0.5, "all_ops": False, "factor": 0.2},
    ],
)
def test_aug_mix(arguments):
    ours, theirs = pair("AugMix", arguments)
    assert tuple(theirs._augment_layers) == ours._augment_layers
    x = images_of(SHAPE, high=ours.value_range[1])
    given = theirs.get_random_transformation(keras.ops.array(x))
    expected = theirs.transform_images(keras.ops.array(x), given)
    assert_mostly_close(ours.transform_images(x, as_arrays(given)), expected, "AugMix")
    masks = np.random.default_rng(0).integers(0, 2, (*SHAPE[:3], 1)).astype("float32")
    expected = theirs.transform_segmentation_masks(keras.ops.array(masks), given)
    assert_mostly_close(ours.transform_segmentation_masks(masks, as_arrays(given)), expected, "masks")


def test_random_color_jitter():
    """With no choice left, it is the same as Keras's."""
    arguments = {"brightness_factor": (0.1, 0.1), "saturation_factor": (0.3, 0.3), "contrast_factor": (0.0, 0.0)}
    for more in ({}, {"value_range": (0, 1)}):
        ours, theirs = pair("RandomColorJitter", {**arguments, **more})
        x = images_of(SHAPE, high=1 if more else 255)
        expected = theirs(x, training=True)
        assert_close(ours(x, training=True), expected, "jitter", rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", ["RandAugment", "AugMix"])
def test_companions(name):
    data = {
        "images": images_of(SHAPE),
        "labels": np.eye(2, dtype="float32"),
        "bounding_boxes": BOXES,
        "segmentation_masks": np.ones((*SHAPE[:3], 1), "uint8"),
    }
    layers = [getattr(package.layers, name)(bounding_box_format="xyxy", seed=1) for package in (keraburn, keras)]
    for training in (True, False):
        found, expected = (layer(keras.tree.map_structure(np.copy, data), training=training) for layer in layers)
        for mine, other in zip(keraburn.tree.flatten(found), keras.tree.flatten(expected), strict=True):
            assert mine.shape == tuple(other.shape)
        assert_close(found["labels"], data["labels"], "labels")
