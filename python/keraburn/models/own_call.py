"""Strings given to models whose `call` is a user's own: layers of strings in it run on the host, before the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from keraburn import tree
from keraburn.data.arrays import to_rows
from keraburn.data.elements import Strings
from keraburn.layers.call import is_numbers
from keraburn.layers.host import handing, handing_to, strings_array
from keraburn.models.host import MARK, is_prepared
from keraburn.models.host_rows import HostRows, Source
from keraburn.tensor import Tensor

if TYPE_CHECKING:
    from keraburn.layers import Layer as _Base
else:
    _Base = object


class _Enough(BaseException):
    """Ends a call whose results on the host are all there."""


class OwnCalls(_Base):
    """A model that can be called on strings, and trained on them, whatever its `call` does before it looks them up."""

    _passage: _Passage | None = None

    def _on_host(self, inputs: Any, whole: bool = False) -> Any:
        """What the graph takes for these inputs: a batch, or whole data, of which batches are prepared later."""
        if is_prepared(inputs):
            return inputs
        read = with_strings(inputs)
        if read is None:
            return inputs
        arrays = tree.map_structure(lambda leaf: leaf if isinstance(leaf, Strings) else to_rows(leaf, "x"), read)
        passage = self.__dict__["_passage"] = _Passage(self, arrays)
        return passage.rows(tree.flatten(arrays)) if whole else passage.prepare(tree.flatten(arrays))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not args or isinstance(args[0], Tensor) or handing.taker is not None:
            return super().__call__(*args, **kwargs)
        if self._passage is not None and is_prepared(args[0]):
            inputs, taker = self._passage.again(args[0])
            with handing_to(taker):
                return super().__call__(inputs, *args[1:], **kwargs)
        inputs = with_strings(args[0])
        if inputs is None:
            return super().__call__(*args, **kwargs)
        with handing_to(lambda compute: compute()):
            return super().__call__(inputs, *args[1:], **kwargs)


class _Passage:
    """How inputs with strings get into the graph.

    The model's `call` is run on the strings until its last layer of strings is done; the graph takes what such layers
    gave, and the inputs that are numbers, and there `call` finds these results in the place of the layers.

    Args:
        model: the model.
        inputs: a structure of arrays, those of strings as `Strings`.
    """

    def __init__(self, model: OwnCalls, inputs: Any) -> None:
        self.model = model
        self.inputs = inputs
        # What each call of a layer of strings gave: nothing is known before the first batch.
        self.results: list[Any] | None = None

    def prepare(self, flat: list[Any]) -> dict[str, Any]:
        """What the graph takes for a batch, by names that begin with a mark."""
        inputs = tree.pack_sequence_as(self.inputs, flat)
        found = self._collect(inputs, None if self.results is None else len(self.results))
        self.inputs, self.results = inputs, found
        prepared = {_input(i): leaf for i, leaf in enumerate(flat) if not isinstance(leaf, Strings)}
        for number, result in enumerate(found):
            if isinstance(result, dict):
                prepared.update({_result(number, name): value for name, value in result.items()})
            elif result.dtype.kind != "O":
                prepared[_result(number)] = result
        if not prepared:
            raise ValueError(
                f"Model '{self.model.name}' was given strings, and no layer in its `call` turns them into numbers, as "
                f"StringLookup and TextVectorization do. Received: {len(flat)} arrays of strings"
            )
        return prepared

    def rows(self, flat: list[Any]) -> dict[str, Any]:
        """The same for whole data, with rows that are prepared batch by batch: shapes may depend on the batch."""
        counts = {len(array) for array in flat}
        if len(counts) > 1 or max(counts) < 2:
            if len(counts) > 1:
                raise ValueError(
                    "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. "
                    f"Received: arrays of {[len(array) for array in flat]} samples"
                )
            return self.prepare(flat)
        first = self.prepare([array[:1] for array in flat])
        source = Source(self.prepare, flat)
        return {name: HostRows(source, name, value) for name, value in first.items()}

    def _collect(self, inputs: Any, count: int | None) -> list[Any]:
        """What the layers of strings give; with `count`, nothing is computed after so many of them."""
        found: list[Any] = []

        def taker(compute: Callable[[], Any]) -> Any:
            found.append(compute())
            if len(found) == count:
                raise _Enough
            return found[-1]

        with handing_to(taker):
            if count == 0:
                return found
            try:
                self.model(inputs, training=False)
            except _Enough:
                return found
        if count is not None:
            raise self._changed(len(found), count)
        return found

    def again(self, prepared: dict[str, Any]) -> tuple[Any, Callable[[Callable[[], Any]], Any]]:
        """For the graph: the inputs, with empty strings, and what gives the results in the order of the calls."""
        rows = next(iter(prepared.values())).shape[0]
        flat = tree.flatten(self.inputs)
        leaves = [
            _empty(rows, leaf) if isinstance(leaf, Strings) else prepared[_input(i)] for i, leaf in enumerate(flat)
        ]
        results = self.results or []
        numbers = iter(range(len(results)))

        def taker(_: Callable[[], Any]) -> Any:
            number = next(numbers, None)
            if number is None:
                raise self._changed(len(results) + 1, len(results))
            result = results[number]
            if isinstance(result, dict):
                return {name: prepared[_result(number, name)] for name in result}
            return _empty(rows, result) if result.dtype.kind == "O" else prepared[_result(number)]

        return tree.pack_sequence_as(self.inputs, leaves), taker

    def _changed(self, now: int, before: int) -> ValueError:
        return ValueError(
            f"`call` of model '{self.model.name}' must run the same layers of strings for every batch, in training and "
            f"outside of it. Received: {now} calls of such layers, {before} before"
        )


def _input(number: int) -> str:
    return f"{MARK}x{number:03}"


def _result(number: int, name: str = "") -> str:
    return f"{MARK}{number:03}{name}"


def _empty(rows: int, like: np.ndarray) -> Strings:
    """Strings that nobody reads, as many as a batch has."""
    return np.full((rows, *like.shape[1:]), "", dtype=object).view(Strings)


def with_strings(inputs: Any) -> Any:
    """The inputs with arrays and lists of strings as `Strings`; None where there are no strings."""
    found = False

    def read(value: Any) -> Any:
        nonlocal found
        if isinstance(value, Tensor) or value is None:
            return value
        if _is_text(value):
            found = True
            return strings_array(value).astype(object, copy=False).view(Strings)
        if isinstance(value, dict):
            return {key: read(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)) and not is_numbers(value):
            items = [read(item) for item in value]
            return tuple(items) if isinstance(value, tuple) else items
        return value

    read_inputs = read(inputs)
    return read_inputs if found else None


def _is_text(value: Any) -> bool:
    """Whether it is one array of strings, or nested lists of them."""
    if isinstance(value, (list, tuple)):
        return bool(value) and (isinstance(value[0], (str, bytes)) or (type(value[0]) is list and _is_text(value[0])))
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind == "O":
        array = np.asarray(value)
        return array.size > 0 and isinstance(array.flat[0], (str, bytes))
    return kind in ("U", "S", "T")
