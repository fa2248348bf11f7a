"""Layers that move the pixels of images: what is drawn, where pixels, boxes and masks go, how they are called."""

import numpy as np
import pytest

import keraburn as keras

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 6, 5, 3)).astype("float32")

LAYERS = [
    ("RandomFlip", {}),
    ("RandomRotation", {"factor": 0.3}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.4}),
    ("RandomZoom", {"height_factor": 0.3, "width_factor": 0.4}),
    ("RandomShear", {"x_factor": 0.3, "y_factor": 0.4}),
    ("RandomPerspective", {"scale": 0.4}),
    ("RandomElasticTransform", {}),
    ("RandomGaussianBlur", {}),
    ("RandomErasing", {"scale": (0.3, 0.7)}),
]
SIZED = [
    ("Resizing", {"height": 4, "width": 3}),
    ("CenterCrop", {"height": 4, "width": 3}),
    ("RandomCrop", {"height": 4, "width": 3}),
]


def made(name, arguments, /, **more):
    return getattr(keras.layers, name)(**arguments, **more)


def companions():
    low = RNG.uniform(0, 3, (3, 4, 2))
    boxes = np.concatenate([low, low + RNG.uniform(0.5, 2, low.shape)], -1).astype("float32")
    return {
        "images": IMAGES,
        "labels": np.eye(3, dtype="float32"),
        "segmentation_masks": RNG.integers(0, 3, (3, 6, 5, 1)).astype("float32"),
        "bounding_boxes": {"boxes": boxes, "labels": np.arange(12).reshape(3, 4)},
    }


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_calls(name, arguments):
    layer = made(name, arguments)
    drawn = layer.get_random_transformation(IMAGES[0])
    assert layer.transform_images(keras.ops.array(IMAGES[0]), drawn).shape == IMAGES[0].shape
    for data in (IMAGES, IMAGES[0], IMAGES.astype("uint8"), keras.ops.array(IMAGES)):
        changed = layer(data, training=True)
        assert changed.shape == data.shape
        assert changed.dtype == "float32"
        np.testing.assert_array_equal(layer(data, training=False).numpy(), np.asarray(data))
    assert not layer.trainable_weights
    assert layer.compute_output_shape((None, None, None, 3)) == (None, None, None, 3)


@pytest.mark.parametrize(("name", "arguments"), SIZED)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_sizes(name, arguments, data_format):
    layer = made(name, arguments, data_format=data_format)
    last = data_format == "channels_last"
    images = IMAGES if last else np.moveaxis(IMAGES, -1, 1)
    shape = (3, 4, 3, 3) if last else (3, 3, 4, 3)
    assert layer(images, training=True).shape == shape
    assert layer(images[0], training=True).shape == shape[1:]
    assert layer(images[:, :3, :2] if last else images[..., :3, :2], training=True).shape == shape
    assert layer.compute_output_shape((None, *images.shape[1:])) == (None, *shape[1:])
    assert layer.compute_output_shape((9, 9, 3) if last else (3, 9, 9)) == shape[1:]
    assert layer(keras.Input(images.shape[1:])).shape == (None, *shape[1:])


@pytest.mark.parametrize(("name", "arguments"), LAYERS)
def test_in_a_model_as_on_its_own(name, arguments):
    """A compiled graph draws what the layer draws alone, from the same seed."""
    alone = made(name, arguments, seed=3)(IMAGES, training=True).numpy()
    inputs = keras.Input((6, 5, 3))
    model = keras.Model(inputs, made(name, arguments, seed=3)(inputs))
    assert model.output.shape == (None, 6, 5, 3)
    for call in (model, keras.tf.function(model)):
        model.layers[1].generator.reseed(3)
        np.testing.assert_allclose(call(IMAGES, training=True).numpy(), alone, rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(model.predict(IMAGES, verbose=0), IMAGES)


@pytest.mark.parametrize(("name", "arguments"), [*LAYERS, SIZED[2]])
def test_seeds(name, arguments):
    first, second, other = (made(name, arguments, seed=seed) for seed in (5, 5, 6))
    images = RNG.uniform(0, 255, (3, 12, 12, 3)).astype("float32")
    draws = [first(images, training=True).numpy() for _ in range(4)]
    again = [second(images, training=True).numpy() for _ in range(4)]
    np.testing.assert_allclose(draws, again, rtol=1e-5, atol=1e-3)
    assert any((draw != draws[0]).any() for draw in draws[1:])
    assert any((other(images, training=True).numpy() != draw).any() for draw in draws)


@pytest.mark.parametrize(("name", "arguments"), [*LAYERS, *SIZED])
def test_formats(name, arguments):
    """Channels in front are the same as channels behind, and of one image as of a batch of one."""
    seed = {} if name in ("Resizing", "CenterCrop") else {"seed": 5}
    if name == "RandomErasing":
        arguments = {**arguments, "fill_value": (1, 2, 3)}
    behind = made(name, arguments, **seed)(IMAGES, training=True).numpy()
    front = made(name, arguments, **seed, data_format="channels_first")(np.moveaxis(IMAGES, -1, 1), training=True)
    np.testing.assert_allclose(np.moveaxis(front.numpy(), 1, -1), behind, rtol=1e-4, atol=1e-2)
    single = made(name, arguments, **seed)(IMAGES[0], training=True).numpy()
    batch = made(name, arguments, **seed)(IMAGES[:1], training=True).numpy()
    np.testing.assert_allclose(single, batch[0], rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(("name", "arguments"), [*LAYERS, *SIZED])
def test_configs(name, arguments):
    layer = made(name, arguments, data_format="channels_first", name="it", dtype="float32")
    config = layer.get_config()
    assert config["data_format"] == "channels_first"
    assert type(layer).from_config(config).get_config() == config
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == config


@pytest.mark.parametrize(("name", "arguments"), [*LAYERS, *SIZED])
def test_half_precision(name, arguments):
    outputs = made(name, arguments, dtype="mixed_float16")(IMAGES, training=True)
    assert outputs.dtype == "float16"
    assert np.isfinite(outputs.numpy()).all()


@pytest.mark.parametrize(("name", "arguments"), [*LAYERS, *SIZED])
def test_planned_calls(name, arguments):
    """From the second call of a shape on a plan runs, which draws and gives what single operations do."""
    data = companions()
    if name == "RandomElasticTransform":
        del data["bounding_boxes"]
    seed = {} if name in ("Resizing", "CenterCrop") else {"seed": 5}
    for given in (IMAGES, IMAGES[0], IMAGES.astype("uint8")[:, ::2], data):
        planned, plain = (made(name, arguments, bounding_box_format="xyxy", **seed) for _ in range(2))
        plain._may_be_planned = False
        for _ in range(3):
            found, expected = planned(given, training=True), plain(given, training=True)
            for mine, other in zip(keras.tree.flatten(found), keras.tree.flatten(expected), strict=True):
                assert mine.dtype == other.dtype
                np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(("name", "arguments"), [*LAYERS, *SIZED])
def test_what_comes_along_stays_where_nothing_is_done(name, arguments):
    data = companions()
    if name == "RandomElasticTransform":
        del data["bounding_boxes"]
    found = made(name, arguments, bounding_box_format="xywh")(dict(data), training=False)
    assert list(found) == list(data)
    np.testing.assert_array_equal(found["labels"].numpy(), data["labels"])
    if (name, arguments) in LAYERS:
        for mine, given in zip(keras.tree.flatten(found), keras.tree.flatten(data), strict=True):
            np.testing.assert_array_equal(mine.numpy(), given)


# A rectangle of ones in an image of zeros, and the box around it.
HEIGHT, WIDTH = 48, 56
BOX = np.array([20.0, 12.0, 33.0, 25.0], "float32")
RECTANGLE = np.zeros((8, HEIGHT, WIDTH, 1), "float32")
RECTANGLE[:, 12:25, 20:33] = 1
FORMATS = ["xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh"]


@pytest.mark.parametrize("layout", FORMATS)
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("RandomFlip", {}),
        ("RandomRotation", {"factor": 0.25, "fill_mode": "constant"}),
        ("RandomTranslation", {"height_factor": 0.2, "width_factor": 0.2, "fill_mode": "constant"}),
        ("RandomZoom", {"height_factor": 0.4, "width_factor": 0.3, "fill_mode": "constant"}),
        ("RandomShear", {"x_factor": 0.3, "y_factor": (0.0, 0.02), "fill_mode": "constant"}),
        ("RandomPerspective", {"scale": 0.3}),
        ("RandomCrop", {"height": 36, "width": 50}),
        ("Resizing", {"height": 60, "width": 30}),
        ("Resizing", {"height": 60, "width": 30, "pad_to_aspect_ratio": True}),
        ("Resizing", {"height": 44, "width": 50, "crop_to_aspect_ratio": True}),
        ("CenterCrop", {"height": 30, "width": 40}),
        ("CenterCrop", {"height": 44, "width": 50}),
    ],
    ids=str,
)
def test_boxes_stay_around_what_they_were_around(name, arguments, layout):
    layer = made(
        name, arguments, bounding_box_format=layout, **({} if name in ("Resizing", "CenterCrop") else {"seed": 2})
    )
    convert = keras.utils.bounding_boxes.convert_format
    boxes = convert(np.tile(BOX, (8, 1, 1)), "xyxy", layout, HEIGHT, WIDTH)
    data = {"images": RECTANGLE, "bounding_boxes": {"boxes": boxes, "labels": np.zeros((8, 1), "int32")}}
    found = layer(data, training=True)
    images = found["images"].numpy()[..., 0]
    size = images.shape[1:]
    moved = convert(found["bounding_boxes"]["boxes"], layout, "xyxy", *size).numpy()[:, 0]
    for image, box in zip(images, moved, strict=True):
        rows, columns = np.nonzero(image > 0.5)
        around = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        # The corners of a turned box lie a little outside.
        np.testing.assert_allclose(box, around, atol=2.6)


def test_masks_move_with_their_images():
    for name, arguments in LAYERS[:7]:
        if "fill_mode" not in arguments and name not in ("RandomFlip", "RandomPerspective"):
            arguments = {**arguments, "fill_mode": "nearest"}
        if name != "RandomFlip":
            arguments = {**arguments, "interpolation": "nearest"}
        data = {"images": RECTANGLE * 7, "segmentation_masks": RECTANGLE}
        found = made(name, arguments, seed=4)(data, training=True)
        images, masks = found["images"].numpy(), found["segmentation_masks"].numpy()
        np.testing.assert_allclose(images, masks * 7, err_msg=name)
        assert (images != data["images"]).any(), name


RANGES = [
    ("RandomRotation", {"factor": (-0.2, 0.4)}, "angle", (-72, 144)),
    ("RandomZoom", {"height_factor": 0.5}, "height_zoom", (0.5, 1.5)),
    ("RandomZoom", {"height_factor": 0.5, "width_factor": (0.1, 0.3)}, "width_zoom", (1.1, 1.3)),
    ("RandomPerspective", {"scale": 0.5}, "end_points", (0, 2.5)),
    ("RandomShear", {"x_factor": (0.1, 0.3), "y_factor": (0.2, 0.3)}, "shear_factor", (-0.3, 0.3)),
]


@pytest.mark.parametrize(("name", "arguments", "key", "ends"), RANGES)
def test_what_is_drawn_fills_its_range(name, arguments, key, ends):
    drawn = made(name, arguments, seed=1).get_random_transformation(np.zeros((2000, 3, 3, 3)))[key].numpy().ravel()
    low, high = ends
    assert low <= drawn.min() < low + 0.02 * (high - low)
    assert high - 0.02 * (high - low) < drawn.max() <= high


def test_moves_are_parts_of_the_sides():
    layer = keras.layers.RandomTranslation((0.1, 0.3), (-0.5, -0.4), seed=1)
    right, down = layer.get_random_transformation(np.zeros((1000, 10, 20, 1)))["translations"].numpy().T
    assert 1 <= down.min() < 1.1 < 2.9 < down.max() <= 3
    assert -10 <= right.min() < -9.9 < -8.1 < right.max() <= -8


def test_chances():
    many = np.zeros((2000, 2, 2, 3), "float32")
    for name, key in (
        ("RandomPerspective", "apply_perspective"),
        ("RandomElasticTransform", "apply_transform"),
        ("RandomGaussianBlur", "should_apply_blur"),
        ("RandomErasing", "apply_erasing"),
    ):
        drawn = made(name, {"factor": (0.2, 0.4)}, seed=1).get_random_transformation(many)[key].numpy()
        assert abs(drawn.mean() - 0.3) < 0.05, name
    flips = keras.layers.RandomFlip(seed=1).get_random_transformation(many)["flips"].numpy()
    assert abs(flips.mean() - 0.5) < 0.05
    assert keras.layers.RandomElasticTransform(scale=0).get_random_transformation(many) is None


def test_crops_come_from_everywhere():
    image = np.arange(30.0, dtype="float32").reshape(1, 5, 6, 1)
    layer = keras.layers.RandomCrop(3, 4, seed=1)
    corners = {layer(image, training=True).numpy()[0, 0, 0, 0] for _ in range(200)}
    assert corners == {6.0 * row + column for row in range(3) for column in range(3)}


def test_erased_rectangles():
    layer = keras.layers.RandomErasing((1, 1), scale=(0.2, 0.3), fill_value=7, seed=1)
    erased = layer(np.zeros((200, 30, 40, 2), "float32"), training=True).numpy()
    np.testing.assert_array_equal(erased[..., 0], erased[..., 1])
    masks = erased[..., 0] == 7
    rows, columns = masks.any(axis=2), masks.any(axis=1)
    np.testing.assert_array_equal(masks, rows[:, :, None] & columns[:, None, :])
    assert masks.mean(axis=(1, 2)).min() > 0.18
    assert masks.mean(axis=(1, 2)).max() < 0.32
    noise = keras.layers.RandomErasing((1, 1), scale=(1, 1), value_range=(0, 1), seed=1)(IMAGES, training=True).numpy()
    assert noise.min() >= 0
    assert noise.max() <= 1


def test_known_images():
    row = np.arange(1.0, 6.0, dtype="float32").reshape(1, 1, 5, 1)
    for mode, expected in (
        ("constant", [9, 9, 1, 2, 3]),
        ("nearest", [1, 1, 1, 2, 3]),
        ("reflect", [2, 1, 1, 2, 3]),
        ("wrap", [4, 5, 1, 2, 3]),
    ):
        layer = keras.layers.RandomTranslation(0, (0.4, 0.4), fill_mode=mode, fill_value=9.0)
        np.testing.assert_allclose(layer(row, training=True).numpy().ravel(), expected)
    square = np.arange(9.0, dtype="float32").reshape(1, 3, 3, 1)
    turned = keras.layers.RandomRotation((0.5, 0.5))(square, training=True).numpy()
    np.testing.assert_allclose(turned, square[:, ::-1, ::-1], atol=1e-4)
    flipped = keras.layers.RandomFlip("vertical", seed=1)(np.tile(square, (50, 1, 1, 1)), training=True).numpy()
    assert {bool((each == square[0, ::-1]).all()) for each in flipped} == {True, False}
    assert all((each == square[0]).all() or (each == square[0, ::-1]).all() for each in flipped)
    assert keras.layers.RandomGaussianBlur(sigma=(0, 0))(square, training=True).numpy() == pytest.approx(square)


def test_integers_stay_integers_where_nothing_moves():
    assert keras.layers.Resizing(3, 3)(IMAGES.astype("uint8")).dtype == "uint8"
    assert keras.layers.RandomCrop(3, 3)(IMAGES.astype("uint8"), training=False).dtype == "uint8"


def test_training_through_layers(tmp_path):
    """A step of a model that augments its images, a file of it, and a data set that is mapped."""
    names = [layer for layer in LAYERS if layer[0] != "RandomElasticTransform"]
    model = keras.Sequential(
        [
            keras.Input((6, 5, 3)),
            *(made(name, arguments, seed=1) for name, arguments in names),
            keras.layers.Resizing(4, 4),
            keras.layers.CenterCrop(3, 3),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    model.compile("sgd", "mse")
    before = [layer.generator.state.numpy() for layer in model.layers[: len(names)]]
    history = model.fit(IMAGES / 255, np.eye(3, 2), epochs=3, batch_size=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    for layer, state in zip(model.layers, before, strict=False):
        assert (layer.generator.state.numpy() != state).any(), layer.name
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0), rtol=1e-5)
    layer = keras.layers.RandomTranslation((0.5, 0.5), 0, fill_mode="wrap")
    mapped = keras.tf.data.Dataset.from_tensor_slices(IMAGES).map(lambda x: layer(x, training=True)).batch(3)
    (batch,) = list(mapped)
    np.testing.assert_allclose(np.asarray(batch), np.roll(IMAGES, 3, 1), rtol=1e-5)


def test_images_of_unknown_size():
    inputs = keras.Input((None, None, 3))
    outputs = keras.layers.Resizing(8, 8)(keras.layers.RandomRotation(0.1)(keras.layers.RandomFlip()(inputs)))
    model = keras.Model(inputs, outputs)
    assert model.output.shape == (None, 8, 8, 3)
    assert model.predict(IMAGES, verbose=0).shape == (3, 8, 8, 3)
    assert model(IMAGES[:, :, :2], training=True).shape == (3, 8, 8, 3)


def test_gradients_flow_through():
    layer = keras.layers.RandomRotation((0.5, 0.5))
    x = keras.ops.convert_to_tensor(IMAGES)
    with keras.tf.GradientTape() as tape:
        tape.watch(x)
        y = keras.ops.sum(layer(x, training=True) * IMAGES)
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), IMAGES[:, ::-1, ::-1], rtol=1e-3, atol=1e-1)


WRONG = [
    (lambda: keras.layers.Resizing(0, 3), ValueError, "`height` must be a positive integer. Received: height=0"),
    (lambda: keras.layers.Resizing(3, 2.5), ValueError, "Received: width=2.5"),
    (lambda: keras.layers.Resizing(3, 3, "cubic"), ValueError, "interpolation"),
    (lambda: keras.layers.Resizing(3, 3, fill_mode="reflect"), ValueError, "fill_mode"),
    (
        lambda: keras.layers.Resizing(3, 3, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
        ValueError,
        "Only one of .* Received",
    ),
    (lambda: keras.layers.CenterCrop(-1, 3), ValueError, "Received: height=-1"),
    (lambda: keras.layers.CenterCrop(3, 3).compute_output_shape((3, 3)), ValueError, "rank 3 or 4"),
    (lambda: keras.layers.RandomCrop(3, True), ValueError, "Received: width=True"),
    (lambda: keras.layers.RandomFlip("sideways"), ValueError, "mode"),
    (lambda: keras.layers.RandomRotation(1.5), ValueError, r"in the range \[-1, 1\]\. Received: factor=1.5"),
    (lambda: keras.layers.RandomRotation("a"), ValueError, "Received: factor=a"),
    (lambda: keras.layers.RandomRotation(0.1, fill_mode="zero"), NotImplementedError, "Unknown `fill_mode` zero"),
    (lambda: keras.layers.RandomRotation(0.1, interpolation="x"), NotImplementedError, "Unknown `interpolation` x"),
    (lambda: keras.layers.RandomTranslation(2, 0), ValueError, "Received: input_number=2"),
    (lambda: keras.layers.RandomTranslation((0.1,), 0), ValueError, r"Received: height_factor=\(0.1,\)"),
    (lambda: keras.layers.RandomZoom(-1.0), ValueError, r"in the range \(-1.0, 1.0\]. Received: input_number=-1.0"),
    (lambda: keras.layers.RandomZoom(0.1, "a"), ValueError, "Received: width_factor=a"),
    (lambda: keras.layers.RandomShear(-0.1), ValueError, r"in the range \[0, 1.0\]. Received: input_number=-0.1"),
    (lambda: keras.layers.RandomPerspective(2), ValueError, r"in the range \[0, 1\]. Received: factor=2"),
    (lambda: keras.layers.RandomPerspective(scale=2), ValueError, r"in the range \[0,1\]. Received: scale=2"),
    (lambda: keras.layers.RandomElasticTransform(scale=2), ValueError, "`scale` argument .* Received"),
    (lambda: keras.layers.RandomElasticTransform(fill_mode="x"), NotImplementedError, "Unknown `fill_mode` x"),
    (lambda: keras.layers.RandomElasticTransform(value_range=1), ValueError, "Received: value_range=1"),
    (lambda: keras.layers.RandomGaussianBlur(kernel_size=2), ValueError, "odd number. Received: kernel_size=2"),
    (lambda: keras.layers.RandomGaussianBlur(kernel_size=(3, 3, 3)), ValueError, "list of two numbers"),
    (lambda: keras.layers.RandomGaussianBlur(sigma=-1), ValueError, "`sigma` argument"),
    (lambda: keras.layers.RandomErasing(fill_value="red"), ValueError, "Received: fill_value=red"),
    (
        lambda: keras.layers.RandomErasing(fill_value=(1, 2, 3))(np.zeros((2, 4, 4, 1)), training=True),
        ValueError,
        "three channels. Received",
    ),
    (lambda: keras.layers.RandomRotation(0.1)(np.zeros((3, 3))), ValueError, "rank 3 or 4"),
    (lambda: keras.layers.RandomRotation(0.1)(keras.Input((3,))), ValueError, "rank 3 or 4"),
    (lambda: keras.layers.RandomErasing()(keras.Input((3,))), ValueError, "rank 3 or 4"),
    (
        lambda: keras.layers.RandomFlip()({"images": IMAGES, "bounding_boxes": companions()["bounding_boxes"]}),
        ValueError,
        "bounding box format",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), WRONG)
def test_mistakes(call, error, text):
    with pytest.raises(error, match=text):
        call()
