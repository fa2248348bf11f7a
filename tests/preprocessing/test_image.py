"""Batches of images that are changed at random."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest

import keraburn as keras

pytest.importorskip("PIL.Image")
pytest.importorskip("scipy")
image = keras.preprocessing.image

IMAGES = np.random.default_rng(0).uniform(0, 255, (10, 8, 8, 3)).astype("float32")
LABELS = np.arange(10) % 2


def generator(**arguments):
    return image.ImageDataGenerator(rotation_range=20, horizontal_flip=True, **arguments)


def losses(flow, workers=1):
    """What a model that learns nothing finds in each batch of two epochs."""
    flow.workers = workers
    seen = []
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.set_weights([np.linspace(0, 1, 192, dtype="float32")[:, None], np.zeros(1, dtype="float32")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    model.fit(flow, epochs=2, shuffle=False, verbose=0, callbacks=[watch])
    return seen


def test_workers_change_nothing():
    alone = losses(generator().flow(IMAGES, LABELS, batch_size=3, seed=1))
    assert len(set(alone)) == len(alone) == 8
    assert losses(generator().flow(IMAGES, LABELS, batch_size=3, seed=1), workers=3) == alone


def test_processes(run_python):
    """They make the batches of threads, and others in every epoch."""
    assert run_python("-c", PROCESSES).split() == ["True", "8"]


PROCESSES = """
import numpy as np
import keraburn as keras
images = np.random.default_rng(0).uniform(0, 255, (10, 8, 8, 3)).astype("float32")

def epochs(processes):
    generator = keras.preprocessing.image.ImageDataGenerator(rotation_range=20)
    flow = generator.flow(images, np.zeros(10), batch_size=3, seed=1, shuffle=False)
    flow.workers, flow.use_multiprocessing = 2, processes
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.set_weights([np.linspace(0, 1, 192, dtype="float32")[:, None], np.zeros(1, dtype="float32")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    seen = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    model.fit(flow, epochs=2, shuffle=False, verbose=0, callbacks=[watch])
    return seen

if __name__ == "__main__":
    first = epochs(True)
    print(first == epochs(False), len(set(first)))
"""


def test_pickled_iterators_go_on():
    flow = generator().flow(IMAGES, LABELS, batch_size=4, seed=1)
    first = flow[0]
    copy = pickle.loads(pickle.dumps(flow))
    np.testing.assert_array_equal(copy[1][0], flow[1][0])
    assert next(copy)[0].shape == first[0].shape


def test_iterators_are_endless_and_start_anew():
    flow = image.ImageDataGenerator().flow(IMAGES, batch_size=4, shuffle=False)
    sizes = [len(batch) for batch, _ in zip(flow, range(7), strict=False)]
    assert sizes == [4, 4, 2, 4, 4, 2, 4]
    flow.reset()
    np.testing.assert_array_equal(next(flow), IMAGES[:4])


def test_seeds_leave_numpys_numbers_alone():
    np.random.seed(0)
    expected = np.random.uniform()
    np.random.seed(0)
    generator().flow(IMAGES, seed=3)[0]
    generator().random_transform(IMAGES[0], seed=2)
    assert np.random.uniform() == expected


def test_own_iterators():
    class Numbers(image.Iterator):
        def _get_batches_of_transformed_samples(self, index_array):
            return index_array * 10

    numbers = Numbers(5, 2, shuffle=False, seed=None, workers=2)
    assert [numbers[index].tolist() for index in range(3)] == [[0, 10], [20, 30], [40]]
    assert (numbers.workers, next(numbers).tolist()) == (2, [0, 10])
    with pytest.raises(ValueError, match="Asked to retrieve element 3, but the Sequence has length 3"):
        numbers[3]
    with pytest.raises(NotImplementedError, match="_get_batches_of_transformed_samples"):
        next(image.Iterator(3, 2, False, None))


def test_brightness_with_channels_first():
    first, last = (
        image.ImageDataGenerator(data_format=each).apply_transform(x, {"brightness": 0.5})
        for each, x in (("channels_first", IMAGES[0].transpose(2, 0, 1)), ("channels_last", IMAGES[0]))
    )
    np.testing.assert_array_equal(first.transpose(1, 2, 0), last)


def test_whole_numbers_are_standardized():
    found = image.ImageDataGenerator(rescale=1 / 255).standardize(np.full((2, 2, 1), 255, dtype="uint8"))
    np.testing.assert_allclose(found, 1)


@pytest.fixture
def folder(tmp_path):
    for label, name in enumerate(("dark", "light")):
        (tmp_path / name).mkdir()
        for number in range(6):
            keras.utils.save_img(tmp_path / name / f"{number}.png", IMAGES[number] / 2 + 120 * label, scale=False)
    return tmp_path


def test_training_from_folders(folder):
    flow = image.ImageDataGenerator(rescale=1 / 255, vertical_flip=True).flow_from_directory(
        folder, target_size=(4, 4), class_mode="binary", batch_size=4, seed=1
    )
    flow.workers = 2
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    assert model.fit(flow, epochs=60, verbose=0).history["accuracy"][-1] == 1
    assert model.evaluate(flow, verbose=0).accuracy == 1
    assert model.predict(flow, verbose=0).shape == (12, 1)


def test_damaged_files_are_named(folder):
    (folder / "dark" / "2.png").write_bytes((folder / "dark" / "2.png").read_bytes()[:90])
    flow = image.ImageDataGenerator().flow_from_directory(folder, target_size=(4, 4), shuffle=False)
    with pytest.raises(OSError, match=r"damaged: .*2\.png"):
        flow[0]


def test_names_that_are_no_images(folder):
    table = {"filename": ["dark/0.png", "dark/none.png", "light/1.png"], "class": ["a", "b", "b"]}
    with pytest.warns(UserWarning, match='Found 1 invalid image filename\\(s\\) in x_col="filename"'):
        flow = image.ImageDataGenerator().flow_from_dataframe(table, folder, target_size=(4, 4), shuffle=False)
    assert flow.filenames == ["dark/0.png", "light/1.png"]
    assert flow[0][1].tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"zca_whitening": True}, "`zca_whitening`, which overrides setting of `featurewise_center`"),
        ({"featurewise_std_normalization": True}, "which overrides setting of `featurewise_center`"),
        ({"samplewise_std_normalization": True}, "which overrides setting of `samplewise_center`"),
    ],
)
def test_settings_that_need_others(arguments, message):
    with pytest.warns(UserWarning, match=message):
        made = image.ImageDataGenerator(**arguments)
    if "samplewise_std_normalization" not in arguments:
        with pytest.warns(UserWarning, match="but it hasn't been fit on any training data"):
            made.standardize(IMAGES[0].copy())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data_format": "x"}, "`data_format` should be.*Received: x"),
        ({"validation_split": 1.5}, "strictly between 0 and 1"),
        ({"zoom_range": (1, 2, 3)}, "`zoom_range` should be a float or a tuple or list of two floats"),
        ({"brightness_range": 0.5}, "`brightness_range should be tuple or list of two floats"),
    ],
)
def test_wrong_settings(arguments, message):
    with pytest.raises(ValueError, match=message):
        image.ImageDataGenerator(**arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda made, _: made.flow(IMAGES, LABELS[:3]),
            r"same length. Found: x.shape = \(10, 8, 8, 3\)",
        ),
        (lambda made, _: made.flow(IMAGES, LABELS, sample_weight=[1.0]), "`sample_weight` should have the same length"),
        (lambda made, _: made.flow((IMAGES, LABELS[:3])), "All of the arrays in `x` should have the same length"),
        (lambda made, _: made.flow(IMAGES[0]), "should have rank 4. You passed an array with shape"),
        (lambda made, _: made.flow(IMAGES, subset="x"), "Invalid subset name: x"),
        (lambda made, _: made.flow(IMAGES, np.arange(10), subset="training"), "different number of classes"),
        (lambda made, _: made.fit(IMAGES[0]), "Input to `.fit\\(\\)` should have rank 4"),
        (lambda made, path: made.flow_from_directory(path, color_mode="x"), "Invalid color mode: x"),
        (lambda made, path: made.flow_from_directory(path, class_mode="x"), "Invalid class_mode: x; expected one of"),
        (lambda made, path: made.flow_from_directory(path, subset="x"), "Invalid subset name: x"),
        (lambda made, path: made.flow_from_dataframe({"a": []}, path), "no column 'filename'.*columns \\['a'\\]"),
        (lambda made, _: image.random_zoom(IMAGES[0], (1,)), "`zoom_range` should be a tuple or list"),
        (lambda made, _: image.random_brightness(IMAGES[0], (1,)), "`brightness_range should be tuple or list"),
        (lambda made, _: image.apply_affine_transform(IMAGES), "must be multi-channel 2D images"),
        (lambda made, _: image.apply_affine_transform(IMAGES[0], row_axis=0), "must be distinct"),
        (lambda made, _: image.apply_affine_transform(IMAGES[0], row_axis=3), "Invalid axis' indices: \\{3\\}"),
        (lambda made, _: image.apply_affine_transform(IMAGES[0], 1, fill_mode="x"), "`fill_mode` should be one of"),
        (lambda made, _: image.smart_resize(IMAGES[0], (1, 2, 3)), "tuple of 2 integers, but got"),
        (lambda made, _: image.smart_resize(IMAGES[0, 0], (1, 2)), "incorrect rank 2"),
    ],
)
def test_wrong_data(folder, call, message):
    with pytest.raises(ValueError, match=message):
        call(image.ImageDataGenerator(validation_split=0.5), folder)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x_col": "weight"}, "All values in column x_col=weight must be strings"),
        ({"y_col": "weight"}, "column values must be type string, list or tuple"),
        ({"y_col": "weight", "class_mode": "sparse"}, "column values must be strings"),
        ({"y_col": "class", "class_mode": "multi_output"}, "y_col must be a list. Received str"),
        ({"weight_col": "class"}, "Column weight_col=class must be numeric"),
    ],
)
def test_columns_of_another_kind(arguments, message):
    table = {"filename": ["a.png"], "class": ["x"], "weight": [1.0]}
    with pytest.raises(TypeError, match=message):
        image.ImageDataGenerator().flow_from_dataframe(table, **arguments)
    with pytest.raises(ValueError, match="Found 1 classes"):
        image.ImageDataGenerator().flow_from_dataframe(table, class_mode="binary")


def test_no_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    np.testing.assert_array_equal(image.ImageDataGenerator().random_transform(IMAGES[0]), IMAGES[0])
    with pytest.raises(ImportError, match="pip install scipy"):
        generator().random_transform(IMAGES[0])
