"""The weights of a model, and the state of its optimizer, in a `.weights.h5` file."""

from __future__ import annotations

import os
from typing import Any

from keraburn.saving.atomic import replacing
from keraburn.saving.hdf5 import Reader, Writer, reading, writing
from keraburn.saving.state import load_state, save_state


def _check_built(model: Any, doing: str) -> None:
    if not model.built:
        raise ValueError(
            f"You are {doing} a model that has not yet been built. Try building the model first by calling it on some "
            f"data or by using `build()`. Received: model={model}"
        )


def _check_name(filepath: Any) -> None:
    if not os.fspath(filepath).endswith(".weights.h5"):
        raise ValueError(f"The filename must end in `.weights.h5`. Received: filepath={filepath}")


def save_weights(model: Any, filepath: Any) -> None:
    """Write a model's weights and its optimizer's state; an older file is replaced at once or not at all.

    Args:
        model: a built model.
        filepath: where to; ends in `.weights.h5`.

    Raises:
        ValueError: if the path ends otherwise or the model is not built.
    """
    _check_name(filepath)
    _check_built(model, "saving")
    with replacing(filepath) as path, writing(path) as file:
        save_state(model, Writer(file))


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False) -> None:
    """Read what `save_weights` or Keras wrote; if something does not fit, nothing is changed.

    Args:
        model: a built model.
        filepath: a file that ends in `.weights.h5`.
        skip_mismatch: load what fits and warn of the rest.

    Raises:
        ValueError: if the file is damaged, or its weights are not those of the model.
    """
    _check_name(filepath)
    _check_built(model, "loading weights into")
    with reading(os.fspath(filepath), filepath) as file:
        load_state(model, Reader(file), filepath, skip_mismatch)
