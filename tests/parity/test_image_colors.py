"""Layers that change the colours of images beside Keras's."""

from __future__ import annotations

import numpy as np
import pytest

from tests.parity import image_layers
from tests.parity.image_layers import images_of

FIRST = {"data_format": "channels_first"}
WIDE = (2, 3, 6, 5)
CASES = [
    ("AutoContrast", {}, images_of(high=100)),
    ("AutoContrast", {"value_range": (0, 1)}, images_of(high=1)),
    ("AutoContrast", {}, np.full((2, 4, 4, 3), 7, "uint8")),
    ("Equalization", {}, images_of(high=255, dtype="uint8")),
    ("Equalization", {"bins": 16, "value_range": (0, 1)}, images_of(high=1)),
    ("Equalization", FIRST, images_of(WIDE, high=100)),
    ("Equalization", {}, np.full((2, 4, 4, 3), 7, "float32")),
    ("Solarization", {}, images_of()),
    ("Solarization", {"addition_factor": 0.4, "threshold_factor": (0.2, 0.8)}, images_of()),
    ("Solarization", {"addition_factor": 0.4, "threshold_factor": 0.5, "value_range": (0, 1)}, images_of(high=1)),
    ("Solarization", {"threshold_factor": 0.5}, images_of(dtype="uint8")),
    ("RandomBrightness", {"factor": 0.3}, images_of()),
    ("RandomBrightness", {"factor": (-0.9, -0.2), "value_range": (0, 1)}, images_of(high=1)),
    ("RandomContrast", {"factor": 0.5}, images_of()),
    ("RandomContrast", {"factor": (0.9, 0.2), "value_range": (0, 1)}, images_of(high=1)),
    ("RandomContrast", {"factor": 0.5, **FIRST}, images_of(WIDE)),
    ("RandomInvert", {}, images_of()),
    ("RandomInvert", {"factor": (0.4, 0.6), "value_range": (0, 1)}, images_of(high=1)),
    ("RandomInvert", {"factor": 0.5, **FIRST}, images_of(WIDE, dtype="uint8")),
    ("RandomPosterization", {"factor": 5}, images_of()),
    ("RandomPosterization", {"factor": (3, 3), "value_range": (0, 1)}, images_of(high=1)),
    ("RandomPosterization", {"factor": (2, 7), **FIRST}, images_of(WIDE, dtype="uint8")),
    ("RandomSharpness", {"factor": 1.0}, images_of()),
    ("RandomSharpness", {"factor": (0.7, 1.0), "value_range": (0, 1)}, images_of(high=1)),
    ("RandomSharpness", {"factor": 0.4, **FIRST}, images_of(WIDE)),
    ("RandomGrayscale", {}, images_of((8, 4, 3, 3))),
    ("RandomGrayscale", {"factor": 1.0}, images_of(dtype="uint8")),
    ("RandomGrayscale", FIRST, images_of((8, 3, 4, 3))),
    ("RandomColorDegeneration", {"factor": 0.7}, images_of()),
    ("RandomColorDegeneration", {"factor": (0.5, 1.0), "value_range": (0, 1), **FIRST}, images_of(WIDE, high=1)),
    ("RandomHue", {"factor": (0.2, 0.4), "value_range": (0, 1), **FIRST}, images_of(WIDE, high=1)),
    ("RandomSaturation", {"factor": (0.1, 0.7), "value_range": (0, 1), **FIRST}, images_of(WIDE, high=1)),
]
# Keras takes seconds for each of these.
SLOW_CASES = [
    ("RandomSaturation", {"factor": 0.4}, images_of()),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (2, 2), **FIRST}, images_of(WIDE)),
    ("ContrastLimitedAdaptiveHistogramEqualization", {}, images_of((2, 16, 24, 3))),
    (
        "ContrastLimitedAdaptiveHistogramEqualization",
        {"tile_grid_size": (3, 2), "clip_limit": 1.5},
        images_of((2, 10, 9, 1)),
    ),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"clip_limit": 0, "value_range": (0, 1)}, images_of(high=1)),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (2, 2)}, images_of(dtype="uint8")),
    ("Equalization", {}, images_of(high=60)),
    ("RandomHue", {"factor": 0.9}, images_of()),
]


@pytest.mark.parametrize(("name", "arguments", "images"), CASES, ids=lambda item: getattr(item, "dtype", str(item)))
def test_transformations(name, arguments, images):
    image_layers.check_image_layer(name, arguments, images)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments", "images"), SLOW_CASES, ids=lambda item: getattr(item, "dtype", str(item))
)
def test_slow_transformations(name, arguments, images):
    image_layers.check_image_layer(name, arguments, images)


@pytest.mark.parametrize(
    ("name", "arguments", "batched"),
    [
        ("AutoContrast", {}, False),
        ("Equalization", {}, True),
        ("Solarization", {}, True),
        ("RandomBrightness", {"factor": 0.3}, False),
        ("RandomContrast", {"factor": 0.3}, True),
        ("RandomInvert", {}, True),
        ("RandomPosterization", {"factor": 3}, False),
        ("RandomSharpness", {"factor": 0.3}, True),
        ("RandomColorDegeneration", {"factor": 0.3}, True),
        ("RandomHue", {"factor": 0.3}, False),
        ("RandomSaturation", {"factor": 0.3}, True),
        ("RandomColorJitter", {"hue_factor": 0.3, "brightness_factor": 0.2}, True),
    ],
)
def test_companions(name, arguments, batched):
    image_layers.check_companions(name, arguments, batched)


BETWEEN = 20 + 0.8 * images_of((2, 4, 5, 3), high=1) * 255
GRADIENTS = [
    ("RandomContrast", {"factor": 0.3}),
    ("RandomSharpness", {"factor": (0.2, 0.4)}),
]
SLOW_GRADIENTS = [
    ("RandomSaturation", {"factor": (0.2, 0.4)}),
    ("CutMix", {}),
    ("AutoContrast", {}),
    ("RandomBrightness", {"factor": 0.05}),
    ("RandomColorDegeneration", {"factor": 0.5}),
    ("RandomGrayscale", {}),
    ("RandomHue", {"factor": 0.3}),
    ("RandomInvert", {}),
    ("Solarization", {"threshold_factor": 0.5}),
]


@pytest.mark.parametrize(("name", "arguments"), GRADIENTS)
def test_gradients(name, arguments):
    image_layers.check_image_gradients(name, arguments, BETWEEN)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "arguments"), SLOW_GRADIENTS)
def test_slow_gradients(name, arguments):
    image_layers.check_image_gradients(name, arguments, BETWEEN)
