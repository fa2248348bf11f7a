from collections.abc import Sequence
from typing import Any, final

import numpy as np

__all__ = [
    "Data",
    "Graph",
    "Lookup",
    "Pipeline",
    "Runner",
    "Step",
    "Tensor",
    "Variable",
    "WordCounts",
    "__version__",
    "adapters",
    "after_fork",
    "count_words",
    "devices",
    "find_device",
    "hash_crosses",
    "hash_integers",
    "hash_strings",
    "keep_shaders",
    "number_words",
    "operations",
    "oracle_gradients",
    "reference",
    "run",
]

__version__: str

def after_fork() -> None: ...
def devices() -> list[str]: ...
def adapters() -> list[tuple[str, str, str, str]]: ...
def find_device(name: str) -> str: ...
def keep_shaders(folder: str) -> None: ...
def operations() -> list[str]: ...
def run(name: str, inputs: Sequence[Tensor], attributes: dict[str, Any]) -> Tensor: ...
def oracle_gradients(
    graph: Graph,
    target: int,
    sources: Sequence[int],
    inputs: Sequence[int],
    leaves: Sequence[Tensor],
) -> list[Tensor | None]: ...
def reference(
    graph: Graph,
    outputs: Sequence[int],
    inputs: Sequence[int],
    leaves: Sequence[Tensor],
) -> list[Tensor]: ...

@final
class Tensor:
    def __new__(cls, array: np.ndarray, device: str) -> Tensor: ...
    @staticmethod
    def scalar(value: float, dtype: str, device: str) -> Tensor: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def device(self) -> str: ...
    def numpy(self) -> np.ndarray: ...
    def to(self, device: str) -> Tensor: ...

@final
class Variable:
    def __new__(cls, value: Tensor) -> Variable: ...
    def value(self) -> Tensor: ...
    def assign(self, value: Tensor) -> None: ...
    def to(self, device: str) -> None: ...

@final
class Graph:
    def __new__(cls, device: str) -> Graph: ...
    @property
    def device(self) -> str: ...
    def input(self, shape: Sequence[int], dtype: str) -> int: ...
    def constant(self, tensor: Tensor) -> int: ...
    def op(self, name: str, inputs: Sequence[int], attributes: dict[str, Any]) -> int: ...
    def segments(self, id: int) -> tuple[int, int] | None: ...
    def scan(
        self,
        body: Graph,
        body_inputs: Sequence[int],
        body_outputs: Sequence[int],
        carries: int,
        sequences: int,
        count: int,
        reverse: bool,
        inputs: Sequence[int],
    ) -> int: ...
    def spec(self, id: int) -> tuple[tuple[int, ...], str]: ...
    def gradients(
        self,
        target: int,
        sources: Sequence[int],
        seed: int | None = None,
        constants: Sequence[int] = ...,
    ) -> list[int | None]: ...

@final
class Step:
    def __new__(
        cls,
        graph: Graph,
        variables: Sequence[Variable],
        sources: Sequence[int],
        updates: Sequence[tuple[int, int]],
        inputs: Sequence[int],
        results: Sequence[int],
    ) -> Step: ...
    def run(self, leaves: Sequence[Tensor | np.ndarray]) -> list[Tensor]: ...
    def traffic(self) -> list[tuple[str, list[int], list[int]]]: ...
    def run_to_numpy(self, leaves: Sequence[Tensor | np.ndarray]) -> list[np.ndarray]: ...

@final
class Data:
    def __new__(cls, arrays: Sequence[np.ndarray], dtypes: Sequence[str], batch_size: int) -> Data: ...
    @property
    def rows(self) -> int: ...
    @property
    def batches(self) -> int: ...
    def shuffle(self, seed: int, within_batches: bool = False) -> None: ...
    def sequential(self) -> None: ...

@final
class Runner:
    def __new__(cls, data: Data, full: Step | None, tail: Step | None) -> Runner: ...
    @property
    def position(self) -> int: ...
    def start(self, batch: int = 0) -> None: ...
    def run(self, seconds: float, steps: int = ...) -> int: ...
    def results(self) -> list[Tensor]: ...
    def collect(self, outputs: Sequence[np.ndarray]) -> None: ...

@final
class Pipeline:
    def __new__(
        cls, lower: bool = ..., strip: bool = ..., split: str | None = ..., ngrams: Sequence[int] = ...
    ) -> Pipeline: ...
    def tokens(self, texts: list[Any], lengths: Sequence[int] | None = ...) -> tuple[list[bytes], list[int]]: ...

@final
class WordCounts:
    def __new__(cls) -> WordCounts: ...
    def __len__(self) -> int: ...
    @property
    def documents(self) -> int: ...
    def count(self, texts: list[Any], lengths: Sequence[int] | None, pipeline: Pipeline) -> None: ...
    def ranked(self, most: int | None, left_out: list[Any]) -> tuple[list[bytes], list[int]]: ...

@final
class Lookup:
    def __new__(
        cls,
        words: list[Any],
        first: int,
        unknown: int | None,
        buckets: int,
        salt: tuple[int, int] | None,
        mask: tuple[list[Any], int] | None,
    ) -> Lookup: ...
    def rows(
        self,
        texts: list[Any],
        lengths: Sequence[int] | None,
        pipeline: Pipeline,
        width: int | None,
        fill: int,
    ) -> np.ndarray: ...
    def vectors(
        self,
        texts: list[Any],
        lengths: Sequence[int] | None,
        pipeline: Pipeline,
        depth: int,
        counts: bool,
        floats: bool,
    ) -> np.ndarray: ...

def hash_strings(texts: list[Any], buckets: int, salt: tuple[int, int] | None) -> np.ndarray: ...
def hash_integers(values: np.ndarray, buckets: int, salt: tuple[int, int] | None) -> np.ndarray: ...
def hash_crosses(columns: Sequence[list[Any] | np.ndarray], buckets: int) -> np.ndarray: ...
def count_words(
    texts: list[str], filters: str | None, separator: str, lower: bool
) -> tuple[list[str], list[int], list[int]]: ...
def number_words(
    texts: list[str],
    words: list[str],
    numbers: Sequence[int | None],
    unknown: int | None,
    filters: str | None,
    separator: str,
    lower: bool,
) -> list[list[int]]: ...
