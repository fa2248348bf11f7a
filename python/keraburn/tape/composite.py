"""Compiled computations as one entry in the records of tapes."""

from __future__ import annotations

from collections.abc import Sequence

from keraburn import dtypes, recorder, tree
from keraburn.tensor import Tensor
from keraburn.trace import Compiled


def run(compiled: Compiled, leaves: Sequence[Tensor]) -> list[Tensor]:
    """Run a scripted computation; returns its flat outputs.

    A tape that follows it knows its inputs and outputs alone: what lies between is computed once more for gradients.

    Args:
        compiled: the computation, of inputs in one list.
        leaves: its inputs.
    """
    recorders = recorder.recording()
    if not recorders:
        return tree.flatten(compiled(leaves))
    inputs = [*(variable.value for variable in compiled.variables), *leaves]
    outputs: list[Tensor] = tree.flatten(compiled(leaves))
    watching = [each for each in recorders if each.follows(inputs)]
    # Whatever has no gradient is a constant.
    floats = [index for index, output in enumerate(outputs) if dtypes.is_float(output.dtype)]

    def replay(values: Sequence[Tensor]) -> list[Tensor]:
        results = compiled.repeat(values)
        return [results[index] for index in floats]

    if floats and watching:
        made = [outputs[index] for index in floats]
        recorder.note(watching, recorder.Composite(compiled, inputs, made, replay))
    return outputs
