"""Plans of random graphs give what the operations give one by one."""

from __future__ import annotations

import numpy as np
import pytest

from keraburn import _core

UNARY = ["neg", "abs", "square", "tanh", "sigmoid", "relu", "sin", "exp", "floor"]
BINARY = ["add", "sub", "mul", "max", "min"]
FOLDS = ["sum", "max_reduce", "min_reduce"]


class RandomGraph:
    """A graph of random operations on small tensors of a few related shapes."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.graph = _core.Graph("cpu")
        shapes = [(6, 5), (6, 1), (5,), (4, 6, 5), (6, 5, 1), ()]
        self.leaves = [self.rng.normal(size=shape).astype("float32") for shape in shapes]
        self.inputs = [self.graph.input(leaf.shape, "float32") for leaf in self.leaves]
        self.values = list(self.inputs)
        for _ in range(int(self.rng.integers(5, 30))):
            self.values.append(self.grow())

    def pick(self) -> int:
        recent = self.values[-6:] if self.rng.random() < 0.6 else self.values
        return recent[self.rng.integers(len(recent))]

    def grow(self) -> int:
        x = self.pick()
        shape, _ = self.graph.spec(x)
        rank = len(shape)
        kind = self.rng.choice(["unary", "binary", "where", "fold", "move", "matmul", "kernel"])
        if kind == "unary":
            return self.graph.op(str(self.rng.choice(UNARY)), [x], {})
        if kind == "binary":
            return self.combined(str(self.rng.choice(BINARY)), x)
        if kind == "where":
            zero = self.graph.constant(_core.Tensor.scalar(0.0, "float32", "cpu"))
            positive = self.graph.op("gt", [x, zero], {})
            return self.graph.op("where", [positive, x, zero], {})
        if kind == "fold" and rank:
            axes = sorted(set(self.rng.integers(0, rank, self.rng.integers(1, rank + 1)).tolist()))
            keepdims = bool(self.rng.integers(2))
            return self.graph.op(str(self.rng.choice(FOLDS)), [x], {"axes": axes, "keepdims": keepdims})
        if kind == "move" and rank:
            return self.moved(x, shape)
        if kind == "matmul" and rank >= 2:
            turned = self.graph.op("transpose", [x], {"permutation": [*range(rank - 2), rank - 1, rank - 2]})
            return self.graph.op("matmul", [x, turned], {})
        if kind == "kernel" and rank:
            axis = int(self.rng.integers(rank))
            return self.graph.op("cumsum", [x], {"axis": axis, "reverse": bool(self.rng.integers(2))})
        return x

    def combined(self, name: str, x: int) -> int:
        for _ in range(8):
            other = self.pick()
            try:
                return self.graph.op(name, [x, other], {})
            except ValueError:
                continue
        return self.graph.op(name, [x, x], {})

    def moved(self, x: int, shape: tuple[int, ...]) -> int:
        rank = len(shape)
        kind = self.rng.choice(["transpose", "flip", "slice", "reshape", "broadcast"])
        if kind == "transpose":
            return self.graph.op("transpose", [x], {"permutation": self.rng.permutation(rank).tolist()})
        if kind == "flip":
            return self.graph.op("flip", [x], {"axes": [int(self.rng.integers(rank))]})
        if kind == "slice":
            start = [int(self.rng.integers(0, max(dim // 2, 1))) for dim in shape]
            step = [int(self.rng.integers(1, 3)) for _ in shape]
            size = [max((dim - at + by - 1) // by, 0) for dim, at, by in zip(shape, start, step, strict=True)]
            return self.graph.op("slice", [x], {"start": start, "size": size, "step": step})
        if kind == "reshape":
            return self.graph.op("reshape", [x], {"shape": [int(np.prod(shape))]})
        return self.graph.op("broadcast_to", [x], {"shape": [2, *shape]})


@pytest.mark.parametrize("seed", range(150))
def test_plan_equals_operations(seed: int) -> None:
    case = RandomGraph(seed)
    count = min(len(case.values), 5)
    outputs = [int(i) for i in case.rng.choice(case.values, count, replace=False)]
    tensors = [_core.Tensor(leaf, "cpu") for leaf in case.leaves]
    expected = _core.reference(case.graph, outputs, case.inputs, tensors)
    step = _core.Step(case.graph, [], [], [], case.inputs, outputs)
    for _ in range(2):
        for ours, reference in zip(step.run(case.leaves), expected, strict=True):
            assert ours.shape == reference.shape
            np.testing.assert_allclose(ours.numpy(), reference.numpy(), rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("seed", range(60))
def test_updates_in_place_equal_updates_by_copy(seed: int) -> None:
    """Variables get what the operations give on their old values, whichever memory is taken over."""
    case = RandomGraph(1000 + seed)
    fitting = {}
    for value in case.values:
        fitting.setdefault(case.graph.spec(value)[0], []).append(value)
    updates = [(i, int(case.rng.choice(fitting[leaf.shape]))) for i, leaf in enumerate(case.leaves)]
    tensors = [_core.Tensor(leaf, "cpu") for leaf in case.leaves]
    expected = _core.reference(case.graph, [new for _, new in updates], case.inputs, tensors)
    variables = [_core.Variable(tensor) for tensor in tensors]
    _core.Step(case.graph, variables, case.inputs, updates, [], []).run([])
    for variable, reference, tensor, leaf in zip(variables, expected, tensors, case.leaves, strict=True):
        np.testing.assert_allclose(variable.value().numpy(), reference.numpy(), rtol=2e-5, atol=1e-5)
        # Whoever held the old value keeps it.
        np.testing.assert_array_equal(tensor.numpy(), leaf)
