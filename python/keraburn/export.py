"""`keras.export`: programs for other runtimes, which are not written here."""

from __future__ import annotations

from typing import Any, NoReturn


def refuse(what: str) -> NoReturn:
    """Raise the error of whoever wants to export.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(
        f"{what} writes programs for TensorFlow, ONNX, OpenVINO or LiteRT, which this package does not do. "
        "`model.save('model.keras')` writes a file that Keras itself opens and exports."
    )


class ExportArchive:
    """In Keras the maker of such programs; here it says what to do instead.

    Args:
        format: accepted as in Keras.
        **kwargs: likewise.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, format: str = "saved_model", **kwargs: Any) -> None:
        refuse("ExportArchive")
