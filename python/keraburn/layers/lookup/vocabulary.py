"""Vocabularies that users give: checked, without the special tokens, and read from files."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any

import numpy as np

from keraburn.layers.host import host_value

# What `str.splitlines` takes for ends of lines, beside the usual one.
_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def as_list(vocabulary: Any) -> list[Any]:
    """A vocabulary as a flat list of its terms.

    Raises:
        ValueError: if it is empty or has more than one dimension.
    """
    value = host_value(vocabulary)
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if not isinstance(value, (np.ndarray, list, tuple)):
        raise ValueError(
            "`vocabulary` should be a list, a tuple, an array or the path of a file. "
            f"Received: vocabulary={vocabulary!r:.200} (of type {type(vocabulary).__name__})"
        )
    terms = value.tolist() if isinstance(value, np.ndarray) else list(value)
    terms = terms if isinstance(terms, list) else [terms]
    if not terms:
        raise ValueError(f"Cannot set an empty vocabulary. Received: vocabulary={vocabulary}")
    if any(isinstance(term, (list, tuple, np.ndarray)) for term in terms):
        raise ValueError(f"A vocabulary is a list of single terms. Received: vocabulary={vocabulary!r:.200}")
    return terms


def without_special(terms: list[Any], special: list[Any]) -> tuple[list[Any], bool]:
    """The terms without the special tokens before them, and whether these were there."""
    found = terms[: len(special)] == special
    return (terms[len(special) :] if found else terms), found


def check_terms(terms: list[Any], special: list[Any], reserved: dict[str, Any]) -> None:
    """Refuse vocabularies that are not clear.

    Args:
        terms: the terms, without special tokens before them.
        special: the special tokens.
        reserved: what must not be among the terms, by the name of its argument.

    Raises:
        ValueError: if a term comes twice, or a special token stands at a wrong place.
    """
    repeated = [term for term, count in Counter(terms).items() if count > 1] if len(set(terms)) < len(terms) else []
    if repeated:
        raise ValueError(
            "The passed vocabulary has at least one repeated term. Please uniquify your dataset. "
            f"The repeated terms are: {repeated}"
        )
    for name, token in reserved.items():
        if token in terms:
            raise ValueError(
                f"Found reserved {'mask' if name == 'mask_token' else 'OOV'} token at unexpected location in "
                "`vocabulary`. Note that passed `vocabulary` does not need to include the OOV and mask tokens. Either "
                "remove all mask and OOV tokens, or include them only at the start of the vocabulary in precisely this "
                f"order: {special}. Received: {name}={token} at vocabulary index {terms.index(token)}"
            )


def read_lines(path: str, errors: str = "strict") -> list[str]:
    """The lines of a vocabulary file.

    Args:
        path: of the file.
        errors: what becomes of bytes that are no UTF-8.

    Raises:
        ValueError: if there is no such file, or it is not UTF-8.
    """
    if not os.path.isfile(path):
        raise ValueError(f"Vocabulary file {path} does not exist.")
    with open(path, "rb") as file:
        data = file.read()
    try:
        text = data.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        raise ValueError(f"Vocabulary file {path} should be UTF-8: {error}") from None
    # As TensorFlow reads them, with either end of lines.
    lines = text.replace("\r", "").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def save(folder: str, terms: list[Any]) -> None:
    """Write terms one a line, as Keras does; where lines cannot hold them, as JSON beside."""
    with open(
        os.path.join(folder, "vocabulary.txt"), "w", encoding="utf-8", errors="surrogateescape", newline="\n"
    ) as file:
        file.write("\n".join(map(str, terms)))
    broken = any(isinstance(term, str) and not _BREAKS.isdisjoint(term) for term in terms)
    if broken or (terms and terms[-1] == ""):
        with open(os.path.join(folder, "vocabulary.json"), "w", encoding="utf-8") as file:
            json.dump(terms, file)


def load(folder: str) -> list[str]:
    """The terms that `save`, or Keras, wrote.

    Raises:
        ValueError: if the file is missing or not what was written.
    """
    path = os.path.join(folder, "vocabulary.json")
    if os.path.exists(path):
        with open(path, "rb") as file:
            try:
                terms = json.loads(file.read())
            except ValueError as error:
                raise ValueError(f"Vocabulary file {path} is damaged: {error}") from None
        if not isinstance(terms, list) or not all(isinstance(term, (str, int)) for term in terms):
            raise ValueError(f"Vocabulary file {path} is damaged: it should hold a list of terms.")
        return terms
    path = os.path.join(folder, "vocabulary.txt")
    terms = "\n".join(read_lines(path, "surrogateescape")).splitlines()
    while terms and terms[-1] == "":
        terms.pop()
    return terms
