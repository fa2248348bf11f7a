"""Layers that change the colours of images: what is drawn, where they act, how they are called."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import keraburn as keras
from keraburn.layers.images.base import BaseImagePreprocessingLayer

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 6, 5, 3)).astype("float32")

LAYERS = [
    ("AutoContrast", {}),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (2, 2)}),
    ("Equalization", {}),
    ("Solarization", {"addition_factor": 0.3, "threshold_factor": 0.5}),
    ("RandomBrightness", {"factor": 0.3}),
    ("RandomContrast", {"factor": 0.3}),
    ("RandomColorDegeneration", {"factor": 0.3}),
    (
        "RandomColorJitter",
        {"brightness_factor": 0.1, "contrast_factor": 0.2, "saturation_factor": 0.3, "hue_factor": 1},
    ),
    ("RandomGrayscale", {"factor": 0.5}),
    ("RandomHue", {"factor": 0.3}),
    ("RandomInvert", {"factor": 1.0}),
    ("RandomPosterization", {"factor": 4}),
    ("RandomSaturation", {"factor": 0.3}),
    ("RandomSharpness", {"factor": 0.9}),
    ("MixUp", {}),
    ("CutMix", {}),
]
# They act outside of training too, and draw nothing.
FIXED = {"AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization"}
UNSEEDED = FIXED | {"Equalization"}
DRAWN = [(name, arguments) for name, arguments in LAYERS if name not in UNSEEDED]


def made(name, arguments, /, **more):
    return getattr(keras.layers, name)(**arguments, **more)


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_calls(name, arguments):
    layer = made(name, arguments)
    for data in (IMAGES, IMAGES[0], IMAGES.astype("uint8"), keras.ops.array(IMAGES)):
        assert layer(data, training=True).shape == data.shape
        still = layer(data, training=False)
        if name not in FIXED:
            np.testing.assert_array_equal(still.numpy(), np.asarray(data))
    assert not layer.trainable_weights
    assert layer.compute_output_shape((None, None, None, 3)) == (None, None, None, 3)


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_in_a_model_as_on_its_own(name, arguments):
    """A compiled graph draws what the layer draws alone, from the same seed."""
    seed = {} if name in UNSEEDED else {"seed": 3}
    alone = made(name, arguments, **seed)(IMAGES, training=True).numpy()
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, made(name, arguments, **seed)(inputs))
    assert model.output.shape == (None, None, None, 3)
    for call in (model, keras.tf.function(model)):
        generators = [layer.generator for layer in model.layers if hasattr(layer, "generator")]
        for generator in generators:
            generator.reseed(3)
        np.testing.assert_allclose(call(IMAGES, training=True).numpy(), alone, rtol=1e-4, atol=1e-3)
    if name not in FIXED:
        np.testing.assert_allclose(model.predict(IMAGES, verbose=0), IMAGES)


@pytest.mark.parametrize(("name", "arguments"), DRAWN)
def test_seeds(name, arguments):
    first, second, other = (made(name, arguments, seed=seed) for seed in (5, 5, 6))
    draws = [first(IMAGES, training=True).numpy() for _ in range(4)]
    again = [second(IMAGES, training=True).numpy() for _ in range(4)]
    np.testing.assert_array_equal(draws, again)
    assert any((draw != draws[0]).any() for draw in draws[1:])
    assert any((other(IMAGES, training=True).numpy() != draw).any() for draw in draws)


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_planned_calls(name, arguments):
    """From the second call of a shape on a plan runs, which draws and gives what single operations do."""
    data = {"images": IMAGES, "labels": np.eye(3, dtype="float32")}
    for given in (IMAGES, IMAGES[0], IMAGES.astype("uint8")[:, ::2], IMAGES.astype("float64"), data):
        planned, plain = (made(name, arguments, **({} if name in UNSEEDED else {"seed": 5})) for _ in range(2))
        plain._may_be_planned = False
        for _ in range(3):
            found, expected = planned(given, training=True), plain(given, training=True)
            for mine, other in zip(keras.tree.flatten(found), keras.tree.flatten(expected), strict=True):
                assert mine.dtype == other.dtype
                np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=1e-4, atol=1e-3)
        assert [plan is not None for plan in planned._plans.values()] == [True]
        assert not plain._plans
    if "factor" in arguments and name != "RandomGrayscale":
        # A change of the layer makes another plan.
        planned.factor = (0, 0)
        found = [planned(data, training=True)["images"].numpy() for _ in range(3)]
        np.testing.assert_allclose(found[2], found[0], rtol=1e-4, atol=1e-3)


def test_plans_are_kept_for_the_last_shapes():
    layer = keras.layers.RandomInvert((1.0, 1.0))
    for size in (*range(1, 13), 12, 12):
        layer(np.zeros((1, size, size, 3)), training=True)
    plans = list(layer._plans.items())
    assert len(plans) == 8
    assert [key[1][0][0][1] for key, _ in plans] == list(range(5, 13))
    assert [plan is not None for _, plan in plans] == [False] * 7 + [True]


def test_threads_share_a_layer():
    layer = keras.layers.RandomBrightness((-0.5, 0.5), seed=1)
    with ThreadPoolExecutor(4) as pool:
        given = [np.full((1, 4, 4, 3), 127, "float32")] * 60
        drawn = list(pool.map(lambda images: layer(images, training=True).numpy()[0, 0, 0, 0], given))
    assert len(set(drawn)) > 50


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_configs(name, arguments):
    layer = made(name, arguments, data_format="channels_first", name="it", dtype="float32")
    config = layer.get_config()
    assert config["data_format"] == "channels_first"
    assert type(layer).from_config(config).get_config() == config
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == config


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_half_precision(name, arguments):
    outputs = made(name, arguments, dtype="mixed_float16")(IMAGES, training=True)
    assert outputs.dtype == "float16"
    full = made(name, arguments)(IMAGES, training=True)
    assert np.isfinite(outputs.numpy()).all()
    assert outputs.shape == full.shape


RANGES = [
    ("RandomBrightness", {"factor": (-0.2, 0.4)}, "rgb_delta", (-51, 102)),
    ("RandomBrightness", {"factor": 0.5, "value_range": (0, 1)}, "rgb_delta", (-0.5, 0.5)),
    ("RandomContrast", {"factor": (0.2, 0.6)}, "contrast_factor", (0.8, 1.6)),
    ("RandomColorDegeneration", {"factor": 0.4}, "factor", (-0.4, 0.4)),
    ("RandomHue", {"factor": 0.6}, "factor", (-0.3, 0.3)),
    ("RandomSaturation", {"factor": (0.0, 0.5)}, "factor", (0, 1)),
    ("RandomSharpness", {"factor": (0.2, 0.9)}, "factor", (0.2, 0.9)),
    ("Solarization", {"addition_factor": 0.4}, "additions", (0, 102)),
    ("Solarization", {"threshold_factor": 0.2}, "thresholds", (0, 51)),
    ("MixUp", {"alpha": 1.0}, "mix_weight", (0, 1)),
]


@pytest.mark.parametrize(("name", "arguments", "key", "ends"), RANGES)
def test_what_is_drawn_fills_its_range(name, arguments, key, ends):
    layer = made(name, arguments, seed=1)
    drawn = layer.get_random_transformation(np.zeros((2000, 2, 2, 3)))[key].numpy().ravel()
    assert drawn.shape == (2000,)
    low, high = ends
    assert low <= drawn.min() < low + 0.02 * (high - low)
    assert high - 0.02 * (high - low) < drawn.max() <= high
    if name != "RandomSaturation":
        assert abs(drawn.mean() - (low + high) / 2) < 0.05 * (high - low)


def test_chances():
    many = np.zeros((2000, 2, 2, 3))
    gray = keras.layers.RandomGrayscale(0.3, seed=1).get_random_transformation(many)
    assert abs(gray.numpy().mean() - 0.3) < 0.05
    inverted = keras.layers.RandomInvert((0.2, 0.4), seed=1).get_random_transformation(many)["apply_inversion"]
    assert abs(inverted.numpy().mean() - 0.3) < 0.05
    shifts = keras.layers.RandomPosterization((2, 5), seed=1).get_random_transformation(many)["shift_factor"]
    values, counts = np.unique(shifts.numpy(), return_counts=True)
    assert values.tolist() == [4, 5, 6]
    assert (abs(counts - 2000 / 3) < 100).all()


def test_cut_boxes():
    """Boxes lie inside of the image, and the weight is what remains of it."""
    drawn = keras.layers.CutMix(seed=1).get_random_transformation(np.zeros((500, 20, 30, 3)))
    masks, weight = drawn["batch_masks"].numpy()[..., 0], drawn["mix_weight"].numpy().ravel()
    areas = masks.mean(axis=(1, 2))
    np.testing.assert_allclose(areas, 1 - weight, atol=0.12)
    assert abs(weight.mean() - 0.5) < 0.1
    assert sorted(drawn["permutation_order"].numpy()) == list(range(500))
    rows, columns = masks.any(axis=2), masks.any(axis=1)
    np.testing.assert_array_equal(masks, rows[:, :, None] & columns[:, None, :])
    for edges in (rows, columns):
        assert (np.abs(np.diff(edges.astype(int), axis=1)).sum(axis=1) <= 2).all()


def test_histograms_of_known_images():
    image = np.array([0, 0, 0, 0, 50, 50, 100, 200], "float32").reshape(1, 2, 4, 1)
    expected = np.round((np.array([4, 4, 4, 4, 6, 6, 7, 8]) - 4) * 255 / 4)
    np.testing.assert_allclose(keras.layers.Equalization()(image).numpy().ravel(), expected)
    stretched = keras.layers.AutoContrast()(image / 2).numpy()
    np.testing.assert_allclose(stretched, image / 200 * 255, rtol=1e-5)
    assert (keras.layers.AutoContrast()(np.full((1, 3, 3, 1), 9.0)).numpy() == 9).all()


def test_gray_and_sharp_by_hand():
    gray = keras.layers.RandomColorDegeneration((1.0, 1.0))(IMAGES, training=True).numpy()
    np.testing.assert_allclose(gray[..., 0], IMAGES @ np.array([0.2989, 0.587, 0.114]), rtol=1e-4)
    same = keras.layers.RandomSharpness((0.5, 0.5))(IMAGES, training=True).numpy()
    np.testing.assert_allclose(same, IMAGES, rtol=1e-5)
    around = np.pad(IMAGES, ((0, 0), (1, 1), (1, 1), (0, 0)))
    blurred = sum(around[:, i : i + 6, j : j + 5] for i in range(3) for j in range(3)) / 13 + IMAGES * 4 / 13
    found = keras.layers.RandomSharpness((0.0, 0.0))(IMAGES, training=True).numpy()
    np.testing.assert_allclose(found, blurred, rtol=1e-4)


def test_mixed_by_hand():
    layer = keras.layers.MixUp(alpha=1.0, seed=2)
    data = {"images": IMAGES, "labels": np.arange(3.0), "segmentation_masks": IMAGES[..., :1]}
    drawn = layer.get_random_transformation(data)
    weight, order = drawn["mix_weight"].numpy(), drawn["permutation_order"].numpy()
    found = layer.transform_images(IMAGES, drawn).numpy()
    w = weight[:, None, None, None]
    np.testing.assert_allclose(found, w * IMAGES + (1 - w) * IMAGES[order], rtol=1e-5)
    masks = layer.transform_segmentation_masks(IMAGES[..., :1], drawn).numpy()
    np.testing.assert_allclose(masks, found[..., :1], rtol=1e-5)
    labels = layer.transform_labels(np.arange(3.0), drawn).numpy()
    np.testing.assert_allclose(labels, weight * np.arange(3) + (1 - weight) * order, rtol=1e-5)


def test_training_through_layers():
    """A step of a model that augments its images, and a data set that is mapped."""
    model = keras.Sequential(
        [
            keras.Input((6, 5, 3)),
            keras.layers.RandomColorJitter(brightness_factor=0.2, contrast_factor=0.2, hue_factor=0.2, seed=1),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    model.compile("sgd", "mse")
    before = model.layers[0].generator.state.numpy()
    history = model.fit(IMAGES, np.eye(3, 2), epochs=3, batch_size=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert (model.layers[0].generator.state.numpy() != before).any()
    layer = keras.layers.RandomInvert((1.0, 1.0))
    mapped = keras.tf.data.Dataset.from_tensor_slices(IMAGES).map(lambda x: layer(x, training=True)).batch(3)
    (batch,) = list(mapped)
    np.testing.assert_allclose(np.asarray(batch), 255 - IMAGES)


def test_boxes_as_lists():
    layer = keras.layers.RandomBrightness(0.1, bounding_box_format="xyxy")
    boxes = {"boxes": [[[0, 1, 2, 3]], [[0, 0, 1, 1], [1, 1, 2, 2]], []], "labels": [[1], [2, 3], []]}
    found = layer({"images": IMAGES, "bounding_boxes": boxes}, training=True)["bounding_boxes"]
    assert found["boxes"].shape == (3, 2, 4)
    assert found["labels"].numpy().tolist() == [[1, -1], [2, 3], [-1, -1]]
    assert found["boxes"].numpy()[0].tolist() == [[0, 1, 2, 3], [0, 0, 0, 0]]


WRONG = [
    (lambda: keras.layers.RandomBrightness(2.0), r"`factor` argument should be a number .* \[-1, 1\]\. Received"),
    (lambda: keras.layers.RandomBrightness([0.1]), "Received: factor="),
    (lambda: keras.layers.RandomBrightness("much"), "Received: factor=much"),
    (lambda: keras.layers.RandomContrast(-0.1), r"in the range \[0, 1\]"),
    (lambda: keras.layers.RandomPosterization(9), r"in the range \[1, 8\]"),
    (lambda: keras.layers.RandomBrightness(0.1, value_range=1), "`value_range` argument should be a list of two"),
    (lambda: keras.layers.AutoContrast(value_range=(0, 1, 2)), "Received: value_range"),
    (lambda: keras.layers.RandomHue(0.1, value_range=(1, 1)), "Received: value_range"),
    (lambda: keras.layers.AutoContrast(factor=0.1), "does not take a `factor` argument"),
    (lambda: keras.layers.Solarization(addition_factor=1.5), "Received: addition_factor=1.5"),
    (lambda: keras.layers.RandomGrayscale(factor=2), "Received: factor=2"),
    (lambda: keras.layers.MixUp(alpha=0), "Received: alpha=0"),
    (lambda: keras.layers.Equalization(bins=0), "Received: bins=0"),
    (
        lambda: keras.layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(0, 3)),
        "Received: tile_grid_size",
    ),
    (lambda: keras.layers.MaxNumBoundingBoxes(-1), "Received: max_number=-1"),
    (lambda: keras.layers.RandomHue(0.1)(np.zeros((2, 3))), "to be rank 3 or 4"),
    (lambda: keras.layers.AutoContrast()(np.zeros((2, 3))), "to have rank 3 .* or 4"),
    (lambda: keras.layers.RandomHue(0.1)(np.zeros((2, 4, 4, 2)), training=True), "must have 3 channels"),
    (lambda: keras.layers.RandomColorDegeneration(0.1)(keras.Input((4, 4, 2))), "must have 3 channels"),
    (lambda: keras.layers.RandomHue(0.1)({"labels": np.zeros(2)}), r"a key 'images'.* Received: keys \['labels'\]"),
    (lambda: keras.layers.RandomHue(0.1)(list(IMAGES)), "can be stacked. Received: list of ndarray"),
    (lambda: keras.layers.RandomHue(0.1)("a.png"), "Received: 'a.png'"),
    (
        lambda: keras.layers.RandomHue(0.1)({"images": IMAGES, "bounding_boxes": {"boxes": np.zeros((3, 1, 4))}}),
        "you didn't specify a bounding box format",
    ),
    (
        lambda: keras.layers.RandomHue(0.1, bounding_box_format="xyxy")(
            {"images": IMAGES, "bounding_boxes": {"boxes": np.zeros((3, 1, 4))}}
        ),
        "dict with keys 'boxes' and 'labels'",
    ),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_wrong_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_layers_of_users():
    class Threshold(BaseImagePreprocessingLayer):
        _FACTOR_BOUNDS = (0, 1)

        def get_random_transformation(self, data, training=True, seed=None):
            return keras.ops.full((self._images_shape(data)[0], 1, 1, 1), self.factor[1])

        def transform_images(self, images, transformation, training=True):
            return keras.ops.cast(images > transformation, self.compute_dtype) if training else images

        def transform_labels(self, labels, transformation, training=True):
            return labels

    layer = Threshold(0.5)
    found = layer({"images": IMAGES / 255, "labels": np.ones(3)})
    np.testing.assert_array_equal(found["images"].numpy(), IMAGES / 255 > 0.5)
    with pytest.raises(NotImplementedError, match="cannot transform bounding boxes"):
        layer.transform_bounding_boxes({}, None)


def test_operations_by_the_name_of_the_backend():
    class Fixed(keras.layers.RandomBrightness):
        def get_random_transformation(self, data, training=True, seed=None):
            batch = self.backend.shape(data)[0]
            drawn = self.backend.random.uniform((batch, 1, 1, 1), seed=self.generator)
            return {"rgb_delta": self.backend.numpy.where(drawn < 2, 10.0, 0.0)}

    found = Fixed(0.1)(IMAGES, training=True)
    np.testing.assert_allclose(found.numpy(), np.minimum(IMAGES + 10, 255))
