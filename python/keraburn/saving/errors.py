"""What goes wrong with a file becomes an error that names it."""

from __future__ import annotations

import errno
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# What reading damaged data may raise somewhere below.
_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)


@contextmanager
def naming(filepath: Any) -> Iterator[None]:
    """Errors raised inside name the file; what only damage can cause becomes a ValueError.

    Args:
        filepath: as the user gave it.
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        if f"filepath={filepath}" in str(error):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{error}\n\nReceived: filepath={filepath}") from error
    except OSError as error:
        # A place before the beginning of the file, which only damage asks for.
        if error.errno != errno.EINVAL:
            raise
        raise ValueError(f"The file is damaged: {error}. Received: filepath={filepath}") from error
    except _DAMAGE as error:
        raise ValueError(
            f"The file is damaged, or what it holds does not fit together. The error was: "
            f"{type(error).__name__}: {error}. Received: filepath={filepath}"
        ) from error
