"""The networks themselves: what their arguments do, and that they train; values are compared in tests/parity."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest

import keraburn as keras
from keraburn import applications

NETWORKS = sorted(name for name in dir(applications) if name[0].isupper())
SHAPE = (32, 32, 3)


def small(**arguments):
    """The network that is made fastest."""
    arguments = {"input_shape": SHAPE, "alpha": 0.25, "weights": None, "classes": 5, **arguments}
    return applications.MobileNet(**arguments)


def images(count=2, size=32):
    return np.random.default_rng(0).random((count, size, size, 3), dtype=np.float32)


def test_networks_are_loaded_when_they_are_used():
    code = (
        "import sys, keraburn\n"
        "assert not [name for name in sys.modules if name.startswith('keraburn.applications.')]\n"
        "from keraburn.keras.applications.resnet50 import ResNet50, preprocess_input\n"
        "import keraburn.keras.applications.resnet50 as module\n"
        "assert module is keraburn.applications.resnet50\n"
        "import keraburn as tf\n"
        "assert tf.keras.applications.ResNet50 is ResNet50 is keraburn.applications.resnet.ResNet50\n"
        "assert module.__spec__.name == 'keraburn.applications.resnet50'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_names_name_the_nearest():
    with pytest.raises(AttributeError, match=r"no attribute 'ResNet51'. Did you mean 'ResNet5"):
        applications.ResNet51  # noqa: B018


@pytest.mark.parametrize("name", NETWORKS)
def test_constructors_are_functions_of_their_modules(name):
    construct = getattr(applications, name)
    assert construct.__name__ == construct.__qualname__ == name
    assert getattr(sys.modules[construct.__module__], name) is construct
    assert pickle.loads(pickle.dumps(construct)) is construct
    assert "arXiv:" in construct.__doc__
    described = construct.__doc__.split("Args:")[1]
    for argument in inspect.signature(construct).parameters:
        assert f"\n        {argument}: " in described, argument


def test_top_and_pooling():
    x = images()
    assert small().predict(x, verbose=0).shape == (2, 5)
    assert np.allclose(small().predict(x, verbose=0).sum(axis=1), 1, atol=1e-5)
    without = small(include_top=False)
    assert without.output_shape == (None, 1, 1, 256)
    features = without.predict(x, verbose=0)
    for pooling in ("avg", "max"):
        pooled = small(include_top=False, pooling=pooling)
        pooled.set_weights(without.get_weights())
        # There is one pixel.
        np.testing.assert_allclose(pooled.predict(x, verbose=0), features[:, 0, 0], rtol=1e-5, atol=1e-5)


def test_logits():
    logits, scores = small(classifier_activation=None), small()
    scores.set_weights(logits.get_weights())
    x = images()
    expected = keras.ops.softmax(logits(x))
    np.testing.assert_allclose(scores(x), expected, rtol=1e-5, atol=1e-6)


def test_names():
    assert small().name == "mobilenet_0.25_32"
    assert small(name="mine").name == "mine"
    assert small(input_shape=(None, None, 3), include_top=False).name == "mobilenet_0.25_None"
    assert applications.MobileNetV2(SHAPE, alpha=0.35, weights=None).name == "mobilenetv2_0.35_32"
    assert applications.MobileNetV2(SHAPE, alpha=0.35, weights=None).layers[0].name.startswith("input_layer")


def test_images_of_any_size():
    model = small(input_shape=None, include_top=False, pooling="avg")
    assert model.input_shape == (None, None, None, 3)
    for size in (33, 50):
        assert model.predict(images(size=size), verbose=0).shape == (2, 256)


def test_input_tensor():
    image = keras.Input((32, 32, 3), name="pixels")
    model = small(input_shape=None, input_tensor=image / 255.0)
    assert model.layers[0].name == "pixels"
    other = small()
    other.set_weights(model.get_weights())
    x = images()
    np.testing.assert_allclose(model.predict(255 * x, verbose=0), other.predict(x, verbose=0), rtol=1e-4, atol=1e-5)


def test_a_network_inside_of_a_model():
    base = small(include_top=False, pooling="avg")
    base.trainable = False
    model = keras.Sequential([keras.Input(SHAPE), base, keras.layers.Dense(3, activation="softmax")])
    before = base.get_weights()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(images(8), np.arange(8) % 3, epochs=2, verbose=0)
    assert len(model.trainable_weights) == 2
    for value, weight in zip(before, base.weights, strict=True):
        np.testing.assert_array_equal(value, weight.numpy())


@pytest.mark.parametrize(
    "make",
    [
        lambda: applications.MobileNetV2(SHAPE, alpha=0.35, weights=None, classes=4),
        lambda: applications.MobileNetV3Small(SHAPE, weights=None, classes=4),
        pytest.param(lambda: applications.ResNet50(weights=None, input_shape=SHAPE, classes=4), marks=pytest.mark.slow),
        pytest.param(
            lambda: applications.EfficientNetB0(weights=None, input_shape=SHAPE, classes=4), marks=pytest.mark.slow
        ),
        pytest.param(
            lambda: applications.ConvNeXtTiny(weights=None, input_shape=SHAPE, classes=4), marks=pytest.mark.slow
        ),
    ],
)
def test_a_training_step_is_finite_and_moves_weights(make):
    model = make()
    before = [weight.numpy() for weight in model.trainable_weights]
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    history = model.fit(images(8), np.arange(8) % 4, batch_size=4, epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    after = [weight.numpy() for weight in model.trainable_weights]
    assert all(np.isfinite(value).all() for value in after)
    moved = [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)]
    assert np.mean(moved) > 0.9


def test_images_of_channels_first():
    last = small(include_top=False)
    keras.config.set_image_data_format("channels_first")
    try:
        first = small(include_top=False, input_shape=(3, 32, 32))
        assert first.output_shape == (None, 256, 1, 1)
        first.set_weights(last.get_weights())
        value = first.predict(images().transpose(0, 3, 1, 2), verbose=0)
    finally:
        keras.config.set_image_data_format("channels_last")
    np.testing.assert_allclose(value.transpose(0, 2, 3, 1), last.predict(images(), verbose=0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": "imagnet"}, r"path to the weights file to be loaded. Received: weights=imagnet"),
        ({"weights": 3}, r"Received: weights=3"),
        ({"weights": "imagenet", "classes": 5}, r"`classes` should be 1000. Received: classes=5"),
        ({"pooling": "mean"}, r"None, 'avg' or 'max'. Received: pooling=mean"),
        ({"input_shape": (32, 32)}, r"tuple of three integers. Received: input_shape=\(32, 32\)"),
        ({"input_shape": 32}, r"tuple of three integers. Received: input_shape=32"),
        ({"input_shape": (32, "32", 3)}, r"tuple of three integers"),
        ({"input_shape": (31, 32, 3)}, r"at least 32x32. Received: input_shape=\(31, 32, 3\)"),
        ({"input_shape": (None, None, 3)}, r"static `input_shape`. Received: input_shape=\(None, None, 3\)"),
        ({"weights": "imagenet", "include_top": False, "alpha": 0.3}, r"Received: alpha=0.3"),
        ({"weights": "imagenet", "include_top": False, "depth_multiplier": 2}, r"Received: depth_multiplier=2"),
        (
            {"weights": "imagenet", "classes": 1000, "input_shape": (40, 40, 3)},
            r"should be \(224, 224, 3\). Received: input_shape=\(40, 40, 3\)",
        ),
        (
            {"weights": "imagenet", "include_top": False, "input_shape": (32, 32, 1)},
            r"must have 3 channels. Received: input_shape=\(32, 32, 1\)",
        ),
        (
            {"weights": "imagenet", "classes": 1000, "classifier_activation": "relu", "input_shape": None},
            r"`None` and `softmax` activations are allowed .* Received: classifier_activation=relu",
        ),
        ({"alpha": 0}, r"`alpha` must be a positive number. Received: alpha=0"),
        ({"alpha": "wide"}, r"Received: alpha=wide"),
        ({"depth_multiplier": 0}, r"Received depth_multiplier=0"),
        ({"classes": 0}, r"Received filters=0"),
        ({"input_tensor": np.zeros((1, 32, 32, 3))}, r"KerasTensor"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        small(**arguments)


@pytest.mark.parametrize("name", ["MobileNetV2", "MobileNetV3Large"])
def test_errors_of_newer_mobile_networks(name):
    construct = getattr(applications, name)
    with pytest.raises(ValueError, match=r"Received: alpha=-1"):
        construct(alpha=-1, weights=None)
    with pytest.raises(ValueError, match=r"`input_tensor` must be a KerasTensor"):
        construct(input_tensor="pixels", weights=None)


def test_a_shape_that_is_not_that_of_the_tensor():
    with pytest.raises(ValueError, match=r"Received: input_tensor=.*, input_shape=\(64, 64, 3\)"):
        applications.MobileNetV2((64, 64, 3), input_tensor=keras.Input(SHAPE), weights=None)


def test_unusual_channels_are_warned_of():
    with pytest.warns(UserWarning, match="expects 1 or 3 input channels. However, it was passed an input_shape with 4"):
        small(input_shape=(32, 32, 4))
