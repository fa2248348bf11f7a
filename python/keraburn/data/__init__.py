"""Data on its way to a model: arrays of every library, batches made in Python, and data sets."""

from __future__ import annotations

from keraburn.data import experimental as experimental
from keraburn.data.dataset import Dataset as Dataset
from keraburn.data.elements import TensorSpec as TensorSpec
from keraburn.data.stages import AUTOTUNE as AUTOTUNE

INFINITE_CARDINALITY = experimental.INFINITE_CARDINALITY
UNKNOWN_CARDINALITY = experimental.UNKNOWN_CARDINALITY
