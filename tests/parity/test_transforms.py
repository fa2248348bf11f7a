"""Transforms, factors of matrices and CTC beside Keras: values, dtypes and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keraburn
from keraburn import trace, tree
from tests.parity.harness import GRADIENT, VALUE, keras

RNG = np.random.default_rng(7)
X, Y = RNG.normal(size=(2, 3, 8)).astype("float32")
REAL, IMAGINARY = RNG.normal(size=(2, 12, 8)).astype("float32")
SIGNAL = RNG.normal(size=(2, 32)).astype("float32")
MATRIX = RNG.normal(size=(2, 4, 3)).astype("float32")
SQUARE = RNG.normal(size=(3, 3)).astype("float32")
EVEN = SQUARE + SQUARE.T
IMAGES = RNG.normal(size=(2, 4, 4, 8)).astype("float32")
COLUMNS = RNG.normal(size=(2, 8, 9)).astype("float32")
LOGITS = RNG.normal(size=(3, 7, 4)).astype("float32")
TARGET = np.array([[1, 2, 2], [3, 0, 0], [1, 2, 3]], "int32")
LABELS, STEPS = np.array([3, 1, 3], "int32"), np.array([7, 2, 5], "int32")

# Name, function of the operations, arrays that are differentiated; istft of few windows is wrong in JAX.
CASES: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = [
    ("fft", lambda ops, a, b: ops.fft((a, b)), (X, Y)),
    ("fft2", lambda ops, a, b: ops.fft2((a, b)), (X, Y)),
    ("ifft2", lambda ops, a, b: ops.ifft2((a, b)), (X, Y)),
    ("rfft", lambda ops, a: ops.rfft(a), (X,)),
    ("rfft", lambda ops, a: ops.rfft(a, fft_length=10), (X,)),
    ("irfft", lambda ops, a, b: ops.irfft((a, b)), (X, Y)),
    ("irfft", lambda ops, a, b: ops.irfft((a, b), fft_length=9), (X, Y)),
    ("stft", lambda ops, a: ops.stft(a, 6, 2, 8), (SIGNAL,)),
    ("stft", lambda ops, a: ops.stft(a, 6, 3, 7, window="hamming", center=False), (SIGNAL,)),
    ("stft", lambda ops, a: ops.stft(a, 6, 3, 7, window=None), (SIGNAL,)),
    ("istft", lambda ops, a, b: ops.istft((a, b), 8, 2, 14), (REAL, IMAGINARY)),
    ("istft", lambda ops, a, b: ops.istft((a, b), 8, 2, 14, window=None, length=11), (REAL, IMAGINARY)),
    (
        "istft",
        lambda ops, a, b: ops.istft((a, b), 8, 2, 14, window=np.ones(8, "float32"), center=False),
        (REAL, IMAGINARY),
    ),
    ("extract_sequences", lambda ops, a: ops.extract_sequences(a, 6, 3), (SIGNAL,)),
    ("qr", lambda ops, a: ops.qr(a), (MATRIX,)),
    ("svd", lambda ops, a: ops.svd(a, compute_uv=False), (MATRIX,)),
    ("eigh", lambda ops, a: ops.eigh(a)[0], (EVEN,)),
    ("pinv", lambda ops, a: ops.pinv(a), (MATRIX,)),
    ("lstsq", lambda ops, a, b: ops.lstsq(a, b), (MATRIX[0], RNG.normal(size=(4, 2)).astype("float32"))),
    ("lu_factor", lambda ops, a: ops.lu_factor(a)[0], (SQUARE,)),
    ("inv", lambda ops, a: ops.inv(a), (SQUARE,)),
    ("det", lambda ops, a: ops.det(a), (SQUARE,)),
    ("slogdet", lambda ops, a: ops.slogdet(a), (SQUARE,)),
    ("solve", lambda ops, a, b: ops.solve(a, b), (SQUARE, MATRIX[0, :3])),
    ("cholesky", lambda ops, a: ops.cholesky(ops.matmul(a, ops.transpose(a))), (SQUARE,)),
    ("norm", lambda ops, a: ops.norm(a, ord="nuc", axis=(1, 2)), (MATRIX,)),
    ("norm", lambda ops, a: ops.norm(a, ord=2), (SQUARE,)),
    ("norm", lambda ops, a: ops.norm(a, ord=-2, axis=(0, 1), keepdims=True), (SQUARE,)),
    ("unfold", lambda ops, a: ops.unfold(a, (2, 3), padding=1, stride=(1, 2)), (IMAGES,)),
    ("fold", lambda ops, a: ops.fold(a, 4, 2), (COLUMNS,)),
    ("depth_to_space", lambda ops, a: ops.depth_to_space(a, 2), (IMAGES,)),
    ("space_to_depth", lambda ops, a: ops.space_to_depth(a, 2, data_format="channels_first"), (IMAGES,)),
    ("rearrange", lambda ops, a: ops.rearrange(a, "b (h r) w c -> (b w) h (c r)", r=2), (IMAGES,)),
    ("vectorize", lambda ops, a, b: ops.vectorize(lambda x, y: ops.tanh(x) * y)(a, b), (SQUARE, SQUARE[0])),
    ("ctc_loss", lambda ops, a: ops.ctc_loss(TARGET, a, LABELS, STEPS), (LOGITS,)),
    ("ctc_loss", lambda ops, a: ops.ctc_loss(TARGET[:1] - 1, a[:1], LABELS[:1], STEPS[:1], mask_index=3), (LOGITS,)),
]


def weighted(ops: Any, results: Any) -> Any:
    leaves = tree.flatten(list(results) if isinstance(results, tuple) else results)
    floats = [leaf for leaf in leaves if "float" in str(leaf.dtype)]
    return sum(
        ops.sum(leaf * np.cos(1.0 + number + np.arange(leaf.size, dtype="float32")).reshape(leaf.shape))
        for number, leaf in enumerate(floats)
    )


@pytest.mark.parametrize(("name", "function", "inputs"), CASES, ids=[case[0] for case in CASES])
def test_values(name, function, inputs):
    import jax

    ours, theirs = function(keraburn.ops, *inputs), function(keras.ops, *map(jax.numpy.asarray, inputs))
    mine, original = (tree.flatten(list(x) if isinstance(x, tuple) else x) for x in (ours, theirs))
    assert len(mine) == len(original)
    for one, other in zip(mine, original, strict=True):
        assert one.dtype == str(other.dtype)
        np.testing.assert_allclose(one.numpy(), np.asarray(other), err_msg=name, rtol=1e-4, atol=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "function", "inputs"), CASES, ids=[case[0] for case in CASES])
def test_gradients(name, function, inputs):
    import jax

    def step(*leaves: Any) -> Any:
        found = trace.gradients(weighted(keraburn.ops, function(keraburn.ops, *leaves)), leaves)
        return [keraburn.ops.zeros_like(x) if g is None else g for g, x in zip(found, leaves, strict=True)]

    gradients = trace.Compiled(step, inputs)(*inputs)
    expected = jax.grad(lambda leaves: weighted(keras.ops, function(keras.ops, *leaves)))(
        tuple(map(jax.numpy.asarray, inputs))
    )
    for one, other in zip(gradients, expected, strict=True):
        scale = max(1.0, float(np.abs(other).max()))
        np.testing.assert_allclose(one.numpy() / scale, other / scale, err_msg=name, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("full_matrices", [True, False])
def test_vectors_up_to_their_signs(full_matrices):
    for x in (MATRIX, MATRIX.transpose(0, 2, 1)):
        ours = [part.numpy() for part in keraburn.ops.svd(x, full_matrices=full_matrices)]
        theirs = [np.asarray(part) for part in keras.ops.svd(x, full_matrices=full_matrices)]
        for mine, original in zip(ours, theirs, strict=True):
            assert mine.shape == original.shape
        np.testing.assert_allclose(ours[1], theirs[1], **VALUE)
        small = min(x.shape[1:])
        signs = np.sign(np.einsum("bij,bij->bj", ours[0][..., :small], theirs[0][..., :small]))
        np.testing.assert_allclose(ours[0][..., :small] * signs[:, None], theirs[0][..., :small], **GRADIENT)
        np.testing.assert_allclose(ours[2][:, :small] * signs[..., None], theirs[2][:, :small], **GRADIENT)
    mine, original = keraburn.ops.eigh(EVEN)[1].numpy(), np.asarray(keras.ops.eigh(EVEN)[1])
    np.testing.assert_allclose(np.abs((mine * original).sum(0)), 1, rtol=1e-5)


@pytest.mark.parametrize("mask_index", [0, None, 2])
@pytest.mark.parametrize("strategy", ["greedy", "beam_search"])
def test_decoding(strategy, mask_index):
    options = {"strategy": strategy, "mask_index": mask_index, "beam_width": 12, "top_paths": 2}
    ours, theirs = (ops.ctc_decode(LOGITS, STEPS, **options) for ops in (keraburn.ops, keras.ops))
    np.testing.assert_array_equal(ours[0].numpy(), np.asarray(theirs[0]))
    np.testing.assert_allclose(ours[1].numpy(), np.asarray(theirs[1]), rtol=1e-5)


def test_other_values():
    np.testing.assert_array_equal(keraburn.ops.lu_factor(MATRIX)[1].numpy(), np.asarray(keras.ops.lu_factor(MATRIX)[1]))
    low = np.stack([MATRIX[0], MATRIX[0] * np.array([1, 1, 0], "float32")])
    for tol in (None, 0.5):
        ours, theirs = keraburn.ops.matrix_rank(low, tol=tol), keras.ops.matrix_rank(low, tol=tol)
        assert ours.dtype == "int32"
        np.testing.assert_array_equal(ours.numpy(), np.asarray(theirs))
    for dtype in ("int32", "uint8"):
        np.testing.assert_array_equal(keraburn.ops.view(X, dtype).numpy(), np.asarray(keras.ops.view(X, dtype)))
    ours, theirs = (
        ops.vectorize(ops.matmul, signature="(a,b),(b)->(a)")(MATRIX, X[0, :3]) for ops in (keraburn.ops, keras.ops)
    )
    np.testing.assert_allclose(ours.numpy(), np.asarray(theirs), **VALUE)
