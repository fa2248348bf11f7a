"""Files that layers keep beside their weights, such as vocabularies: a folder for each object that has some."""

from __future__ import annotations

import os


class Assets:
    """Folders below one, by the paths of the objects that own them.

    Args:
        folder: the folder that holds them all.
        reading: whether missing folders stay missing.
    """

    def __init__(self, folder: str, reading: bool) -> None:
        self._folder = folder
        self._reading = reading

    def at(self, path: str) -> str | None:
        """The folder of the object at `path`; None if there is none to read."""
        folder = os.path.join(self._folder, *path.split("/")) if path else self._folder
        if not self._reading:
            os.makedirs(folder, exist_ok=True)
        return folder if os.path.isdir(folder) else None
