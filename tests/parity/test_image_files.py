"""Images from folders as Keras reads them."""

from __future__ import annotations

import inspect
import io
import pathlib

import numpy as np
import pytest

import keraburn
from tests.parity import harness

image = pytest.importorskip("PIL.Image")
NAME = "image_dataset_from_directory"


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name, mode, height, width in (
        ("a.png", "RGB", 23, 31),
        ("b.jpg", "RGB", 40, 17),
        ("c.png", "L", 16, 16),
        ("d.png", "RGBA", 9, 50),
        ("e.gif", "P", 20, 20),
        ("f.bmp", "RGB", 64, 12),
    ):
        pixels = image.fromarray(rng.integers(0, 256, (height, width, 3)).astype("uint8"))
        pixels.convert(mode).save(tmp_path / name)
    image.fromarray(rng.integers(0, 65536, (8, 9)).astype("uint16")).save(tmp_path / "g.png")
    return tmp_path


def test_signature():
    assert harness.keras
    ours, theirs = getattr(keraburn.utils, NAME), getattr(harness.keras.utils, NAME)
    assert getattr(keraburn.preprocessing, NAME) is ours
    mine, original = (
        [(each.name, each.default) for each in inspect.signature(function).parameters.values()]
        for function in (ours, theirs)
    )
    assert mine == [*original, ("skip_damaged", False)]


@pytest.mark.parametrize(
    ("channels", "ending", "options"),
    [
        *((("rgb", 3), ".png", {"interpolation": each}) for each in ("nearest", "bicubic", "lanczos3", "lanczos5")),
        *((each, "", {}) for each in (("grayscale", 1), ("rgb", 3), ("rgba", 4))),
        (("rgb", 3), ".bmp", {"crop_to_aspect_ratio": True}),
        (("rgb", 3), ".jpg", {"crop_to_aspect_ratio": True, "data_format": "channels_first"}),
    ],
    ids=str,
)
def test_pixels(folder, channels, ending, options):
    from keras.src.utils.image_dataset_utils import _load_image_grain

    data = getattr(keraburn.utils, NAME)(
        folder,
        labels=None,
        color_mode=channels[0],
        image_size=(14, 21),
        shuffle=False,
        batch_size=None,
        verbose=False,
        **options,
    )
    settings = {"interpolation": "bilinear", "data_format": "channels_last", **options}
    found = list(data)
    assert len(found) == 7
    for path, mine in zip(data.file_paths, found, strict=True):
        if not path.endswith(ending):
            continue
        # Keras leaves files open that it is given by their names.
        file = io.BytesIO(pathlib.Path(path).read_bytes())
        original = np.asarray(_load_image_grain(file, (14, 21), channels[1], **settings))
        np.testing.assert_allclose(mine.numpy(), original, rtol=1e-4, atol=2e-3, err_msg=path)


@pytest.mark.parametrize(
    "arguments",
    [
        {"labels": 3},
        {"labels": [0], "class_names": ["a"]},
        {"label_mode": "x"},
        {"color_mode": "x"},
        {"image_size": "ab"},
        {"image_size": (1, 2, 3)},
        {"interpolation": "x"},
        {"format": "x"},
        {"validation_split": 0.2},
        {"validation_split": 0.2, "subset": "x", "seed": 1},
        {"labels": None, "class_names": ["a"]},
    ],
    ids=str,
)
def test_errors_say_what_keras_says(folder, arguments):
    messages = []
    for package in (keraburn, harness.keras):
        with pytest.raises(ValueError, match=r"\w") as caught:
            getattr(package.utils, NAME)(folder, verbose=False, **arguments)
        messages.append(str(caught.value))
    assert messages[0][:40] == messages[1][:40]
