"""The `.keras` format: a model's config, weights and assets in a zip archive, or in a folder."""

from __future__ import annotations

import io
import os
import warnings
from typing import Any

from keraburn import registry
from keraburn.layers.layer import Layer
from keraburn.saving import archive
from keraburn.saving.assets import Assets
from keraburn.saving.atomic import replacing, replacing_folder
from keraburn.saving.errors import naming
from keraburn.saving.hdf5 import Reader, Writer, reading, writing
from keraburn.saving.state import load_state, save_state

_CONFIG = "config.json"
_METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"
# The release of Keras whose format this is.
KERAS_VERSION = "3.15.1"


def _descriptions(model: Any) -> dict[str, str]:
    """The texts of the two JSON files."""
    import datetime
    import json

    with registry.ObjectSharingScope():
        config = registry.serialize_keras_object(model)
    saved = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    return {
        _METADATA: json.dumps({"keras_version": KERAS_VERSION, "date_saved": saved}),
        _CONFIG: json.dumps(config),
    }


def save_native(model: Any, filepath: Any, zipped: bool = True) -> None:
    """Write a model into a `.keras` file or a folder; what was there before is replaced at once or not at all.

    Args:
        model: a model.
        filepath: where to.
        zipped: whether into one file.
    """
    if not model.built:
        warnings.warn(
            "You are saving a model that has not yet been built. It might not contain any weights yet. "
            "Consider building the model first by calling it on some data.",
            stacklevel=4,
        )
    if not zipped:
        with replacing_folder(filepath) as folder:
            _write_folder(model, folder)
        return
    import tempfile
    import zipfile

    with replacing(filepath) as path, tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(path, "w") as file:
        for name, text in _descriptions(model).items():
            file.writestr(name, text)
        assets = os.path.join(scratch, archive.ASSETS)
        stored = io.BytesIO()
        with writing(stored) as store:
            save_state(model, Writer(store), Assets(assets, reading=False))
        file.writestr(WEIGHTS, stored.getbuffer())
        archive.add_folder(file, assets, archive.ASSETS)


def _write_folder(model: Any, folder: str) -> None:
    for name, text in _descriptions(model).items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    with writing(os.path.join(folder, WEIGHTS)) as store:
        save_state(model, Writer(store), Assets(os.path.join(folder, archive.ASSETS), reading=False))


def load_native(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
    """The model in a `.keras` file or a folder.

    Args:
        filepath: a file that `save_native` or Keras wrote.
        custom_objects: names to classes and functions.
        compile: whether the model is compiled as it was.
        safe_mode: whether Python code in the file is refused.

    Raises:
        ValueError: if the file is damaged, or holds Python code.
        TypeError: if it names classes that are not known.
    """
    path = os.fspath(filepath)
    if os.path.isdir(path):
        with naming(filepath):
            with open(os.path.join(path, _CONFIG), encoding="utf-8") as text:
                model = _make(text.read(), custom_objects, compile, safe_mode)
            folder = os.path.join(path, archive.ASSETS)
            _load_into(model, os.path.join(path, WEIGHTS), filepath, folder)
        return model
    import tempfile

    with open(path, "rb") as file, archive.opened(file, filepath) as members, naming(filepath):
        model = _make(archive.read_member(members, _CONFIG).decode("utf-8"), custom_objects, compile, safe_mode)
        stored = io.BytesIO(archive.read_member(members, WEIGHTS))
        with tempfile.TemporaryDirectory() as folder:
            archive.extract_assets(members, folder)
            _load_into(model, stored, filepath, folder)
    return model


def _make(text: str, custom_objects: Any, compile: bool, safe_mode: bool) -> Any:
    """The model of a config, with the weights that its initializers give."""
    import json

    config = json.loads(text)
    if not isinstance(config, dict):
        raise ValueError(f"{_CONFIG} should hold the config of a model. It holds: {text[:100]}")
    if not compile:
        config["compile_config"] = None
    with registry.ObjectSharingScope():
        model = registry.deserialize_keras_object(config, custom_objects, safe_mode=safe_mode)
    if not isinstance(model, Layer):
        raise ValueError(f"{_CONFIG} should hold the config of a model. It holds that of: {model!r:.100}")
    return model


def _load_into(model: Any, stored: Any, filepath: Any, folder: str) -> None:
    with reading(stored, filepath) as store:
        load_state(model, Reader(store), filepath, assets=Assets(folder, reading=True))


def load_native_weights(model: Any, filepath: Any, skip_mismatch: bool = False) -> None:
    """Set a model's weights to those in a `.keras` file."""
    with open(filepath, "rb") as file, archive.opened(file, filepath) as members, naming(filepath):
        stored = io.BytesIO(archive.read_member(members, WEIGHTS))
        with reading(stored, filepath) as store:
            load_state(model, Reader(store), filepath, skip_mismatch)
