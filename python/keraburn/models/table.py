"""A table drawn with box characters, character for character as the `rich` library draws Keras's summaries."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

_WORD = r"\s*\S+\s*"
_TOP, _HEAD, _UNDER, _ROW, _BETWEEN, _BOTTOM = "┏━┳┓", "┃┃┃", "┡━╇┩", "│││", "├─┼┤", "└─┴┘"


class Column(NamedTuple):
    """A column: its title, where its text stands ("left", "right" or "center"), and its width without padding."""

    title: str
    align: str
    width: int


class Span(NamedTuple):
    """A piece of a cell's text and its terminal style, such as "38;5;34"; the style is empty for plain text."""

    text: str
    style: str = ""


def draw(columns: list[Column], rows: list[list[list[Span]]], width: int, color: bool) -> list[str]:
    """The lines of a table.

    Args:
        columns: titles, alignments and widths.
        rows: for each row the cells, each made of spans.
        width: characters of a line.
        color: whether to use terminal styles.
    """
    widths = _fit([column.width + 2 for column in columns], width - len(columns) - 1)
    inner = [max(0, size - 2) for size in widths]
    titles = [[Span(column.title, "1")] for column in columns]
    lines = [_rule(_TOP, widths), *_cells(titles, columns, inner, _HEAD, color), _rule(_UNDER, widths)]
    for index, row in enumerate(rows):
        if index:
            lines.append(_rule(_BETWEEN, widths))
        lines.extend(_cells(row, columns, inner, _ROW, color))
    lines.append(_rule(_BOTTOM, widths))
    return lines


def _fit(widths: list[int], available: int) -> list[int]:
    """Widths reduced evenly, or widened in proportion, until they fill the line."""
    excess = sum(widths) - available
    if excess < 0:
        return _widen(widths, -excess)
    fitted = []
    left = len(widths)
    for width in widths:
        cut = min(width, round(excess / left))
        fitted.append(width - cut)
        excess -= cut
        left -= 1
    return fitted


def _widen(widths: list[int], free: int) -> list[int]:
    widened = []
    total = sum(widths)
    for width in widths:
        share = math.ceil(width * free / total)
        widened.append(width + share)
        free -= share
        total -= width
    return widened


def _rule(marks: str, widths: list[int]) -> str:
    left, line, between, right = tuple(marks)
    return left + between.join(line * width for width in widths) + right


def _cells(row: list[list[Span]], columns: list[Column], inner: list[int], marks: str, color: bool) -> list[str]:
    wrapped = [_wrap(cell, width) for cell, width in zip(row, inner, strict=True)]
    height = max(map(len, wrapped))
    if marks is _HEAD:
        # Titles stand at the bottom, cells at the top.
        wrapped = [[[]] * (height - len(cell)) + cell for cell in wrapped]
    lines = []
    for index in range(height):
        parts = [
            _place(cell[index] if index < len(cell) else [], column.align, width, color)
            for cell, column, width in zip(wrapped, columns, inner, strict=True)
        ]
        lines.append(f"{marks[0]} " + f" {marks[1]} ".join(parts) + f" {marks[2]}")
    return lines


def _wrap(cell: list[Span], width: int) -> list[list[tuple[str, str]]]:
    """The lines of a cell as styled characters: broken between words, and cut with an ellipsis where a word is long."""
    if width <= 0:
        return [[]]
    characters = [(character, span.style) for span in cell for character in span.text]
    text = "".join(character for character, _ in characters)
    breaks = [0]
    filled = 0
    for match in re.finditer(_WORD, text):
        word = match.group()
        length = len(word.rstrip())
        if filled + length > width and filled and match.start():
            breaks.append(match.start())
            filled = 0
        filled += len(word)
    lines = []
    for start, end in zip(breaks, [*breaks[1:], len(text)], strict=True):
        line = characters[start:end]
        while line and line[-1][0] == " " and len(line) > 0:
            line.pop()
        if len(line) > width:
            line = [*line[: max(0, width - 1)], ("…", line[width - 1][1] if width else "")]
        lines.append(line)
    return lines


def _place(line: list[tuple[str, str]], align: str, width: int, color: bool) -> str:
    free = width - len(line)
    left = {"left": 0, "right": free, "center": free // 2}[align]
    return " " * left + _styled(line, color) + " " * (free - left)


def _styled(line: list[tuple[str, str]], color: bool) -> str:
    if not color:
        return "".join(character for character, _ in line)
    parts: list[str] = []
    current = ""
    for character, style in line:
        if style != current:
            parts.append(("\x1b[0m" if current else "") + (f"\x1b[{style}m" if style else ""))
            current = style
        parts.append(character)
    return "".join(parts) + ("\x1b[0m" if current else "")


def styled(spans: list[Span], color: bool) -> str:
    """A line of text outside the table."""
    return _styled([(character, span.style) for span in spans for character in span.text], color)
