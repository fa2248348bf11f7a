"""What every operation is held to: its values, and its gradients by three routes, on the current device."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import _core, config, ops, trace, tree
from keraburn.tensor import Tensor

_STEP = 1e-6
# What graphics APIs promise of exp, log and division is less than what a processor gives.
GPU_RTOL = 1e-3


@dataclasses.dataclass
class Case:
    """One line of a table of operations."""

    name: str
    inputs: tuple[Any, ...]
    reference: Callable[..., Any] | None = None
    gradient: bool = True
    oracle: bool = True
    rtol: float = 1e-5
    atol: float = 1e-6
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    module: Any = ops

    def __str__(self) -> str:
        return self.name

    def run(self) -> None:
        function = getattr(self.module, self.name)
        reference = self.reference or getattr(np, self.name)
        check_op(
            lambda *xs: function(*xs, **self.options),
            *self.inputs,
            reference=reference if self.reference else lambda *xs: reference(*xs, **self.options),
            gradient=self.gradient,
            oracle=self.oracle,
            rtol=self.rtol,
            atol=self.atol,
        )


def case(
    name: str,
    *inputs: Any,
    reference: Callable[..., Any] | None = None,
    gradient: bool = True,
    oracle: bool = True,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    module: Any = ops,
    **options: Any,
) -> Case:
    """A line of a table: `options` are arguments of the function and, without a `reference`, of numpy's."""
    return Case(name, inputs, reference, gradient, oracle, rtol, atol, options, module)


def plain(name: str, *inputs: Any, reference: Callable[..., Any] | None = None, **options: Any) -> Case:
    """A line of a table, of an operation that has no gradient."""
    return case(name, *inputs, reference=reference, gradient=False, **options)


def close(actual: Any, expected: Any, tolerance: float = 1e-5) -> None:
    """Hold a result to its values, relatively where they are large."""
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=tolerance, atol=tolerance)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def numbers(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray:
    """Float64 values that are all different and not near whole or half numbers, where functions have kinks."""
    rng = np.random.default_rng(seed + 1000 * len(shape) + int(np.prod(shape)))
    values = rng.permutation(np.linspace(low, high, int(np.prod(shape)) + 2)[1:-1])
    near = np.abs(values * 2 - np.round(values * 2)) < 0.05
    return (values + near * 0.037).reshape(shape)


def _is_float(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64


def check_op(
    function: Callable[..., Any],
    *inputs: Any,
    reference: Callable[..., Any],
    gradient: bool = True,
    oracle: bool = True,
    twice: bool = True,
    rtol: float = 1e-5,
    atol: float = 1e-6,
) -> None:
    """Hold an operation to its reference.

    Values: run at once and as part of a compiled function, in float32, against `reference` in float64. Gradients of
    a weighted sum of the results: those of the graph against central differences in float64 and against burn's; and the
    gradients of these gradients against their differences.

    Args:
        function: takes tensors and returns a tensor or a structure of them.
        *inputs: float64 arrays, which become float32 tensors and are differentiated; anything else is passed on.
        reference: takes the inputs and returns arrays in the same structure.
        gradient: whether the results depend smoothly on the float inputs.
        oracle: whether burn can differentiate the graph too.
        twice: whether the gradient has a gradient.
        rtol: relative tolerance of the values.
        atol: absolute tolerance of the values.
    """
    expected = [np.asarray(leaf) for leaf in tree.flatten(_plain(reference(*inputs)))]
    singles = [value.astype(np.float32) if _is_float(value) else value for value in inputs]
    eager = tree.flatten(function(*(ops.convert_to_tensor(v) if isinstance(v, np.ndarray) else v for v in singles)))
    _compare(eager, expected, rtol, atol, "at once")
    places = [i for i, value in enumerate(singles) if isinstance(value, np.ndarray)]
    if places:
        arrays = [ops.convert_to_tensor(singles[i]) for i in places]
        compiled = trace.Compiled(_with(function, singles, places), arrays)
        _compare(tree.flatten(compiled(*arrays)), expected, rtol, atol, "compiled")
    if gradient:
        check_gradient(function, *inputs, oracle=oracle, twice=twice)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _with(function: Callable[..., Any], inputs: Any, places: list[int]) -> Callable[..., Any]:
    def called(*leaves: Any) -> Any:
        arguments = list(inputs)
        for place, leaf in zip(places, leaves, strict=True):
            arguments[place] = leaf
        return function(*arguments)

    return called


def _compare(results: list[Any], expected: list[np.ndarray], rtol: float, atol: float, how: str) -> None:
    assert len(results) == len(expected), f"{how}: {len(results)} results, expected {len(expected)}"
    for result, wanted in zip(results, expected, strict=True):
        assert isinstance(result, Tensor), f"{how}: {result!r} is no tensor"
        assert result.shape == wanted.shape, f"{how}: shape {result.shape}, expected {wanted.shape}"
        kind = {"b": "bool", "f": "float", "i": "int", "u": "int"}[wanted.dtype.kind]
        assert kind in result.dtype, f"{how}: dtype {result.dtype}, expected {wanted.dtype}"
        if on_gpu():
            rtol, atol = max(rtol, GPU_RTOL), max(atol, 1e-5)
        np.testing.assert_allclose(result.numpy(), wanted, rtol=rtol, atol=atol, err_msg=how)


def _weighted_sum(results: Any, dtype: str) -> Tensor:
    total = ops.convert_to_tensor(0.0, dtype)
    for number, leaf in enumerate(tree.flatten(results)):
        if leaf.dtype in ("float32", "float64"):
            weights = np.cos(1.0 + number + np.arange(leaf.size)).reshape(leaf.shape)
            total = total + ops.sum(ops.cast(leaf, dtype) * ops.convert_to_tensor(weights, dtype))
    return total


def on_gpu() -> bool:
    """Whether the current device is a GPU, which has its own float32 and no float64."""
    return config.device().startswith("gpu")


def _gradients(
    function: Callable[..., Any], inputs: tuple[Any, ...], dtype: str
) -> tuple[Callable[..., Tensor], Callable[..., list[Tensor]], list[Tensor]]:
    """A weighted sum of the results, its gradients, and what both take: the float64 inputs as tensors of `dtype`."""
    places = [i for i, value in enumerate(inputs) if _is_float(value)]
    assert places, "no float64 array to differentiate for"
    fixed = [ops.convert_to_tensor(v) if isinstance(v, np.ndarray) else v for v in inputs]
    target = _with(lambda *xs: _weighted_sum(function(*xs), dtype), fixed, places)

    def gradients(*leaves: Tensor) -> list[Tensor]:
        found = trace.gradients(target(*leaves), leaves)
        return [ops.zeros_like(leaf) if g is None else g for g, leaf in zip(found, leaves, strict=True)]

    return target, gradients, [ops.convert_to_tensor(np.ascontiguousarray(inputs[i]), dtype) for i in places]


def _check_gpu_gradient(function: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
    """Hold the gradients in float32 on the GPU to the processor's in float64."""
    found = []
    for place, dtype in ((config.device(), "float32"), ("cpu", "float64")):
        with config.device_scope(place):
            _, gradients, tensors = _gradients(function, inputs, dtype)
            found.append([result.numpy() for result in trace.Compiled(gradients, tensors)(*tensors)])
    for position, (ours, expected) in enumerate(zip(*found, strict=True)):
        scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
        message = f"differentiated input {position}: gradient on the GPU (first) and on the processor (second)"
        np.testing.assert_allclose(ours, expected, rtol=GPU_RTOL, atol=1e-5 * scale, err_msg=message)


def check_gradient(function: Callable[..., Any], *inputs: Any, oracle: bool = True, twice: bool = True) -> None:
    """Hold the gradients for all float64 inputs to central differences and to those of burn's autodiff."""
    if on_gpu():
        _check_gpu_gradient(function, inputs)
        return
    scalar_function, gradients, tensors = _gradients(function, inputs, "float64")
    places = [i for i, value in enumerate(inputs) if _is_float(value)]
    arrays = [np.ascontiguousarray(inputs[i]) for i in places]
    analytic = [result.numpy() for result in trace.Compiled(gradients, tensors)(*tensors)]
    value = trace.Compiled(scalar_function, tensors)
    for position in range(len(arrays)):
        numeric = _differences(value, arrays, position)
        scale = max(1.0, float(np.abs(numeric).max(initial=0.0)))
        message = f"input {places[position]}: gradient (first) and differences (second)"
        np.testing.assert_allclose(analytic[position], numeric, rtol=1e-5, atol=2e-7 * scale, err_msg=message)
    if twice:
        _check_second(gradients, arrays, tensors)
    # burn has no backward pass from what depends on nothing.
    if not oracle or not any(gradient.any() for gradient in analytic):
        return
    burned = _oracle(scalar_function, tensors)
    for position, ours in enumerate(analytic):
        theirs = np.zeros_like(ours) if burned[position] is None else burned[position].numpy()
        message = f"input {places[position]}: gradient (first) and burn's (second)"
        # burn's ndarray backend computes sigmoid in float32, whatever the dtype.
        rtol, atol = (1e-6, 1e-7) if config.device() == "ndarray" else (1e-7, 1e-9)
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol, err_msg=message)


def _check_second(gradients: Callable[..., Any], arrays: list[np.ndarray], tensors: list[Tensor]) -> None:
    """Gradients of gradients, along one direction: against differences of the gradients."""
    direction = [np.sin(1.0 + np.arange(array.size)).reshape(array.shape) for array in arrays]

    def along(*leaves: Tensor) -> list[Tensor]:
        slope = ops.convert_to_tensor(0.0, "float64")
        for found, way in zip(gradients(*leaves), direction, strict=True):
            slope = slope + ops.sum(found * ops.convert_to_tensor(way, "float64"))
        return [
            ops.zeros_like(leaf) if g is None else g
            for g, leaf in zip(trace.gradients(slope, leaves), leaves, strict=True)
        ]

    analytic = [result.numpy() for result in trace.Compiled(along, tensors)(*tensors)]
    first = trace.Compiled(gradients, tensors)
    above = first(*(array + _STEP * way for array, way in zip(arrays, direction, strict=True)))
    below = first(*(array - _STEP * way for array, way in zip(arrays, direction, strict=True)))
    for position, ours in enumerate(analytic):
        numeric = (above[position].numpy() - below[position].numpy()) / (2 * _STEP)
        scale = max(1.0, float(np.abs(numeric).max(initial=0.0)))
        message = f"second gradient for differentiated input {position} (first) and differences (second)"
        np.testing.assert_allclose(ours, numeric, rtol=1e-5, atol=1e-6 * scale, err_msg=message)


def _differences(value: trace.Compiled, arrays: list[np.ndarray], position: int) -> np.ndarray:
    result = np.zeros_like(arrays[position])
    for index in np.ndindex(result.shape):
        ends = []
        for direction in (_STEP, -_STEP):
            moved = [array.copy() for array in arrays]
            moved[position][index] += direction
            ends.append(float(value(*moved).numpy()))
        result[index] = (ends[0] - ends[1]) / (2 * _STEP)
    return result


def _oracle(function: Callable[..., Tensor], tensors: list[Tensor]) -> list[Any]:
    with trace.Trace() as traced:
        leaves = [traced.input(tensor.shape, tensor.dtype) for tensor in tensors]
        target = traced.identifier(function(*leaves))
    ids = [leaf.id for leaf in leaves]
    return _core.oracle_gradients(traced.graph, target, ids, ids, [tensor.handle for tensor in tensors])
