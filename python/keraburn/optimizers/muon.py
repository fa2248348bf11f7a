"""Steps whose matrices are made orthogonal."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from keraburn import ops
from keraburn.optimizers.optimizer import Optimizer
from keraburn.tensor import Tensor
from keraburn.variable import Variable


class Muon(Optimizer):
    """Momentum whose matrices are orthogonalized by a Newton-Schulz iteration; Adam for everything else.

    For a matrix, `m = momentum * m + g` and `w -= learning_rate * rms_rate * sqrt(max(rows, columns)) * o`, where o is
    the orthogonal matrix nearest to m, or to `g + momentum * m` with Nesterov momentum.

    Args:
        learning_rate: a number, schedule or function.
        adam_beta_1: Adam's share of the running mean of gradients.
        adam_beta_2: Adam's share of the running mean of their squares.
        adam_weight_decay: weight decay of what Adam updates.
        epsilon: keeps Adam's divisor from zero.
        weight_decay: weight decay of matrices.
        clipnorm: as for `Optimizer`.
        clipvalue: as for `Optimizer`.
        global_clipnorm: as for `Optimizer`.
        use_ema: as for `Optimizer`.
        ema_momentum: as for `Optimizer`.
        ema_overwrite_frequency: as for `Optimizer`.
        loss_scale_factor: as for `Optimizer`.
        gradient_accumulation_steps: as for `Optimizer`.
        name: as for `Optimizer`.
        exclude_layers: patterns; matrices whose path holds one are updated by Adam.
        exclude_embeddings: whether matrices with "embedding" in their path are.
        muon_a: first coefficient of the iteration.
        muon_b: second coefficient.
        muon_c: third coefficient.
        adam_lr_ratio: Adam's learning rate over the matrices'.
        momentum: share of m that a step keeps.
        ns_steps: number of iterations.
        nesterov: whether momentum is applied ahead.
        rms_rate: the size of steps relative to Adam's; None for 1 without the root.
        kwargs: `lr`, for `learning_rate`.

    Source: Jordan et al., 2024, "Muon"; Liu et al., 2025, "Muon is Scalable for LLM Training", arXiv:2502.16982.

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable([[1.0, 2.0], [3.0, 4.0]])
    >>> keras.optimizers.Muon(0.1).apply([keras.ops.ones((2, 2))], [weight])
    >>> bool((weight.numpy() < [[1.0, 2.0], [3.0, 4.0]]).all())
    True
    """

    hyperparameters = (
        "adam_beta_1",
        "adam_beta_2",
        "epsilon",
        "exclude_layers",
        "muon_a",
        "muon_b",
        "muon_c",
        "adam_lr_ratio",
        "momentum",
        "ns_steps",
        "nesterov",
        "exclude_embeddings",
        "adam_weight_decay",
        "rms_rate",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = list(exclude_layers or [])
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def _uses_adam(self, variable: Variable) -> bool:
        if len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in variable.path.lower()):
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the slots `momentum`, and `velocity` where Adam is used."""
        if self.built:
            return
        super().build(var_list)
        self._momentums: list[Variable] = []
        self._velocities: list[Variable | None] = []
        for variable in var_list:
            self._momentums.append(self.add_variable_from_reference(variable, name="momentum"))
            adam = self._uses_adam(variable)
            self._velocities.append(self.add_variable_from_reference(variable, name="velocity") if adam else None)

    def _apply_weight_decay(self, variables: Sequence[Variable]) -> None:
        for variable in variables:
            share = self.adam_weight_decay if self._uses_adam(variable) else self.weight_decay
            if share is not None and self._use_weight_decay(variable):
                rate = ops.multiply(self.once(self._current_rate), share)
                self.assign_sub(variable, ops.multiply(variable.value, rate))

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        index = self._get_variable_index(variable)
        velocity = self._velocities[index]
        if velocity is None:
            self._orthogonal_step(gradient, variable, learning_rate, self._momentums[index])
        else:
            self._adam_step(gradient, variable, learning_rate, self._momentums[index], velocity)

    def _orthogonal_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor, slot: Variable) -> None:
        mean = self.assign(slot, ops.add(ops.multiply(slot.value, self.momentum), gradient))
        ahead = ops.add(gradient, ops.multiply(mean, self.momentum)) if self.nesterov else mean
        step = self.lr_adjust(self.zeropower_via_newtonschulz5(ahead, self.ns_steps))
        self.assign_sub(variable, ops.multiply(step, learning_rate))

    def transpose_last_axis(self, X: Any) -> Tensor:
        """Matrices in the last two axes transposed."""
        return ops.swapaxes(X, -1, -2)

    def lr_adjust(self, x: Any) -> Tensor:
        """A step scaled so that its numbers have the size that Adam's have, where `rms_rate` is given.

        Source: Liu et al., 2025, "Muon is scalable for LLM training", arXiv:2502.16982.
        """
        if self.rms_rate is None:
            return x
        return ops.multiply(x, math.sqrt(max(x.shape[0], x.shape[1])) * self.rms_rate)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Tensor:
        """A matrix near the orthogonal one with the same singular vectors, by iterations of a polynomial.

        Args:
            x: matrices, shape `(..., m, n)`.
            steps: number of iterations.

        Raises:
            ValueError: if `x` has fewer than two axes.
        """
        if len(x.shape) < 2:
            raise ValueError(
                f"Expected gradient or momentum to have at least 2 dimensions. Received: shape={tuple(x.shape)}"
            )
        tall = x.shape[-2] > x.shape[-1]
        x = self.transpose_last_axis(x) if tall else x
        length = ops.sqrt(ops.sum(ops.square(x), axis=(-2, -1), keepdims=True))
        x = ops.divide(x, ops.add(length, 1e-7))
        for _ in range(steps):
            square = ops.matmul(x, self.transpose_last_axis(x))
            fourth = ops.matmul(ops.multiply(square, self.muon_c), square)
            mixed = ops.add(ops.multiply(square, self.muon_b), fourth)
            x = ops.add(ops.multiply(x, self.muon_a), ops.matmul(mixed, x))
        return self.transpose_last_axis(x) if tall else x

    def _alpha(self, learning_rate: Tensor) -> Tensor:
        step = self.local_step()
        first = ops.subtract(1.0, ops.power(self.adam_beta_1, step))
        second = ops.subtract(1.0, ops.power(self.adam_beta_2, step))
        return ops.divide(ops.multiply(ops.multiply(learning_rate, self.adam_lr_ratio), ops.sqrt(second)), first)

    def _adam_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor, m: Variable, v: Variable) -> None:
        alpha = self.once(self._alpha, learning_rate)
        mean = self.assign_add(m, ops.multiply(ops.subtract(gradient, m.value), 1 - self.adam_beta_1))
        square = ops.square(gradient)
        variance = self.assign_add(v, ops.multiply(ops.subtract(square, v.value), 1 - self.adam_beta_2))
        self.assign_sub(variable, ops.divide(ops.multiply(mean, alpha), ops.add(ops.sqrt(variance), self.epsilon)))
