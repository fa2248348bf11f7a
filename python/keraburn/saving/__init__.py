"""Objects to and from plain data, under the names they are registered by; models and weights to and from files."""

from __future__ import annotations

from keraburn import _deferred
from keraburn.registry import CustomObjectScope as CustomObjectScope
from keraburn.registry import custom_object_scope as custom_object_scope
from keraburn.registry import deserialize_keras_object as deserialize_keras_object
from keraburn.registry import get_custom_objects as get_custom_objects
from keraburn.registry import get_registered_name as get_registered_name
from keraburn.registry import get_registered_object as get_registered_object
from keraburn.registry import register_keras_serializable as register_keras_serializable
from keraburn.registry import serialize_keras_object as serialize_keras_object

with _deferred.Imports(globals()):
    from keraburn.saving.editor import KerasFileEditor as KerasFileEditor
    from keraburn.saving.files import load_model as load_model
    from keraburn.saving.files import save_model as save_model
    from keraburn.saving.weights import load_weights as load_weights
    from keraburn.saving.weights import save_weights as save_weights
