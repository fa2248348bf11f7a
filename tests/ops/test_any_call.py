"""Calls at random: an operation runs, at once and compiled with the same result, or says what is wrong."""

import inspect
import random
import warnings

import numpy as np
import pytest

from keraburn import ops, trace, tree
from keraburn.tensor import Tensor
from tests.ops.test_coverage import public_functions

CALLS = 25
SHAPES = [
    (),
    (1,),
    (3,),
    (4,),
    (2, 3),
    (3, 4),
    (3, 3),
    (4, 3),
    (2, 3, 4),
    (1, 3, 1),
    (0,),
    (0, 3),
    (2, 0),
    (2, 2, 3, 3),
]
DTYPES = ["float32"] * 4 + ["float64", "int32", "int64", "uint8", "bool"]
WORDS = [None, True, "a", "float32", "int32", "ij,jk", 0, 1, 2, -1, 3, -2, 20, 0.5, -1.5, float("nan"), float("inf")]
LISTS = [(0,), (1, 2), (2, 3), (0, 1), [-1, 0], (-1,), (1, 0, 2), [[1], [0]], [], [1.0, 2.0], [[1, 2], [3]]]

# They take functions, or give arrays of numpy.
APART = {"cond", "switch", "while_loop", "fori_loop", "scan", "map", "vectorized_map", "convert_to_numpy"}
APART |= {"associative_scan"}
# Vectors of equal values are any basis of what they span.
NOT_UNIQUE = {"eigh", "svd"}
# What a function that takes a shape, an axis or a number from a tensor says while that has no value.
NO_VALUE = r"symbol|needs the values|Traced"
REFUSALS = (ValueError, TypeError, IndexError, NotImplementedError)


class Maker:
    """Arguments at random, of which some make sense."""

    def __init__(self, seed: str) -> None:
        self.choose = random.Random(seed)
        self.rng = np.random.default_rng(len(seed))

    def tensor(self) -> Tensor:
        shape, dtype = self.choose.choice(SHAPES), self.choose.choice(DTYPES)
        values = self.rng.normal(size=shape) * self.choose.choice([1, 1, 3, 20])
        if "float" in dtype and self.choose.random() < 0.1:
            values = np.where(self.rng.random(shape) < 0.3, self.choose.choice([np.nan, np.inf, -np.inf]), values)
        return ops.convert_to_tensor((abs(values) if dtype == "uint8" else values).astype(dtype), dtype)

    def anything(self):
        kind = self.choose.random()
        if kind < 0.5:
            return self.tensor()
        if kind < 0.6:
            return [self.tensor()] * 2
        return self.choose.choice(WORDS if kind < 0.85 else LISTS)

    def call(self, function):
        args, kwargs = [], {}
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is parameter.VAR_POSITIONAL:
                args += [self.tensor() for _ in range(self.choose.randint(0, 3))]
            elif parameter.default is not parameter.empty and self.choose.random() < 0.3:
                kwargs[parameter.name] = self.choose.choice([0, 1, -1, (0, 1), self.anything()])
            elif parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
                args.append(self.tensor() if not args and self.choose.random() < 0.7 else self.anything())
        return args, kwargs


def outcome(function, *arguments):
    """The tensors of the result, or the refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return [leaf for leaf in tree.flatten(function(*arguments)) if isinstance(leaf, Tensor)], None
        except REFUSALS as error:
            return None, error


def replace_tensors(structure, tensors):
    if isinstance(structure, Tensor):
        return next(tensors)
    if isinstance(structure, dict):
        return {key: replace_tensors(structure[key], tensors) for key in sorted(structure)}
    return type(structure)(replace_tensors(x, tensors) for x in structure) if tree.is_nested(structure) else structure


@pytest.mark.parametrize("name", sorted(public_functions() - APART))
def test_any_call(name):
    function, maker = getattr(ops, name), Maker(name)
    for _ in range(CALLS):
        args, kwargs = maker.call(function)
        results, refusal = outcome(lambda a=args, k=kwargs: function(*a, **k))
        leaves = [leaf for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, Tensor)]
        if not leaves:
            continue

        def traced(*tensors, structure=(args, kwargs)):
            a, k = replace_tensors(structure, iter(tensors))
            return [leaf for leaf in tree.flatten(function(*a, **k)) if isinstance(leaf, Tensor)]

        compiled, other = outcome(lambda t=traced, x=leaves: trace.Compiled(t, x)(*x))
        said = f"{name}(*{args}, **{kwargs})"
        if compiled is None:
            assert refusal is not None or any(word in str(other) for word in NO_VALUE.split("|")), f"{said}: {other}"
            continue
        assert refusal is None, f"{said} runs compiled, but at once: {refusal}"
        for ours, theirs in zip(results, compiled, strict=True):
            assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype), said
            if name not in NOT_UNIQUE:
                np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-5, err_msg=said)
