"""The vectors of `Embedding` layers, for TensorBoard's projector."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from keraburn.saving.atomic import replacing


def _file_of(layer: Any) -> str:
    return f"{layer.name}.tsv".replace(os.sep, "_")


def write_projector(folder: str, layers: Sequence[Any], metadata: str | dict[str, str] | None) -> None:
    """Write the file that tells the projector where the vectors and their names are.

    Args:
        folder: of the logs.
        layers: `Embedding` layers.
        metadata: a file of names for all of them, or a dict from the layers' names to files.

    Raises:
        ValueError: if `metadata` names something else.
    """
    names = [layer.name for layer in layers]
    if isinstance(metadata, dict) and not set(metadata) <= set(names):
        raise ValueError(
            "Unrecognized `Embedding` layer names passed to `keras.callbacks.TensorBoard` `embeddings_metadata` "
            f"argument: {sorted(set(metadata) - set(names))}. Expected: some of {names}. "
            f"Received: embeddings_metadata={metadata}"
        )
    lines = []
    for layer in layers:
        fields = {"tensor_name": f"{layer.name}/embeddings"}
        file = metadata.get(layer.name) if isinstance(metadata, dict) else metadata
        if file is not None:
            fields["metadata_path"] = str(file)
        fields["tensor_path"] = _file_of(layer)
        lines += ["embeddings {", *(f"  {name}: {json.dumps(value)}" for name, value in fields.items()), "}"]
    os.makedirs(folder, exist_ok=True)
    with replacing(os.path.join(folder, "projector_config.pbtxt")) as path, open(path, "w", encoding="utf-8") as config:
        config.write("".join(f"{line}\n" for line in lines))


def write_vectors(folder: str, layers: Sequence[Any]) -> None:
    """Write each layer's vectors, a row each, with tabs between numbers."""
    os.makedirs(folder, exist_ok=True)
    for layer in layers:
        with replacing(os.path.join(folder, _file_of(layer))) as path:
            np.savetxt(path, layer.embeddings.numpy(), fmt="%.8g", delimiter="\t")
