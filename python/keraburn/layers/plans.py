"""Plans of calls on values: the second call of a form makes one, which runs in Rust."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from keraburn import config, trace
from keraburn.layers import call as calls
from keraburn.layers.state import changes

_active = trace._active
_context = calls.context


def circumstances() -> tuple[int, str, bool] | None:
    """What a plan depends on besides the arguments of a call; None while a graph is made or another layer is called.

    Returns:
        How often layers have changed, the device, and whether a tape runs.
    """
    if _active.stack or _active.stateless is not None or _context.entry is not None:
        return None
    return changes.count, config.device(), bool(_active.recorders)


class Plans(dict[Any, Callable[..., Any] | None]):
    """What runs the calls of a form, by form: shapes, dtypes, other arguments, and `circumstances()`.

    A plan reads the weights when it runs, so changed weights are seen; a change of any attribute of a layer makes new
    plans. None stands for a form that was met once, as most are.

    Args:
        most: forms that are kept; each plan has the memory that it runs in.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def run(
        self,
        form: Any,
        inputs: Iterable[Any],
        call: Callable[[], Any],
        plan: Callable[[], Callable[..., Any]],
    ) -> Any:
        """The outputs of a call.

        Args:
            form: of the call.
            inputs: what a plan takes.
            call: gives the outputs without a plan.
            plan: makes the plan.
        """
        made = self.get(form)
        if made is None and form in self:
            made = self[form] = plan()
        if made is not None:
            return made(*inputs)
        outputs = call()
        for oldest in list(self)[: max(0, len(self) - self._most + 1)]:
            self.pop(oldest, None)
        self[form] = None
        return outputs
