"""StringLookup: strings as the indices of a vocabulary."""

from __future__ import annotations

import codecs
import math
from typing import Any

import numpy as np

from keraburn import _core
from keraburn.layers.host import HostLayer, flat_strings, host_value
from keraburn.layers.lookup.base import IndexLookup

# Strings as they are.
AS_THEY_ARE = _core.Pipeline()


class StringLookup(IndexLookup):
    """Strings as the indices of a vocabulary, or as vectors that mark or count them.

    The vocabulary is given, or made by `adapt`. Strings that are not in it share `num_oov_indices` indices before it;
    of several, FarmHash's Fingerprint64 of the UTF-8 bytes chooses one. The layer runs on the host.

    Args:
        max_tokens: the largest size of the vocabulary, special tokens included; None for any.
        num_oov_indices: indices for strings outside the vocabulary; with 0 they are an error.
        mask_token: stands for no value: index 0 for "int", nothing in vectors.
        oov_token: what unknown indices become when `invert` is set.
        vocabulary: its strings in order, or the path of a file of lines.
        idf_weights: the weights of the strings, for "tf_idf".
        invert: whether indices become strings.
        output_mode: "int" for indices; "one_hot" for a vector each; for each row a vector that marks ("multi_hot"),
            counts ("count") or weighs ("tf_idf") its strings.
        pad_to_max_tokens: whether vectors have `max_tokens` places even if the vocabulary is smaller.
        sparse: must be False; tensors are dense.
        encoding: of the bytes from which `adapt` makes a vocabulary.
        name: unique name; made from the class name if None.
        salt: key of one or two integers for SipHash in place of FarmHash.
        **kwargs: further arguments of a saved layer.

    Shapes: outputs as inputs for "int"; `(..., size)` from `(..., strings)` for vectors; `(..., strings, size)` for
        "one_hot".

    Raises:
        ValueError: if an argument is out of its range, or a vocabulary is not clear.

    Example:

    >>> import keraburn as keras
    >>> layer = keras.layers.StringLookup(vocabulary=["a", "b", "c"])
    >>> layer([["a", "c", "z"]]).numpy()
    array([[1, 3, 0]])
    >>> layer.get_vocabulary()
    ['[UNK]', 'a', 'b', 'c']
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Any = None,
        oov_token: Any = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        try:
            codecs.lookup(encoding)
        except (LookupError, TypeError):
            raise ValueError(f"`encoding` should name an encoding of text. Received: encoding={encoding!r}") from None
        for argument, token in (("mask_token", mask_token), ("oov_token", oov_token)):
            if token is not None and not isinstance(token, str):
                raise ValueError(f"`{argument}` should be a string. Received: {argument}={token!r}")
        self.__dict__["encoding"] = encoding
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            sparse=sparse,
            salt=salt,
            name=name,
            **kwargs,
        )

    encoding: str

    def _new_counts(self) -> Any:
        return StringCounts(self)

    def _new_table(self, terms: list[Any]) -> Any:
        return _Table(self, terms)

    def _read_terms(self, terms: list[Any]) -> list[Any]:
        wrong = [term for term in terms if not isinstance(term, (str, bytes))]
        if wrong:
            raise ValueError(
                f"The vocabulary of layer '{self.name}' should hold strings. "
                f"Received: {wrong[0]!r} (of type {type(wrong[0]).__name__})"
            )
        # What cannot be decoded is kept so that it can be encoded again.
        return [t.decode(self.encoding, "surrogateescape") if isinstance(t, bytes) else str(t) for t in terms]

    def update_tokens(self, texts: list[Any], lengths: list[int] | None, pipeline: _core.Pipeline) -> None:
        """Count the tokens that a pipeline makes of rows of strings.

        Args:
            texts: the strings.
            lengths: how many of them a row has; None if one.
            pipeline: what makes tokens of a row.
        """
        self._check_adaptable()
        self._counts.words.count(texts, lengths, pipeline)

    def get_config(self) -> dict[str, Any]:
        config = {"encoding": self.encoding, **super().get_config()}
        # There is only one for strings.
        del config["vocabulary_dtype"]
        return config


class StringCounts:
    """How often strings occur, and in how many documents.

    Args:
        layer: the layer that learns its vocabulary.
    """

    def __init__(self, layer: HostLayer) -> None:
        self.layer = layer
        self.words = _core.WordCounts()

    def __len__(self) -> int:
        return len(self.words)

    @property
    def documents(self) -> int:
        return self.words.documents

    def count(self, data: Any) -> None:
        """Count the strings of an array, each row of which is a document."""
        texts, shape = flat_strings(data, self.layer)
        self.words.count(texts, row_lengths(shape), AS_THEY_ARE)

    def ranked(self, most: int | None, left_out: list[Any]) -> tuple[list[bytes], list[int]]:
        return self.words.ranked(most, left_out)


def row_lengths(shape: tuple[int, ...]) -> list[int] | None:
    """The lengths of the rows of an array; None where each is a single element."""
    return None if not shape or shape[-1] == 1 else [shape[-1]] * math.prod(shape[:-1])


def encoded(term: Any) -> bytes:
    """A term of a vocabulary as the bytes that are looked up."""
    return term.encode("utf-8", "surrogateescape") if isinstance(term, str) else term


class _Table:
    """The indices of strings, and back."""

    def __init__(self, layer: StringLookup, terms: list[Any]) -> None:
        self.layer = layer
        first = layer._oov_start
        unknown = None if layer.num_oov_indices == 0 else first
        buckets = layer.num_oov_indices if layer.num_oov_indices > 1 else 0
        salt = None if layer.salt is None else (layer.salt[0] % 2**64, layer.salt[1] % 2**64)
        mask = None
        if layer.mask_token is not None:
            # Left out of vectors.
            mask = ([encoded(layer.mask_token)], 0 if layer.output_mode == "int" else -1)
        keys = [encoded(term) for term in terms]
        self.lookup = _core.Lookup(keys, layer._token_start, unknown, buckets, salt, mask)

    def indices(self, inputs: Any) -> np.ndarray:
        texts, shape = flat_strings(inputs, self.layer)
        return self.lookup.rows(texts, None, AS_THEY_ARE, 1, 0).reshape(shape)

    def vectors(self, inputs: Any, depth: int, counts: bool, floats: bool) -> np.ndarray:
        texts, shape = flat_strings(inputs, self.layer)
        found = self.lookup.vectors(texts, row_lengths(shape), AS_THEY_ARE, depth, counts, floats)
        return found.reshape(*shape[:-1], depth)

    def terms(self, inputs: Any) -> np.ndarray:
        indices = whole_numbers(inputs, self.layer)
        known = np.array([*self.layer.get_vocabulary(), self.layer.oov_token], dtype=object)
        inside = (indices >= 0) & (indices < len(known) - 1)
        return np.asarray(known[np.where(inside, indices, len(known) - 1)], dtype=object)


def whole_numbers(value: Any, layer: HostLayer) -> np.ndarray:
    """An array of integers; fractions in arrays are cut off, as casts do.

    Raises:
        TypeError: if it does not hold integers.
    """
    given = host_value(value)
    try:
        array = np.asarray(given)
    except ValueError:
        raise ValueError(
            f"Layer '{layer.name}' (of type {type(layer).__name__}) expects rows of one length; ragged inputs are not "
            f"supported. Received: {value!r:.200}"
        ) from None
    kind = array.dtype.kind
    cast = kind == "f" and not isinstance(given, (list, tuple, float)) and bool(np.isfinite(array).all())
    if not (kind in "iub" or cast or array.size == 0) or (kind == "u" and array.size and int(array.max()) >= 2**63):
        raise TypeError(
            f"Layer '{layer.name}' (of type {type(layer).__name__}) expects integers. "
            f"Received: {value!r:.80} (of dtype {array.dtype})"
        )
    return array.astype(np.int64)
