"""TextVectorization: texts as sequences of indices, or as vectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from keraburn import _core, registry
from keraburn import config as settings
from keraburn.layers import arguments
from keraburn.layers.host import HostLayer, each_batch, flat_strings, host_value
from keraburn.layers.lookup.base import MODES, one_hot, plain_list
from keraburn.layers.lookup.strings import StringLookup, row_lengths
from keraburn.tensor import KerasTensor

STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLIT = ("whitespace", "character")


class _Texts(NamedTuple):
    """Strings in rows, and what still has to be done to them.

    The outputs have shape `(*shape, tokens)`, or `shape` where there is one token for each element.
    """

    texts: list[Any]
    lengths: list[int] | None
    pipeline: _core.Pipeline
    shape: tuple[int, ...]
    single: bool


class TextVectorization(HostLayer):
    """Texts, standardized and split into tokens, as indices of a vocabulary or as vectors that mark or count them.

    Lower case and punctuation are ASCII's alone, and white space too, as in TensorFlow; other characters stay. The
    layer runs on the host.

    Args:
        max_tokens: the largest size of the vocabulary, special tokens included; None for any.
        standardize: "lower", "strip_punctuation", both ("lower_and_strip_punctuation"), None, or a function from a
            numpy array of strings to another.
        split: at "whitespace", into each "character", None, or a function from a numpy array of strings to lists of
            tokens.
        ngrams: sequences of so many tokens are tokens too, joined by spaces; a tuple of their lengths, or the largest.
        output_mode: "int" for indices, 0 where there is no token and 1 for unknown ones; for each text a vector that
            marks ("multi_hot"), counts ("count") or weighs ("tf_idf") its tokens; "one_hot" for a vector of each token.
        output_sequence_length: to which sequences of indices are cut or filled; the longest of a batch if None.
        pad_to_max_tokens: whether vectors have `max_tokens` places even if the vocabulary is smaller.
        vocabulary: its tokens in order, or the path of a file of lines.
        idf_weights: the weights of the tokens, for "tf_idf".
        sparse: must be False; tensors are dense.
        ragged: must be False; sequences are filled with 0.
        encoding: of the bytes from which `adapt` makes a vocabulary.
        name: unique name; made from the class name if None.
        **kwargs: further arguments of a saved layer.

    Shapes: inputs `(batch,)` or `(batch, 1)`, with `split=None` `(batch, tokens)`; outputs `(batch, tokens)` for "int",
        `(batch, size)` for vectors, `(batch, tokens, size)` for "one_hot".

    Raises:
        ValueError: if an argument is out of its range, or a vocabulary is not clear.

    Example:

    >>> import keraburn as keras
    >>> layer = keras.layers.TextVectorization(output_sequence_length=4)
    >>> layer.adapt(["A good movie.", "Good plot, good music"])
    >>> layer.get_vocabulary()
    ['', '[UNK]', 'good', 'plot', 'music', 'movie', 'a']
    >>> layer(["a good book"]).numpy()
    array([[6, 2, 1, 0]])
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        for argument, value in (("sparse", sparse), ("ragged", ragged)):
            if value:
                raise ValueError(f"`{argument}=True` is not supported. Received: {argument}={value}")
        if standardize is not None and not callable(standardize):
            arguments.one_of(self, "standardize", standardize, STANDARDIZE)
        if split is not None and not callable(split):
            arguments.one_of(self, "split", split, SPLIT)
        # Names of old.
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)
        arguments.one_of(self, "output_mode", output_mode, MODES)
        widths = _widths(ngrams)
        _check_length(output_mode, output_sequence_length)
        has_input_vocabulary = kwargs.pop("has_input_vocabulary", vocabulary is not None)
        vocabulary_size = kwargs.pop("vocabulary_size", None)
        super().__init__(name=name, **kwargs)
        self._standardize = standardize
        self._split = split
        self.__dict__["_ngrams_arg"] = ngrams
        self._output_mode = output_mode
        self._output_sequence_length = output_sequence_length
        self._encoding = encoding
        # What Rust does, with what is left to Python's functions left out.
        lower = not callable(standardize) and standardize in ("lower", "lower_and_strip_punctuation")
        strip = not callable(standardize) and standardize in ("strip_punctuation", "lower_and_strip_punctuation")
        by_rust = None if callable(split) else split
        self.__dict__["_pipeline"] = _core.Pipeline(lower, strip, by_rust, [] if callable(split) else widths)
        self.__dict__["_after_split"] = _core.Pipeline(False, False, None, widths)
        # Its weights and vocabulary are saved as this layer's own.
        self.__dict__["_lookup_layer"] = StringLookup(
            max_tokens=max_tokens,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens,
            mask_token="",
            output_mode=output_mode,
            has_input_vocabulary=has_input_vocabulary,
            encoding=encoding,
            vocabulary_size=vocabulary_size,
        )
        self.build()

    _lookup_layer: StringLookup
    _pipeline: _core.Pipeline
    _after_split: _core.Pipeline
    _ngrams_arg: Any

    def build(self, input_shape: Any = None) -> None:
        """Nothing to make: there are no weights."""

    @property
    def compute_dtype(self) -> str:
        return "string"

    @property
    def variable_dtype(self) -> str:
        return "string"

    # From texts to rows of tokens.

    def _prepared(self, inputs: Any) -> _Texts:
        if callable(self._standardize):
            inputs = np.asarray(self._standardize(self._as_text(*flat_strings(inputs, self))))
        texts, shape = flat_strings(inputs, self)
        if self._split is None:
            ngrams = self._ngrams_arg is not None
            return _Texts(texts, row_lengths(shape), self._pipeline, shape[:-1], single=not (shape or ngrams))
        if len(shape) > 1:
            if shape[-1] != 1:
                raise ValueError(
                    "When using `TextVectorization` to tokenize strings, the input rank must be 1 or the last shape "
                    f"dimension must be 1. Received: inputs.shape={shape} with rank={len(shape)}"
                )
            shape = shape[:-1]
        if not callable(self._split):
            return _Texts(texts, None, self._pipeline, shape, single=False)
        standard, _ = self._pipeline.tokens(texts, None)
        tokens, lengths = self._split_by_user(self._as_text(standard, shape), len(texts))
        return _Texts(tokens, lengths, self._after_split, shape, single=False)

    def _as_text(self, texts: list[Any], shape: tuple[int, ...]) -> np.ndarray:
        """Strings as the numpy array that users' functions are given."""
        try:
            decoded = [text.decode(self._encoding) if isinstance(text, bytes) else text for text in texts]
        except UnicodeDecodeError as error:
            raise ValueError(
                f"A string given to layer '{self.name}' is not {self._encoding}: {error}. "
                f"Received: encoding={self._encoding}"
            ) from None
        return np.array(decoded, dtype=None if decoded else str).reshape(shape)

    def _split_by_user(self, texts: np.ndarray, count: int) -> tuple[list[Any], list[int]]:
        found = host_value(self._split(texts))
        if texts.ndim == 0:
            found = [found]
        elif isinstance(found, np.ndarray) and texts.ndim > 1:
            found = found.reshape(count, *found.shape[texts.ndim :])
        if not isinstance(found, (list, tuple, np.ndarray)) or len(found) != count:
            raise ValueError(
                f"The function given as `split` should return a list of tokens for each of {count} texts. "
                f"Received: {found!r:.200}"
            )
        rows = list(found)
        lists = [row.tolist() if isinstance(row, np.ndarray) else row for row in rows]
        if not all(isinstance(row, (list, tuple)) for row in lists):
            raise ValueError(
                f"The function given as `split` should return a list of tokens for each text. Received: {found!r:.200}"
            )
        return [token for row in lists for token in row], [len(row) for row in lists]

    # Vocabularies.

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Make a vocabulary of the tokens in texts: the more frequent first, of equals the last in order.

        Args:
            data: an array or a list of texts, or an iterable of batches of them.
            batch_size: not used.
            steps: how many batches are taken; all if None.

        Raises:
            ValueError: if the layer was given its vocabulary.
        """
        self.reset_state()
        # Texts that are split may stay in their list.
        plain = isinstance(data, list) and self._split is not None
        for batch in [data] if plain else each_batch(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Count the tokens of a batch; each text is a document."""
        rows = self._prepared(data)
        self._lookup_layer.update_tokens(rows.texts, rows.lengths, rows.pipeline)

    def finalize_state(self) -> None:
        """Make the vocabulary of what was counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forget what was counted."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The tokens in the order of their indices.

        Args:
            include_special_tokens: whether "" and the unknown token come first, so that a token's place is its index.
        """
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """The number of indices, those of special tokens included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary.

        Args:
            vocabulary: the tokens in order, with or without the special ones before them, or the path of a file.
            idf_weights: the tokens' weights, for mode "tf_idf".
        """
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights=idf_weights)

    # Calling.

    def evaluate(self, inputs: Any, floats: bool = False) -> np.ndarray:
        layer, mode = self._lookup_layer, self._output_mode
        lookup = layer._ready().lookup
        texts, lengths, pipeline, shape, single = self._prepared(inputs)
        if mode in ("int", "one_hot"):
            width = 1 if single else self._output_sequence_length
            # What fills up a row is no token, so that no place marks it.
            found = lookup.rows(texts, lengths, pipeline, width, 0 if mode == "int" else -1)
            found = found.reshape(shape if single else (*shape, found.shape[1]))
            return found if mode == "int" else one_hot(found, layer.depth, floats)
        vectors = lookup.vectors(texts, lengths, pipeline, layer.depth, mode != "multi_hot", floats)
        return layer.weighed(vectors.reshape(*shape, layer.depth))

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tuple(input_shape)
        if self._split is None or len(shape) > 1:
            shape = shape[:-1]
        if self._output_mode == "int":
            width = self._output_sequence_length
            if width is None and self._split is None and self._ngrams_arg is None:
                return tuple(input_shape)
            return (*shape, width)
        if self._output_mode == "one_hot":
            return (*shape, None, self._lookup_layer.depth)
        return (*shape, self._lookup_layer.depth)

    def compute_output_spec(self, inputs: Any) -> Any:
        dtype = "int64" if self._output_mode == "int" else settings.floatx()
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype)

    # Configuration and files.

    def get_config(self) -> dict[str, Any]:
        layer = self._lookup_layer
        return {
            **super().get_config(),
            "max_tokens": layer.max_tokens,
            "standardize": self._standardize,
            "split": self._split,
            "ngrams": self._ngrams_arg,
            "output_mode": self._output_mode,
            "output_sequence_length": self._output_sequence_length,
            "pad_to_max_tokens": layer.pad_to_max_tokens,
            "sparse": False,
            "ragged": False,
            "vocabulary": plain_list(layer.input_vocabulary),
            "idf_weights": plain_list(layer.input_idf_weights),
            "encoding": self._encoding,
            "vocabulary_size": self.vocabulary_size(),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        config = dict(config)
        for name in ("standardize", "split"):
            if isinstance(config.get(name), dict):
                config[name] = registry.deserialize_keras_object(config[name])
        if isinstance(config.get("ngrams"), list):
            config["ngrams"] = tuple(config["ngrams"])
        return cls(**config)

    def get_build_config(self) -> dict[str, Any]:
        return {}

    def build_from_config(self, config: dict[str, Any]) -> None:
        self.build(None)

    def _learned(self) -> Any:
        return self._lookup_layer._learned()

    def _set_learned(self, found: Any) -> None:
        self._lookup_layer._set_learned(found)

    def save_own_variables(self, store: Any) -> None:
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Any) -> None:
        self._lookup_layer.load_own_variables(store)

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary into a folder, unless the config holds it."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary from a folder, unless the config holds it."""
        self._lookup_layer.load_assets(dir_path)


def _widths(ngrams: Any) -> list[int]:
    """The lengths of n-grams; none at all means single tokens."""
    if ngrams is None:
        return []
    whole = isinstance(ngrams, int) and not isinstance(ngrams, bool)
    widths = list(range(1, ngrams + 1)) if whole else list(ngrams) if isinstance(ngrams, tuple) else None
    if not widths or not all(isinstance(width, int) and width > 0 for width in widths):
        raise ValueError(f"`ngrams` must be None, an integer, or a tuple of integers. Received: ngrams={ngrams}")
    return widths


def _check_length(output_mode: str, length: Any) -> None:
    if output_mode == "int":
        if length is not None and (not isinstance(length, int) or isinstance(length, bool) or length < 0):
            raise ValueError(
                "`output_sequence_length` must be either None or an integer when `output_mode` is 'int'. "
                f"Received: output_sequence_length={length}"
            )
    elif length is not None:
        raise ValueError(
            "`output_sequence_length` must not be set if `output_mode` is not 'int'. "
            f"Received output_sequence_length={length}."
        )
