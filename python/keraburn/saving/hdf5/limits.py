"""How much may come out of how little."""

from __future__ import annotations

# What a dataset or a member of an archive may unpack to, when it is packed.
FREE_BYTES = 1 << 24
MOST_EXPANSION = 100


def check_expansion(what: str, declared: int, stored: int) -> None:
    """Raise if something declares far more bytes than are stored for it."""
    if declared > FREE_BYTES and declared > MOST_EXPANSION * stored:
        raise ValueError(
            f"Not allowed: {what} declares {declared} bytes, but only {stored} are stored for it; it may be made to "
            "use up the memory."
        )


def most_bytes(stored: int) -> int:
    """How many bytes the variables of a model may take that comes from a file of `stored` bytes.

    Its weights are in the file; an optimizer may have a few variables for each of them that are not.
    """
    return 4 * FREE_BYTES + 8 * stored
