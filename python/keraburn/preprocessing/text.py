"""Texts as sequences of integers, one for each word."""

from __future__ import annotations

import contextlib
import gc
import json
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from keraburn import _core

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "freq", "tfidf")


def text_to_word_sequence(input_text: str, filters: str = _FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text.

    Args:
        input_text: the text.
        filters: characters that separate words as `split` does.
        lower: whether to make letters lower case.
        split: what stands between words.

    Example:

    >>> import keraburn as keras
    >>> keras.preprocessing.text.text_to_word_sequence("The plot, is it good?")
    ['the', 'plot', 'is', 'it', 'good']
    """
    if lower:
        input_text = input_text.lower()
    input_text = input_text.translate({ord(character): split for character in filters})
    return [word for word in input_text.split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], Iterable[str]] | None = None,
) -> list[int]:
    """The words of a text as integers in `[1, n)` by Python's `hash`, which differs from one process to the next.

    Args:
        input_text: the text.
        n: how many integers there are, 0 included, which no word gets.
        filters: as `text_to_word_sequence`.
        lower: as `text_to_word_sequence`.
        split: as `text_to_word_sequence`.
        analyzer: gives the words of a text, in place of the three.
    """
    return hashing_trick(
        input_text, n, hash_function=hash, filters=filters, lower=lower, split=split, analyzer=analyzer
    )


def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], Iterable[str]] | None = None,
) -> list[int]:
    """The words of a text as integers in `[1, n)`: `hash(word) % (n - 1) + 1`.

    Args:
        text: the text.
        n: how many integers there are, 0 included, which no word gets.
        hash_function: from words to integers; `"md5"`, the same in every process; Python's `hash` if None.
        filters: as `text_to_word_sequence`.
        lower: as `text_to_word_sequence`.
        split: as `text_to_word_sequence`.
        analyzer: gives the words of a text, in place of the three.

    Raises:
        ValueError: if `n` is less than 2.

    Example:

    >>> import keraburn as keras
    >>> keras.preprocessing.text.hashing_trick("to be or not to be", 1000, hash_function="md5")
    [797, 984, 842, 39, 797, 984]
    """
    if n < 2:
        raise ValueError(f"Argument `n` must be at least 2, as 0 is no word. Received: n={n}")
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    import hashlib  # loads libraries of its own

    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Words as integers, those that occur more often first; equally frequent ones in the order of their appearance.

    Integers start at 1, as 0 is for padding.

    Args:
        num_words: sequences keep the integers below it; all if None.
        filters: characters that separate words as `split` does.
        lower: whether to make letters lower case.
        split: what stands between words.
        char_level: whether characters are the words.
        oov_token: the word that stands for unknown ones, with the integer 1; they are left out if None.
        analyzer: gives the words of a text, in place of `filters`, `lower` and `split`.
        **kwargs: `document_count`, to begin with.

    Raises:
        TypeError: for an unknown argument.

    Example:

    >>> import keraburn as keras
    >>> tokenizer = keras.preprocessing.text.Tokenizer(oov_token="?")
    >>> tokenizer.fit_on_texts(["A good movie.", "Good plot, good music"])
    >>> tokenizer.texts_to_sequences(["a good book"])
    [[3, 2, 1]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = _FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: Any = None,
        analyzer: Callable[[str], Iterable[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        if "nb_words" in kwargs:
            warnings.warn("The `nb_words` argument in `Tokenizer` has been renamed `num_words`.", stacklevel=2)
            num_words = kwargs.pop("nb_words")
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments: {kwargs}")
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.word_counts: dict[str, int] = OrderedDict()
        self.word_docs: dict[str, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}
        self.index_docs: dict[int, int] = defaultdict(int)

    def _words(self, text: Any) -> Iterable[str]:
        if self.char_level or isinstance(text, list):
            if not self.lower:
                return text
            return [word.lower() for word in text] if isinstance(text, list) else text.lower()
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def _splitting(self) -> tuple[str | None, str, bool]:
        """How the core splits strings: filters (None for characters), separator, and whether in lower case."""
        return None if self.char_level else "".join(self.filters), self.split, self.lower

    def _is_plain(self, texts: list[Any]) -> bool:
        """Whether the core can split all texts: strings, and no function of the user's."""
        return (
            self.analyzer is None and bool(self.split) and all(issubclass(kind, str) for kind in set(map(type, texts)))
        )

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Count the words of texts, and number all words counted so far.

        Args:
            texts: strings, or lists of words.
        """
        texts = list(texts)
        if not self._is_plain(texts) or not self._count_in_core(texts):
            self._count(texts)
        known = [] if self.oov_token is None else [self.oov_token]
        # A stable sort: ties stay in the order of their appearance.
        known += sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        self.word_index = {word: index for index, word in enumerate(known, 1)}
        self.index_word = {index: word for word, index in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def _count(self, texts: list[Any]) -> None:
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] = self.word_docs.get(word, 0) + 1

    def _count_in_core(self, texts: list[str]) -> bool:
        """The same, quickly; False, and nothing counted, if a text has no UTF-8 form."""
        try:
            found = _core.count_words(texts, *self._splitting())
        except UnicodeEncodeError:
            return False
        self.document_count += len(texts)
        for word, times, documents in zip(*found, strict=True):
            self.word_counts[word] = self.word_counts.get(word, 0) + times
            self.word_docs[word] = self.word_docs.get(word, 0) + documents
        return True

    def fit_on_sequences(self, sequences: Any) -> None:
        """Count in how many sequences each integer occurs, for the mode `"tfidf"`.

        Args:
            sequences: lists of integers.
        """
        self.document_count += len(sequences)
        for sequence in sequences:
            for index in set(sequence):
                self.index_docs[index] = self.index_docs.get(index, 0) + 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """Each text as a list of integers.

        Args:
            texts: strings, or lists of words.
        """
        texts = list(texts)
        # To hand over the words pays for many texts only.
        if len(texts) * 16 > len(self.word_index) and self._is_plain(texts):
            with contextlib.suppress(UnicodeEncodeError):
                return self._number_in_core(texts)
        return list(self.texts_to_sequences_generator(texts))

    def _number_in_core(self, texts: list[str]) -> list[list[int]]:
        unknown = None if self.oov_token is None else self.word_index.get(self.oov_token)
        limit = self.num_words or float("inf")
        known = {word: index for word, index in self.word_index.items() if isinstance(word, str)}
        numbers = [index if index < limit else unknown for index in known.values()]
        with _no_garbage_collection():
            return _core.number_words(texts, list(known), numbers, unknown, *self._splitting())

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """As `texts_to_sequences`, one at a time.

        Args:
            texts: strings, or lists of words.
        """
        unknown = None if self.oov_token is None else self.word_index.get(self.oov_token)
        limit = self.num_words or float("inf")
        for text in texts:
            found = (self.word_index.get(word) for word in self._words(text))
            kept = (unknown if index is None or index >= limit else index for index in found)
            yield [index for index in kept if index is not None]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """Each list of integers as words with spaces between.

        Args:
            sequences: lists of integers.
        """
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Iterable[int]]) -> Iterator[str]:
        """As `sequences_to_texts`, one at a time.

        Args:
            sequences: lists of integers.
        """
        limit = self.num_words or float("inf")
        for sequence in sequences:
            found = (self.index_word.get(index) if index < limit else None for index in sequence)
            kept = (self.oov_token if word is None else word for word in found)
            yield " ".join(word for word in kept if word is not None)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> np.ndarray:
        """Each text as a row with a number for each word.

        Args:
            texts: strings, or lists of words.
            mode: as `sequences_to_matrix`.
        """
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode=mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> np.ndarray:
        """Each list of integers as a row with a number for each of them.

        Args:
            sequences: lists of integers.
            mode: `"binary"`, whether it occurs; `"count"`, how often; `"freq"`, that by the length; `"tfidf"`,
                `(1 + log(count)) * log(1 + documents / (1 + documents with it))`.

        Returns:
            An array `(len(sequences), num_words)`.

        Raises:
            ValueError: if the mode is not known, or nothing says how wide the rows are.
        """
        if mode not in _MODES:
            raise ValueError(f"Unknown vectorization mode: {mode}. Expected one of {_MODES}. Received: mode={mode!r}")
        if not self.num_words and not self.word_index:
            raise ValueError(
                "Specify a dimension (`num_words` argument), or fit on some text data first. "
                f"Received: num_words={self.num_words}"
            )
        if mode == "tfidf" and not self.document_count:
            raise ValueError(
                "Fit the Tokenizer on some data before using tfidf mode. "
                f"Received: document_count={self.document_count}"
            )
        width = self.num_words or len(self.word_index) + 1
        matrix = np.zeros((len(sequences), width))
        for row, sequence in zip(matrix, sequences, strict=True):
            indices, counts = np.unique(np.asarray([i for i in sequence if i < width], dtype=int), return_counts=True)
            row[indices] = self._weighed(indices, counts, len(sequence), mode)
        return matrix

    def _weighed(self, indices: np.ndarray, counts: np.ndarray, length: int, mode: str) -> Any:
        if mode == "binary":
            return 1
        if mode == "count":
            return counts
        if mode == "freq":
            return counts / max(length, 1)
        documents = np.array([self.index_docs.get(int(index), 0) for index in indices])
        return (1 + np.log(counts)) * np.log(1 + self.document_count / (1 + documents))

    def get_config(self) -> dict[str, Any]:
        """The arguments and the counts; the latter as JSON."""
        counted = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        config = {name: getattr(self, name) for name in plain}
        return {**config, **{name: json.dumps(getattr(self, name)) for name in counted}}

    def to_json(self, **kwargs: Any) -> str:
        """The tokenizer as JSON, which `tokenizer_from_json` reads.

        Args:
            **kwargs: for `json.dumps`.
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """A million new lists would be looked through again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The tokenizer that `Tokenizer.to_json` wrote.

    Args:
        json_string: what it wrote.
    """
    config = json.loads(json_string)["config"]
    names = ("word_counts", "word_docs", "word_index", "index_docs", "index_word")
    counted = {name: json.loads(config.pop(name)) for name in names}
    tokenizer = Tokenizer(**config)
    tokenizer.word_counts = OrderedDict(counted["word_counts"])
    tokenizer.word_docs = defaultdict(int, counted["word_docs"])
    tokenizer.word_index = counted["word_index"]
    # JSON knows no integers as keys.
    tokenizer.index_docs = defaultdict(int, {int(index): count for index, count in counted["index_docs"].items()})
    tokenizer.index_word = {int(index): word for index, word in counted["index_word"].items()}
    return tokenizer
