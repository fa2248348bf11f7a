"""Models: Sequential, functional ones, and subclasses of Model."""

from __future__ import annotations

from keraburn import _deferred, registry
from keraburn.models.function import Function as Function
from keraburn.models.functional import Functional as Functional
from keraburn.models.model import Model as Model
from keraburn.models.model import model_from_json as model_from_json
from keraburn.models.sequential import Sequential as Sequential

with _deferred.Imports(globals()):
    from keraburn.models.cloning import clone_model as clone_model
    from keraburn.saving import load_model as load_model
    from keraburn.saving import save_model as save_model

registry.publish("keras", (Model, Sequential))
# Keras saves functional models under this name.
registry.publish("keras.src.models.functional", (Functional,))
