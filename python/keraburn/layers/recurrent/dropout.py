"""Dropout inside recurrent cells: one pattern for all steps of a sequence."""

from __future__ import annotations

from typing import Any

from keraburn import ops, random
from keraburn.random import SeedGenerator


class DropoutCell:
    """What cells with dropout share: patterns drawn at the first step and kept until the sequence ends.

    A cell has `dropout`, `recurrent_dropout`, `seed_generator`, and `dropout_mask_count` where each gate has a pattern
    of its own.
    """

    dropout: float
    recurrent_dropout: float
    seed_generator: SeedGenerator
    dropout_mask_count: int | None = None

    def get_dropout_mask(self, step_input: Any) -> Any:
        """The pattern of the inputs, or one for each gate; None without dropout.

        Args:
            step_input: the inputs of one step.
        """
        return self._pattern("_dropout_mask", step_input, self.dropout)

    def get_recurrent_dropout_mask(self, step_input: Any) -> Any:
        """The pattern of the state, or one for each gate; None without recurrent dropout.

        Args:
            step_input: the state before a step.
        """
        return self._pattern("_recurrent_dropout_mask", step_input, self.recurrent_dropout)

    def _pattern(self, name: str, like: Any, rate: float) -> Any:
        # Kept beside the attributes that layers track.
        found = self.__dict__.get(name)
        if found is None and rate > 0:
            ones = ops.ones_like(like)
            count = self.dropout_mask_count
            if count is None:
                found = random.dropout(ones, rate=rate, seed=self.seed_generator)
            else:
                found = [random.dropout(ones, rate=rate, seed=self.seed_generator) for _ in range(count)]
            self.__dict__[name] = found
        return found

    def reset_dropout_mask(self) -> None:
        """Forget the pattern of the inputs; the next sequence has another."""
        self.__dict__["_dropout_mask"] = None

    def reset_recurrent_dropout_mask(self) -> None:
        """Forget the pattern of the state."""
        self.__dict__["_recurrent_dropout_mask"] = None
