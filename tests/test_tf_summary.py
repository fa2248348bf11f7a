"""tf.summary in a training loop of one's own, read back by the tensorboard package."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as tf
from tests.callbacks.test_tensorboard import read


def test_a_loop_of_ones_own(tmp_path):
    loss = tf.keras.metrics.Mean()
    writer = tf.summary.create_file_writer(str(tmp_path / "train"))
    for epoch in range(3):
        loss.update_state([1.0, 2.0 + epoch])
        with writer.as_default():
            assert tf.summary.scalar("loss", loss.result(), step=epoch)
            tf.summary.histogram("values", tf.constant([1.0, 2.0, 4.0]), step=epoch, buckets=3)
            tf.summary.text("note", ["a", "b"], step=epoch)
        loss.reset_state()
    with writer.as_default(step=5):
        tf.summary.image("picture", np.zeros((4, 2, 3, 1)), max_outputs=2)
    found = read(tmp_path / "train")
    assert [(step, float(value)) for step, value in found["loss"]] == [(0, 1.5), (1, 2.0), (2, 2.5)]
    np.testing.assert_array_equal(found["values"][0][1], [[1, 2, 1], [2, 3, 1], [3, 4, 1]])
    assert found["note"][2][1].item() == b"a\n\nb"
    ((step, parts),) = found["picture"]
    assert (step, len(parts)) == (5, 4)


def test_nothing_is_written_without_a_writer_or_against_the_condition(tmp_path):
    assert not tf.summary.scalar("a", 1.0, step=0)
    writer = tf.summary.create_file_writer(tmp_path / "logs")
    steps = tf.Variable(0)
    with writer.as_default(), tf.summary.record_if(lambda: int(steps) % 2 == 0):
        for step in range(4):
            steps.assign(step)
            assert tf.summary.scalar("a", step, step=steps) == (step % 2 == 0)
    assert [step for step, _ in read(tmp_path / "logs")["a"]] == [0, 2]
    assert not tf.summary.scalar("a", 1.0, step=0)


def test_a_writer_for_good(tmp_path):
    outer = tf.summary._state.writer
    writer = tf.summary.create_file_writer(tmp_path)
    try:
        writer.set_as_default(step=3)
        assert tf.summary.get_step() == 3
        assert tf.summary.scalar("a", np.float32(2.0))
        tf.summary.set_step(4)
        assert tf.summary.scalar("a", 3)
        tf.summary.flush()
        assert [(step, float(value)) for step, value in read(tmp_path)["a"]] == [(3, 2.0), (4, 3.0)]
        tf.summary.set_step(None)
        with pytest.raises(ValueError, match="No step set"):
            tf.summary.scalar("a", 1.0)
        writer.close()
    finally:
        tf.summary._state.writer = outer
        tf.summary._state.step = None


def test_mistakes():
    with pytest.raises(ValueError, match="should be one number"):
        tf.summary.scalar("a", [1.0, 2.0], step=0)
    with pytest.raises(ValueError, match="should have shape"):
        tf.summary.image("a", np.zeros((2, 2)), step=0)
