"""Layers that look values up in a vocabulary."""

from __future__ import annotations

from keraburn.layers.lookup.integers import IntegerLookup as IntegerLookup
from keraburn.layers.lookup.strings import StringLookup as StringLookup
