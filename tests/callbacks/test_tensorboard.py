"""What the TensorBoard callback writes, read back by the tensorboard package."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import data, linear


def read(folder):
    """From tags to lists of (step, value) of the event files in a folder."""
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    util = pytest.importorskip("tensorboard.util.tensor_util")
    found = accumulators.EventAccumulator(str(folder), size_guidance={"tensors": 0})
    found.Reload()
    return {
        tag: [(event.step, util.make_ndarray(event.tensor_proto)) for event in found.Tensors(tag)]
        for tag in found.Tags()["tensors"]
    }


def train(folder, epochs=2, model=None, **arguments):
    x, y = data(10)
    model = model or linear(metrics=["mae"])
    board = keras.callbacks.TensorBoard(folder, **arguments)
    record = model.fit(x, y, batch_size=4, epochs=epochs, verbose=0, validation_data=(x[:4], y[:4]), callbacks=[board])
    return model, record.history, board


def test_curves_of_epochs(tmp_path):
    _, history, _ = train(tmp_path)
    training, validation = read(tmp_path / "train"), read(tmp_path / "validation")
    assert sorted(training) == ["epoch_learning_rate", "epoch_loss", "epoch_mae", "keras"]
    assert sorted(validation) == [
        "epoch_loss",
        "epoch_mae",
        "evaluation_loss_vs_iterations",
        "evaluation_mae_vs_iterations",
    ]
    for found, prefix in ((training, ""), (validation, "val_")):
        for name in ("loss", "mae"):
            expected = history[prefix + name]
            assert [step for step, _ in found[f"epoch_{name}"]] == [0, 1]
            np.testing.assert_allclose([value for _, value in found[f"epoch_{name}"]], expected, rtol=1e-6)
    assert [step for step, _ in validation["evaluation_loss_vs_iterations"]] == [3, 6]
    np.testing.assert_allclose([value for _, value in training["epoch_learning_rate"]], [0.1, 0.1])


@pytest.mark.parametrize(("update_freq", "steps"), [("batch", [1, 2, 3, 4, 5, 6]), (2, [2, 4, 6]), (7, None)])
def test_curves_of_batches(tmp_path, update_freq, steps):
    train(tmp_path, update_freq=update_freq, write_steps_per_second=True)
    found = read(tmp_path / "train")
    for name in ("batch_loss", "batch_mae", "batch_steps_per_second"):
        assert [step for step, _ in found.get(name, [])] == (steps or [])
    assert all(value > 0 for _, value in found["epoch_steps_per_second"])


def test_batches_are_left_alone_without_need(tmp_path):
    callbacks = [
        keras.callbacks.TensorBoard(tmp_path, write_steps_per_second=True),
        keras.callbacks.ModelCheckpoint(tmp_path / "a.keras"),
        keras.callbacks.BackupAndRestore(tmp_path / "b"),
    ]
    for each in (False, True):
        made = keras.callbacks.CallbackList(callbacks, add_progbar=True, verbose=1, epochs=1, steps=1, model=linear())
        assert made.wants_each_batch("train") is each
        assert made.wants_each_batch("test") is False
        callbacks.append(keras.callbacks.TensorBoard(tmp_path, update_freq=100))

    class Own(keras.callbacks.ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None):
            pass

    assert keras.callbacks.CallbackList([Own("a.keras")]).wants_each_batch("train")


def test_histograms_and_pictures_of_weights(tmp_path):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(5, name="wide"), keras.layers.Dense(1, use_bias=False, name="end")]
    )
    model.compile("sgd", "mse")
    train(tmp_path, epochs=3, model=model, histogram_freq=2, write_images=True)
    found = read(tmp_path / "train")
    weights = {weight.path: weight.numpy() for weight in model.weights}
    assert {tag.removesuffix("/histogram") for tag in found if tag.endswith("/histogram")} == set(weights)
    for path, values in weights.items():
        steps, buckets = zip(*found[f"{path}/histogram"], strict=True)
        assert steps == (0, 2)
        assert buckets[-1].shape == (30, 3)
        assert buckets[-1][:, 2].sum() == values.size
        assert buckets[-1][0, 0] == values.min()
        assert buckets[-1][-1, 1] == pytest.approx(values.max())
    # From shapes to widths and heights: rows are no wider than they are many, and a bias stands.
    for (path, values), size in zip(weights.items(), [(b"5", b"3"), (b"1", b"5"), (b"1", b"5")], strict=True):
        width, height, picture = found[f"{path}/image"][0][1]
        assert (width, height, picture[1:4]) == (*size, b"PNG"), (path, values.shape)


def test_the_graph(tmp_path):
    model, _, _ = train(tmp_path)
    ((step, text),) = read(tmp_path / "train")["keras"]
    assert step == 0
    described = json.loads(text.item())
    assert described["class_name"] == "Sequential"
    assert described == json.loads(model.to_json())
    train(tmp_path / "without", write_graph=False)
    assert "keras" not in read(tmp_path / "without" / "train")


def test_evaluate_alone(tmp_path):
    x, y = data(10)
    model = linear()
    model.fit(x, y, batch_size=5, epochs=2, verbose=0)
    result = model.evaluate(x, y, verbose=0, callbacks=[keras.callbacks.TensorBoard(tmp_path, write_graph=False)])
    assert not (tmp_path / "train").exists()
    ((step, value),) = read(tmp_path / "validation")["evaluation_loss_vs_iterations"]
    assert step == 4
    assert value == pytest.approx(result)


def test_rates_of_several_optimizers(tmp_path):
    first, second = keras.optimizers.SGD(0.5, name="first"), keras.optimizers.SGD(0.25, name="second")
    model = linear(optimizer=keras.optimizers.MultiOptimizer(lambda v: first if v.ndim == 2 else second))
    train(tmp_path, model=model, write_graph=False)
    found = read(tmp_path / "train")
    assert found["epoch_learning_rate_first"][0][1] == 0.5
    assert found["epoch_learning_rate_second"][0][1] == 0.25


@pytest.mark.parametrize("metadata", [None, "names.tsv", {"words": "words.tsv"}])
def test_vectors(tmp_path, metadata):
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), keras.layers.Embedding(6, 3, name="words"), keras.layers.Flatten()]
    )
    model.compile("sgd", "mse")
    board = keras.callbacks.TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata=metadata)
    model.fit(np.zeros((2, 4), "int32"), np.zeros((2, 12)), verbose=0, callbacks=[board])
    projector = pytest.importorskip("tensorboard.plugins.projector")
    text_format = pytest.importorskip("google.protobuf.text_format")
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), projector.ProjectorConfig())
    (vectors,) = config.embeddings
    assert vectors.metadata_path == (metadata["words"] if isinstance(metadata, dict) else metadata or "")
    np.testing.assert_allclose(
        np.loadtxt(tmp_path / vectors.tensor_path, delimiter="\t"), model.layers[0].embeddings.numpy(), rtol=1e-6
    )


def test_unknown_layers_of_vectors(tmp_path):
    model = keras.Sequential([keras.Input((4,), dtype="int32"), keras.layers.Embedding(6, 3, name="words")])
    model.compile("sgd", "mse")
    board = keras.callbacks.TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"other": "a.tsv"})
    with pytest.raises(ValueError, match=r"Unrecognized `Embedding` layer names.*\['other'\]"):
        model.fit(np.zeros((2, 4), "int32"), np.zeros((2, 4, 3)), verbose=0, callbacks=[board])


@pytest.mark.parametrize("profile_batch", [-1, (2, 1), (1, 2, 3), "a", None, 1.5, (-1, 3)])
def test_wrong_batches_to_profile(profile_batch):
    with pytest.raises(ValueError, match="profile_batch must be a non-negative integer"):
        keras.callbacks.TensorBoard(profile_batch=profile_batch)


@pytest.mark.parametrize("profile_batch", [1, (2, 5), "500,520", "3"])
def test_profiling_is_declined(profile_batch):
    with pytest.warns(UserWarning, match="not profiled"):
        keras.callbacks.TensorBoard(profile_batch=profile_batch)


@pytest.mark.parametrize("profile_batch", [0, "0", (0, 0), False])
def test_no_profiling(profile_batch):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keras.callbacks.TensorBoard(profile_batch=profile_batch)


@pytest.mark.parametrize("update_freq", ["epochs", 0, -1, 1.5, None])
def test_wrong_update_frequency(update_freq):
    with pytest.raises(ValueError, match="`update_freq` should be"):
        keras.callbacks.TensorBoard(update_freq=update_freq)


def test_a_model_without_a_description_is_trained(tmp_path):
    model = linear()
    model.to_json = lambda: 1 / 0
    with pytest.warns(UserWarning, match="Model failed to serialize as JSON"):
        train(tmp_path, model=model)
    assert "epoch_loss" in read(tmp_path / "train")
