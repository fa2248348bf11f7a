"""Sequences made ready for models."""

from __future__ import annotations

from keraburn.utils.sequences import pad_sequences as pad_sequences
