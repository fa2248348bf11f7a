"""The editor of weights' files beside Keras's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import keras


def flat(content: Any, path: str = "") -> dict[str, Any]:
    if hasattr(content, "items"):
        return {key: value for name, part in content.items() for key, value in flat(part, f"{path}/{name}").items()}
    return {path: np.asarray(content)}


@pytest.mark.parametrize("ending", ["weights.h5", "keras"])
def test_edits(ending, tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="a"), keras.layers.Dense(1, name="b")])
    source = tmp_path / f"model.{ending}"
    (model.save if ending == "keras" else model.save_weights)(source)
    files = []
    for package in (keraburn, keras):
        editor = package.saving.KerasFileEditor(str(source))
        if any("/dense/" in name for name in flat(editor.weights_dict)):
            editor.rename_object("dense", "renamed")
        editor.add_object("layers/extra", {"0": np.ones((2, 2), "float32")})
        editor.add_weights("extra", {"1": np.zeros(3, "float32")})
        editor.delete_weight("extra", "0")
        target = tmp_path / f"{package.__name__}.weights.h5"
        editor.save(str(target))
        files.append((flat(editor.weights_dict), flat(keras.saving.KerasFileEditor(str(target)).weights_dict)))
    for mine, original in zip(*files, strict=True):
        assert sorted(mine) == sorted(original)
        for name, value in original.items():
            np.testing.assert_array_equal(mine[name], value)
