"""`ops.image`: values against definitions and scipy, gradients by three routes, mistakes."""

import colorsys

import numpy as np
import pytest
from scipy import ndimage

import keraburn as keras
from keraburn import config, ops
from keraburn.ops.image.sampling import FILL_MODES
from tests.checks import case, check_op, numbers

IMAGE, BATCH = numbers(4, 5, 3), numbers(2, 4, 5, 2)
COLORS = numbers(3, 4, 3, low=0.1, high=0.9)


def first(x):
    return np.moveaxis(x, -1, -3)


def last(x):
    return np.moveaxis(x, -3, -1)


def in_format(function):
    """A reference for channels in the last axis, for both formats."""

    def wrapper(x, *arrays, data_format=None, **options):
        if data_format == "channels_first":
            return first(function(last(x), *arrays, **options))
        return function(x, *arrays, **options)

    return wrapper


def each_pixel(function):
    return in_format(lambda x: np.apply_along_axis(lambda pixel: np.array(function(*pixel)), -1, x))


CURVES = {
    "bilinear": (1, lambda x: 1 - x),
    "bicubic": (2, lambda x: 1.5 * x**3 - 2.5 * x**2 + 1 if x < 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2),
    "lanczos3": (3, lambda x: np.sinc(x) * np.sinc(x / 3)),
    "lanczos5": (5, lambda x: np.sinc(x) * np.sinc(x / 5)),
}


def matrix(size, new_size, name, antialias, scale=None, translation=0.0):
    """The share of every pixel in every new one, one by one."""
    scale = new_size / size if scale is None else scale
    reach, curve = CURVES[name]
    width = max(1 / scale, 1) if antialias else 1
    shares = np.zeros((new_size, size))
    for new in range(new_size):
        center = (new + 0.5 - translation) / scale - 0.5
        if not -0.5 <= center <= size - 0.5:
            continue
        for old in range(size):
            distance = abs(center - old) / width
            shares[new, old] = curve(distance) if distance < reach else 0
        shares[new] /= shares[new].sum()
    return shares


@in_format
def resized(x, size, interpolation="bilinear", antialias=False):
    rows, columns = (matrix(old, new, interpolation, antialias) for old, new in zip(x.shape[-3:-1], size, strict=True))
    return np.einsum("...hwc,ih,jw->...ijc", x, rows, columns)


def scaled(x, scale, translation):
    rows = matrix(x.shape[1], 6, "bicubic", True, scale[0], translation[0])
    columns = matrix(x.shape[2], 3, "bicubic", True, scale[1], translation[1])
    return np.einsum("bhwc,ih,jw->bijc", x, rows, columns)


MODES = {mode: {"constant": "grid-constant", "wrap": "grid-wrap"}.get(mode, mode) for mode in FILL_MODES}


def mapped(x, places, order, fill_mode="constant", fill_value=0.0):
    return ndimage.map_coordinates(x, places, order=order, mode=MODES[fill_mode], cval=fill_value)


@in_format
def seen_through(x, transforms, interpolation="bilinear", **fill):
    if x.ndim == 3:
        return seen_through(x[None], transforms[None], interpolation, **fill)[0]
    result = np.zeros_like(x)
    for number, channel in np.ndindex(len(x), x.shape[-1]):
        a = transforms[number]
        rows, columns = np.mgrid[: x.shape[1], : x.shape[2]]
        depth = a[6] * columns + a[7] * rows + 1
        places = np.stack([a[3] * columns + a[4] * rows + a[5], a[0] * columns + a[1] * rows + a[2]]) / depth
        order = ("nearest", "bilinear").index(interpolation)
        result[number, ..., channel] = mapped(x[number, ..., channel], places, order, **fill)
    return result


def moved_corners(x, start, end, **fill):
    transforms = []
    for source, target in zip(start, end, strict=True):
        equations, right = [], []
        for (u, v), (p, q) in zip(source, target, strict=True):
            equations += [[p, q, 1, 0, 0, 0, -u * p, -u * q], [0, 0, 0, p, q, 1, -v * p, -v * q]]
            right += [u, v]
        transforms.append(np.linalg.solve(np.array(equations), np.array(right)))
    return seen_through(x, np.array(transforms), **fill)


def pieces(x, size, stride, rate=1, around=(0, 0)):
    x = np.pad(x, [(0, 0), around, around, (0, 0)])
    spans = [(k - 1) * rate + 1 for k in size]
    rows, columns = (range(0, n - k + 1, stride) for n, k in zip(x.shape[1:3], spans, strict=True))
    return np.stack(
        [
            np.stack([x[:, r : r + spans[0] : rate, c : c + spans[1] : rate].reshape(len(x), -1) for c in columns], 1)
            for r in rows
        ],
        1,
    )


def bell(size, sigma):
    curve = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / sigma) ** 2)
    return curve / curve.sum()


@in_format
def blurred(x, kernel_size, sigma):
    kernel = np.outer(bell(kernel_size[1], sigma[1]), bell(kernel_size[0], sigma[0]))
    return np.stack(
        [np.stack([ndimage.correlate(p, kernel, mode="constant") for p in np.moveaxis(i, -1, 0)], -1) for i in x]
    )


def edges(x):
    planes = [
        [ndimage.sobel(plane, axis=axis, mode="constant") for axis in (0, 1)] for plane in np.moveaxis(x[0], -1, 0)
    ]
    return np.moveaxis(np.array(planes), (0, 1), (2, 3))[None]


def similarity(x, y):
    kernel = np.outer(bell(3, 1.0), bell(3, 1.0))
    values = []
    for p, q in zip(np.moveaxis(x, -1, 0), np.moveaxis(y, -1, 0), strict=True):
        for r, c in np.ndindex(p.shape[0] - 2, p.shape[1] - 2):
            a, b = p[r : r + 3, c : c + 3], q[r : r + 3, c : c + 3]
            m, n = (a * kernel).sum(), (b * kernel).sum()
            v, w, both = (
                ((a - m) ** 2 * kernel).sum(),
                ((b - n) ** 2 * kernel).sum(),
                ((a - m) * (b - n) * kernel).sum(),
            )
            values.append((2 * m * n + 4e-4) * (2 * both + 36e-4) / ((m * m + n * n + 4e-4) * (v + w + 36e-4)))
    return np.mean(values)


TRANSFORMS = np.array([[0.9, 0.15, 0.71, -0.13, 1.1, -1.3, 0.02, -0.03], [1.2, -0.3, -1.61, 0.2, 0.8, 0.43, 0, 0.01]])
CORNERS = np.array([[[0, 0], [4, 0], [0, 3], [4, 3]]] * 2, float)
MOVED = CORNERS + numbers(2, 4, 2, low=-0.47, high=0.53, seed=3)
PLACES = numbers(2, 3, 4, low=-7.3, high=11.2)
FIRST = {"data_format": "channels_first"}


def image_case(name, *inputs, **options):
    return case(name, *inputs, module=ops.image, **options)


def optioned(name, reference, *inputs, **options):
    return image_case(name, *inputs, reference=lambda *xs: reference(*xs, **options), **options)


TABLE = [
    image_case("rgb_to_grayscale", COLORS, reference=lambda x: (x @ [0.2989, 0.587, 0.114])[..., None]),
    image_case("rgb_to_hsv", COLORS, reference=each_pixel(colorsys.rgb_to_hsv)),
    image_case("hsv_to_rgb", COLORS, reference=each_pixel(colorsys.hsv_to_rgb)),
    optioned("rgb_to_hsv", each_pixel(colorsys.rgb_to_hsv), first(COLORS), **FIRST),
    *(optioned("resize", resized, BATCH, size=(3, 7), interpolation=name) for name in CURVES),
    *(optioned("resize", resized, IMAGE, size=(2, 3), interpolation=name, antialias=True) for name in CURVES),
    optioned("resize", resized, first(BATCH), size=(6, 3), **FIRST),
    image_case("resize", BATCH, size=(2, 3), interpolation="nearest", reference=lambda x: x[:, 1::2][:, :, [0, 2, 4]]),
    *(
        optioned("map_coordinates", mapped, numbers(4, 5), PLACES, order=1, fill_mode=mode, **fill)
        for mode, fill in [*((mode, {}) for mode in MODES), ("constant", {"fill_value": 0.7})]
    ),
    optioned("map_coordinates", mapped, numbers(6), numbers(1, 9, low=-4, high=9), order=1, fill_mode="reflect"),
    optioned("map_coordinates", mapped, numbers(2, 3, 4), numbers(3, 5, low=-1, high=4), order=1, fill_mode="mirror"),
    *(
        optioned("affine_transform", seen_through, BATCH, TRANSFORMS, fill_mode=mode, fill_value=0.3)
        for mode in ("constant", "reflect")
    ),
    optioned("affine_transform", seen_through, first(BATCH), TRANSFORMS, **FIRST),
    optioned("affine_transform", seen_through, IMAGE, TRANSFORMS[1]),
    optioned("perspective_transform", moved_corners, BATCH, CORNERS, MOVED, fill_value=0.2),
    image_case("extract_patches", BATCH, size=2, reference=lambda x: pieces(x, (2, 2), 2)),
    image_case("extract_patches", BATCH, size=(2, 3), strides=1, reference=lambda x: pieces(x, (2, 3), 1)),
    image_case(
        "extract_patches",
        numbers(1, 4, 4, 2),
        size=3,
        strides=1,
        padding="same",
        reference=lambda x: pieces(x, (3, 3), 1, around=(1, 1)),
    ),
    image_case(
        "extract_patches", BATCH, size=2, strides=1, dilation_rate=2, reference=lambda x: pieces(x, (2, 2), 1, 2)
    ),
    image_case(
        "extract_patches_3d",
        numbers(1, 2, 3, 4, 2),
        size=(1, 3, 2),
        reference=lambda x: x.reshape(1, 2, 3, 2, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(1, 2, 1, 2, 12),
    ),
    image_case(
        "pad_images",
        BATCH,
        top_padding=1,
        target_height=6,
        left_padding=0,
        right_padding=2,
        reference=lambda x: np.pad(x, [(0, 0), (1, 1), (0, 2), (0, 0)]),
    ),
    image_case(
        "crop_images",
        first(IMAGE),
        top_cropping=1,
        target_height=2,
        left_cropping=0,
        right_cropping=2,
        reference=lambda x: x[:, 1:3, :3],
        **FIRST,
    ),
    optioned("gaussian_blur", blurred, BATCH, kernel_size=(3, 5), sigma=(0.7, 1.4)),
    optioned("gaussian_blur", blurred, first(BATCH), kernel_size=(3, 3), sigma=(0.7, 1.4), **FIRST),
    image_case("sobel_edges", BATCH[:1], reference=edges),
    image_case("ssim", IMAGE, IMAGE[::-1] * 0.7, max_val=2.0, filter_size=3, filter_sigma=1.0, reference=similarity),
]


@pytest.mark.parametrize("line", TABLE, ids=str)
def test_values_and_gradients(line, device):
    if device == "ndarray" and str(line) == "extract_patches_3d":
        with pytest.raises(ValueError, match=r"reshape needs an array of [78] dimensions.*'ndarray' have 6 at most"):
            line.run()
        return
    line.run()


def test_scale_and_translate(device):
    check_op(
        lambda x, scale, shift: ops.image.scale_and_translate(x, (2, 6, 3, 2), scale, shift, (1, 2), "cubic"),
        BATCH,
        np.array([1.7, 0.61]),
        np.array([0.33, -0.71]),
        reference=scaled,
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["float32", "uint8", "int32"])
def test_nearest_pixels(mode, dtype):
    x = np.arange(20).reshape(4, 5).astype(dtype)
    found = ops.image.map_coordinates(x, PLACES.astype("float32"), 0, fill_mode=mode, fill_value=77)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.numpy(), mapped(x, PLACES, 0, mode, 77))


def test_sums_of_integers_are_rounded():
    found = ops.image.map_coordinates(np.array([0, 1, 2, 4], "uint8"), [[0.4, 0.6, 2.5, -1.0, 2.7]], 1)
    assert found.numpy().tolist() == [0, 1, 3, 0, 3]
    pair = np.array([[[0], [255]]], "uint8")
    enlarged = ops.image.resize(pair, (1, 4), "bicubic").numpy()
    assert enlarged.dtype == np.uint8
    # Beyond white and black the cubic curve swings, and is cut.
    np.testing.assert_array_equal(enlarged, np.clip(np.round(resized(pair, (1, 4), "bicubic")), 0, 255))


def test_far_and_strange_places_are_inside():
    places = np.array([[1e30, -1e30, np.inf, -np.inf, 3e9]], "float32")
    for mode in FILL_MODES:
        found = ops.image.map_coordinates(np.arange(1.0, 6.0, dtype="float32"), places, 1, fill_mode=mode).numpy()
        assert ((found == 0) if mode == "constant" else (found >= 1) & (found <= 5)).all()


def test_a_single_pixel_fills_everything():
    places = np.array([[-2.3, -0.4, 0.0, 0.6, 7.1]], "float32")
    for mode in ("nearest", "wrap", "mirror", "reflect"):
        np.testing.assert_allclose(ops.image.map_coordinates(np.array([3.0], "float32"), places, 1, mode).numpy(), 3)


@pytest.mark.parametrize("format", ["channels_last", "channels_first"])
def test_sides_are_kept(format):
    x = numbers(2, 6, 4, 3).astype("float32")
    given = x if format == "channels_last" else first(x)
    options = {"data_format": format}
    cut = ops.image.resize(given, (3, 3), crop_to_aspect_ratio=True, **options).numpy()
    padded = ops.image.resize(given, (6, 6), pad_to_aspect_ratio=True, fill_value=9.0, **options).numpy()
    if format == "channels_first":
        cut, padded = last(cut), last(padded)
    np.testing.assert_allclose(cut, resized(x[:, 1:5], (3, 3)), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(padded[:, :, 1:5], x)
    np.testing.assert_array_equal(padded[:, :, [0, 5]], 9)


def test_the_format_of_the_configuration_counts():
    x = numbers(2, 3, 4, 5).astype("float32")
    before = config.image_data_format()
    config.set_image_data_format("channels_first")
    try:
        assert ops.image.resize(x, (2, 2)).shape == (2, 3, 2, 2)
        assert ops.image.rgb_to_grayscale(x).shape == (2, 1, 4, 5)
        assert ops.image.gaussian_blur(x).shape == x.shape
    finally:
        config.set_image_data_format(before)


def test_elastic_transform():
    x = numbers(2, 12, 10, 3).astype("float32")
    moved = ops.image.elastic_transform(x, alpha=1.0, sigma=1.5, seed=1)
    np.testing.assert_array_equal(moved.numpy(), ops.image.elastic_transform(x, alpha=1.0, sigma=1.5, seed=1).numpy())
    assert (moved.numpy() != x).any()
    assert moved.numpy().min() >= x.min() - 1e-6
    assert moved.numpy().max() <= x.max() + 1e-6
    still = ops.image.elastic_transform(x, alpha=0.0, sigma=1.5, seed=1)
    np.testing.assert_allclose(still.numpy(), x, rtol=1e-6)
    turned = ops.image.elastic_transform(first(x), alpha=1.0, sigma=1.5, seed=1, data_format="channels_first")
    np.testing.assert_allclose(last(turned.numpy()), moved.numpy(), rtol=1e-5, atol=1e-6)
    assert ops.image.elastic_transform(np.zeros((5, 5, 1), "uint8"), seed=1).dtype == "uint8"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_float_types_are_kept(dtype):
    x = ops.cast(numbers(1, 8, 9, 3, low=0, high=1), dtype)
    for name, arguments in (
        ("resize", {"size": (3, 4)}),
        ("affine_transform", {"transform": TRANSFORMS[:1]}),
        ("gaussian_blur", {}),
        ("rgb_to_hsv", {}),
        ("rgb_to_grayscale", {}),
        ("extract_patches", {"size": 2}),
        ("sobel_edges", {}),
        ("elastic_transform", {"sigma": 1.0}),
        ("perspective_transform", {"start_points": CORNERS[:1], "end_points": MOVED[:1]}),
    ):
        assert getattr(ops.image, name)(x, **arguments).dtype == dtype, name


def test_symbols_of_unknown_size():
    unknown = keras.Input((None, None, 3))
    image = ops.image
    assert image.resize(unknown, (4, 5)).shape == (None, 4, 5, 3)
    assert image.pad_images(unknown, 2, 3, target_height=20, target_width=30).shape == (None, 20, 30, 3)
    assert image.pad_images(unknown, 2, 3, 2, target_width=3000).shape == (None, None, 3000, 3)
    assert image.crop_images(unknown, 2, 3, target_height=20, target_width=30).shape == (None, 20, 30, 3)
    assert image.affine_transform(unknown, keras.Input((8,))).shape == (None, None, None, 3)
    assert image.extract_patches(unknown, 4).shape == (None, None, None, 48)
    assert image.sobel_edges(unknown).shape == (None, None, None, 3, 2)
    assert image.ssim(unknown, unknown).shape == (None,)
    assert image.elastic_transform(keras.Input((8, 8, 1)), seed=1).shape == (None, 8, 8, 1)
    known = keras.Input((8, 8, 1))
    scaled_symbol = image.scale_and_translate(known, (None, 4, 4, 1), [0.5, 0.5], [0.0, 0.0], (1, 2), "linear")
    assert scaled_symbol.shape == (None, 4, 4, 1)
    model = keras.Model(unknown, image.pad_images(unknown, 1, 0, target_height=8, target_width=9))
    assert model.predict(np.ones((2, 6, 7, 3)), verbose=0)[:, 1:7, :7].min() == 1


SHAPE = np.zeros((2, 6, 7, 3), "float32")
MISTAKES = [
    ("resize", {"size": (0, 3)}, "positive height and width. Received"),
    ("resize", {"size": (3, -1)}, "positive height and width. Received"),
    ("resize", {"size": 3}, "tuple of 2 integers. Received"),
    ("resize", {"size": (2.5, 3)}, "tuple of 2 integers. Received"),
    ("resize", {"size": (3, 3), "interpolation": "cubic"}, "`interpolation`. Expected of one .*Received: inter"),
    ("resize", {"size": (3, 3), "fill_mode": "reflect"}, "Only `'constant'` is supported. Received"),
    ("resize", {"size": (3, 3), "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "Only one of"),
    ("resize", {"size": (3, 3), "data_format": "last"}, "data_format"),
    ("affine_transform", {"transform": np.zeros(8), "interpolation": "bicubic"}, "`interpolation`"),
    ("affine_transform", {"transform": np.zeros(8), "fill_mode": "zero"}, "`fill_mode`"),
    ("affine_transform", {"transform": np.zeros((1, 2, 8))}, "Invalid transform rank"),
    ("affine_transform", {"transform": np.zeros(6)}, "eight numbers. Received"),
    ("affine_transform", {"transform": np.zeros((3, 8))}, "one for all. Received"),
    ("perspective_transform", {"start_points": np.zeros((4, 3)), "end_points": np.zeros((4, 2))}, "start_points shape"),
    ("perspective_transform", {"start_points": np.zeros((4, 2)), "end_points": np.zeros((1, 4, 2))}, "the same shape"),
    ("map_coordinates", {"coordinates": np.zeros((2, 3)), "order": 1}, "the rank of `inputs`. Received"),
    ("map_coordinates", {"coordinates": np.zeros(4), "order": 1}, "at least rank 2. Received input"),
    ("map_coordinates", {"coordinates": np.zeros((4, 3)), "order": 3}, "`order`. Expected one of"),
    ("map_coordinates", {"coordinates": np.zeros((4, 3)), "order": 1, "fill_mode": "edge"}, "`fill_mode`"),
    ("extract_patches", {"size": (2, 2, 2, 2)}, "length 2 or 3. Received"),
    ("extract_patches", {"size": 9}, "zero or negative. Received"),
    ("extract_patches", {"size": 0}, "do not satisfy"),
    ("extract_patches", {"size": 2, "padding": "causal"}, "`padding`"),
    ("pad_images", {"top_padding": 1, "left_padding": 1}, "exactly two of"),
    (
        "pad_images",
        {"top_padding": 7, "target_height": 8, "left_padding": 1, "right_padding": 1},
        "bottom_padding must be >= 0",
    ),
    (
        "crop_images",
        {"top_cropping": 5, "bottom_cropping": 5, "left_cropping": 1, "right_cropping": 1},
        "target_height must be",
    ),
    (
        "crop_images",
        {"top_cropping": -1, "bottom_cropping": 5, "left_cropping": 1, "right_cropping": 1},
        "top_cropping must be",
    ),
    ("gaussian_blur", {"kernel_size": 3}, "two positive integers. Received"),
    ("gaussian_blur", {"sigma": (1.0,)}, "two numbers. Received"),
    ("elastic_transform", {"sigma": 0.0}, "positive number. Received"),
    ("elastic_transform", {"fill_mode": "edge"}, "`fill_mode`"),
    ("ssim", {"image2": np.zeros((2, 6, 6, 3), "float32")}, "the same shape. Received"),
    ("ssim", {"image2": SHAPE}, "zero or negative. Received"),
]


@pytest.mark.parametrize(("name", "arguments", "text"), MISTAKES)
def test_mistakes(name, arguments, text):
    with pytest.raises(ValueError, match=text):
        getattr(ops.image, name)(SHAPE, **arguments)


@pytest.mark.parametrize("name", ["rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb", "gaussian_blur", "elastic_transform"])
def test_ranks(name):
    for shape in ((4, 4), (1, 2, 3, 4, 5)):
        with pytest.raises(ValueError, match=r"Invalid images rank: expected rank 3 .* or rank 4"):
            getattr(ops.image, name)(np.zeros(shape, "float32"))


def test_channels():
    with pytest.raises(ValueError, match=r"Invalid channel size: expected 3"):
        ops.image.rgb_to_grayscale(np.zeros((4, 4, 2), "float32"))
    with pytest.raises(ValueError, match=r"must have 3 channels"):
        ops.image.rgb_to_hsv(np.zeros((4, 4, 1), "float32"))
    with pytest.raises(ValueError, match=r"expected float dtype. Received: images.dtype=uint8"):
        ops.image.hsv_to_rgb(np.zeros((4, 4, 3), "uint8"))
    with pytest.raises(TypeError, match=r"Expected an int or a tuple. Received"):
        ops.image.extract_patches(SHAPE, "3")
    with pytest.raises(TypeError, match=r"must be an integer. Received: top_padding=1.5"):
        ops.image.pad_images(SHAPE, 1.5, 1, target_height=9, target_width=9)
