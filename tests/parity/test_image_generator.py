"""Images changed at random, and batches of them, as Keras's own classes make them from the same seeds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import keraburn
from tests.parity import harness

pytest.importorskip("PIL.Image")
pytest.importorskip("scipy")
ours = keraburn.preprocessing.image

# Keras reaches SciPy by a name that it will lose.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

IMAGES = np.random.default_rng(0).uniform(0, 255, (7, 9, 12, 3)).astype("float32")
LABELS = np.array([0, 1, 2, 0, 1, 2, 1])
NAMES = ("Iterator", "DirectoryIterator", "NumpyArrayIterator", "DataFrameIterator", "ImageDataGenerator")


@pytest.fixture(scope="module")
def theirs():
    assert harness.keras
    from keras.src.legacy.preprocessing import image

    return image


@pytest.fixture
def folder(tmp_path):
    for name in ("cat", "dog", "eel"):
        (tmp_path / name).mkdir()
        for number, pixels in enumerate(IMAGES[:4]):
            keraburn.utils.save_img(tmp_path / name / f"{number}.png", pixels)
    (tmp_path / "cat" / "x.txt").write_text("no image")
    return tmp_path


def same(mine, original):
    """Equal structures of equal arrays."""
    if isinstance(original, (list, tuple)):
        assert type(mine) is type(original)
        for one, other in zip(mine, original, strict=True):
            same(one, other)
    else:
        assert mine.dtype == original.dtype
        np.testing.assert_allclose(mine, original, rtol=1e-5, atol=1e-4)


def same_batches(mine, original, count=8):
    """Batches by index over two passes, then some by `next`."""
    assert (len(mine), mine.n, mine.batch_size) == (len(original), original.n, original.batch_size)
    for _ in range(2):
        for index in range(len(original)):
            same(mine[index], original[index])
        mine.on_epoch_end()
        original.on_epoch_end()
    mine.reset()
    original.reset()
    for one, other in zip(itertools.islice(mine, count), itertools.islice(original, count), strict=True):
        same(one, other)


def both(theirs, arguments):
    return ours.ImageDataGenerator(**arguments), theirs.ImageDataGenerator(**arguments)


def test_signatures(theirs):
    for name in NAMES:
        harness.same_signature(getattr(ours, name), getattr(theirs, name))
    for method in ("flow", "flow_from_directory", "flow_from_dataframe", "standardize", "fit"):
        harness.same_signature(getattr(ours.ImageDataGenerator, method), getattr(theirs.ImageDataGenerator, method))
    for method in ("get_random_transform", "apply_transform", "random_transform"):
        harness.same_signature(getattr(ours.ImageDataGenerator, method), getattr(theirs.ImageDataGenerator, method))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("random_rotation", (30,)),
        ("random_shift", (0.3, 0.2)),
        ("random_shear", (20,)),
        ("random_zoom", ((0.5, 1.5),)),
        ("random_zoom", ((1, 1),)),
        ("random_channel_shift", (50.0,)),
        ("random_brightness", ((0.5, 1.5),)),
        ("apply_channel_shift", (20.0,)),
        ("apply_brightness_shift", (0.7,)),
        ("apply_brightness_shift", (1.3, False)),
        ("apply_affine_transform", (20, 1, -2, 10, 0.9, 1.2)),
    ],
)
def test_functions(theirs, name, arguments):
    mine, original = getattr(ours, name), getattr(theirs, name)
    harness.same_signature(mine, original)
    axes = {} if "brightness" in name else {"channel_axis": 2}
    placed = {"row_axis": 0, "col_axis": 1, **axes} if "channel_shift" not in name and axes else axes
    for image in (IMAGES[0], IMAGES[0] - 100):
        np.random.seed(1)
        found = mine(image, *arguments, **placed)
        np.random.seed(1)
        same(found, original(image, *arguments, **placed))


@pytest.mark.parametrize("mode", ["nearest", "constant", "reflect", "wrap"])
@pytest.mark.parametrize("order", [0, 1, 3])
def test_affine_transforms(theirs, mode, order):
    image = IMAGES[0].transpose(2, 0, 1)
    for axes in ({}, {"row_axis": 2, "col_axis": 1}):
        options = {"fill_mode": mode, "order": order, "cval": 7.0, **axes}
        found = ours.apply_affine_transform(image, 25, 1.5, 2, 5, 0.8, 1.1, **options)
        same(found, theirs.apply_affine_transform(image, 25, 1.5, 2, 5, 0.8, 1.1, **options))


GENERATORS = [
    {},
    {"rotation_range": 40, "horizontal_flip": True},
    {"width_shift_range": 0.2, "height_shift_range": 0.3, "vertical_flip": True},
    {"width_shift_range": 3, "height_shift_range": [-2, 1, 4]},
    {"width_shift_range": 2.5, "height_shift_range": [0.1, 0.2]},
    {"shear_range": 10, "zoom_range": 0.3, "fill_mode": "constant", "cval": 3.0},
    {"zoom_range": (0.8, 1.1), "channel_shift_range": 30.0, "interpolation_order": 0},
    {"brightness_range": (0.5, 1.5), "rescale": 1 / 255},
    {"samplewise_center": True, "samplewise_std_normalization": True, "rotation_range": 5, "fill_mode": "reflect"},
    {"preprocessing_function": lambda image: image[::-1] * 2, "dtype": "float64"},
]


@pytest.mark.parametrize("arguments", GENERATORS, ids=lambda arguments: "-".join(arguments) or "none")
def test_generators(theirs, arguments):
    mine, original = both(theirs, arguments)
    for seed in range(3):
        drawn = mine.get_random_transform((9, 12, 3), seed)
        assert drawn == original.get_random_transform((9, 12, 3), seed)
        same(mine.random_transform(IMAGES[0], seed), original.random_transform(IMAGES[0], seed))
        same(mine.apply_transform(IMAGES[0], drawn), original.apply_transform(IMAGES[0], drawn))
    same(mine.standardize(IMAGES.copy()), original.standardize(IMAGES.copy()))
    for shuffle in (False, True):
        options = {"batch_size": 3, "shuffle": shuffle, "seed": 5, "sample_weight": np.arange(7.0)}
        same_batches(mine.flow(IMAGES, LABELS, **options), original.flow(IMAGES, LABELS, **options))


def test_channels_first(theirs):
    arguments = {"data_format": "channels_first", "rotation_range": 20, "channel_shift_range": 9.0}
    mine, original = both(theirs, arguments)
    images = IMAGES.transpose(0, 3, 1, 2)
    same_batches(mine.flow(images, seed=1, batch_size=4), original.flow(images, seed=1, batch_size=4))


def test_numpys_own_numbers(theirs):
    batches = []
    for generator in both(theirs, {"rotation_range": 20, "horizontal_flip": True}):
        np.random.seed(3)
        flow = generator.flow(IMAGES, LABELS, batch_size=4)
        batches.append([flow[0], flow[1], next(flow)])
    same(*batches)


@pytest.mark.parametrize(
    "arguments",
    [
        {"featurewise_center": True, "featurewise_std_normalization": True},
        {"zca_whitening": True, "featurewise_center": True, "zca_epsilon": 1e-3},
        {"featurewise_center": True, "rescale": 0.1, "data_format": "channels_first"},
    ],
    ids=lambda arguments: "-".join(arguments),
)
@pytest.mark.parametrize("augment", [False, True])
def test_statistics(theirs, arguments, augment):
    mine, original = both(theirs, {**arguments, "rotation_range": 10})
    images = IMAGES[:, :4, :4].transpose(0, 3, 1, 2) if "data_format" in arguments else IMAGES[:, :4, :4]
    for generator in (mine, original):
        generator.fit(images.copy(), augment=augment, rounds=2, seed=4)
    for name in ("mean", "std", "zca_whitening_matrix"):
        found, expected = getattr(mine, name), getattr(original, name)
        assert (found is None) == (expected is None)
        if expected is not None:
            assert found.shape == expected.shape
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    np.testing.assert_allclose(
        mine.standardize(images.copy()), original.standardize(images.copy()), rtol=1e-2, atol=1e-2
    )


@pytest.mark.parametrize("subset", ["training", "validation"])
def test_parts_of_arrays(theirs, subset):
    mine, original = both(theirs, {"validation_split": 0.45})
    extra = [IMAGES, [np.arange(7), np.arange(14).reshape(7, 2)]]
    options = {"subset": subset, "batch_size": 2, "seed": 1}
    same_batches(mine.flow(extra, LABELS, **options), original.flow(extra, LABELS, **options))


@pytest.mark.parametrize("mode", ["categorical", "binary", "sparse", "input", None])
@pytest.mark.parametrize(
    "options",
    [
        {"target_size": (6, 5)},
        {"target_size": (6, 5), "color_mode": "grayscale", "interpolation": "bilinear"},
        {"target_size": (8, 4), "color_mode": "rgba", "keep_aspect_ratio": True, "classes": ["eel", "cat"]},
        {"subset": "training", "target_size": (9, 12)},
        {"subset": "validation", "target_size": (9, 12), "shuffle": False},
    ],
    ids=str,
)
def test_directories(theirs, folder, mode, options, capsys):
    found = [
        generator.flow_from_directory(str(folder), class_mode=mode, seed=2, batch_size=5, **options)
        for generator in both(theirs, {"validation_split": 0.3, "rescale": 1 / 255, "zoom_range": 0.2})
    ]
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == printed[1]
    for name in ("filenames", "filepaths", "class_indices", "samples", "num_classes", "image_shape"):
        assert getattr(found[0], name) == getattr(found[1], name), name
    same(found[0].classes, found[1].classes)
    same_batches(*found, count=3)


TABLES = [
    {"class_mode": "categorical"},
    {"class_mode": "categorical", "classes": ["eel", "cat"]},
    {"class_mode": "categorical", "y_col": "several"},
    {"class_mode": "binary", "classes": ["dog", "cat"]},
    {"class_mode": "sparse", "weight_col": "weight"},
    {"class_mode": "raw", "y_col": "weight"},
    {"class_mode": "raw", "y_col": ["weight", "other"]},
    {"class_mode": "multi_output", "y_col": ["weight", "other"]},
    {"class_mode": "input"},
    {"class_mode": None, "subset": "training"},
    {"class_mode": "sparse", "subset": "validation", "validate_filenames": False},
]


@pytest.mark.parametrize("arguments", TABLES, ids=str)
@pytest.mark.parametrize("kind", ["pandas", "polars", "dict"])
def test_tables(theirs, folder, arguments, kind, capsys):
    pandas = pytest.importorskip("pandas")
    names = [f"{name}/{number}.png" for name in ("cat", "dog", "eel") for number in range(4)]
    rows = {
        "filename": names,
        "class": [name[:3] for name in names],
        "several": [[name[:3]] if number % 2 else ["cat", "eel"] for number, name in enumerate(names)],
        "weight": np.arange(12.0) / 7,
        "other": np.arange(12.0),
    }
    table = rows if kind == "dict" else pytest.importorskip(kind).DataFrame(rows)
    options = {"target_size": (5, 6), "seed": 4, "batch_size": 5, "directory": str(folder), **arguments}
    mine, original = both(theirs, {"validation_split": 0.25, "rotation_range": 10})
    found = [
        mine.flow_from_dataframe(table, **options),
        original.flow_from_dataframe(pandas.DataFrame(rows), **options),
    ]
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == printed[1]
    for name in ("filenames", "filepaths", "samples"):
        assert getattr(found[0], name) == getattr(found[1], name), name
    if hasattr(found[1], "class_indices"):
        assert found[0].class_indices == found[1].class_indices
    same_batches(*found, count=3)


@pytest.mark.parametrize("save", ["png", "jpeg"])
def test_saved_images(theirs, tmp_path, save):
    files = []
    for name, generator in zip(("ours", "theirs"), both(theirs, {"rotation_range": 20}), strict=True):
        (tmp_path / name).mkdir()
        flow = generator.flow(
            IMAGES, batch_size=4, seed=1, save_to_dir=tmp_path / name, save_prefix="x", save_format=save
        )
        flow[0], flow[1]
        files.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert len(files[0]) == 7
    assert files[0].keys() == files[1].keys()
    if save == "png":
        assert files[0] == files[1]


@pytest.mark.parametrize("size", [(5, 5), (4, 9), (20, 6)])
@pytest.mark.parametrize("options", [{}, {"interpolation": "nearest"}, {"data_format": "channels_first"}], ids=str)
def test_smart_resize(size, options):
    harness.same_signature(ours.smart_resize, harness.keras.preprocessing.image.smart_resize)
    images = IMAGES.transpose(0, 3, 1, 2) if options.get("data_format") else IMAGES
    for x in (images, images[0]):
        found = ours.smart_resize(x, size, **options)
        assert isinstance(found, np.ndarray)
        expected = harness.keras.preprocessing.image.smart_resize(x, size, **options)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
