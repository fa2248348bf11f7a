"""Data sets beside Keras's readers, from small files in the form of the real ones."""

from __future__ import annotations

import gzip
import importlib
import json
import pickle
from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import keras

RNG = np.random.default_rng(0)


def texts(count: int) -> np.ndarray:
    found = np.empty(count, dtype=object)
    found[:] = [RNG.integers(1, 50, RNG.integers(2, 12)).tolist() for _ in range(count)]
    return found


def write_batch(path: Any, count: int, **labels: Any) -> None:
    data = {b"data": RNG.integers(0, 256, (count, 3072)).astype("uint8")}
    path.write_bytes(pickle.dumps({**data, **{key.encode(): value for key, value in labels.items()}}, protocol=3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("datasets")
    for name, shape in (("boston_housing", (20, 13)), ("california_housing", (700, 8))):
        np.savez(root / f"{name}.npz", x=RNG.normal(size=shape), y=RNG.normal(size=shape[0]))
    images = {f"x_{part}": RNG.integers(0, 256, (9, 28, 28)).astype("uint8") for part in ("train", "test")}
    np.savez(root / "mnist.npz", **images, y_train=np.arange(9, dtype="uint8"), y_test=np.arange(9, dtype="uint8"))
    np.savez(
        root / "imdb.npz",
        x_train=texts(30),
        x_test=texts(20),
        y_train=RNG.integers(0, 2, 30),
        y_test=RNG.integers(0, 2, 20),
    )
    np.savez(root / "reuters.npz", x=texts(30), y=RNG.integers(0, 46, 30))
    for part, count in (("train", 12), ("t10k", 5)):
        pixels, kinds = RNG.integers(0, 256, 16 + count * 784), RNG.integers(0, 10, 8 + count)
        (root / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(pixels.astype("uint8").tobytes()))
        (root / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(kinds.astype("uint8").tobytes()))
    inner = root / "cifar-100-python-target" / "cifar-100-python"
    inner.mkdir(parents=True)
    for part in ("train", "test"):
        write_batch(inner / part, 6, fine_labels=list(range(6)), coarse_labels=[1] * 6)
    inner = root / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    inner.mkdir(parents=True)
    for part in [f"data_batch_{number}" for number in range(1, 6)]:
        write_batch(inner / part, 10_000, labels=RNG.integers(0, 10, 10_000).tolist())
    write_batch(inner / "test_batch", 7, labels=list(range(7)))
    for name in ("imdb", "reuters"):
        (root / f"{name}_word_index.json").write_text(json.dumps({"the": 1, "film": 2}))
    return root


@pytest.fixture
def cached(folder, monkeypatch):
    """Both packages find their files in the folder, and agree on where they would come from."""
    origins: dict[str, list[Any]] = {"ours": [], "theirs": []}

    def finder(whose: str) -> Any:
        def get_file(fname: str, origin: str = "", **arguments: Any) -> str:
            origins[whose].append((fname, origin, sorted(arguments.items())))
            return str(folder / fname)

        return get_file

    monkeypatch.setattr("keraburn.datasets.fetching.get_file", finder("ours"))
    for name in (each for each in dir(keras.datasets) if not each.startswith("_")):
        monkeypatch.setattr(importlib.import_module(f"keras.src.datasets.{name}"), "get_file", finder("theirs"))
    return origins


def flat(value: Any) -> list[Any]:
    return [item for part in value for item in flat(part)] if isinstance(value, tuple) else [value]


CASES: list[tuple[str, dict[str, Any]]] = [
    ("boston_housing", {}),
    ("boston_housing", {"test_split": 0.5, "seed": 3}),
    ("california_housing", {}),
    ("california_housing", {"version": "small"}),
    ("mnist", {}),
    ("fashion_mnist", {}),
    ("cifar10", {}),
    ("cifar100", {}),
    ("cifar100", {"label_mode": "coarse"}),
    ("imdb", {}),
    ("imdb", {"num_words": 30, "skip_top": 5, "maxlen": 9}),
    ("imdb", {"start_char": None, "oov_char": None, "num_words": 20}),
    ("imdb", {"start_char": None, "index_from": 0}),
    ("reuters", {}),
    ("reuters", {"num_words": 30, "skip_top": 5, "maxlen": 9, "test_split": 0.4}),
    ("reuters", {"start_char": None, "oov_char": None, "num_words": 20, "index_from": 0}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_load_data(name, arguments, cached):
    ours = flat(getattr(keraburn.datasets, name).load_data(**arguments))
    theirs = flat(getattr(keras.datasets, name).load_data(**arguments))
    assert len(ours) == len(theirs) == 4
    for mine, original in zip(ours, theirs, strict=True):
        original = np.asarray(original)
        assert mine.shape == original.shape
        if original.dtype == object:
            assert [list(each) for each in mine] == [list(each) for each in original]
        else:
            assert mine.dtype == original.dtype
            np.testing.assert_array_equal(mine, original)
    assert sorted(map(str, cached["ours"])) == sorted(map(str, cached["theirs"]))


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_words(name, cached):
    ours, theirs = getattr(keraburn.datasets, name), getattr(keras.datasets, name)
    assert ours.get_word_index() == theirs.get_word_index() == {"the": 1, "film": 2}
    assert cached["ours"] == cached["theirs"]
    assert keraburn.datasets.reuters.get_label_names() == keras.datasets.reuters.get_label_names()


def test_pickles_run_nothing(tmp_path, monkeypatch):
    class Evil:
        def __reduce__(self) -> Any:
            return print, ("run",)

    x = np.empty(1, dtype=object)
    x[0] = Evil()
    np.savez(tmp_path / "reuters.npz", x=x, y=np.zeros(1))
    monkeypatch.setattr("keraburn.datasets.fetching.get_file", lambda fname, **arguments: str(tmp_path / "reuters.npz"))
    with pytest.raises(pickle.UnpicklingError, match=r"Received: builtins\.print"):
        keraburn.datasets.reuters.load_data()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda sets: sets.boston_housing.load_data(test_split=1.0), "Invalid `test_split`"),
        (lambda sets: sets.california_housing.load_data(version="tiny"), "Argument `version` must be one of"),
        (lambda sets: sets.cifar100.load_data(label_mode="all"), "`label_mode` must be one of"),
        (lambda sets: sets.imdb.load_data(maxlen=2), "After filtering for sequences shorter than maxlen=2"),
    ],
)
def test_errors(call, words, cached):
    for package in (keraburn, keras):
        with pytest.raises(ValueError, match=words):
            call(package.datasets)


def test_offline(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keraburn.datasets.fetching.SERVER", "http://127.0.0.1:1/")
    with pytest.raises(OSError, match=r"URL fetch failure on http://127.0.0.1:1/mnist.npz"):
        keraburn.datasets.mnist.load_data()
    with pytest.raises(AttributeError, match="Did you mean 'mnist'"):
        _ = keraburn.datasets.mnit
