"""Images resized and moved: layers as part of compiled graphs, and by themselves on single images."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

import keraburn as keras
from keraburn import trace
from tests.benchmarks.timing import Row, repeat, row

LAYERS = (
    ("Resizing", {"height": 160, "width": 160}),
    ("Resizing", {"height": 160, "width": 160, "interpolation": "bicubic", "antialias": True}),
    ("RandomFlip", {}),
    ("RandomCrop", {"height": 160, "width": 160}),
    ("RandomRotation", {"factor": 0.1}),
    ("RandomZoom", {"height_factor": 0.2}),
    ("RandomPerspective", {}),
    ("RandomElasticTransform", {}),
    ("RandomGaussianBlur", {}),
    ("RandomErasing", {}),
)


def transformations(seconds: float) -> Iterator[Row]:
    """32 images of 224x224 in one step, and one of them at once."""
    images = keras.ops.convert_to_tensor(np.random.default_rng(0).random((32, 224, 224, 3), dtype="float32"))

    def rate(count: int) -> Callable[[float], str]:
        return lambda t: f"{count / t:.0f} images/s"

    for name, arguments in LAYERS:
        layer = getattr(keras.layers, name)(**arguments)
        plan = trace.Compiled(lambda x, layer=layer: layer(x, training=True), [images])
        yield row(f"{name}, 32x224x224x3", repeat(lambda plan=plan: plan(images), seconds), remark=rate(32))
        single = images[0]
        yield row("  one image", repeat(lambda layer=layer, x=single: layer(x, training=True), seconds), remark=rate(1))
