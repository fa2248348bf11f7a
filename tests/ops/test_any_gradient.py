"""Gradients of calls at random, and gradients of those: they run, or the call says what is wrong."""

import random

import numpy as np
import pytest

from keraburn import ops, trace, tree
from keraburn.tensor import Tensor
from tests.ops.test_any_call import APART, Maker, outcome, replace_tensors
from tests.ops.test_coverage import public_functions

CALLS = 15


def total(tensors):
    """The sum of all float values, None if there is none."""
    parts = [ops.sum(ops.cast(tensor, "float32")) for tensor in tensors if "float" in tensor.dtype]
    return sum(parts[1:], parts[0]) if parts else None


def gradients(value, sources):
    found = [] if value is None else trace.gradients(value, sources)
    return [gradient for gradient in found if gradient is not None]


@pytest.mark.parametrize("name", sorted(public_functions() - APART))
def test_any_gradient(name):
    function, maker = getattr(ops, name), Maker(f"{name} gradient")
    for number in range(CALLS):
        args, kwargs = maker.call(function)
        leaves = [leaf for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, Tensor)]
        twice = random.Random(number).random() < 0.5

        def step(*tensors, structure=(args, kwargs), twice=twice):
            a, k = replace_tensors(structure, iter(tensors))
            results = [leaf for leaf in tree.flatten(function(*a, **k)) if isinstance(leaf, Tensor)]
            sources = [tensor for tensor in tensors if "float" in tensor.dtype]
            first = gradients(total(results), sources)
            second = gradients(total([gradient**2 for gradient in first]), sources) if twice else []
            return [*results, *first, *second]

        found, _ = outcome(lambda f=step, x=leaves: trace.Compiled(f, x)(*x))
        for tensor in found or ():
            assert isinstance(tensor.numpy(), np.ndarray)
