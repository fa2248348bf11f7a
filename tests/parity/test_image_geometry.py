"""Layers that move the pixels of images beside Keras's."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity import harness, image_layers
from tests.parity.harness import assert_close, keras
from tests.parity.image_layers import as_arrays, images_of

FIRST = {"data_format": "channels_first"}
WIDE = (2, 3, 6, 5)
FILLS = ("reflect", "wrap", "constant", "nearest")
CASES = [
    ("Resizing", {"height": 4, "width": 9}, images_of()),
    ("Resizing", {"height": 4, "width": 9, "interpolation": "nearest"}, images_of(dtype="uint8")),
    ("Resizing", {"height": 8, "width": 3, "crop_to_aspect_ratio": True}, images_of()),
    ("Resizing", {"height": 8, "width": 3, "pad_to_aspect_ratio": True, "fill_value": 3.0}, images_of()),
    ("Resizing", {"height": 3, "width": 2, "antialias": True, "interpolation": "bicubic", **FIRST}, images_of(WIDE)),
    ("CenterCrop", {"height": 3, "width": 2}, images_of()),
    ("CenterCrop", {"height": 8, "width": 4}, images_of()),
    ("CenterCrop", {"height": 4, "width": 5, **FIRST}, images_of(WIDE, dtype="uint8")),
    ("RandomCrop", {"height": 3, "width": 2, "seed": 1}, images_of()),
    ("RandomCrop", {"height": 8, "width": 4, "seed": 1}, images_of()),
    ("RandomCrop", {"height": 6, "width": 3, "seed": 1}, images_of(dtype="uint8")),
    ("RandomCrop", {"height": 4, "width": 4, "seed": 1, **FIRST}, images_of(WIDE)),
    *(("RandomFlip", {"mode": mode}, images_of()) for mode in ("horizontal", "vertical", "horizontal_and_vertical")),
    ("RandomFlip", FIRST, images_of(WIDE, dtype="uint8")),
    *(("RandomRotation", {"factor": 0.3, "fill_mode": mode}, images_of()) for mode in FILLS),
    ("RandomRotation", {"factor": (0.1, 0.2), "interpolation": "nearest", **FIRST}, images_of(WIDE)),
    ("RandomRotation", {"factor": 1.0, "fill_mode": "constant", "fill_value": 9.0}, images_of(dtype="uint8")),
    *(("RandomTranslation", {"height_factor": 0.4, "width_factor": 0.6, "fill_mode": m}, images_of()) for m in FILLS),
    (
        "RandomTranslation",
        {"height_factor": (0.1, 0.2), "width_factor": 0, "interpolation": "nearest", **FIRST},
        images_of(WIDE),
    ),
    *(("RandomZoom", {"height_factor": 0.8, "fill_mode": mode}, images_of()) for mode in FILLS),
    ("RandomZoom", {"height_factor": (-0.5, 0.2), "width_factor": (0.3, 0.7), **FIRST}, images_of(WIDE)),
    *(
        ("RandomShear", {"x_factor": (0.3, 0.7), "y_factor": (0.1, 0.5), "fill_mode": mode}, images_of())
        for mode in FILLS
    ),
    ("RandomShear", {"x_factor": (0.2, 0.4), "interpolation": "nearest", **FIRST}, images_of(WIDE)),
    ("RandomPerspective", {"scale": 0.4}, images_of()),
    ("RandomPerspective", {"factor": (0.3, 0.9), "scale": 0.3, "fill_value": 7.0}, images_of((8, 6, 5, 3))),
    ("RandomPerspective", {"scale": 0.4, "interpolation": "nearest", **FIRST}, images_of(WIDE)),
    ("RandomGaussianBlur", {}, images_of()),
    ("RandomGaussianBlur", {"factor": 0.6, "kernel_size": (5, 3), "sigma": (0.4, 0.9)}, images_of((8, 6, 5, 3))),
    ("RandomGaussianBlur", {"value_range": (0, 1), "kernel_size": 5, **FIRST}, images_of(WIDE, high=1)),
    ("RandomErasing", {}, images_of()),
    ("RandomErasing", {"factor": 0.7, "scale": (0.2, 0.6), "fill_value": 300.0}, images_of((8, 6, 5, 3))),
    ("RandomErasing", {"fill_value": 5}, images_of(dtype="uint8")),
    ("RandomErasing", {"value_range": (0, 1), **FIRST}, images_of(WIDE, high=1)),
]
FAST = {case[0]: case for case in reversed(CASES)}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case[0]}-{case[1]}", marks=() if FAST[case[0]] is case else pytest.mark.slow)
        for case in CASES
    ],
)
def test_layer(case):
    image_layers.check_image_layer(*case)


SQUARE = (3, 8, 8, 3)
BOXES = np.random.default_rng(2).uniform(0, 5, (3, 4, 2)).astype("float32")
BOXES = np.concatenate([BOXES, BOXES + np.random.default_rng(3).uniform(0.5, 3, BOXES.shape)], -1).astype("float32")
MOVING = [
    ("Resizing", {"height": 4, "width": 9}, SQUARE),
    ("Resizing", {"height": 4, "width": 9, "crop_to_aspect_ratio": True}, SQUARE),
    ("Resizing", {"height": 9, "width": 4, "pad_to_aspect_ratio": True}, SQUARE),
    ("CenterCrop", {"height": 5, "width": 4}, SQUARE),
    ("CenterCrop", {"height": 9, "width": 4}, SQUARE),
    ("RandomFlip", {"mode": "horizontal"}, SQUARE),
    ("RandomFlip", {"mode": "vertical"}, SQUARE),
    ("RandomFlip", {}, (3, 8, 9, 3)),
    ("RandomRotation", {"factor": 0.3}, (3, 8, 9, 3)),
    ("RandomTranslation", {"height_factor": 0.4, "width_factor": 0.3}, (3, 8, 9, 3)),
    ("RandomZoom", {"height_factor": 0.5, "width_factor": 0.3}, (3, 8, 9, 3)),
    ("RandomShear", {"x_factor": 0.5, "y_factor": 0.3}, SQUARE),
    ("RandomPerspective", {"scale": 0.3}, SQUARE),
    ("RandomGaussianBlur", {}, SQUARE),
    ("RandomErasing", {}, SQUARE),
]


def given_boxes(package):
    boxes = package.ops.convert_to_tensor(np.minimum(BOXES, 8))
    return {"boxes": boxes, "labels": package.ops.convert_to_tensor(np.arange(12).reshape(3, 4))}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "arguments", "shape"), MOVING, ids=str)
def test_boxes_and_masks(name, arguments, shape):
    """In the one format in which Keras moves the boxes of all of these layers."""
    mine, original = (
        getattr(package.layers, name)(bounding_box_format="xyxy", **arguments) for package in (keraburn, keras)
    )
    drawn = original.get_random_transformation(keras.ops.convert_to_tensor(images_of(shape)), training=True)
    given = as_arrays(drawn)
    masks = np.random.default_rng(4).integers(0, 9, (*shape[:3], 1)).astype("float32")
    expected = original.transform_segmentation_masks(keras.ops.convert_to_tensor(masks), drawn, training=True)
    found = mine.transform_segmentation_masks(keraburn.ops.convert_to_tensor(masks), given, training=True)
    assert_close(found, expected, f"masks of {name}")
    theirs = original.transform_bounding_boxes(given_boxes(keras), drawn, training=True)
    ours = mine.transform_bounding_boxes(given_boxes(keraburn), given, training=True)
    assert_close(ours["labels"], theirs["labels"], f"labels of boxes of {name}")
    assert_close(ours["boxes"], theirs["boxes"], f"boxes of {name}", rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["Resizing", "CenterCrop"])
@pytest.mark.parametrize("batched", [True, False])
def test_what_comes_along(name, batched):
    image_layers.check_companions(name, {"height": 4, "width": 3}, batched)


@pytest.mark.parametrize(
    "arguments",
    [
        {"scale": (0.6, 0.6), "interpolation": "nearest"},
        {"scale": (0.8, 0.8), "factor": 0.5, "fill_mode": "constant", "fill_value": 5.0, **FIRST},
    ],
)
def test_elastic_transform(monkeypatch, arguments):
    """`RandomElasticTransform` and `ops.image.elastic_transform` with the same normal numbers."""
    harness.same_signature(keraburn.layers.RandomElasticTransform, keras.layers.RandomElasticTransform)
    mine, original = (package.layers.RandomElasticTransform(seed=1, **arguments) for package in (keraburn, keras))
    harness.same_config(mine, original)
    shape = (3, 3, 21, 25) if "data_format" in arguments else (3, 21, 25, 3)
    images = images_of(shape)
    # Keras draws the moves to the right and those downwards from one seed.
    field = np.random.default_rng(6).normal(size=(3, 21, 25)).astype("float32")
    monkeypatch.setattr("jax.random.normal", lambda *_, **__: field)
    twice = keraburn.ops.convert_to_tensor(np.stack([field, field]))

    def normal(shape, stddev=1.0, **_):
        assert shape == twice.shape
        return twice * stddev

    monkeypatch.setattr("keraburn.random.normal", normal)
    monkeypatch.setattr("keraburn.ops.image.elastic.normal", normal)
    drawn = original.get_random_transformation(keras.ops.convert_to_tensor(images), training=True)
    given = {**as_arrays({**drawn, "seed": 0}), "seed": None}
    expected = original.transform_images(keras.ops.convert_to_tensor(images), drawn)
    assert_close(mine.transform_images(images, given), expected, "RandomElasticTransform", rtol=1e-3, atol=1e-2)
    options = {"alpha": 1.3, "sigma": 1.1, "data_format": mine.data_format}
    found = keraburn.ops.image.elastic_transform(images, **options)
    assert_close(found, keras.ops.image.elastic_transform(images, **options), "elastic_transform", rtol=1e-3, atol=1e-2)
    assert_close(mine(images, training=False), images, "without training")


MISTAKES = [
    ("RandomRotation", {"factor": "a"}),
    ("RandomRotation", {"factor": 2}),
    ("RandomRotation", {"factor": (0.1, 0.2, 0.3)}),
    ("RandomRotation", {"factor": 0.1, "fill_mode": "x"}),
    ("RandomRotation", {"factor": 0.1, "interpolation": "x"}),
    ("RandomTranslation", {"height_factor": 2, "width_factor": 0}),
    ("RandomTranslation", {"height_factor": 0, "width_factor": (1,)}),
    ("RandomTranslation", {"height_factor": 0, "width_factor": 0, "fill_mode": "x"}),
    ("RandomZoom", {"height_factor": -1.0}),
    ("RandomZoom", {"height_factor": 0.1, "width_factor": "a"}),
    ("RandomZoom", {"height_factor": 0.1, "interpolation": "x"}),
    ("RandomShear", {"x_factor": -0.1}),
    ("RandomShear", {"y_factor": "a"}),
    ("RandomShear", {"fill_mode": "x"}),
    ("RandomPerspective", {"factor": 2}),
    ("RandomPerspective", {"scale": 2.0}),
    ("RandomPerspective", {"interpolation": "x"}),
    ("RandomElasticTransform", {"factor": 2}),
    ("RandomElasticTransform", {"interpolation": "x"}),
    ("RandomGaussianBlur", {"factor": 2}),
    ("RandomGaussianBlur", {"kernel_size": 2}),
    ("RandomGaussianBlur", {"kernel_size": (3, 2)}),
    ("RandomErasing", {"factor": (2, 3)}),
]


@pytest.mark.parametrize(("name", "arguments"), MISTAKES, ids=str)
def test_mistakes_read_as_keras_s(name, arguments):
    messages = []
    for package in (keras, keraburn):
        with pytest.raises((ValueError, NotImplementedError)) as raised:
            getattr(package.layers, name)(**arguments)
        messages.append((type(raised.value), str(raised.value)))
    assert messages[0][0] is messages[1][0]
    assert messages[1][1].startswith(messages[0][1].rstrip("."))
