"""IntegerLookup: integers as the indices of a vocabulary."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keraburn import _core
from keraburn import config as settings
from keraburn.layers import arguments
from keraburn.layers.host import HostLayer
from keraburn.layers.lookup.base import IndexLookup
from keraburn.layers.lookup.strings import whole_numbers


class IntegerLookup(IndexLookup):
    """Integers as the indices of a vocabulary, or as vectors that mark or count them.

    The vocabulary is given, or made by `adapt`. Integers that are not in it share `num_oov_indices` indices before it;
    of several, the remainder of a division chooses one. The layer runs on the host.

    Args:
        max_tokens: the largest size of the vocabulary, special tokens included; None for any.
        num_oov_indices: indices for integers outside the vocabulary; with 0 they are an error.
        mask_token: stands for no value: index 0 for "int", nothing in vectors.
        oov_token: what unknown indices become when `invert` is set.
        vocabulary: its integers in order, or the path of a file of lines.
        vocabulary_dtype: "int64", the only one.
        idf_weights: the weights of the integers, for "tf_idf".
        invert: whether indices become integers of the vocabulary.
        output_mode: as for StringLookup.
        sparse: must be False; tensors are dense.
        pad_to_max_tokens: whether vectors have `max_tokens` places even if the vocabulary is smaller.
        oov_method: "floormod" for remainders; "farmhash" for FarmHash's Fingerprint64 of the decimal digits.
        salt: with "farmhash", key of one or two integers for SipHash in its place.
        name: unique name; made from the class name if None.
        **kwargs: further arguments of a saved layer.

    Shapes: as StringLookup's.

    Raises:
        ValueError: if an argument is out of its range, or a vocabulary is not clear.

    Example:

    >>> import keraburn as keras
    >>> layer = keras.layers.IntegerLookup(vocabulary=[12, 36, 1138])
    >>> layer([[12, 1138, 7]]).numpy()
    array([[1, 3, 0]])
    """

    vocabulary_dtype = "int64"

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int | None = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        arguments.whole_numbers(self, max_tokens=max_tokens, num_oov_indices=num_oov_indices, oov_token=oov_token)
        arguments.whole_numbers(self, mask_token=mask_token)
        if max_tokens is not None and max_tokens <= 1:
            raise ValueError(
                "If `max_tokens` is set for `IntegerLookup`, it must be greater than 1. "
                f"Received: max_tokens={max_tokens}"
            )
        if num_oov_indices < 0:
            raise ValueError(
                "The value of `num_oov_indices` argument for `IntegerLookup` must >= 0. "
                f"Received: num_oov_indices={num_oov_indices}"
            )
        if vocabulary_dtype != "int64":
            raise ValueError(
                "Only `vocabulary_dtype='int64'` is supported at this time. "
                f"Received: vocabulary_dtype={vocabulary_dtype}"
            )
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens,
            oov_method=oov_method,
            salt=salt,
            name=name,
            **kwargs,
        )

    def _new_counts(self) -> Any:
        return _Counts(self)

    def _new_table(self, terms: list[Any]) -> Any:
        return _Table(self, terms)

    def _read_terms(self, terms: list[Any]) -> list[Any]:
        try:
            whole = [int(term) for term in terms]
            if any(isinstance(term, float) and term != int(term) for term in terms):
                raise ValueError("fractions")
            return whole
        except (TypeError, ValueError, OverflowError):
            raise ValueError(
                f"The vocabulary of layer '{self.name}' should hold integers. Received: vocabulary={terms!r:.200}"
            ) from None

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("oov_token", "mask_token"):
            config[name] = None if config[name] is None else int(config[name])
        if config["vocabulary"] is not None:
            config["vocabulary"] = [int(term) for term in config["vocabulary"]]
        return config


class _Counts:
    """How often integers occur, and in how many documents."""

    def __init__(self, layer: HostLayer) -> None:
        self.layer = layer
        self.documents = 0
        self.times: dict[int, int] = {}
        self.in_documents: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.times)

    def count(self, data: Any) -> None:
        values = whole_numbers(data, self.layer)
        rows = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values.reshape(1, -1)
        self.documents += len(rows)
        _add(self.times, rows.ravel())
        # Each of a row's integers once.
        ordered = np.sort(rows, axis=1)
        first = np.ones(ordered.shape, bool)
        first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        _add(self.in_documents, ordered[first])

    def ranked(self, most: int | None, left_out: list[Any]) -> tuple[list[int], list[int]]:
        order = sorted(self.times, key=lambda term: (self.times[term], term), reverse=True)
        kept = [term for term in order if term not in left_out][:most]
        return kept, [self.in_documents[term] for term in kept]


def _add(counts: dict[int, int], values: np.ndarray) -> None:
    for value, times in zip(*(part.tolist() for part in np.unique(values, return_counts=True)), strict=True):
        counts[value] = counts.get(value, 0) + times


class _Table:
    """The indices of integers, and back."""

    def __init__(self, layer: IntegerLookup, terms: list[Any]) -> None:
        self.layer = layer
        try:
            self.known = np.array(layer._read_terms(terms), dtype=np.int64)
        except OverflowError:
            raise ValueError(f"The vocabulary of layer '{layer.name}' should hold 64-bit integers.") from None
        self.order = np.argsort(self.known)
        self.sorted = self.known[self.order]

    def indices(self, inputs: Any) -> np.ndarray:
        layer = self.layer
        values = whole_numbers(inputs, layer)
        if len(self.sorted):
            places = np.minimum(np.searchsorted(self.sorted, values), len(self.sorted) - 1)
            inside = self.sorted[places] == values
            found = np.where(inside, self.order[places] + layer._token_start, -1)
        else:
            inside, found = np.zeros(values.shape, bool), np.full(values.shape, -1)
        masked = values == layer.mask_token if layer.mask_token is not None else np.zeros(values.shape, bool)
        outside = ~inside & ~masked
        if layer.num_oov_indices == 0 and outside.any():
            wrong = " ".join(map(str, np.unique(values[outside])[:10]))
            raise ValueError(
                f"When `num_oov_indices=0` all inputs should be in vocabulary, found OOV values [{wrong}], consider "
                "setting `num_oov_indices=1`."
            )
        found = np.where(outside, self._hashed(values) + layer._oov_start, found)
        return np.asarray(np.where(masked, 0 if layer.output_mode == "int" else -1, found), dtype=np.int64)

    def _hashed(self, values: np.ndarray) -> Any:
        """Which of the indices for unknown integers each would get."""
        layer = self.layer
        if layer.num_oov_indices < 2:
            return 0
        if layer.oov_method == "floormod":
            return values % layer.num_oov_indices
        salt = None if layer.salt is None else (layer.salt[0] % 2**64, layer.salt[1] % 2**64)
        flat = np.ascontiguousarray(values).reshape(-1)
        return _core.hash_integers(flat, layer.num_oov_indices, salt).reshape(values.shape)

    def vectors(self, inputs: Any, depth: int, counts: bool, floats: bool) -> np.ndarray:
        indices = self.indices(inputs)
        shape = indices.shape or (1,)
        rows = math.prod(shape[:-1])
        indices = indices.reshape(rows, shape[-1])
        places = (np.arange(rows)[:, None] * depth + indices)[(indices >= 0) & (indices < depth)]
        found = np.bincount(places, minlength=rows * depth).reshape(*shape[:-1], depth)
        return np.asarray(found if counts else found > 0, dtype=settings.floatx() if floats else np.int64)

    def terms(self, inputs: Any) -> np.ndarray:
        indices = whole_numbers(inputs, self.layer)
        known = np.array([*self.layer.get_vocabulary(), self.layer.oov_token], dtype=np.int64)
        inside = (indices >= 0) & (indices < len(known) - 1)
        return np.asarray(known[np.where(inside, indices, len(known) - 1)])
