"""Hashing and HashedCrossing: strings and integers as bins, without a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import _core
from keraburn import config as settings
from keraburn.layers import arguments
from keraburn.layers.host import HostLayer, flat_strings, host_value
from keraburn.layers.lookup.base import one_hot
from keraburn.tensor import KerasTensor

MODES = ("int", "one_hot", "multi_hot", "count")


class Hashing(HostLayer):
    """Strings or integers as one of `num_bins` bins, by FarmHash's Fingerprint64 or, with a salt, by SipHash-2-4.

    Integers are hashed by their decimal digits; fractions are cut off before. The layer runs on the host.

    Args:
        num_bins: the number of bins, that of the mask included.
        mask_value: the value of bin 0, which then no other gets.
        salt: key of one or two integers.
        output_mode: "int" for bins; "one_hot" for a vector each; for each row a vector that marks ("multi_hot") or
            counts ("count") its bins.
        sparse: must be False; tensors are dense.
        **kwargs: `name`, and `dtype` of the outputs: "int64" if None for "int", else `config.floatx()`.

    Shapes: outputs as inputs for "int"; `(..., num_bins)` from `(..., values)` for vectors; `(..., values, num_bins)`
        for "one_hot".

    Raises:
        ValueError: if an argument is out of its range.

    Example:

    >>> import keraburn as keras
    >>> layer = keras.layers.Hashing(num_bins=3)
    >>> layer([["A"], ["B"], ["C"], ["D"], ["E"]]).numpy().ravel()
    array([1, 0, 1, 1, 2])
    """

    def __init__(
        self,
        num_bins: Any,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else settings.floatx()
        super().__init__(**kwargs)
        arguments.whole_numbers(self, num_bins=num_bins)
        if num_bins is None or num_bins <= 0:
            raise ValueError(
                f"The `num_bins` for `Hashing` cannot be `None` or non-positive values. Received: num_bins={num_bins}."
            )
        if output_mode == "int" and self.dtype_policy.name not in ("int32", "int64"):
            raise ValueError(
                "When `output_mode=\"int\"`, `dtype` should be an integer type, 'int32' or 'in64'. "
                f"Received: dtype={kwargs['dtype']}"
            )
        if output_mode not in MODES:
            raise ValueError(
                "Invalid value for argument `output_mode`. "
                f"Expected one of {MODES}. Received: output_mode={output_mode}"
            )
        if sparse:
            wrong = '`sparse` may only be true if `output_mode` is `"one_hot"`, `"multi_hot"`, or `"count"`.'
            wrong = wrong if output_mode == "int" else "Sparse tensors are not supported."
            raise ValueError(f"{wrong} Received: sparse={sparse} and output_mode={output_mode}")
        self.num_bins = num_bins
        self.mask_value = mask_value
        self.salt = arguments.salt(salt, "Hashing", "size 2 integers")
        self.strong_hash = salt is not None
        self.output_mode = output_mode
        self.sparse = sparse
        self._build_at_init()

    def evaluate(self, inputs: Any, floats: bool = False) -> np.ndarray:
        bins = self._bins(inputs)
        if self.output_mode == "int":
            return bins.astype(self.compute_dtype)
        if self.output_mode == "one_hot":
            return one_hot(bins, self.num_bins, floats=False).astype(self.compute_dtype)
        rows = bins.reshape(-1, bins.shape[-1] if bins.ndim else 1)
        places = np.arange(len(rows))[:, None] * self.num_bins + rows
        found = np.bincount(places.ravel(), minlength=len(rows) * self.num_bins)
        marks = found if self.output_mode == "count" else found > 0
        return np.asarray(marks.reshape(*bins.shape[:-1], self.num_bins), dtype=self.compute_dtype)

    def _bins(self, inputs: Any) -> np.ndarray:
        masked = self.mask_value is not None and self.num_bins > 1
        buckets = self.num_bins - 1 if masked else self.num_bins
        salt = None if self.salt is None else (self.salt[0] % 2**64, self.salt[1] % 2**64)
        values = numbers_or_none(inputs)
        if values is None:
            texts, shape = flat_strings(inputs, self)
            if masked and not isinstance(self.mask_value, (str, bytes)):
                raise TypeError(f"The mask of strings should be a string. Received: mask_value={self.mask_value!r}")
            bins = _core.hash_strings(texts, buckets, salt).reshape(shape)
            if masked:
                both = (self.mask_value, _other_kind(self.mask_value))
                mask = np.array([text in both for text in texts]).reshape(shape)
        else:
            if masked and isinstance(self.mask_value, (str, bytes)):
                raise TypeError(f"The mask of numbers should be a number. Received: mask_value={self.mask_value!r}")
            mask = values == self.mask_value
            bins = _hashed_numbers(values, buckets, salt)
        return np.asarray(np.where(mask, 0, bins + 1)) if masked else bins

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tuple(input_shape)
        if self.output_mode == "int":
            return shape
        if self.output_mode == "one_hot" and not (len(shape) > 1 and shape[-1] == 1):
            return (*(shape or (1,)), self.num_bins)
        return (*shape[:-1], self.num_bins)

    def compute_output_spec(self, inputs: Any) -> Any:
        return KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_bins": self.num_bins,
            "salt": self.salt,
            "mask_value": self.mask_value,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
        }


def _other_kind(text: str | bytes) -> str | bytes:
    return text.encode() if isinstance(text, str) else text.decode("utf-8", "replace")


def numbers_or_none(value: Any) -> np.ndarray | None:
    """Numbers as an array; None for what is no number."""
    value = host_value(value)
    if isinstance(value, (str, bytes)):
        return None
    if isinstance(value, (list, tuple)):
        leaf = value
        while isinstance(leaf, (list, tuple)) and leaf:
            leaf = leaf[0]
        if isinstance(leaf, (str, bytes)) or (hasattr(leaf, "dtype") and leaf.dtype.kind in "OUST"):
            return None
    elif hasattr(value, "to_numpy"):
        value = value.to_numpy()
    array = np.asarray(value)
    return array if array.dtype.kind in "biuf" else None


def _hashed_numbers(values: np.ndarray, buckets: int, salt: tuple[int, int] | None) -> np.ndarray:
    kind = values.dtype.kind
    if kind == "b" or (kind == "u" and values.size and int(values.max()) >= 2**63):
        texts = [str(value).lower() for value in values.ravel().tolist()]
        return _core.hash_strings(texts, buckets, salt).reshape(values.shape)
    if kind == "f" and not np.isfinite(values).all():
        raise ValueError("Only finite numbers can be hashed. Received: an array with infinite values or NaN")
    whole = np.ascontiguousarray(values, dtype=np.int64).reshape(-1)
    return _core.hash_integers(whole, buckets, salt).reshape(values.shape)


class HashedCrossing(HostLayer):
    """Two or more features together as one of `num_bins` bins: `hash(features) % num_bins`.

    Args:
        num_bins: the number of bins.
        output_mode: "int" for bins, "one_hot" for vectors.
        sparse: must be False; tensors are dense.
        name: unique name; made from the class name if None.
        dtype: of the outputs: "int64" if None for "int", else `config.floatx()`.
        **kwargs: not used.

    Shapes: inputs a list of arrays of strings or integers, all `()`, `(batch,)` or `(batch, 1)`; outputs the same, or
        `(batch, num_bins)` for "one_hot".

    Raises:
        ValueError: if an argument is out of its range or the features do not fit.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.HashedCrossing(num_bins=5)
    >>> layer([np.array(["A", "B", "A", "B", "A"]), np.array([101, 101, 101, 102, 102])]).numpy()
    array([1, 4, 1, 1, 3])
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype="int64" if output_mode == "int" and dtype is None else dtype)
        if sparse:
            raise ValueError(f"Sparse tensors are not supported. Received: sparse={sparse}")
        arguments.one_of(self, "output_mode", output_mode, ("int", "one_hot"))
        arguments.whole_numbers(self, num_bins=num_bins)
        if num_bins is None or num_bins < 1:
            raise ValueError(f"`num_bins` should be a positive integer. Received: num_bins={num_bins}")
        self.num_bins = num_bins
        self.output_mode = output_mode
        self.sparse = sparse
        self._build_at_init()

    def evaluate(self, inputs: Any, floats: bool = False) -> np.ndarray:
        _check_features(inputs)
        columns: list[Any] = []
        shapes = []
        for feature in inputs:
            values = numbers_or_none(feature)
            if values is None:
                texts, shape = flat_strings(feature, self)
                columns.append(texts)
            elif values.dtype.kind in "iu":
                shape = values.shape
                columns.append(np.ascontiguousarray(values, dtype=np.int64).reshape(-1))
            else:
                raise ValueError(
                    f"All `HashedCrossing` inputs should have an integer or string dtype. Received: inputs={inputs}"
                )
            shapes.append(shape)
        _check_shapes(shapes, inputs)
        bins = _core.hash_crosses(columns, self.num_bins).reshape(shapes[0])
        found = bins if self.output_mode == "int" else one_hot(bins, self.num_bins, floats=False)
        return found.astype(self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        shapes = [tuple(shape) if isinstance(shape, (list, tuple)) else shape for shape in input_shape]
        if len(shapes) < 2 or not all(isinstance(shape, tuple) for shape in shapes):
            raise ValueError(f"Expected as input a list/tuple of 2 tensors. Received input_shape={input_shape}")
        if len(set(shapes)) > 1:
            raise ValueError(
                f"Expected the two input tensors to have identical shapes. Received input_shape={input_shape}"
            )
        shape = shapes[0]
        if self.output_mode == "int":
            return shape
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape or (1,)), self.num_bins)

    def compute_output_spec(self, inputs: Any) -> Any:
        _check_features(inputs)
        shapes = [tuple(feature.shape) for feature in inputs]
        _check_shapes(shapes, inputs)
        return KerasTensor(self.compute_output_shape(shapes), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            "num_bins": self.num_bins,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }


def _check_features(inputs: Any) -> None:
    if not isinstance(inputs, (list, tuple)):
        raise ValueError(f"`HashedCrossing` should be called on a list or tuple of inputs. Received: inputs={inputs}")
    if len(inputs) < 2:
        raise ValueError(f"`HashedCrossing` should be called on at least two inputs. Received: inputs={inputs}")


def _check_shapes(shapes: list[Any], inputs: Any) -> None:
    if len(shapes[0]) > 2 or (len(shapes[0]) == 2 and shapes[0][-1] != 1):
        raise ValueError(
            "All `HashedCrossing` inputs should have shape `()`, `(batch_size)` or `(batch_size, 1)`. "
            f"Received: inputs={inputs}"
        )
    if len(set(shapes)) > 1:
        raise ValueError(f"All `HashedCrossing` inputs should have equal shape. Received: inputs={inputs}")
