"""SpectralNormalization: a layer whose kernel is kept at a largest singular value of one."""

from __future__ import annotations

from typing import Any

from keraburn import initializers, ops
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.layers.wrapper import Wrapper
from keraburn.variable import Variable


class SpectralNormalization(Wrapper):
    """In training, divides the kernel of a layer by its largest singular value, found by power iteration.

    Args:
        layer: a layer with a `kernel` or `embeddings`.
        power_iterations: how many iterations a call makes.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`; `training`, whether to normalize the kernel first.

    Raises:
        ValueError: if the number of iterations is not positive, or the layer has no such weight.

    Miyato et al., 2018: https://arxiv.org/abs/1802.05957

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(2, kernel_initializer="ones"), power_iterations=3)
    >>> layer(np.ones((1, 2)), training=True).numpy().round(3)
    array([[1., 1.]], dtype=float32)
    """

    kernel: Variable
    vector_u: Variable

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if not isinstance(power_iterations, int) or power_iterations <= 0:
            raise ValueError(
                "`power_iterations` should be an integer greater than zero. "
                f"Received: power_iterations={power_iterations}"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        kernel = getattr(self.layer, "kernel", None)
        kernel = getattr(self.layer, "embeddings", None) if kernel is None else kernel
        if kernel is None:
            raise ValueError(f"{type(self.layer).__name__} object has no attribute 'kernel' nor 'embeddings'")
        self.kernel = kernel
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(1, kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            dtype=kernel.dtype,
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            vector, kernel = self.normalized_weights()
            self.vector_u.assign(vector)
            self.kernel.assign(kernel)
        return ops.cast(self.layer(inputs), inputs.dtype)

    def normalized_weights(self) -> tuple[Any, Any]:
        """The next `vector_u` and the normalized kernel; both as they are if the kernel is zero."""
        kernel, vector_u = self.kernel.value, self.vector_u.value
        weights = ops.reshape(kernel, (-1, kernel.shape[-1]))
        right, left = vector_u, None
        for _ in range(self.power_iterations):
            left = _unit(ops.matmul(right, ops.transpose(weights)))
            right = _unit(ops.matmul(left, weights))
        right, left = ops.stop_gradient(right), ops.stop_gradient(left)
        sigma = ops.matmul(ops.matmul(left, weights), ops.transpose(right))
        zero = ops.all(ops.equal(kernel, 0))
        scaled = ops.divide(kernel, ops.reshape(ops.where(zero, ops.ones_like(sigma), sigma), ()))
        return ops.where(zero, vector_u, right), scaled

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _unit(vector: Any) -> Any:
    """The vector over its length; a zero stays one."""
    return vector / ops.maximum(ops.sqrt(ops.sum(ops.square(vector))), 1e-12)
