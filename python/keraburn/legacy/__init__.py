"""`keras.legacy`: what Keras 2 wrote."""

from __future__ import annotations

from keraburn.legacy import saving as saving
