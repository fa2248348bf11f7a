import io
import sys

import numpy as np
import pytest

import keraburn as keras

pillow = pytest.importorskip("PIL.Image")
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype("float32")


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("data_format", [None, "channels_last", "channels_first"])
def test_arrays_and_images(channels, data_format):
    x = np.random.default_rng(0).integers(0, 256, (6, 8, channels)).astype("float32")
    given = x.transpose(2, 0, 1) if data_format == "channels_first" else x
    image = keras.utils.array_to_img(given, data_format=data_format, scale=False)
    assert image.size == (8, 6)
    np.testing.assert_array_equal(keras.utils.img_to_array(image, data_format=data_format), given)
    assert keras.utils.img_to_array(image, dtype="uint8").dtype == np.uint8


def test_scaling():
    image = np.asarray(keras.utils.array_to_img(PIXELS * 0.01 - 3))
    assert (image.min(), image.max()) == (0, 255)
    assert not np.asarray(keras.utils.array_to_img(np.ones((2, 2, 3)))).any()
    assert keras.utils.array_to_img(np.full((2, 2, 1), 1000.0), scale=False).mode == "I"


@pytest.mark.parametrize("ending", ["png", "bmp", "jpg"])
def test_files(tmp_path, ending):
    path = tmp_path / f"image.{ending}"
    keras.utils.save_img(path, PIXELS, scale=False)
    image = keras.utils.load_img(path)
    assert (image.mode, image.size) == ("RGB", (8, 6))
    if ending != "jpg":
        np.testing.assert_array_equal(keras.utils.img_to_array(image), PIXELS)
    for mode, letters in (("grayscale", "L"), ("rgba", "RGBA")):
        assert keras.utils.load_img(str(path), color_mode=mode).mode == letters
    assert keras.utils.load_img(io.BytesIO(path.read_bytes())).size == (8, 6)
    if ending == "jpg":
        with pytest.warns(UserWarning, match="does not support RGBA"):
            keras.utils.save_img(path, np.ones((2, 2, 4)))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "hamming", "box", "lanczos"])
def test_other_sizes(tmp_path, interpolation):
    keras.utils.save_img(tmp_path / "a.png", PIXELS, scale=False)
    image = keras.utils.load_img(tmp_path / "a.png", target_size=(3, 5), interpolation=interpolation)
    assert image.size == (5, 3)
    whole = keras.utils.load_img(tmp_path / "a.png", target_size=(6, 6), keep_aspect_ratio=True)
    np.testing.assert_array_equal(np.asarray(whole), PIXELS[:, 1:7])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: keras.utils.array_to_img(PIXELS[0]), ValueError, "rank 3"),
        (lambda: keras.utils.array_to_img(PIXELS[..., :2]), ValueError, "Unsupported channel number: 2"),
        (lambda: keras.utils.array_to_img(PIXELS, data_format="nhwc"), ValueError, "Received: data_format=nhwc"),
        (lambda: keras.utils.img_to_array(PIXELS[0, 0]), ValueError, "Unsupported image shape"),
        (lambda: keras.utils.load_img(3), TypeError, "path should be path-like"),
        (lambda: keras.utils.load_img("x.png", color_mode="cmyk"), ValueError, "Received: color_mode=cmyk"),
    ],
)
def test_errors_say_what_came(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="`array_to_img` requires PIL: `pip install pillow`"):
        keras.utils.array_to_img(PIXELS)
    with pytest.raises(ImportError, match="`load_img` requires PIL"):
        keras.utils.load_img("x.png")


def test_the_older_module():
    assert keras.preprocessing.image.load_img is keras.utils.load_img
