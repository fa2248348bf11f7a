"""Random nonsense for every operation: a result or an ordinary error, never a panic or a fault of ours."""

from __future__ import annotations

import inspect
import random

import numpy as np
import pytest

import keraburn as keras
from keraburn import trace

ORDINARY = (ValueError, TypeError, IndexError, KeyError, NotImplementedError)
CALLS_EACH = 25
SHAPES = [(), (0,), (1,), (3,), (2, 3), (3, 2), (0, 3), (2, 0), (2, 3, 4), (1, 1, 1), (3, 3), (2, 2, 2, 2)]
DTYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"]
OTHERS = [None, -1, 0, 1, 2, 5, -7, 1.5, "a", True, (0, 1), (-1,), [0], [2, 3], (3, 2), [], {}, [1, 2, 3], float("nan")]
# They take functions, which nothing here is.
OF_FUNCTIONS = {
    "associative_scan",
    "cond",
    "custom_gradient",
    "fori_loop",
    "map",
    "scan",
    "switch",
    "vectorized_map",
    "while_loop",
}
NAMES = sorted(
    name
    for name, item in vars(keras.ops).items()
    if inspect.isfunction(item) and not name.startswith("_") and name not in OF_FUNCTIONS
)


def test_all_operations_are_here():
    assert len(NAMES) > 200


def array(rng):
    values = np.random.default_rng(rng.randrange(1000)).normal(size=rng.choice(SHAPES)) * rng.choice([1, 10, 1e30, 0])
    with np.errstate(all="ignore"):
        return np.asarray(values).astype(rng.choice(DTYPES))


def value(rng):
    return array(rng) if rng.random() < 0.6 else rng.choice(OTHERS)


def nonsense(function, rng):
    """Positional and keyword arguments that the signature takes."""
    positional, named = [], {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += [value(rng) for _ in range(rng.randrange(3))]
        elif parameter.kind is parameter.VAR_KEYWORD:
            continue
        elif parameter.default is parameter.empty and parameter.kind is not parameter.KEYWORD_ONLY:
            positional.append(value(rng))
        elif parameter.default is parameter.empty or rng.random() < 0.35:
            named[parameter.name] = value(rng)
    return positional, named


def run_traced(function, positional, named):
    """The function of its arrays as one plan, with the gradients of its float outputs."""
    arrays = [argument for argument in positional if isinstance(argument, np.ndarray)]

    def step(*leaves):
        rest = iter(leaves)
        outputs = function(*(next(rest) if isinstance(each, np.ndarray) else each for each in positional), **named)
        tensors = [leaf for leaf in keras.tree.flatten(outputs) if isinstance(leaf, keras.Tensor)]
        total = None
        for tensor in tensors:
            if tensor.dtype.startswith("float"):
                part = keras.ops.sum(keras.ops.cast(tensor, "float32"))
                total = part if total is None else total + part
        sources = [leaf for leaf in leaves if leaf.dtype.startswith("float")]
        found = [] if total is None else trace.gradients(total, sources)
        return [*tensors, *(gradient for gradient in found if gradient is not None)]

    trace.Compiled(step, arrays)(*arrays)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("traced", [False, True], ids=["at once", "traced"])
def test_nonsense_is_refused_or_computed(traced):
    refused = computed = 0
    silent = []
    for name in NAMES:
        function = getattr(keras.ops, name)
        for number in range(CALLS_EACH):
            rng = random.Random(f"{name} {number}")
            positional, named = nonsense(function, rng)
            try:
                if traced:
                    run_traced(function, positional, named)
                else:
                    function(*positional, **named)
                computed += 1
            except ORDINARY as error:
                refused += 1
                if not str(error):
                    silent.append(f"{name}(*{positional}, **{named})")
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                pytest.fail(f"{name}(*{positional}, **{named}) gave {type(error).__name__}: {error}")
    assert not silent
    assert refused > 300
    assert computed > 300
