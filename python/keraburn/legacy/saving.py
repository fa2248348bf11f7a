"""`keras.legacy.saving`: configs in the form that Keras 2 wrote."""

from __future__ import annotations

from keraburn.utils.legacy import deserialize_keras_object as deserialize_keras_object
from keraburn.utils.legacy import serialize_keras_object as serialize_keras_object
