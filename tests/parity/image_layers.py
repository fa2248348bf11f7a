"""Layers that change images beside Keras's: the same transformation through both, as random numbers differ."""

from __future__ import annotations

from typing import Any

import numpy as np

import keraburn
from keraburn import tree
from tests.parity.harness import (
    assert_close,
    keras,
    keras_value_and_gradient,
    same_config,
    same_signature,
    value_and_gradient,
)

SHAPE = (3, 6, 5, 3)


def images_of(shape: tuple[int, ...] = SHAPE, dtype: str = "float32", high: float = 255, seed: int = 0) -> np.ndarray:
    """Random images; whole numbers where they reach beyond one, as decoded images have them."""
    values = np.random.default_rng(seed).random(shape) * high
    return (np.round(values) if high > 1 else values).astype(dtype)


def as_arrays(structure: Any) -> Any:
    """Keras's tensors as arrays."""
    return keras.tree.map_structure(lambda x: np.asarray(x) if hasattr(x, "dtype") else x, structure)


def check_image_layer(
    name: str, arguments: dict[str, Any], images: np.ndarray | None = None, tolerance: float = 1e-4
) -> None:
    """Signature, config, values in training and not, of batches and of single images, the latter traced too.

    Args:
        name: the class in `keras.layers`.
        arguments: for the class.
        images: a batch.
        tolerance: largest difference, absolute and relative.
    """
    ours, theirs = getattr(keraburn.layers, name), getattr(keras.layers, name)
    same_signature(ours, theirs)
    mine, original = ours(**arguments), theirs(**arguments)
    same_config(mine, original)
    x = images_of() if images is None else images
    close = {"rtol": tolerance, "atol": tolerance}
    drawn = original.get_random_transformation(keras.ops.convert_to_tensor(x), training=True)
    expected = original.transform_images(keras.ops.convert_to_tensor(x), drawn, training=True)
    given = as_arrays(drawn)
    found = mine.transform_images(keraburn.ops.convert_to_tensor(x), given, training=True)
    assert_close(found, expected, f"{name}({arguments})", **close)
    assert found.dtype == str(expected.dtype)

    def traced(*leaves: Any) -> Any:
        return mine.transform_images(leaves[0], given, training=True)

    spec = keraburn.ops.convert_to_tensor(x)
    assert_close(keraburn.trace.Compiled(traced, [spec])(x), expected, f"{name} in a traced step", **close)
    for data in (x, x[0]):
        idle, reference = mine(data, training=False), original(data, training=False)
        assert_close(idle, reference, f"{name} without training", **close)
        assert idle.dtype == str(reference.dtype)
        changed = mine(data, training=True)
        assert changed.shape == tuple(expected.shape)[-data.ndim :]
    shape = (None, *x.shape[1:])
    assert tuple(mine.compute_output_shape(shape)) == tuple(original.compute_output_shape(shape))


def check_companions(name: str, arguments: dict[str, Any], batched: bool = True) -> None:
    """What comes along in a dict has Keras's keys, shapes and dtypes, and what stays in Keras stays here.

    Args:
        name: the class in `keras.layers`.
        arguments: for the class.
        batched: whether a batch is given or one image.
    """
    rng = np.random.default_rng(1)
    data = {
        "images": images_of(),
        "labels": np.eye(3, dtype="float32"),
        "segmentation_masks": rng.integers(0, 3, (3, 6, 5, 1)).astype("uint8"),
        "bounding_boxes": {
            "boxes": rng.uniform(0, 5, (3, 2, 4)).astype("float32"),
            "labels": np.arange(6).reshape(3, 2),
        },
    }
    if not batched:
        data = keras.tree.map_structure(lambda x: x[0], data)
    layers = [getattr(package.layers, name)(bounding_box_format="xyxy", **arguments) for package in (keraburn, keras)]
    for training in (True, False):
        mine, original = (layer(keras.tree.map_structure(np.copy, data), training=training) for layer in layers)
        original = as_arrays(original)
        assert dict.fromkeys(mine) == dict.fromkeys(original)
        for path, found, expected in zip(
            tree.flatten_with_path(mine), tree.flatten(mine), keras.tree.flatten(original), strict=True
        ):
            assert found.shape == expected.shape, path[0]
            assert found.dtype == str(expected.dtype), path[0]
        for key in ("labels", "segmentation_masks", "bounding_boxes"):
            for found, expected in zip(tree.flatten(mine[key]), keras.tree.flatten(original[key]), strict=True):
                assert_close(found, expected, f"{key} of {name}")


def check_image_gradients(name: str, arguments: dict[str, Any], images: np.ndarray, tolerance: float = 1e-4) -> None:
    """The gradient of a weighted sum of what becomes of images.

    Args:
        name: the class in `keras.layers`.
        arguments: for the class.
        images: a batch of floats of which none lies where a function has an edge.
        tolerance: largest difference, absolute and relative.
    """
    mine, original = (getattr(package.layers, name)(**arguments) for package in (keraburn, keras))
    given = as_arrays(original.get_random_transformation(keras.ops.convert_to_tensor(images), training=True))
    weights = np.random.default_rng(3).normal(size=images.shape).astype("float32")
    _, found = value_and_gradient(
        lambda x: keraburn.ops.sum(mine.transform_images(x, given, training=True) * weights), images
    )
    _, expected = keras_value_and_gradient(
        lambda x: original.transform_images(x, given, training=True) * weights, images
    )
    assert_close(found, expected, f"gradient of {name}", rtol=tolerance, atol=tolerance)
