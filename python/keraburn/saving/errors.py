"""What goes wrong with a file becomes an error that names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def naming(filepath: Any) -> Iterator[None]:
    """Errors raised inside name the file; what only damage can cause becomes a ValueError.

    Args:
        filepath: as the user gave it.
    """
    try:
        yield
    except (ImportError, Warning):
        raise
    except (ValueError, TypeError) as error:
        if f"filepath={filepath}" in str(error):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{error}\n\nReceived: filepath={filepath}") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            # The disk's, not the file's.
            raise
        raise ValueError(
            f"The file is damaged, or what it holds does not fit together. The error was: "
            f"{type(error).__name__}: {error}. Received: filepath={filepath}"
        ) from error
