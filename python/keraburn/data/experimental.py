"""Names under which programs written for TensorFlow also look for parts of `tf.data`."""

from __future__ import annotations

from typing import Any

from keraburn.data.dataset import INFINITE, UNKNOWN, Cardinality
from keraburn.data.stages import AUTOTUNE as AUTOTUNE

INFINITE_CARDINALITY = INFINITE
UNKNOWN_CARDINALITY = UNKNOWN


def cardinality(dataset: Any) -> Cardinality:
    """The number of elements of a data set: -1 if endless, -2 if not known."""
    return dataset.cardinality()
