"""TensorFlow's functions around gradients, with its argument names."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any

from keraburn import ops


class UnconnectedGradients(enum.Enum):
    """What a tape gives for a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """`keras.ops.custom_gradient`, whose gradient function takes a gradient for each output."""

    def spread(*args: Any, **kwargs: Any) -> Any:
        outputs, gradient = f(*args, **kwargs)
        if isinstance(outputs, (list, tuple)):
            return outputs, lambda upstream: gradient(*upstream)
        return outputs, gradient

    return ops.custom_gradient(spread)


def global_norm(t_list: Sequence[Any], name: str | None = None) -> Any:
    """The norm of all tensors together; None among them is left out."""
    return ops.sqrt(sum(ops.sum(ops.square(each)) for each in t_list if each is not None))


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """The values, scaled down to a norm of at most `clip_norm`."""
    t = ops.convert_to_tensor(t)
    squares = ops.sum(ops.square(t), axis=axes, keepdims=True)
    # The root of zero has no gradient.
    norm = ops.sqrt(ops.where(squares > 0, squares, 1.0))
    return t * clip_norm / ops.maximum(norm, clip_norm)


def clip_by_global_norm(
    t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """All tensors, scaled down together to a norm of at most `clip_norm`, and the norm before; None stays None."""
    norm = global_norm(t_list) if use_norm is None else use_norm
    scale = clip_norm / ops.maximum(norm, clip_norm)
    # Infinity minus itself is NaN: an overflow must show rather than vanish.
    scale = scale + (norm - norm)
    return [None if each is None else each * scale for each in t_list], norm


GRADIENTS: dict[str, Any] = {
    "UnconnectedGradients": UnconnectedGradients,
    **{each.__name__: each for each in (custom_gradient, global_norm, clip_by_norm, clip_by_global_norm)},
}
