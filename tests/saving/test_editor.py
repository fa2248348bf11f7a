"""Looking into files of weights, and changing them."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from keraburn.saving import KerasFileEditor


def make(k, units=4, kind="Dense"):
    x = k.Input((3,))
    y = k.layers.Dense(units)(x)
    y = k.layers.Bidirectional(k.layers.LSTM(2))(k.layers.Reshape((units, 1))(y))
    return k.Model(x, k.layers.Dense(2)(y))


def test_a_file_made_to_fit_another_model(tmp_path, capsys):
    path, edited = tmp_path / "a.weights.h5", tmp_path / "b.weights.h5"
    old = make(keraburn)
    old.save_weights(path)
    editor = KerasFileEditor(path)
    assert editor.compare(old)["status"] == "success"
    assert editor.compare(old)["match_count"] == len(old.weights)
    new = make(keraburn, 5)
    assert editor.compare(new) == {"status": "error", "error_count": 2, "match_count": len(old.weights) - 2}
    kernel, bias = np.ones((3, 5), "float32"), np.zeros(5, "float32")
    editor.delete_weight("layers/dense", "1")
    editor.add_weights("layers/dense", {"0": kernel, "1": bias})
    editor.resave_weights(edited)
    new.load_weights(edited)
    np.testing.assert_array_equal(new.layers[1].kernel.numpy(), kernel)
    np.testing.assert_array_equal(new.layers[-1].kernel.numpy(), old.layers[-1].kernel.numpy())
    editor.summary()
    assert "bidirectional ('bidirectional" in capsys.readouterr().out


def test_objects(tmp_path):
    path = tmp_path / "a.weights.h5"
    make(keraburn).save_weights(path)
    editor = KerasFileEditor(path)
    editor.rename_object("dense_1", "other")
    editor.delete_object("layers/dense")
    editor.add_object("layers/fresh", {"0": np.zeros(3)})
    editor.save(path)
    assert set(KerasFileEditor(path).weights_dict["layers"]) == {"bidirectional", "other", "fresh"}
    for act, message in (
        (lambda: editor.rename_object("dense", "x"), "does not appear"),
        (lambda: editor.rename_object("layers/dense", "x"), "not found in model"),
        (lambda: editor.rename_object("other", "a/b"), "leaf name"),
        (lambda: editor.delete_object("cell"), "more than once"),
        (lambda: editor.delete_weight("fresh", "7"), "Weight 7 not found"),
        (lambda: editor.add_object("nowhere/x", {}), "not found in model"),
        (lambda: editor.add_weights("fresh", [1]), "should be a dict"),
        (lambda: editor.save("x.h5"), "expected a `.weights.h5` extension"),
        (lambda: KerasFileEditor("x.h5"), "Invalid filename"),
    ):
        with pytest.raises(ValueError, match=message):
            act()


def test_whole_models(tmp_path):
    path = tmp_path / "a.keras"
    model = make(keraburn)
    model.save(path)
    editor = KerasFileEditor(path)
    assert editor.compare(model)["status"] == "success"
    assert editor.metadata["keras_version"] == "3.15.1"
    assert editor.config["class_name"] == "Functional"


def test_it_is_keras_s(tmp_path):
    keras = pytest.importorskip("keras")
    from tests.parity import harness

    harness.same_signature(KerasFileEditor, keras.saving.KerasFileEditor)
    for name in ("compare", "rename_object", "delete_object", "add_object", "delete_weight", "add_weights", "save"):
        harness.same_signature(getattr(KerasFileEditor, name), getattr(keras.saving.KerasFileEditor, name))
    path = str(tmp_path / "a.weights.h5")
    model = keraburn.Sequential([keraburn.Input((3,)), keraburn.layers.Dense(2), keraburn.layers.Dense(2)])
    model.save_weights(path)
    results = []
    for cls in (KerasFileEditor, keras.saving.KerasFileEditor):
        editor = cls(path)
        editor.rename_object("dense_1", "renamed")
        editor.add_object("layers/more", {"0": np.ones(2)})
        results.append(editor.weights_dict["layers"])
    assert set(results[0]) == set(results[1]) == {"dense", "renamed", "more"}
    np.testing.assert_array_equal(results[0]["renamed"]["0"], results[1]["renamed"]["0"])
