"""Image files in folders as data sets."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import keraburn as keras

image = pytest.importorskip("PIL.Image")
read = keras.utils.image_dataset_from_directory


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / name / "sub").mkdir(parents=True)
        for number in range(6):
            pixels = rng.integers(100 * label, 100 * label + 100, (10 + number, 12, 3)).astype("uint8")
            ending = ("png", "jpg", "bmp", "gif", "JPEG", "png")[number]
            target = tmp_path / name / ("sub" if number == 5 else "") / f"{number}.{ending}"
            image.fromarray(pixels).save(target)
        (tmp_path / name / "notes.txt").write_text("no image")
    return tmp_path


def damage(folder):
    """A truncated file and one that is no image."""
    whole = (folder / "cat" / "0.png").read_bytes()
    (folder / "cat" / "0.png").write_bytes(whole[: len(whole) // 2])
    (folder / "dog" / "1.jpg").write_bytes(b"this is no image")


def all_of(data):
    images, labels = zip(*[(x.numpy(), y.numpy()) for x, y in data], strict=True)
    return np.concatenate(images), np.concatenate(labels)


def test_files_are_sorted_and_labelled(folder, capsys):
    data = read(folder, shuffle=False, image_size=(8, 9), batch_size=5)
    assert capsys.readouterr().out == "Found 12 files belonging to 2 classes.\n"
    assert (data.class_names, len(data), len(data.file_paths)) == (["cat", "dog"], 3, 12)
    assert data.file_paths[5].endswith("5.png")
    images, labels = all_of(data)
    assert (images.shape, images.dtype) == ((12, 8, 9, 3), np.float32)
    assert labels.tolist() == [0] * 6 + [1] * 6
    assert labels.dtype == np.int32
    assert images[:6].max() < 130 < images[6:].mean()


def test_pixels_are_those_of_the_files(folder):
    data = read(folder, shuffle=False, image_size=[10, 12], batch_size=None)
    first, label = next(iter(data))
    np.testing.assert_array_equal(first.numpy(), np.asarray(image.open(folder / "cat" / "0.png")))
    assert label.shape == ()


@pytest.mark.parametrize(("mode", "channels"), [("grayscale", 1), ("rgb", 3), ("rgba", 4)])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_channels(folder, mode, channels, data_format):
    data = read(folder, labels=None, color_mode=mode, data_format=data_format, image_size=8, verbose=False)
    assert data.class_names is None
    shape = next(iter(data)).shape
    assert shape == ((12, 8, 8, channels) if data_format == "channels_last" else (12, channels, 8, 8))


def test_all_kinds_of_pixels(tmp_path):
    rng = np.random.default_rng(1)
    grey = image.fromarray(rng.integers(0, 256, (6, 6)).astype("uint8"))
    for mode in ("1", "L", "P", "LA", "CMYK", "RGBA"):
        grey.convert("RGB").convert(mode).save(tmp_path / f"{mode}.{'jpg' if mode == 'CMYK' else 'png'}")
    image.fromarray(rng.integers(0, 65536, (6, 6)).astype("uint16")).save(tmp_path / "I.png")
    for mode in ("grayscale", "rgb", "rgba"):
        data = read(tmp_path, labels=None, color_mode=mode, image_size=(6, 6), verbose=False)
        assert next(iter(data)).shape[0] == 7


def test_of_an_animation_the_first_image_counts(tmp_path):
    frames = [image.new("RGB", (4, 4), color) for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    found = next(iter(read(tmp_path, labels=None, image_size=(4, 4), batch_size=None, verbose=False)))
    assert found.numpy()[0, 0].tolist() == [255, 0, 0]


def test_ratios(folder):
    image.fromarray(np.full((4, 8, 3), 255, dtype="uint8")).save(folder / "cat" / "0.png")
    middle = read(folder, shuffle=False, image_size=(4, 4), crop_to_aspect_ratio=True, verbose=False)
    assert next(iter(middle))[0].numpy()[0].min() == 255
    bordered = read(folder, shuffle=False, image_size=(8, 8), pad_to_aspect_ratio=True, verbose=False)
    assert next(iter(bordered))[0].numpy()[0, :, 0, 0].tolist() == [0, 0, 255, 255, 255, 255, 0, 0]


def test_parts_and_orders(folder):
    options = {"image_size": (4, 4), "verbose": False, "seed": 3, "validation_split": 0.25}
    both = read(folder, subset="both", **options)
    assert [len(part.file_paths) for part in both] == [9, 3]
    assert not set(both[0].file_paths) & set(both[1].file_paths)
    alone = read(folder, subset="validation", **options)
    assert alone.file_paths == both[1].file_paths
    first, second = (all_of(both[0])[0] for _ in range(2))
    assert (first != second).any()
    np.testing.assert_allclose(np.sort(first.ravel()), np.sort(second.ravel()))


@pytest.mark.parametrize(("mode", "shape"), [("binary", (12, 1)), ("categorical", (12, 2)), ("int", (12,))])
def test_training(folder, mode, shape):
    data = read(folder, label_mode=mode, image_size=(8, 8), batch_size=12, seed=1, verbose=False)
    assert next(iter(data))[1].shape == shape
    units, loss = {
        "binary": (1, "binary_crossentropy"),
        "categorical": (2, "categorical_crossentropy"),
        "int": (2, "sparse_categorical_crossentropy"),
    }[mode]
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="sigmoid" if units == 1 else "softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    history = model.fit(data, epochs=150, shuffle=False, verbose=0).history
    assert history["accuracy"][-1] == 1


def test_damaged_files_are_named(folder):
    damage(folder)
    for path in ("cat/0.png", "dog/1.jpg"):
        broken = str(folder / path)
        with pytest.raises(ValueError, match="`skip_damaged=True` leaves such files out") as caught:
            for _ in read(folder / path.split("/")[0], labels=None, image_size=(4, 4), verbose=False):
                pass
        assert broken in str(caught.value)
    with pytest.raises(OSError, match=r"damaged.*0\.png"):
        keras.utils.load_img(folder / "cat" / "0.png")
    with pytest.raises(OSError, match=r"cannot identify image file.*1\.jpg"):
        keras.utils.load_img(folder / "dog" / "1.jpg")


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_damaged_files_are_left_out_if_asked(folder):
    damage(folder)
    data = read(folder, shuffle=False, image_size=(4, 4), batch_size=4, skip_damaged=True, verbose=False)
    with pytest.warns(UserWarning, match="is left out: ") as caught:
        labels = all_of(data)[1]
    assert sorted(str(each.message).split(" (")[0][-5:] for each in caught) == ["0.png", "1.jpg"]
    assert labels.tolist() == [0] * 5 + [1] * 5
    assert data.cardinality() == -2
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.warns(UserWarning, match="is left out"):
        history = model.fit(data, epochs=2, shuffle=False, verbose=0)
    assert len(history.history["loss"]) == 2


def test_files_that_are_gone(folder):
    data = read(folder, image_size=(4, 4), verbose=False, skip_damaged=True)
    (folder / "cat" / "0.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"0\.png"):
        list(data)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [1]}, r"len\(labels\) is 1 while we found 12 files"),
        ({"labels": "x"}, "same size as the number of image files.*only contains images"),
        ({"label_mode": "x"}, "`label_mode` argument must be one of"),
        ({"color_mode": "x"}, "`color_mode` must be one of.*Received: color_mode=x"),
        ({"image_size": (1, 2, 3)}, "Expected a tuple of 2 integers. Received: image_size="),
        ({"image_size": (0, 4)}, "Invalid `image_size` value"),
        ({"image_size": None}, "Invalid `image_size` value"),
        ({"interpolation": "x"}, "Argument `interpolation` should be one of"),
        ({"format": "x"}, "`format` should be either"),
        ({"data_format": "x"}, "data_format"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "Only one of `pad_to_aspect_ratio`"),
        ({"subset": "both"}, "If `subset` is set, `validation_split` must be set"),
        ({"class_names": ["cat"], "label_mode": "binary"}, "there must be exactly 2 class_names"),
        ({"validation_split": 0.01, "subset": "both", "seed": 1}, "No validation images found.*Allowed formats: .bmp"),
    ],
)
def test_mistakes(folder, arguments, message):
    with pytest.raises(ValueError, match=message):
        read(folder, verbose=False, **arguments)


def test_no_pillow(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="pip install pillow"):
        read(folder)
