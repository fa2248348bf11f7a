"""Files of weights, looked into and changed without the model they belong to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn.saving import archive
from keraburn.saving.atomic import replacing
from keraburn.saving.errors import naming
from keraburn.saving.hdf5 import Dataset, File, Group, NewFile, NewGroup, Writer, get_array
from keraburn.saving.native import CONFIG, METADATA, WEIGHTS
from keraburn.saving.state import save_state
from keraburn.utils.console import print_message

_MOST_LEVELS = 100


class KerasFileEditor:
    """Shows what a file of weights holds, and writes it anew with objects renamed, removed or added.

    Args:
        filepath: a `.weights.h5` or `.keras` file.

    Raises:
        ValueError: if the path ends otherwise, or the file is damaged.

    Example:

    >>> import os, tempfile
    >>> import keraburn as keras
    >>> path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
    >>> keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save_weights(path)
    >>> editor = keras.saving.KerasFileEditor(path)
    Keras model file ...
    >>> editor.rename_object("dense", "einsum_dense")
    >>> editor.summary()
    Weights structure
      > layers
      >     > einsum_dense ('dense')
      >     >     > 0: shape=(2, 1), dtype=float32
      >     >     > 1: shape=(1,), dtype=float32
    """

    def __init__(self, filepath: Any) -> None:
        path = os.fspath(filepath)
        self.filepath = path
        self.metadata: Any = None
        self.config: Any = None
        self.model: Any = None
        if not path.endswith((".keras", ".weights.h5")):
            raise ValueError(
                f"Invalid filename: expected a `.keras` `.weights.h5` extension. Received: filepath={path}"
            )
        # Objects' attributes by their paths, and their weights: dicts of dicts and, at the ends, arrays.
        self.object_metadata: dict[str, dict[str, Any]] = {}
        with open(path, "rb") as file, naming(path):
            if path.endswith(".keras"):
                with archive.opened(file, path) as members, archive.stretch(file, members, WEIGHTS) as stored:
                    self.config = json.loads(archive.read_member(members, CONFIG))
                    self.metadata = json.loads(archive.read_member(members, METADATA))
                    self.weights_dict = self._read(File(*stored), "", 0)
            else:
                self.weights_dict = self._read(File(file), "", 0)
        print_message(f"Keras model file '{path}'")
        if isinstance(self.metadata, dict):
            saved = self.metadata.get("date_saved")
            print_message(f"Saved with Keras {self.metadata.get('keras_version')} - date: {saved}")

    def _read(self, group: Group, path: str, level: int) -> dict[str, Any]:
        if level > _MOST_LEVELS:
            raise ValueError("Not allowed: H5 file with groups inside themselves")
        found: dict[str, Any] = {}
        if group.attributes:
            self.object_metadata[path.removesuffix("/vars")] = dict(group.attributes)
        for name in group.links:
            item = group.child(name)
            if isinstance(item, Dataset):
                found[name] = get_array(group, name)
                continue
            inner = self._read(item, f"{path}/{name}", level + 1) if isinstance(item, Group) else {}
            if name == "vars":
                found.update(inner)
            elif inner:
                found[name] = inner
        return found

    def summary(self) -> None:
        """Print the objects and weights of the file."""
        print_message("Weights structure")
        self._print(self.weights_dict, "  > ", "")

    def _print(self, weights: dict[str, Any], prefix: str, path: str) -> None:
        for key, value in weights.items():
            inner = f"{path}/{key}"
            if isinstance(value, dict):
                name = self.object_metadata.get(inner, {}).get("name")
                print_message(f"{prefix}{key}" + (f" ('{name}')" if name else ""))
                self._print(value, f"{prefix}    > ", inner)
            else:
                print_message(f"{prefix}{key}: shape={value.shape}, dtype={value.dtype}")

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Print in what the file differs from what a model would save.

        Args:
            reference_model: a built model.

        Returns:
            `"status"`, `"success"` or `"error"`; `"error_count"`; and `"match_count"`, of equal weights.
        """
        print_message("Running comparison")
        expected = NewFile()
        save_state(reference_model, Writer(expected))
        wanted, found = _shapes_to_save(expected, ""), _shapes(self.weights_dict, "")
        errors = 0
        for path in [*wanted, *(path for path in found if path not in wanted)]:
            if path not in found:
                print_message(f"...Weight {path} present in reference model, missing from saved file")
            elif path not in wanted:
                print_message(f"...Weight {path} present in saved file, missing from reference model")
            elif wanted[path] != found[path]:
                print_message(
                    f"...Weight shape mismatch for {path}\n    In reference model: shape={wanted[path]}\n"
                    f"    In saved file: shape={found[path]}"
                )
            else:
                continue
            errors += 1
        matches = sum(found.get(path) == shape for path, shape in wanted.items())
        print_message("─────────────────────")
        if errors:
            print_message(f"Found {errors} error(s): saved file is not compatible with the reference model")
        else:
            print_message("Comparison successful: saved file is compatible with the reference model")
            print_message(f"    Found {matches} matching weight(s)")
        return {"status": "error" if errors else "success", "error_count": errors, "match_count": matches}

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Give an object another name.

        Args:
            object_name: its name, such as `"dense_2"`, or its path, such as `"layers/dense_2"`.
            new_name: the new name, without a path.

        Raises:
            ValueError: if there is no such object or several, or the new name is a path.
        """
        if "/" in new_name:
            raise ValueError(
                "Argument `target_name` should be a leaf name, not a full path name. "
                f"Received: target_name='{new_name}'"
            )

        def rename(parent: dict[str, Any], key: str, path: str) -> None:
            renamed = {new_name if each == key else each: value for each, value in parent.items()}
            parent.clear()
            parent.update(renamed)
            above = path.rpartition("/")[0]
            moved = {}
            for each in list(self.object_metadata):
                if each == path or each.startswith(f"{path}/"):
                    moved[f"{above}/{new_name}{each[len(path) :]}"] = self.object_metadata.pop(each)
            self.object_metadata.update(moved)

        self._edit(object_name, rename)

    def delete_object(self, object_name: str) -> None:
        """Remove an object.

        Args:
            object_name: its name or path.
        """
        self._edit(object_name, lambda parent, key, _: parent.pop(key))

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Add an object.

        Args:
            object_path: its path, such as `"layers/dense_2"`.
            weights: arrays by name, such as `{"0": kernel, "1": bias}`.

        Raises:
            ValueError: if the path leads nowhere, or `weights` is no dict.
        """
        folder, _, name = object_path.rpartition("/")
        parent = self.weights_dict
        for part in folder.split("/") if folder else ():
            parent = parent.get(part)  # type: ignore[assignment]
            if not isinstance(parent, dict):
                raise ValueError(f"Path '{folder}' not found in model. Received: object_path={object_path}")
        parent[name] = _arrays(weights)

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Remove a weight of an object.

        Args:
            object_name: name or path of the object.
            weight_name: name of the weight, such as `"0"`.

        Raises:
            ValueError: if there is no such object or weight.
        """

        def delete(parent: dict[str, Any], key: str, _: str) -> None:
            if weight_name not in parent[key]:
                raise ValueError(
                    f"Weight {weight_name} not found in object {object_name}. Weights found: {list(parent[key])}"
                )
            parent[key].pop(weight_name)

        self._edit(object_name, delete)

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Add weights to an object, or replace some.

        Args:
            object_name: name or path of the object.
            weights: arrays by name.

        Raises:
            ValueError: if there is no such object, or `weights` is no dict.
        """
        arrays = _arrays(weights)
        self._edit(object_name, lambda parent, key, _: parent[key].update(arrays))

    def save(self, filepath: Any) -> None:
        """Write the weights as they are now.

        Args:
            filepath: where to; ends in `.weights.h5`.

        Raises:
            ValueError: if it ends otherwise.
        """
        path = os.fspath(filepath)
        if not path.endswith(".weights.h5"):
            raise ValueError(
                f"Invalid `filepath` argument: expected a `.weights.h5` extension. Received: filepath={path}"
            )
        file = NewFile()
        self._put(file, self.weights_dict, "")
        with replacing(path) as temporary, open(temporary, "wb") as stream:
            file.write(stream)

    def resave_weights(self, filepath: Any) -> None:
        """The same as `save`."""
        self.save(filepath)

    def _put(self, file: NewFile, weights: dict[str, Any], path: str) -> None:
        name = self.object_metadata.get(path, {}).get("name")
        if name is not None:
            file.group(f"{path}/vars"[1:]).attributes["name"] = name
        for key, value in weights.items():
            if isinstance(value, dict):
                self._put(file, value, f"{path}/{key}")
            else:
                file.put(f"{path}/vars/{key}"[1:], value)

    def _edit(self, name: str, edit: Callable[[dict[str, Any], str, str], Any]) -> None:
        """Call `edit` with what holds the object of a name or path, its key there and its path."""
        found = list(_places(self.weights_dict, name.strip("/"), ""))
        if "/" in name:
            found = [each for each in found if each[2] == f"/{name.strip('/')}"]
        if not found:
            raise ValueError(
                f"Path '{name}' not found in model."
                if "/" in name
                else f"Source name '{name}' does not appear in the model. Use `editor.summary()` to list all objects."
            )
        if len(found) > 1:
            raise ValueError(f"Name '{name}' occurs more than once in the model; try passing a complete path")
        edit(*found[0])


def _places(weights: dict[str, Any], name: str, path: str) -> list[tuple[dict[str, Any], str, str]]:
    """Where objects of a name stand, or of the last name of a path."""
    last = name.rpartition("/")[2]
    found = [(weights, last, f"{path}/{last}")] if isinstance(weights.get(last), dict) else []
    for key, value in weights.items():
        if isinstance(value, dict):
            found += _places(value, name, f"{path}/{key}")
    return found


def _arrays(weights: Any) -> dict[str, np.ndarray]:
    if not isinstance(weights, dict):
        raise ValueError(
            "Argument `weights` should be a dict where keys are weight names (usually '0', '1', etc.) and values are "
            f"NumPy arrays. Received: type(weights)={type(weights)}"
        )
    return {name: np.asarray(value) for name, value in weights.items()}


def _shapes(weights: dict[str, Any], path: str) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for key, value in weights.items():
        if isinstance(value, dict):
            found.update(_shapes(value, f"{path}/{key}"))
        else:
            found[f"{path}/{key}"] = tuple(value.shape)
    return found


def _shapes_to_save(group: NewGroup, path: str) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for name, item in group.members.items():
        if isinstance(item, NewGroup):
            found.update(_shapes_to_save(item, path if name == "vars" else f"{path}/{name}"))
        else:
            found[f"{path}/{name}"] = item.shape
    return found
