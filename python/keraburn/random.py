"""`keras.random`: random tensors from explicit seeds."""

from __future__ import annotations

import math
import operator
import random as python_random
from typing import Any

import numpy as np

from keraburn import config, dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis, normalize_shape
from keraburn.ops.convert import cast_to, concrete, constant, convert, filled_like, floating, scalar, within
from keraburn.ops.shaping import broadcasted, reshaped
from keraburn.tensor import Tensor
from keraburn.variable import Variable


class SeedGenerator:
    """A source of seeds: each call of `next()` gives another, also inside a compiled training step.

    The state is a seed and a counter; the same seed gives the same sequence.

    Args:
        seed: an integer; drawn from Python's `random` when None.
        name: shown in displays.

    Raises:
        ValueError: if `seed` is no integer.

    Example:

    >>> import keraburn as keras
    >>> seeds = keras.random.SeedGenerator(42)
    >>> first = keras.random.normal((2,), seed=seeds)
    >>> second = keras.random.normal((2,), seed=seeds)
    >>> bool(keras.ops.any(first == second))
    False
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any) -> None:
        kwargs.pop("backend", None)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments. Received: {sorted(kwargs)}")
        self.name = name or config.auto_name("seed_generator")
        self._initial_seed = seed
        if seed is None:
            seed = make_default_seed()
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
            raise ValueError(f"Argument `seed` must be an integer. Received: seed={seed}")
        with config.name_scope(self.name):
            self.state = Variable(_key(int(seed)), trainable=False, name="seed_generator_state")

    def next(self, ordered: bool = True) -> Tensor:
        """The current seed, an int64 tensor of shape (2,); the next call gives another.

        Args:
            ordered: accepted as in Keras; seeds always come in order.
        """
        current = self.state.value
        self.state.assign(emit("add", current, constant(np.array([0, 1], dtype=np.int64))))
        return current

    def reseed(self, seed: int) -> None:
        """Begin the sequence of another seed."""
        self._initial_seed = seed
        self.state.assign(_key(seed))

    def get_config(self) -> dict[str, Any]:
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        return cls(**config)


def _key(seed: int) -> Tensor:
    # Seeds beyond 64 bits are cut, as a hash of an object may be.
    low = (seed + 2**63) % 2**64 - 2**63
    return constant(np.array([low, 0], dtype=np.int64))


def make_default_seed() -> int:
    """A seed from Python's `random`."""
    return python_random.randint(1, int(1e9))


class _Default:
    generator: SeedGenerator | None = None
    times_seeded = 0


def global_seed_generator() -> SeedGenerator:
    """The generator that serves where no seed is given."""
    if _Default.generator is None:
        _Default.generator = SeedGenerator(name="global_seed_generator")
    return _Default.generator


def set_global_seed(seed: int) -> None:
    """Begin the default generator's sequence anew; `utils.set_random_seed` calls it."""
    if _Default.generator is None:
        # Made of this seed: one of its own would be drawn from Python's generator, the first time only.
        _Default.generator = SeedGenerator(seed, name="global_seed_generator")
    else:
        _Default.generator.reseed(seed)
    _Default.times_seeded += 1


def seeding() -> tuple[int, Any]:
    """How often the default generator was seeded, and with what the last time."""
    generator = _Default.generator
    return _Default.times_seeded, None if generator is None else generator._initial_seed


def set_seed(seed: int) -> None:
    """Seed Python's and numpy's generators and the default generator: what follows is the same in every run.

    Args:
        seed: a non-negative integer.

    Raises:
        ValueError: if it is no integer.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ValueError(f"Expected `seed` argument to be an integer. Received: seed={seed} (of type {type(seed)})")
    python_random.seed(int(seed))
    np.random.seed(int(seed) % 2**32)  # noqa: NPY002 (the generator that users draw from)
    set_global_seed(int(seed))


def draw_seed(seed: Any) -> Tensor:
    """The key that an argument `seed` stands for.

    Args:
        seed: an integer, which always gives the same key; a `SeedGenerator`, whose next one is drawn; None for the
            default generator; or a key.

    Raises:
        ValueError: if it is something else.
    """
    if seed is None:
        return global_seed_generator().next()
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        return _key(int(seed))
    if isinstance(seed, Tensor) and seed.shape == (2,):
        return cast_to(seed, "int64")
    raise ValueError(
        "Argument `seed` must be either an integer or an instance of `SeedGenerator`. "
        f"Received: seed={seed} (of type {type(seed)})"
    )


# Odd and large: keys derived from one key do not meet those of nearby seeds.
_STRIDE = 0x5851F42D4C95


def _derived(key: Tensor, number: int) -> Tensor:
    """Another key, for the second, third... draw of one call."""
    return emit("add", key, constant(np.array([number * _STRIDE, 0], dtype=np.int64)))


def _float_dtype(dtype: Any) -> str:
    name = dtypes.standardize_dtype(dtype)
    if not dtypes.is_float(name):
        raise ValueError(f"Argument `dtype` must be a floating point dtype. Received: dtype={dtype}")
    return name


def _uniform(key: Tensor, shape: list[int], dtype: str) -> Tensor:
    return emit("random_uniform", key, shape=shape, dtype=dtype)


def _normal(key: Tensor, shape: list[int], dtype: str) -> Tensor:
    return emit("random_normal", key, shape=shape, dtype=dtype)


def _scaled(values: Tensor, factor: Any, offset: Any) -> Tensor:
    if not (isinstance(factor, (int, float)) and factor == 1):
        values = emit("mul", values, convert(factor, values.dtype))
    if not (isinstance(offset, (int, float)) and offset == 0):
        values = emit("add", values, convert(offset, values.dtype))
    return values


@operation
def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Normally distributed numbers.

    Args:
        shape: the result's dimensions.
        mean: their mean.
        stddev: their standard deviation.
        dtype: a float type, `floatx()` when None.
        seed: an integer, a `SeedGenerator`, or None for the default generator.

    Example:

    >>> import keraburn as keras
    >>> keras.random.normal((2, 3), seed=1).shape
    (2, 3)
    """
    return _scaled(_normal(draw_seed(seed), normalize_shape(shape), _float_dtype(dtype)), stddev, mean)


@operation
def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Numbers equally distributed over `[minval, maxval)`.

    Args:
        shape: the result's dimensions.
        minval: the lower end.
        maxval: the upper end.
        dtype: a float type, `floatx()` when None.
        seed: an integer, a `SeedGenerator`, or None for the default generator.

    Raises:
        ValueError: for an integer dtype; `randint` gives integers.
    """
    name = _float_dtype(dtype)
    values = _uniform(draw_seed(seed), normalize_shape(shape), name)
    if isinstance(minval, (int, float)) and isinstance(maxval, (int, float)):
        return _scaled(values, maxval - minval, minval)
    low, high = convert(minval, name), convert(maxval, name)
    return emit("add", emit("mul", values, emit("sub", high, low)), low)


@operation
def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Normally distributed numbers, none farther than two standard deviations from the mean.

    Args:
        shape: the result's dimensions.
        mean: the mean of the distribution that is cut.
        stddev: its standard deviation.
        dtype: a float type, `floatx()` when None.
        seed: an integer, a `SeedGenerator`, or None for the default generator.
    """
    name = _float_dtype(dtype)
    # The inverse of the distribution function, of numbers between its values at -2 and 2.
    edge = math.erf(math.sqrt(2.0))
    inside = _scaled(_uniform(draw_seed(seed), normalize_shape(shape), name), 2 * edge, -edge)
    values = emit("mul", emit("erfinv", inside), scalar(math.sqrt(2.0), name))
    values = emit("max", emit("min", values, scalar(2.0, name)), scalar(-2.0, name))
    return _scaled(values, stddev, mean)


@operation
def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Integers equally distributed over `[minval, maxval)`.

    Args:
        shape: the result's dimensions.
        minval: the lowest one.
        maxval: one more than the highest; at most 2**31 more than `minval`.
        dtype: an integer type.
        seed: an integer, a `SeedGenerator`, or None for the default generator.

    Raises:
        ValueError: for a float dtype or an empty range.
    """
    name = dtypes.standardize_dtype(dtype)
    if not dtypes.is_integer(name):
        raise ValueError(f"Argument `dtype` must be an integer dtype. Received: dtype={dtype}")
    if isinstance(minval, (int, float)) and isinstance(maxval, (int, float)) and not minval < maxval:
        raise ValueError(f"`minval` must be below `maxval`. Received: minval={minval}, maxval={maxval}")
    low, high = convert(minval, "int64"), convert(maxval, "int64")
    bits = emit("random_bits", draw_seed(seed), shape=normalize_shape(shape))
    # 32 random bits times the range, divided by 2**32.
    product = emit("mul", bits, emit("sub", high, low))
    return cast_to(emit("add", emit("shr", product, scalar(32, "int64")), low), name)


@operation
def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Classes drawn with the probabilities `softmax(logits)`.

    Args:
        logits: shape `(batch, classes)`.
        num_samples: how many for each row.
        dtype: an integer type.
        seed: an integer, a `SeedGenerator`, or None for the default generator.

    Returns:
        Shape `(batch, num_samples)`.

    Raises:
        ValueError: if `logits` is no matrix.
    """
    logits = floating(logits)
    if logits.ndim != 2:
        raise ValueError(
            f"Argument `logits` must have two dimensions, (batch, classes). Received: logits of shape {logits.shape}"
        )
    batch, classes = logits.shape
    shape = [batch, operator.index(num_samples), classes]
    uniforms = _uniform(draw_seed(seed), shape, logits.dtype)
    uniforms = emit("max", uniforms, scalar(dtypes.limits(logits.dtype).tiny, logits.dtype))
    # The largest of the logits, each plus a Gumbel number, is a draw from their softmax.
    noise = emit("neg", emit("log", emit("neg", emit("log", uniforms))))
    drawn = emit("argmax", emit("add", reshaped(logits, [batch, 1, classes]), noise), axis=2)
    return cast_to(drawn, dtypes.standardize_dtype(dtype))


@operation
def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Tensor:
    """The slices along an axis in random order.

    Args:
        x: a tensor of at least one dimension.
        axis: the axis of the slices.
        seed: an integer, a `SeedGenerator`, or None for the default generator.
    """
    x = convert(x)
    axis = normalize_axis(axis, x.ndim)
    order = emit("argsort", emit("random_bits", draw_seed(seed), shape=[x.shape[axis]]), axis=0, descending=False)
    return emit("take", x, order, axis=axis)


@operation
def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Tensor:
    """Some elements set to zero at random, the others scaled up so that the expected sum stays.

    Args:
        inputs: a tensor.
        rate: the fraction to drop, in [0, 1].
        noise_shape: the shape of the decisions, which broadcasts to that of `inputs`; None stands for a dimension
            of `inputs`.
        seed: an integer, a `SeedGenerator`, or None for the default generator.

    Raises:
        ValueError: if the rate is outside [0, 1].
    """
    x = floating(inputs)
    if not 0 <= rate <= 1:
        raise ValueError(f"Argument `rate` must be between 0 and 1. Received: rate={rate}")
    if rate == 0:
        return x
    zero = scalar(0, x.dtype)
    if rate == 1:
        return filled_like(x, 0)
    shape = list(x.shape)
    if noise_shape is not None:
        shape = [dim if given is None else int(given) for given, dim in zip(noise_shape, x.shape, strict=True)]
    keep = 1.0 - rate
    precision = dtypes.stored(x.dtype)
    kept = emit("lt", _uniform(within(draw_seed(seed), x), shape, precision), scalar(keep, precision))
    return emit("where", kept, emit("mul", x, scalar(1.0 / keep, x.dtype)), zero)


# The chance that a number is still rejected after so many proposals is below 1e-10.
_GAMMA_ROUNDS = 8


def _gamma(key: Tensor, shape: list[int], alpha: Tensor, dtype: str) -> Tensor:
    """Marsaglia and Tsang's method: cubes of normal numbers, some of them rejected."""
    one, third = scalar(1, dtype), scalar(1 / 3, dtype)
    alpha = broadcasted(alpha, shape)
    small = emit("lt", alpha, one)
    shifted = emit("where", small, emit("add", alpha, one), alpha)
    d = emit("sub", shifted, third)
    c = emit("div", third, emit("sqrt", d))
    value = d
    for i in reversed(range(_GAMMA_ROUNDS)):
        x = _normal(_derived(key, 2 * i + 1), shape, dtype)
        u = _uniform(_derived(key, 2 * i + 2), shape, dtype)
        v = emit("add", one, emit("mul", c, x))
        positive = emit("gt", v, scalar(0, dtype))
        v = emit("mul", emit("square", v), v)
        safe = emit("where", positive, v, one)
        bound = emit("add", emit("sub", one, safe), emit("log", safe))
        bound = emit("add", emit("mul", scalar(0.5, dtype), emit("square", x)), emit("mul", d, bound))
        tiny = scalar(dtypes.limits(dtype).tiny, dtype)
        accepted = emit("and", positive, emit("lt", emit("log", emit("max", u, tiny)), bound))
        value = emit("where", accepted, emit("mul", d, v), value)
    u = emit("max", _uniform(key, shape, dtype), scalar(dtypes.limits(dtype).tiny, dtype))
    boost = emit("pow", u, emit("div", one, alpha))
    return emit("where", small, emit("mul", value, boost), value)


@operation
def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Numbers of the gamma distribution with scale 1.

    Marsaglia and Tsang, 2000, https://doi.org/10.1145/358407.358414

    Args:
        shape: the result's dimensions.
        alpha: the distribution's shape parameter, broadcasting to `shape`.
        dtype: a float type, `floatx()` when None.
        seed: an integer, a `SeedGenerator`, or None for the default generator.
    """
    name = _float_dtype(dtype)
    return _gamma(draw_seed(seed), normalize_shape(shape), convert(alpha, name), name)


@operation
def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Numbers of the beta distribution, in (0, 1).

    Args:
        shape: the result's dimensions.
        alpha: the first parameter, broadcasting to `shape`.
        beta: the second parameter, broadcasting to `shape`.
        dtype: a float type, `floatx()` when None.
        seed: an integer, a `SeedGenerator`, or None for the default generator.
    """
    name, dims, key = _float_dtype(dtype), normalize_shape(shape), draw_seed(seed)
    first = _gamma(key, dims, convert(alpha, name), name)
    second = _gamma(_derived(key, 64), dims, convert(beta, name), name)
    return emit("div", first, emit("add", first, second))


@operation
def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """How many of `counts` trials succeed.

    Args:
        shape: the result's dimensions.
        counts: numbers of trials, broadcasting to `shape`; their values must be known.
        probabilities: the chance of success, broadcasting to `shape`.
        dtype: a float type, `floatx()` when None.
        seed: an integer, a `SeedGenerator`, or None for the default generator.

    Raises:
        TypeError: if `counts` has no values yet.
    """
    name, dims = _float_dtype(dtype), normalize_shape(shape)
    trials = concrete(counts, "binomial", "counts")
    most = int(trials.max()) if trials.size else 0
    draws = _uniform(draw_seed(seed), [most, *dims], name)
    success = emit("lt", draws, broadcasted(convert(probabilities, name), dims))
    number = constant(np.arange(most).reshape([most] + [1] * len(dims)).astype(name))
    tried = emit("lt", number, broadcasted(convert(trials, name), dims))
    return emit("sum", cast_to(emit("and", success, tried), name), axes=[0], keepdims=False)
