"""Switches for a whole session: where progress is printed, and limits for trying things out."""

from __future__ import annotations


class _State:
    interactive = True
    filtering = True
    flash_attention: bool | None = None
    max_epochs: int | None = None
    max_steps: int | None = None


def enable_interactive_logging() -> None:
    """Print progress on standard output (the default)."""
    _State.interactive = True


def disable_interactive_logging() -> None:
    """Send progress to the logger `keraburn` instead of standard output."""
    _State.interactive = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress is printed on standard output."""
    return _State.interactive


def enable_traceback_filtering() -> None:
    """Accepted as in Keras; tracebacks are short by themselves and never cut."""
    _State.filtering = True


def disable_traceback_filtering() -> None:
    """Accepted as in Keras; tracebacks are never cut."""
    _State.filtering = False


def is_traceback_filtering_enabled() -> bool:
    """What was chosen last, True at first."""
    return _State.filtering


def enable_flash_attention() -> None:
    """Let attention layers choose how to compute (the default)."""
    _State.flash_attention = None


def disable_flash_attention() -> None:
    """Accepted as in Keras; values are the same with every way to compute attention."""
    _State.flash_attention = False


def is_flash_attention_enabled() -> bool | None:
    """False where it was disabled, else None: layers choose."""
    return _State.flash_attention


def is_nnx_enabled() -> bool:
    """Whether layers are modules of Flax: always False."""
    return False


def _limit(value: int | None, name: str) -> int | None:
    if value is not None and (not isinstance(value, int) or value < 1):
        raise ValueError(f"Argument `{name}` must be a positive integer or None. Received: {name}={value}")
    return value


def set_max_epochs(max_epochs: int | None) -> None:
    """Let `fit` train for no more epochs than these; None for no limit.

    Raises:
        ValueError: if it is no positive integer.
    """
    _State.max_epochs = _limit(max_epochs, "max_epochs")


def max_epochs() -> int | None:
    """The most epochs that `fit` trains for, None for no limit."""
    return _State.max_epochs


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Let `fit`, `evaluate` and `predict` take no more batches than these from their data; None for no limit.

    Raises:
        ValueError: if it is no positive integer.
    """
    _State.max_steps = _limit(max_steps_per_epoch, "max_steps_per_epoch")


def max_steps_per_epoch() -> int | None:
    """The most batches of an epoch, None for no limit."""
    return _State.max_steps
