"""Data made ready for models."""

from __future__ import annotations

from keraburn.preprocessing import sequence as sequence
from keraburn.preprocessing import text as text
