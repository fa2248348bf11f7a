"""Images on their way into networks, and the names of classes; values are compared with Keras's in tests/parity."""

from __future__ import annotations

import json

import numpy as np
import pytest

import keraburn as keras
from keraburn.applications import imagenet_utils
from tests.applications.test_files import cache as cache


@pytest.fixture
def index(cache):
    """Names of a thousand classes in the cache."""
    names = {str(number): [f"n{number:08d}", f"class_{number}"] for number in range(1000)}
    (cache / "imagenet_class_index.json").write_text(json.dumps(names), encoding="utf-8")


@pytest.mark.parametrize("convert", [np.asarray, keras.ops.convert_to_tensor])
def test_decode_predictions(index, convert):
    scores = np.random.default_rng(0).random((3, 1000), dtype=np.float32)
    decoded = keras.applications.resnet50.decode_predictions(convert(scores), top=4)
    assert len(decoded) == 3
    for row, found in zip(scores, decoded, strict=True):
        assert len(found) == 4
        best = np.argsort(row)[::-1][:4]
        assert [name for _, name, _ in found] == [f"class_{number}" for number in best]
        assert [identity for identity, _, _ in found] == [f"n{number:08d}" for number in best]
        np.testing.assert_array_equal([score for _, _, score in found], row[best])


def test_five_classes_unless_asked(index):
    assert len(imagenet_utils.decode_predictions(np.zeros((1, 1000)))[0]) == 5


@pytest.mark.parametrize("shape", [(1000,), (2, 999), (1, 2, 1000)])
def test_scores_of_other_classes(index, shape):
    with pytest.raises(ValueError, match=r"2D array of shape \(samples, 1000\)\). Received: array with shape"):
        imagenet_utils.decode_predictions(np.zeros(shape))


@pytest.mark.parametrize("top", [0, -1, 2.5, None])
def test_a_number_of_classes_that_is_none(index, top):
    with pytest.raises(ValueError, match=f"positive integer. Received: top={top}"):
        imagenet_utils.decode_predictions(np.zeros((1, 1000)), top=top)


def test_names_that_cannot_be_fetched(cache):
    with pytest.raises(OSError, match=r"'imagenet_class_index.json' is not in the cache .* there is no network"):
        imagenet_utils.decode_predictions(np.zeros((1, 1000)))


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"0": ["a", "b"]}', '{"0": 1}'])
def test_damaged_names(cache, text):
    (cache / "imagenet_class_index.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"damaged; remove the file, and it is fetched again. Received: .*class_index"):
        imagenet_utils.decode_predictions(np.zeros((1, 1000)))


def test_arrays_that_cannot_be_written_are_copied():
    x = np.full((2, 2, 3), 255, "float32")
    x.flags.writeable = False
    np.testing.assert_array_equal(keras.applications.xception.preprocess_input(x), np.ones((2, 2, 3)))


def test_lists_and_integers():
    pixels = [[[0, 128, 255]]]
    expected = keras.applications.vgg16.preprocess_input(np.array(pixels))
    assert expected.dtype == np.float32
    np.testing.assert_allclose(keras.applications.vgg16.preprocess_input(pixels), expected, rtol=1e-6)


def test_as_a_part_of_a_model():
    image = keras.Input((4, 5, 3), dtype="uint8")
    model = keras.Model(image, keras.applications.densenet.preprocess_input(image))
    x = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3)).astype("uint8")
    expected = keras.applications.densenet.preprocess_input(x)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)


def test_some_networks_take_pixels_as_they_are():
    x = np.full((1, 2, 2, 3), 200, "uint8")
    for module in ("efficientnet", "efficientnet_v2", "mobilenet_v3", "convnext"):
        assert getattr(keras.applications, module).preprocess_input(x) is x


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "keras"}, "one of `caffe`, `tf` or `torch`. Received: mode=keras"),
        ({"data_format": "last"}, "Received: data_format=last"),
        ({"x": np.zeros((4, 4, 1))}, r"expects images of 3 channels, .* Received: x.shape=\(4, 4, 1\)"),
        ({"x": np.zeros((4, 3)), "mode": "tf"}, r"Received: x.shape=\(4, 3\)"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        imagenet_utils.preprocess_input(**{"x": np.zeros((4, 4, 3)), **arguments})
