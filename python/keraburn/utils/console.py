"""What training prints, on standard output or to the log."""

from __future__ import annotations

import sys

from keraburn.switches import is_interactive_logging_enabled


def print_message(message: str, line_break: bool = True) -> None:
    """Write `message` at once, in whatever characters the output can show."""
    if not is_interactive_logging_enabled():
        # Only who switches it on pays for the import.
        import logging

        logging.getLogger("keraburn").info(message)
        return
    if line_break:
        message += "\n"
    try:
        sys.stdout.write(message)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(message.replace("━", "=").encode(encoding, errors="ignore").decode(encoding))
    sys.stdout.flush()


def may_overwrite(filepath: str) -> bool:
    """Ask on the terminal whether a file may be replaced.

    Args:
        filepath: the file that is there.
    """
    answer = input(f"[WARNING] {filepath} already exists - overwrite? [y/n]").strip().lower()
    while answer not in ("y", "n"):
        answer = input('Enter "y" (overwrite) or "n" (cancel).').strip().lower()
    if answer == "y":
        print_message("[TIP] Next time specify overwrite=True!")
    return answer == "y"
