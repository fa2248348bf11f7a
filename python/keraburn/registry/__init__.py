"""Names: what is published, what users register, and objects to and from configs by their names."""

from __future__ import annotations

from keraburn.registry.configs import deserialize_keras_object, lookup, serialize_keras_object
from keraburn.registry.names import (
    CustomObjectScope,
    classes_of,
    custom_object_scope,
    find_published,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    public_name,
    publish,
    publish_deferred,
    raise_unknown,
    register_keras_serializable,
)
from keraburn.registry.scopes import ObjectSharingScope, SafeModeScope, is_safe
