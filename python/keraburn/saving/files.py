"""Whole models in files: which format, from the path."""

from __future__ import annotations

import os
import warnings
from typing import Any

from keraburn.saving.legacy import load_legacy, save_legacy
from keraburn.saving.native import load_native, save_native
from keraburn.utils.console import may_overwrite

_LEGACY = (".h5", ".hdf5")


def save_model(model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
    """Write a model: its architecture, its weights, and if it is compiled, how, and its optimizer's state.

    What was at the path before is replaced at once when all is written, or not at all.

    Args:
        model: a model.
        filepath: where to; ends in `.keras`, or in `.h5` for the format of Keras 2.
        overwrite: whether an older file may be replaced without asking.
        zipped: whether into one file (the default), or into a folder, whose name does not end in `.keras`.
        **kwargs: `include_optimizer`, for `.h5`.

    Raises:
        ValueError: if the path ends otherwise.

    Example:

    >>> import os, tempfile
    >>> import numpy as np
    >>> import keraburn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
    >>> keras.saving.save_model(model, path)
    >>> again = keras.saving.load_model(path)
    >>> np.array_equal(again(np.ones((3, 2))), model(np.ones((3, 2))))
    True
    """
    path = os.fspath(filepath)
    include_optimizer = kwargs.pop("include_optimizer", True)
    named = kwargs.pop("save_format", None)
    if named:
        if not path.endswith((*_LEGACY, ".keras")):
            raise ValueError(
                "The `save_format` argument is deprecated in Keras 3. Please remove this argument and pass a file path "
                f"with either `.keras` or `.h5` extension. Received: save_format={named}"
            )
        warnings.warn(
            "The `save_format` argument is deprecated in Keras 3. We recommend removing this argument as it can be "
            f"inferred from the file path. Received: save_format={named}",
            stacklevel=3,
        )
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {list(kwargs)}. Received: filepath={path}")
    if zipped is None:
        zipped = True
    if zipped and not path.endswith((*_LEGACY, ".keras")):
        raise ValueError(
            "Invalid filepath extension for saving. Please add either a `.keras` extension for the native Keras format "
            f"(recommended) or a `.h5` extension. Received: filepath={path}"
        )
    if not zipped and path.endswith(".keras"):
        raise ValueError(
            f"When using `zipped=False`, the `filepath` argument should not end in `.keras`. Received: filepath={path}"
        )
    if os.path.exists(path) and not overwrite and not may_overwrite(path):
        return
    if path.endswith(_LEGACY) and zipped:
        warnings.warn(
            "You are saving your model as an HDF5 file via `model.save()` or `keras.saving.save_model(model)`. This "
            "file format is considered legacy. We recommend using instead the native Keras format, e.g. "
            "`model.save('my_model.keras')` or `keras.saving.save_model(model, 'my_model.keras')`.",
            stacklevel=3,
        )
        save_legacy(model, path, include_optimizer)
    else:
        save_native(model, path, zipped)


def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
    """The model in a file that `save_model` or Keras wrote.

    No code of the file runs unless asked, no link in it is followed, and no more memory is taken than a file of its
    size can need.

    Args:
        filepath: a `.keras` or `.h5` file, or a folder.
        custom_objects: a dict from names to the classes and functions that the file names and that are not registered.
        compile: whether the model is compiled as it was when it was saved.
        safe_mode: whether Python code in the file, such as lambdas, is refused.

    Returns:
        The model; where it was compiled, training goes on as if it had not been saved.

    Raises:
        ValueError: if there is no such file, it is damaged, or holds Python code in safe mode.
        TypeError: if it names classes or functions that are not known.

    Example:

    >>> import os, tempfile
    >>> import keraburn as keras
    >>> class Scaled(keras.layers.Dense):
    ...     def call(self, inputs):
    ...         return 2 * super().call(inputs)
    >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
    >>> keras.Sequential([keras.Input((2,)), Scaled(1)]).save(path)
    >>> keras.saving.load_model(path, custom_objects={"Scaled": Scaled}).count_params()
    3
    """
    path = os.fspath(filepath)
    is_folder = os.path.isdir(path) and os.path.exists(os.path.join(path, "config.json"))
    if is_folder or (path.endswith(".keras") and os.path.isfile(path)):
        return load_native(path, custom_objects, compile, safe_mode)
    if path.endswith(_LEGACY):
        return load_legacy(path, custom_objects, compile, safe_mode)
    if path.endswith(".keras"):
        raise ValueError(f"File not found: filepath={path}. Please ensure the file is an accessible `.keras` zip file.")
    raise ValueError(
        f"File format not supported: filepath={path}. Keras 3 only supports V3 `.keras` files, and legacy H5 format "
        "files (`.h5` extension)."
    )
