import itertools

import numpy as np
import pytest

from keraburn import ops, trace
from tests.checks import check_op, numbers


def log_probabilities(logits):
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def read(path, mask):
    """The labels that a path of classes means: repetitions are one, blanks are left out."""
    return tuple(kind for kind, _ in itertools.groupby(path) if kind != mask)


def all_readings(logs, mask):
    """The probability of every label sequence, by all paths."""
    found = {}
    for path in itertools.product(range(logs.shape[1]), repeat=len(logs)):
        way = np.exp(sum(logs[step, kind] for step, kind in enumerate(path)))
        found[read(path, mask)] = found.get(read(path, mask), 0.0) + way
    return found


LOGITS = numbers(4, 5, 3)
TARGET = np.array([[1, 2, 0], [1, 1, 0], [2, 0, 0], [0, 0, 0]], np.int32)
LABELS, STEPS = np.array([2, 2, 1, 0], np.int32), np.array([5, 4, 1, 3], np.int32)


def reference(logits, mask=0):
    rows = []
    for row, labels, count, steps in zip(logits, TARGET, LABELS, STEPS, strict=True):
        rows.append(-np.log(all_readings(log_probabilities(row[:steps]), mask)[tuple(labels[:count])]))
    return np.array(rows)


def test_the_loss_sums_over_all_paths(device):
    check_op(lambda x: ops.ctc_loss(TARGET, x, LABELS, STEPS), LOGITS, reference=reference)


def test_another_blank():
    shifted = np.where(np.arange(3) < LABELS[:, None], TARGET - 1, 2).astype(np.int32)
    found = ops.ctc_loss(shifted, np.roll(LOGITS, -1, axis=2).astype(np.float32), LABELS, STEPS, mask_index=2)
    np.testing.assert_allclose(found.numpy(), reference(LOGITS), rtol=1e-5)


def test_too_many_labels_have_a_large_and_finite_loss():
    x = LOGITS[:1, :2].astype(np.float32)

    def step(x):
        loss = ops.ctc_loss([[1, 2, 1]], x, [3], [2])
        return loss, trace.gradients(loss, [x])[0]

    loss, gradient = trace.Compiled(step, [x])(x)
    assert 1e4 < loss.item() < 1e6
    assert np.isfinite(gradient.numpy()).all()


def test_greedy_decoding():
    logits = np.eye(4, dtype=np.float32)[[[1, 1, 0, 1, 3, 3], [0, 2, 2, 2, 0, 1]]]
    paths, scores = ops.ctc_decode(logits, [6, 4])
    assert paths.numpy().tolist() == [[[1, 1, 3, -1, -1, -1], [2, -1, -1, -1, -1, -1]]]
    assert scores.numpy().tolist() == [[-6.0], [-4.0]]
    paths, _ = ops.ctc_decode(logits, [6, 4], merge_repeated=False)
    assert paths.numpy().tolist() == [[[1, 1, 1, 3, 3, -1], [2, 2, 2, -1, -1, -1]]]
    compiled = trace.Compiled(lambda x: ops.ctc_decode(x, [6, 4])[0], [logits])
    assert compiled(logits).numpy().tolist() == ops.ctc_decode(logits, [6, 4])[0].numpy().tolist()


@pytest.mark.parametrize("mask", [0, None])
def test_a_wide_beam_finds_the_most_probable_labels(mask):
    paths, scores = ops.ctc_decode(
        LOGITS.astype(np.float32), STEPS, strategy="beam_search", beam_width=1000, top_paths=3, mask_index=mask
    )
    for row, (logits, steps) in enumerate(zip(LOGITS, STEPS, strict=True)):
        readings = all_readings(log_probabilities(logits[:steps]), 2 if mask is None else mask)
        best = sorted(readings.items(), key=lambda item: -item[1])[:3]
        found = [tuple(kind for kind in path if kind >= 0) for path in paths.numpy()[:, row].tolist()]
        assert found == [labels for labels, _ in best]
        np.testing.assert_allclose(scores.numpy()[row], np.log([way for _, way in best]), rtol=1e-4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.ctc_loss([1, 2], LOGITS, LABELS, STEPS), "`target` must have shape"),
        (lambda: ops.ctc_loss(TARGET, LOGITS[0], LABELS, STEPS), "`target` must have shape"),
        (lambda: ops.ctc_loss(TARGET, LOGITS, LABELS[:2], STEPS), "`target_length` must have shape"),
        (lambda: ops.ctc_decode(LOGITS, STEPS, strategy="best"), "Received: strategy=best"),
        (lambda: ops.ctc_decode(LOGITS[0], STEPS), "Argument `inputs` must have shape"),
    ],
)
def test_errors_say_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()
