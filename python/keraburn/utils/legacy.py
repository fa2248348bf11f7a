"""`keras.utils.legacy`: configs in the form that Keras 2 wrote, without modules and registered names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraburn import registry


def serialize_keras_object(instance: Any) -> Any:
    """An object as its class's name and config, a function as its name.

    Args:
        instance: an object with `get_config`, a function or None.

    Raises:
        ValueError: if it is none of them.

    Example:

    >>> import keraburn as keras
    >>> keras.utils.legacy.serialize_keras_object(keras.regularizers.L1(0.5))
    {'class_name': 'L1', 'config': {'l1': 0.5}}
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        return {"class_name": registry.get_registered_name(type(instance)), "config": instance.get_config()}
    if hasattr(instance, "__name__"):
        return registry.get_registered_name(instance)
    raise ValueError(f"Cannot serialize {instance} because it doesn't implement `get_config()`. Received: {instance}")


def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """The object of a config or name.

    Args:
        identifier: what `serialize_keras_object` gave; objects and None are given back.
        module_objects: the names that are expected.
        custom_objects: more names.
        printable_module_name: what is looked for, for the error.

    Raises:
        ValueError: if the name is not known.
    """
    if identifier is None or not isinstance(identifier, (str, dict)):
        return identifier
    try:
        found = registry.deserialize_keras_object(identifier, custom_objects, module_objects=module_objects)
    except TypeError as error:
        raise ValueError(f"Unknown {printable_module_name}: {identifier}. {error}") from error
    if isinstance(found, str):
        raise ValueError(
            f"Unknown {printable_module_name}: '{identifier}'. Please ensure you are using a "
            "`keras.utils.custom_object_scope` and that this object is included in the scope."
        )
    return found() if isinstance(found, type) else found
