"""IndexLookup: what StringLookup and IntegerLookup share."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import config as settings
from keraburn.layers import arguments
from keraburn.layers.host import HostLayer, each_batch, host_value
from keraburn.layers.lookup import vocabulary as vocabularies
from keraburn.registry import is_safe
from keraburn.tensor import KerasTensor

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class IndexLookup(HostLayer):
    """Values as the indices of a vocabulary, or as vectors that mark or count them.

    A subclass says how terms are counted (`_new_counts`), looked up (`_new_table`) and read.

    Args:
        max_tokens: the largest size of the vocabulary, special tokens included; None for any.
        num_oov_indices: indices for values outside the vocabulary, which are hashed to one of them; with 0 they are an
            error.
        mask_token: stands for no value: index 0, or nothing at all in vectors.
        oov_token: what unknown indices become when `invert` is set.
        vocabulary: its terms in order, with or without the special tokens before them, or the path of a file of lines.
        idf_weights: weight of each term in mode "tf_idf".
        invert: whether indices become terms.
        output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf".
        pad_to_max_tokens: whether vectors have `max_tokens` places even if the vocabulary is smaller.
        sparse: must be False; tensors are dense.
        oov_method: "floormod" or "farmhash", for integers.
        salt: key of two integers for SipHash in place of FarmHash.
        name: unique name; made from the class name if None.
        **kwargs: `vocabulary_size` and `has_input_vocabulary` of a saved layer.

    Raises:
        ValueError: if an argument is out of its range.
    """

    vocabulary_dtype = "string"
    input_vocabulary: Any
    input_idf_weights: Any
    _terms: list[Any]
    _table: Any
    _counts: Any

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Any = None,
        oov_token: Any = None,
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        arguments.whole_numbers(self, max_tokens=max_tokens, num_oov_indices=num_oov_indices)
        if max_tokens is not None and max_tokens <= 1:
            raise ValueError(f"If set, `max_tokens` must be greater than 1. Received: max_tokens={max_tokens}")
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError(f"If pad_to_max_tokens is True, must set `max_tokens`. Received: max_tokens={max_tokens}")
        if num_oov_indices < 0:
            raise ValueError(
                f"`num_oov_indices` must be greater than or equal to 0. Received: num_oov_indices={num_oov_indices}"
            )
        arguments.one_of(self, "oov_method", oov_method, ("floormod", "farmhash"))
        salt = arguments.salt(salt, "IndexLookup", "2 integers")
        if salt is not None and self.vocabulary_dtype != "string" and oov_method != "farmhash":
            raise ValueError(f"`salt` can only be used when `oov_method='farmhash'`. Received: oov_method={oov_method}")
        # Names of old.
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)
        arguments.one_of(self, "output_mode", output_mode, MODES)
        if invert and output_mode != "int":
            raise ValueError(
                f"`output_mode` must be `'int'` when `invert` is true. Received: output_mode={output_mode}"
            )
        if sparse:
            wrong = "`sparse` may only be true if `output_mode` is `'one_hot'`, `'multi_hot'`, `'count'` or `'tf_idf'`."
            wrong = wrong if output_mode == "int" else "Sparse tensors are not supported."
            raise ValueError(f"{wrong} Received: sparse={sparse} and output_mode={output_mode}")
        if idf_weights is not None and output_mode != "tf_idf":
            raise ValueError(
                "`idf_weights` should only be set if `output_mode` is `'tf_idf'`. "
                f"Received: idf_weights={idf_weights} and output_mode={output_mode}"
            )
        super().__init__(name=name)
        self.invert = invert
        self.max_tokens = max_tokens
        self.num_oov_indices = num_oov_indices
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.output_mode = output_mode
        self.sparse = sparse
        self.pad_to_max_tokens = pad_to_max_tokens
        self.oov_method = oov_method
        self.salt = salt
        self._frozen_vocab_size = kwargs.pop("vocabulary_size", None)
        # A file's terms are saved as an asset, not in the config.
        self.__dict__["input_vocabulary"] = None if isinstance(vocabulary, str) else vocabulary
        self.__dict__["input_idf_weights"] = idf_weights
        self._has_input_vocabulary = kwargs.pop("has_input_vocabulary", vocabulary is not None)
        for known in ("trainable", "dtype"):
            kwargs.pop(known, None)
        if kwargs:
            raise ValueError(f"Unrecognized keyword argument(s): {kwargs}")
        self.idf_weights: Any = None
        # The table is None until there is a vocabulary.
        self.__dict__.update(_terms=[], _table=None, _counts=self._new_counts())
        if output_mode == "tf_idf" and self._has_input_vocabulary and idf_weights is None:
            raise ValueError(
                "When specifying the `vocabulary` argument, in TF-IDF output mode, the `idf_weights` argument must "
                "also be provided."
            )
        self._build_at_init()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    # What a subclass does with its kind of values.

    def _new_counts(self) -> Any:
        """Something with `count(data)`, `len`, `documents` and `ranked(most, left_out)`."""
        raise NotImplementedError

    def _new_table(self, terms: list[Any]) -> Any:
        """Something with `indices(inputs)`, `vectors(inputs, depth, counts, floats)` and `terms(indices)`."""
        raise NotImplementedError

    def _read_terms(self, terms: list[Any]) -> list[Any]:
        """Terms of a vocabulary as the values that they stand for."""
        raise NotImplementedError

    # Vocabularies.

    @property
    def compute_dtype(self) -> str:
        return self.vocabulary_dtype

    @property
    def variable_dtype(self) -> str:
        return self.vocabulary_dtype

    @property
    def _oov_start(self) -> int:
        return 1 if self.mask_token is not None and self.output_mode == "int" else 0

    @property
    def _token_start(self) -> int:
        return self._oov_start + self.num_oov_indices

    @property
    def _special(self) -> list[Any]:
        return [self.mask_token] * self._oov_start + [self.oov_token] * self.num_oov_indices

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The terms in the order of their indices.

        Args:
            include_special_tokens: whether the mask and OOV tokens come first, so that a term's place is its index.
        """
        terms = list(self._terms)
        return self._special + terms if include_special_tokens else terms

    def vocabulary_size(self) -> int:
        """The number of indices, those of special tokens included."""
        return self._token_start + len(self._terms)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary.

        Args:
            vocabulary: the terms in order, with or without the special tokens before them, or the path of a file.
            idf_weights: the terms' weights, for mode "tf_idf".

        Raises:
            ValueError: if it is empty, too large, has a term twice, or does not fit the weights.
        """
        if self.output_mode == "tf_idf":
            if idf_weights is None:
                raise ValueError("`idf_weights` must be set if output_mode is 'tf_idf'.")
        elif idf_weights is not None:
            raise ValueError(
                "`idf_weights` should only be set if output_mode is `'tf_idf'`. "
                f"Received: output_mode={self.output_mode} and idf_weights={idf_weights}"
            )
        if isinstance(vocabulary, str):
            vocabulary = self._from_file(vocabulary)
        given = self._read_terms(vocabularies.as_list(vocabulary))
        terms, has_special = vocabularies.without_special(given, self._special)
        reserved = {} if self.mask_token is None else {"mask_token": self.mask_token}
        if self.invert and self.oov_token is not None:
            reserved["oov_token"] = self.oov_token
        vocabularies.check_terms(terms, self._special, reserved)
        size = self._token_start + len(terms)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                "Attempted to set a vocabulary larger than the maximum vocab size. "
                f"Received vocabulary size is {size}; `max_tokens` is {self.max_tokens}."
            )
        weights = None if idf_weights is None else self._weights(idf_weights, len(given), has_special)
        self._use(terms)
        if weights is not None:
            self.idf_weights = weights

    def _from_file(self, path: str) -> list[Any]:
        if is_safe(False):
            raise ValueError(
                "Requested the loading of a vocabulary file outside of the model archive. This carries a potential "
                "risk of loading arbitrary and sensitive files and thus it is disallowed by default. If you trust the "
                "source of the artifact, you can override this error by passing `safe_mode=False` to the loading "
                "function, or calling `keras.config.enable_unsafe_deserialization(). "
                f"Vocabulary file: '{path}'"
            )
        lines = vocabularies.read_lines(path)
        if self.output_mode == "tf_idf":
            raise ValueError("output_mode `'tf_idf'` does not support loading a vocabulary from file.")
        return lines

    def _weights(self, weights: Any, count: int, has_special: bool) -> np.ndarray:
        weights = np.asarray(host_value(weights), dtype=settings.floatx())
        if weights.ndim != 1:
            raise ValueError(f"TF-IDF data must be a 1-index array. Received: idf_weights of shape {weights.shape}")
        if len(weights) != count:
            raise ValueError(
                "`idf_weights` must be the same length as vocabulary. "
                f"len(idf_weights) is {len(weights)}; len(vocabulary) is {count}"
            )
        return self._padded(weights, 0 if has_special else self._token_start)

    def _padded(self, weights: np.ndarray, front: int) -> np.ndarray:
        """Weights with their mean for special tokens before them, and zeros up to `max_tokens` behind."""
        before = np.full(front, weights.mean() if len(weights) else 0, weights.dtype)
        weights = np.concatenate([before, weights])
        if self.pad_to_max_tokens and self.max_tokens is not None:
            weights = np.pad(weights, (0, max(self.max_tokens - len(weights), 0)))
        return weights

    def _use(self, terms: list[Any]) -> None:
        self.__dict__.update(_terms=self._read_terms(terms), _table=self._new_table(terms))
        self._record_size()

    def _record_size(self) -> None:
        size = self.vocabulary_size()
        if self.output_mode != "int" and not self.pad_to_max_tokens and self._frozen_vocab_size not in (None, size):
            raise RuntimeError(
                f"When using `output_mode={self.output_mode}` and `pad_to_max_tokens=False`, the vocabulary size "
                f"cannot be changed after the layer is called. Old vocab size is {self._frozen_vocab_size}, new vocab "
                f"size is {size}"
            )
        self._frozen_vocab_size = size

    # Learning one from data.

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Make a vocabulary of the values in data: the more frequent first, of equally frequent ones the last in order.

        Args:
            data: an array, a list, or an iterable of batches.
            steps: how many batches are taken; all if None.

        Raises:
            ValueError: if the layer was given its vocabulary.
        """
        self.reset_state()
        for batch in each_batch(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Count the values of a batch; each of its rows is a document.

        Raises:
            ValueError: if the layer was given its vocabulary.
        """
        self._check_adaptable()
        self._counts.count(data)

    def _check_adaptable(self) -> None:
        if self._has_input_vocabulary:
            raise ValueError(
                f"Cannot adapt layer '{self.name}' after setting a static vocabulary via `vocabulary` argument or "
                "`set_vocabulary()` method."
            )

    def finalize_state(self) -> None:
        """Make the vocabulary of what was counted."""
        counts = self._counts
        if self._has_input_vocabulary or not len(counts):
            self._record_size()
            return
        most = None if not self.max_tokens else max(self.max_tokens - self._token_start, 0)
        left_out = [token for token in (self.mask_token, self.oov_token) if token is not None]
        terms, documents = counts.ranked(most, left_out)
        if self.output_mode == "tf_idf":
            weights = np.log(1 + counts.documents / (1 + np.asarray(documents)))
            self.idf_weights = self._padded(weights.astype(settings.floatx()), self._token_start)
        self.reset_state()
        self._use(terms)

    def reset_state(self) -> None:
        """Forget what was counted."""
        if not self._has_input_vocabulary:
            self.__dict__["_counts"] = self._new_counts()

    # Calling.

    def _ready(self) -> Any:
        """The table, once there is a vocabulary."""
        if self.output_mode != "int" and not self.pad_to_max_tokens and self._frozen_vocab_size is None:
            raise RuntimeError(
                f"When using `output_mode={self.output_mode}` and `pad_to_max_tokens=False`, you must set the layer's "
                "vocabulary before calling it. Either pass a `vocabulary` argument to the layer, or call `adapt` with "
                "some sample data."
            )
        table = self._table
        if table is None:
            raise RuntimeError(
                f"Table not initialized: layer '{self.name}' has no vocabulary yet. Either pass a `vocabulary` "
                "argument to the layer, or call `adapt` with some sample data."
            )
        return table

    @property
    def depth(self) -> Any:
        """The size of the vectors; None where it is not known yet."""
        return self.max_tokens if self.pad_to_max_tokens else self._frozen_vocab_size

    def evaluate(self, inputs: Any, floats: bool = False) -> np.ndarray:
        table = self._ready()
        if self.invert:
            return table.terms(inputs)
        if self.output_mode == "int":
            return table.indices(inputs)
        if self.output_mode == "one_hot":
            return one_hot(table.indices(inputs), self.depth, floats)
        return self.weighed(table.vectors(inputs, self.depth, self.output_mode != "multi_hot", floats))

    def weighed(self, vectors: np.ndarray) -> np.ndarray:
        """Counts times the weights of the terms, in mode "tf_idf"."""
        if self.output_mode != "tf_idf":
            return vectors
        if self.idf_weights is None:
            raise ValueError("When `output_mode` is `'tf_idf'`, `idf_weights` must be provided.")
        return vectors.astype(self.idf_weights.dtype, copy=False) * self.idf_weights

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tuple(input_shape)
        if self.output_mode == "int":
            return shape
        if self.output_mode == "one_hot" and not (len(shape) > 1 and shape[-1] == 1):
            return (*(shape or (1,)), self.depth)
        return (*shape[:-1], self.depth)

    def compute_output_spec(self, inputs: Any) -> Any:
        dtype = settings.floatx() if self.output_mode != "int" else "int64"
        if self.invert:
            dtype = self.vocabulary_dtype
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype)

    # Configuration and files.

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "invert": self.invert,
            "max_tokens": self.max_tokens,
            "num_oov_indices": self.num_oov_indices,
            "oov_token": self.oov_token,
            "mask_token": self.mask_token,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "pad_to_max_tokens": self.pad_to_max_tokens,
            "vocabulary_dtype": self.vocabulary_dtype,
            "idf_weights": plain_list(self.input_idf_weights),
            "vocabulary": plain_list(self.input_vocabulary),
            "vocabulary_size": self._frozen_vocab_size,
            "oov_method": self.oov_method,
            "salt": self.salt,
        }

    def get_build_config(self) -> dict[str, Any]:
        return {}

    def build_from_config(self, config: dict[str, Any]) -> None:
        self.build(None)

    def _learned(self) -> Any:
        return None if self._table is None else (self._terms, self.idf_weights)

    def _set_learned(self, found: Any) -> None:
        terms, self.idf_weights = found
        self._use(terms)

    def save_own_variables(self, store: Any) -> None:
        if self.output_mode == "tf_idf" and self.idf_weights is not None:
            store["idf_weights"] = self.idf_weights

    def load_own_variables(self, store: Any) -> None:
        if self.output_mode == "tf_idf":
            self.idf_weights = np.asarray(store["idf_weights"])

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary into a folder, unless the config holds it."""
        if self.input_vocabulary is None:
            vocabularies.save(dir_path, self.get_vocabulary())

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary from a folder, unless the config holds it."""
        if self.input_vocabulary is None:
            terms = vocabularies.load(dir_path)
            self.set_vocabulary(terms, self.idf_weights if self.output_mode == "tf_idf" else None)


def plain_list(value: Any) -> Any:
    """Arrays and tensors as lists, for configs."""
    value = host_value(value)
    return value.tolist() if isinstance(value, np.ndarray) else value


def one_hot(indices: np.ndarray, depth: int, floats: bool) -> np.ndarray:
    """A vector for each index, or for each row of one; indices below zero mark nothing."""
    indices = indices if indices.ndim else indices[None]
    if indices.ndim > 1 and indices.shape[-1] == 1:
        indices = indices[..., 0]
    marks = np.zeros((*indices.shape, depth), settings.floatx() if floats else "int64")
    known = np.nonzero((indices >= 0) & (indices < depth))
    marks[(*known, indices[known])] = 1
    return marks
