"""Discretization: numbers as the bins in which they lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import config as settings
from keraburn import ops
from keraburn.layers.encoding import encode
from keraburn.layers.layer import Layer
from keraburn.tensor import Tensor

MODES = ("int", "one_hot", "multi_hot", "count")


class Discretization(Layer):
    """The index of the bin in which each number lies: `boundaries[i - 1] <= x < boundaries[i]` for bin i.

    Args:
        bin_boundaries: the bounds between bins, rising; None if `adapt` shall find them.
        num_bins: how many bins `adapt` shall make, equally filled.
        epsilon: how exact `adapt` is; as a fraction of the data.
        output_mode: `"int"` for the indices, or `"one_hot"`, `"multi_hot"` or `"count"` as in CategoryEncoding.
        sparse: must be False; tensors are dense.
        dtype: element type of the outputs but for `"int"`, which gives int32.
        name: unique name; made from the class name if None.

    Shapes: outputs as inputs for `"int"`, else as those of CategoryEncoding.

    Raises:
        ValueError: if not exactly one of boundaries and number of bins is given, or an argument is out of its range.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.Discretization(bin_boundaries=[0.0, 1.0, 2.0])
    >>> layer(np.array([[-1.5, 1.0, 3.4, 0.5]])).numpy()
    array([[0, 2, 3, 1]], dtype=int32)
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        if sparse:
            raise ValueError(f"Sparse tensors are not supported. Received: sparse={sparse}")
        if output_mode not in MODES:
            raise ValueError(
                f"Unknown value for `output_mode` argument of layer Discretization, expected one of {MODES}. "
                f"Received: output_mode={output_mode}"
            )
        if num_bins is not None and num_bins < 0:
            raise ValueError(f"`num_bins` must be greater than or equal to 0. Received: num_bins={num_bins}")
        if (num_bins is None) == (bin_boundaries is None):
            wrong = "You need to set either `num_bins` or `bin_boundaries`."
            if num_bins is not None:
                wrong = "Both `num_bins` and `bin_boundaries` should not be set."
            raise ValueError(f"{wrong} Received: num_bins={num_bins} and bin_boundaries={bin_boundaries}")
        super().__init__(name=name, dtype=dtype)
        self.bin_boundaries = None if bin_boundaries is None else [float(bound) for bound in bin_boundaries]
        self.num_bins = num_bins
        self.epsilon = epsilon
        self.output_mode = output_mode
        self.sparse = sparse
        self.summary: Any = None
        self._build_at_init()

    @property
    def input_dtype(self) -> str:
        return settings.floatx()

    @property
    def output_dtype(self) -> str:
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Find the boundaries that fill the bins equally.

        Args:
            data: an array, a tensor, or an iterable of batches.
            steps: how many batches are taken; all if None.

        Raises:
            ValueError: if the layer was given its boundaries, or there is no data.
        """
        if self.num_bins is None:
            raise ValueError(
                "Cannot adapt a Discretization layer that has been initialized with `bin_boundaries`, use `num_bins` "
                f"instead. Received: bin_boundaries={self.bin_boundaries}"
            )
        self.reset_state()
        whole = isinstance(data, Tensor) or hasattr(data, "__array__")
        for number, batch in enumerate([data] if whole else data):
            if steps is not None and number >= steps:
                break
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget the data seen."""
        if self.num_bins is not None:
            self.summary = np.zeros((2, 0), "float32")

    def update_state(self, data: Any) -> None:
        """Take in a batch of data."""
        values = np.sort(np.asarray(data, dtype="float32").reshape(-1))
        if values.size:
            step = max(values.size * self.epsilon, 1)
            bounds = values[int(step - 1) :: int(step)]
            fresh = np.stack([bounds, np.full_like(bounds, step)])
            merged = np.concatenate([fresh, self.summary], axis=1)
            self.summary = _compressed(merged[:, np.argsort(merged[0])], self.epsilon)

    def finalize_state(self) -> None:
        """Make boundaries of the data seen."""
        if self.num_bins is None:
            return
        if self.summary is None or not self.summary.size:
            raise ValueError("adapt() received no data. Pass an array or an iterable of batches that is not empty.")
        self.bin_boundaries = _compressed(self.summary, 1.0 / self.num_bins)[0, :-1].tolist()

    def call(self, inputs: Any) -> Any:
        if self.bin_boundaries is None:
            raise ValueError(
                "You need to either pass the `bin_boundaries` argument at construction time or call `adapt(dataset)` "
                f"before you can start using the `Discretization` layer. Received: bin_boundaries={self.bin_boundaries}"
            )
        bounds = np.asarray(self.bin_boundaries, dtype=self.input_dtype)
        indices = ops.digitize(ops.cast(inputs, self.input_dtype), bounds)
        return encode(indices, self.output_mode, len(self.bin_boundaries) + 1, self.output_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            "bin_boundaries": self.bin_boundaries,
            "num_bins": self.num_bins,
            "epsilon": self.epsilon,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        config = dict(config)
        if config.get("num_bins") is None:
            return cls(**config)
        # An adapted layer has both, which a new one may not be given.
        bounds = config.pop("bin_boundaries", None)
        layer = cls(**config)
        layer.bin_boundaries = bounds
        return layer


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """A summary (values above their weights) of at most `1 / epsilon` values, between which others are interpolated."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    totals = summary[1].cumsum()
    known = totals / totals[-1]
    values = np.interp(shares, known, summary[0])
    totals = np.interp(shares, known, totals)
    return np.stack([values, np.diff(totals, prepend=0)]).astype("float32")
