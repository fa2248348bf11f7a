"""The `.keras` format: a model's config, weights and assets in a zip archive, or in a folder."""

from __future__ import annotations

import os
import warnings
from typing import Any

from keraburn import config as settings
from keraburn import registry
from keraburn.layers.layer import Layer
from keraburn.saving import archive
from keraburn.saving.assets import Assets
from keraburn.saving.atomic import replacing, replacing_folder
from keraburn.saving.errors import naming
from keraburn.saving.hdf5 import File, NewFile, Reader, Writer
from keraburn.saving.hdf5.limits import most_bytes
from keraburn.saving.state import load_state, save_state

CONFIG = "config.json"
METADATA = "metadata.json"
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
        METADATA: json.dumps({"keras_version": KERAS_VERSION, "date_saved": saved}),
        CONFIG: json.dumps(config),
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
        weights = NewFile()
        save_state(model, Writer(weights), Assets(assets, reading=False))
        with file.open(WEIGHTS, "w", force_zip64=True) as member:
            weights.write(member)
        archive.add_folder(file, assets, archive.ASSETS)


def _write_folder(model: Any, folder: str) -> None:
    for name, text in _descriptions(model).items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    weights = NewFile()
    save_state(model, Writer(weights), Assets(os.path.join(folder, archive.ASSETS), reading=False))
    with open(os.path.join(folder, WEIGHTS), "wb") as stream:
        weights.write(stream)


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
            size = os.path.getsize(os.path.join(path, WEIGHTS))
            with open(os.path.join(path, CONFIG), encoding="utf-8") as stream, settings.limited(most_bytes(size)):
                model = _make(stream.read(), custom_objects, compile, safe_mode)
            folder = os.path.join(path, archive.ASSETS)
            with open(os.path.join(path, WEIGHTS), "rb") as stored:
                _load_into(model, File(stored), filepath, folder)
        return model
    import tempfile

    with open(path, "rb") as file, archive.opened(file, filepath) as members:
        text = archive.read_member(members, CONFIG).decode("utf-8")
        with settings.limited(most_bytes(archive.size_of(members, WEIGHTS))):
            model = _make(text, custom_objects, compile, safe_mode)
        with tempfile.TemporaryDirectory() as folder, archive.stretch(file, members, WEIGHTS) as stored:
            archive.extract_assets(members, folder)
            _load_into(model, File(*stored), filepath, folder)
    return model


def _make(text: str, custom_objects: Any, compile: bool, safe_mode: bool) -> Any:
    """The model of a config, with the weights that its initializers give."""
    import json

    config = json.loads(text)
    if not isinstance(config, dict):
        raise ValueError(f"{CONFIG} should hold the config of a model. It holds: {text[:100]}")
    if not compile:
        config["compile_config"] = None
    with registry.ObjectSharingScope():
        model = registry.deserialize_keras_object(config, custom_objects, safe_mode=safe_mode)
    if not isinstance(model, Layer):
        raise ValueError(f"{CONFIG} should hold the config of a model. It holds that of: {model!r:.100}")
    return model


def _load_into(model: Any, stored: File, filepath: Any, folder: str) -> None:
    load_state(model, Reader(stored), filepath, assets=Assets(folder, reading=True), undo=False)


def load_native_weights(model: Any, filepath: Any, skip_mismatch: bool = False) -> None:
    """Set a model's weights to those in a `.keras` file."""
    with (
        open(filepath, "rb") as file,
        archive.opened(file, filepath) as members,
        archive.stretch(file, members, WEIGHTS) as stored,
    ):
        load_state(model, Reader(File(*stored)), filepath, skip_mismatch)
