"""ModelCheckpoint writes what real Keras would, when it would, and says so in its words."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import data, linear

VALUES = [3.0, 2.0, 2.5, 1.9, 2.6, 0.5]


def run(library, folder, make, capsys, **options):
    """The files a run leaves, with the epochs their weights are of, and what was printed."""
    x, y = data(10)
    model = library.Sequential([library.Input((3,)), library.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(library.optimizers.SGD(0.05), "mse", metrics=["mae"], **options)
    weights = []

    class Scripted(library.callbacks.Callback):
        """Puts given values into the logs, before the callback that watches them."""

        def on_train_batch_end(self, batch, logs=None):
            logs["score"] = VALUES[batch]

        def on_epoch_end(self, epoch, logs=None):
            weights.append(float(np.asarray(model.get_weights()[1])[0]))
            logs["score"] = VALUES[epoch]

    folder.mkdir()
    checkpoint = make(library, str(folder))
    callbacks = library.callbacks.CallbackList(
        [Scripted(), checkpoint], add_history=True, model=model, epochs=6, steps=4, verbose=0
    )
    capsys.readouterr()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, y, batch_size=3, epochs=6, shuffle=False, verbose=0, callbacks=callbacks)
    said = [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
    said = [message for message in said if "HDF5 file" not in message]
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            continue
        if path.name.endswith(".weights.h5"):
            model.load_weights(path)
            bias = float(np.asarray(model.get_weights()[1])[0])
        else:
            bias = float(np.asarray(library.saving.load_model(path).get_weights()[1])[0])
        files[str(path.relative_to(folder))] = bias
    return files, capsys.readouterr().out.replace(str(folder), "FOLDER"), said, weights, checkpoint.best


CASES = {
    "every epoch": ("{epoch:02d}.keras", {}),
    "one file": ("model.keras", {"verbose": 1}),
    "a value in the name": ("{epoch}-{score:.1f}-{val}.keras", {"verbose": 1}),
    "the best": ("best.keras", {"monitor": "score", "save_best_only": True, "mode": "min", "verbose": 1}),
    "the largest": ("{epoch}.keras", {"monitor": "score", "save_best_only": True, "mode": "max", "verbose": 1}),
    "better than": (
        "{epoch}.keras",
        {
            "monitor": "score",
            "save_best_only": True,
            "mode": "min",
            "initial_value_threshold": 1.95,
            "verbose": 1,
        },
    ),
    "the loss": ("{epoch}.keras", {"monitor": "loss", "save_best_only": True}),
    "a metric": ("{epoch}.keras", {"monitor": "mae", "save_best_only": True}),
    "no such value": ("{epoch}.keras", {"monitor": "other", "save_best_only": True, "mode": "min", "verbose": 1}),
    "weights": ("deep/er/{epoch}.weights.h5", {"save_weights_only": True, "verbose": 1}),
    "batches": ("{epoch}-{batch}.weights.h5", {"save_weights_only": True, "save_freq": 3, "verbose": 1}),
    "many batches": ("{epoch}.keras", {"save_freq": 7}),
    "unknown mode": ("{epoch}.keras", {"mode": "up"}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_saved_is_what_keras_saves(tmp_path, capsys, name):
    real = pytest.importorskip("keras")
    path, arguments = CASES[name]

    def make(library, folder):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return library.callbacks.ModelCheckpoint(f"{folder}/{path.replace('{val}', 'x')}", **arguments)

    expected, found = (run(library, tmp_path / library.__name__, make, capsys) for library in (real, keras))
    assert list(found[0]) == list(expected[0])
    assert found[0]
    np.testing.assert_allclose(list(found[0].values()), list(expected[0].values()), rtol=1e-5)
    assert found[1] == expected[1]
    assert found[2] == expected[2]
    assert (found[4] is None) == (expected[4] is None)
    if found[4] is not None:
        assert found[4] == pytest.approx(float(expected[4]), rel=1e-5)


@pytest.mark.parametrize("save_freq", [1, 2, 5])
def test_several_steps_at_once(tmp_path, capsys, save_freq):
    real = pytest.importorskip("keras")

    def make(library, folder):
        return library.callbacks.ModelCheckpoint(
            f"{folder}/{{epoch}}-{{batch}}.weights.h5", save_weights_only=True, save_freq=save_freq
        )

    expected, found = (
        run(library, tmp_path / library.__name__, make, capsys, steps_per_execution=3) for library in (real, keras)
    )
    assert list(found[0]) == list(expected[0])
    np.testing.assert_allclose(list(found[0].values()), list(expected[0].values()), rtol=1e-5)


def test_the_best_of_batches(tmp_path):
    """Keras fails here, as it compares values of batches before it knows how."""
    x, y = data(10)

    class Scripted(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            logs["score"] = VALUES[batch]

    checkpoint = keras.callbacks.ModelCheckpoint(
        tmp_path / "{batch}.weights.h5",
        monitor="score",
        mode="min",
        save_best_only=True,
        save_weights_only=True,
        save_freq=1,
    )
    linear().fit(x, y, batch_size=2, verbose=0, callbacks=[Scripted(), checkpoint])
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["1", "2", "4"]


def test_training_goes_on_from_a_file(tmp_path):
    x, y = data(10)
    model = linear(optimizer="adam")
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    model.fit(x, y, batch_size=4, epochs=4, shuffle=False, verbose=0, callbacks=[checkpoint])
    again = keras.saving.load_model(tmp_path / "2.keras")
    again.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_folder_of_that_name(tmp_path):
    x, y = data(10)
    (tmp_path / "model.keras").mkdir()
    with pytest.raises(OSError, match="Please specify a non-directory filepath for ModelCheckpoint"):
        linear().fit(x, y, verbose=0, callbacks=[keras.callbacks.ModelCheckpoint(tmp_path / "model.keras")])


def test_a_name_of_what_is_not_logged(tmp_path):
    x, y = data(10)
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}-{other}.keras")
    with pytest.raises(KeyError, match=r"Failed to format this callback filepath: .*Reason: .*other"):
        linear().fit(x, y, verbose=0, callbacks=[checkpoint])


def test_a_value_that_is_no_number(tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "a.keras", monitor="many", mode="min", save_best_only=True)
    checkpoint.set_model(linear())
    with pytest.warns(UserWarning, match="Can save best model only when `monitor` is a scalar value"):
        checkpoint.on_epoch_end(0, {"many": np.ones(3)})
    assert (tmp_path / "a.keras").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filepath": "a.txt"}, "The filepath provided must end in `.keras`"),
        ({"filepath": "a.h5", "save_weights_only": True}, "the filepath provided must end in `.weights.h5`"),
        ({"filepath": "a.keras", "save_freq": "epochs"}, "Unrecognized save_freq: epochs"),
        ({"filepath": "a.keras", "save_freq": 1.5}, "Unrecognized save_freq: 1.5"),
        ({"filepath": "a.keras", "save_freq": 0}, "Unrecognized save_freq: 0"),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras.callbacks.ModelCheckpoint(**arguments)


def test_a_direction_that_cannot_be_known(tmp_path):
    x, y = data(10)
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "a.keras", monitor="other", save_best_only=True)
    with pytest.raises(ValueError, match="ModelCheckpoint callback received monitor=other, but Keras isn't able to"):
        linear().fit(x, y, verbose=0, callbacks=[checkpoint])
