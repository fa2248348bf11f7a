"""The state of a run of `fit`, taken between two batches and put back in another process."""

from __future__ import annotations

import contextlib
from typing import Any

from keraburn.random import global_seed_generator, seeding
from keraburn.training.compiling import Compiling
from keraburn.variable import Variable


class Resuming(Compiling):
    """The part of a model that says where its training stands, so that it can go on there."""

    # The feeds of training and of validation while `fit` runs.
    _feeds: tuple[Any, Any] | None = None

    def _state_variables(self) -> list[Variable]:
        """All that training reads or changes, each variable once."""
        found = [*self.variables, *(variable for metric in self.metrics for variable in metric.variables)]
        if self.optimizer is not None:
            found += self.optimizer.variables
        for feed in self._feeds or ():
            # Among them what the model does not know of, such as the state of the default seed generator.
            found += [] if feed is None else feed.variables
        return list({id(variable): variable for variable in found}.values())

    def _training_state(self, inside: bool) -> dict[str, Any]:
        """What `_set_training_state` takes: plain data and arrays.

        Args:
            inside: whether an epoch is going on.
        """
        feed, validation = self._feeds or (None, None)
        times, seed = seeding()
        return {
            "variables": [variable.numpy() for variable in self._state_variables()],
            "default_seed": None if seed is None else global_seed_generator().state.numpy(),
            "order": self._shuffle_seed,
            "next_order_after": self._shuffle_seed if times == self._seeded else seed,
            "stop_training": bool(self.stop_training),
            "inside": inside,
            # The values after the last batch, which may have been the epoch's last.
            "logs": feed.logs() if inside and feed is not None else None,
            "feed": None if feed is None else feed.state,
            "validation": None if validation is None else validation.state,
        }

    def _set_training_state(self, state: dict[str, Any]) -> None:
        """Put back what `_training_state` gave; if it is not of this model and its data, nothing is changed.

        Raises:
            ValueError: if variables or data differ.
        """
        feed, validation = self._feeds or (None, None)
        specs = getattr(feed and feed.step, "specs", None)
        if specs is not None:
            # Steps that run in Python make the variables of optimizers and metrics at the first batch. A `call` that
            # looks at values cannot be described without it.
            with contextlib.suppress(Exception):
                self._prepare_for(specs)
        variables = self._state_variables()
        shapes = [variable.shape for variable in variables]
        if (given := [array.shape for array in state["variables"]]) != shapes:
            raise ValueError(
                "The backup is not of this model as it is compiled now: its variables differ. "
                f"Expected: shapes {shapes}. Received: shapes {given}"
            )
        if feed is not None and state["feed"] is not None:
            feed.resume(state["feed"], state["order"], state["logs"])
        if validation is not None and state["validation"] is not None:
            validation.resume(state["validation"], 0, None)
        for variable, array in zip(variables, state["variables"], strict=True):
            variable.assign(array)
        if state["inside"]:
            self.__dict__["stop_training"] = state["stop_training"]
        if state["default_seed"] is not None:
            global_seed_generator().state.assign(state["default_seed"])
        self.__dict__.update(_shuffle_seed=state["next_order_after"], _seeded=seeding()[0])
