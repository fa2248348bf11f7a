"""What users read after the most usual mistakes: the kind of the error, and Keras's words."""

from __future__ import annotations

import collections
import os
import re
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import keras

X = np.ones((4, 3), "float32")
Y = np.ones((4, 1), "float32")


def stack(k: Any, **arguments: Any) -> Any:
    model = k.Sequential([k.Input((3,)), k.layers.Dense(1, name="d")], name="stack")
    if arguments:
        model.compile(**arguments)
    return model


def graph(k: Any) -> Any:
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    return k.Model([a, b], k.layers.Add(name="add")([a, b]), name="graph")


MISTAKES: dict[str, list[Callable[[Any], Any]]] = {
    "layers": [
        lambda k: k.layers.Dense(0),
        lambda k: k.layers.Dense(-1),
        lambda k: k.layers.Dense("a"),
        lambda k: k.layers.Dense(2, activation="none such"),
        lambda k: k.layers.Dense(2, kernel_initializer="none such"),
        lambda k: k.layers.Dense(2, kernel_regularizer="none such"),
        lambda k: k.layers.Dense(2, kernel_constraint="none such"),
        lambda k: k.layers.Dense(2, unit=3),
        lambda k: k.layers.Dense(2, name="a/b"),
        lambda k: k.layers.Dense(2)(np.ones((), "float32")),
        lambda k: stack(k)(np.ones((4, 5), "float32")),
        lambda k: k.layers.Softmax(axis=5)(X),
        lambda k: k.layers.Dropout(1.5),
        lambda k: k.layers.Dropout(-0.1),
        lambda k: k.layers.GaussianNoise(-1.0),
        lambda k: k.layers.GaussianDropout(2.0),
        lambda k: k.layers.SpatialDropout1D(0.5)(X),
        lambda k: k.layers.ReLU(max_value=-1.0),
        lambda k: k.layers.ReLU(negative_slope=-1.0),
        lambda k: k.layers.LeakyReLU(negative_slope=None),
        lambda k: k.layers.Reshape((5,))(X),
        lambda k: k.layers.Permute((2, 3))(np.ones((2, 3, 4), "float32")),
        lambda k: k.layers.RepeatVector("a"),
        lambda k: k.layers.RepeatVector(2)(np.ones((2, 3, 4), "float32")),
        lambda k: k.layers.Add()(X),
        lambda k: k.layers.Subtract()([X, X, X]),
        lambda k: k.layers.Add()([X, np.ones((4, 2), "float32")]),
        lambda k: k.layers.Concatenate()([X, np.ones((5, 3), "float32")]),
        lambda k: k.layers.Dot(axes="a"),
        lambda k: k.layers.Dot(axes=1)([X, np.ones((4, 2), "float32")]),
        lambda k: k.layers.Dot(axes=1)([X]),
        lambda k: k.layers.Embedding(0, 3),
        lambda k: k.layers.GroupNormalization(2)(X),
        lambda k: k.layers.UnitNormalization(axis="a"),
        lambda k: k.layers.Normalization(mean=1.0),
        lambda k: k.layers.Rescaling(),
        lambda k: k.layers.Discretization(),
        lambda k: k.layers.Discretization(bin_boundaries=[1.0], num_bins=3),
        lambda k: k.layers.CategoryEncoding(num_tokens=0),
        lambda k: k.layers.CategoryEncoding(num_tokens=3, output_mode="x"),
        lambda k: k.layers.MultiHeadAttention(num_heads=2, key_dim=2)(X),
        lambda k: k.layers.Attention()(X),
        lambda k: k.layers.Attention(score_mode="x"),
        lambda k: k.layers.LSTM(0),
        lambda k: k.layers.LSTM(2)(X),
        lambda k: k.layers.RNN(3),
        lambda k: k.layers.StackedRNNCells([3]),
        lambda k: k.layers.Bidirectional(3),
        lambda k: k.layers.Bidirectional(k.layers.LSTM(2), merge_mode="x"),
        lambda k: k.layers.TimeDistributed(3),
        lambda k: k.layers.Masking()("a"),
        lambda k: k.layers.ActivityRegularization(l1="a"),
        lambda k: k.layers.Flatten(data_format="x"),
        lambda k: k.Input(),
        lambda k: k.Input((3,), batch_shape=(2, 3)),
        lambda k: k.layers.Dense(2).kernel,
        lambda k: k.layers.Dense(2).count_params(),
        lambda k: k.layers.Dense(2).input,
        lambda k: stack(k).layers[0].set_weights([X]),
        lambda k: stack(k).layers[0].set_weights([X, X]),
        lambda k: k.Layer()(X),
        lambda k: k.Layer(foo=3),
        lambda k: k.Layer().add_metric(),
    ],
    "models": [
        lambda k: k.Sequential([3]),
        lambda k: stack(k).add(3),
        lambda k: stack(k).add(k.layers.Dense(1, name="d")),
        lambda k: k.Sequential([k.layers.Dense(1)]).inputs,
        lambda k: k.Sequential([k.layers.Dense(1)]).count_params(),
        lambda k: stack(k).get_layer("none such"),
        lambda k: stack(k).get_layer(),
        lambda k: stack(k).get_layer("d", 0),
        lambda k: stack(k).get_layer(index=7),
        lambda k: graph(k)(X),
        lambda k: graph(k)([X, X, X]),
        lambda k: graph(k)([X, np.ones((4, 7), "float32")]),
        lambda k: k.Model(X, X),
        lambda k: k.Model(k.Input((3,)), X),
        lambda k: k.Model()(X),
        lambda k: stack(k).set_weights([X]),
    ],
    "training": [
        lambda k: stack(k, loss="mse").fit("data", verbose=0),
        lambda k: stack(k, loss="mse").fit(X, Y, class_weight={0: 1.0}, sample_weight=np.ones(4), verbose=0),
        lambda k: stack(k).fit(X, Y),
        lambda k: stack(k).evaluate(X, Y),
        lambda k: stack(k).train_on_batch(X, Y),
        lambda k: stack(k, optimizer="none such"),
        lambda k: stack(k, metrics=["none such"]).fit(X, Y, verbose=0),
        lambda k: stack(k, metrics="mae").fit(X, Y, verbose=0),
        lambda k: stack(k, loss="mse").fit(X, Y[:2], verbose=0),
        lambda k: stack(k, loss="mse").fit(np.ones((4, 7), "float32"), Y, verbose=0),
        lambda k: stack(k, loss="mse").predict(np.ones((4, 7), "float32"), verbose=0),
        lambda k: stack(k, loss="mse", loss_weights="a").fit(X, Y, verbose=0),
    ],
    "losses, metrics and optimizers": [
        lambda k: k.losses.get("none such"),
        lambda k: k.losses.get(3),
        lambda k: k.losses.MeanSquaredError(reduction="none such"),
        lambda k: k.losses.CategoricalCrossentropy()(X, np.ones((4, 7), "float32")),
        lambda k: k.losses.CTC()(X[0], X),
        lambda k: k.losses.CategoricalGeneralizedCrossEntropy(q=2.0),
        lambda k: k.metrics.get("none such"),
        lambda k: k.metrics.AUC(num_thresholds=1),
        lambda k: k.metrics.AUC(curve="x"),
        lambda k: k.metrics.AUC(summation_method="x"),
        lambda k: k.metrics.Precision(thresholds=2.0),
        lambda k: k.metrics.PrecisionAtRecall(recall=2.0),
        lambda k: k.metrics.SensitivityAtSpecificity(specificity=-1.0),
        lambda k: k.metrics.IoU(num_classes=2, target_class_ids=[5]),
        lambda k: k.metrics.F1Score(average="x"),
        lambda k: k.metrics.FBetaScore(beta=-1.0),
        lambda k: k.metrics.R2Score(class_aggregation="x"),
        lambda k: k.metrics.R2Score(num_regressors=-1),
        lambda k: k.optimizers.get("none such"),
        lambda k: k.optimizers.get(3),
        lambda k: k.optimizers.Adam(clipnorm=1.0, clipvalue=1.0),
        lambda k: k.optimizers.Adam(ema_momentum=2.0, use_ema=True),
        lambda k: k.optimizers.Adam(learning_rate="a"),
        lambda k: k.optimizers.Adam(other=1),
        lambda k: k.optimizers.SGD(momentum=2.0),
        lambda k: k.optimizers.Ftrl(learning_rate_power=1.0),
        lambda k: k.optimizers.Lion(beta_1=2.0),
        lambda k: k.optimizers.schedules.PiecewiseConstantDecay([1, 2], [1.0]),
        lambda k: k.optimizers.schedules.CosineDecay(0.1, 0)(1),
        lambda k: k.optimizers.schedules.ExponentialDecay(0.1, 0, 0.5),
        lambda k: k.optimizers.schedules.InverseTimeDecay(0.1, 0, 0.5),
    ],
    "weights and configs": [
        lambda k: k.initializers.get("none such"),
        lambda k: k.initializers.VarianceScaling(scale=-1.0),
        lambda k: k.initializers.VarianceScaling(mode="x"),
        lambda k: k.initializers.VarianceScaling(distribution="x"),
        lambda k: k.initializers.Orthogonal()((3,)),
        lambda k: k.initializers.Identity()((3,)),
        lambda k: k.initializers.STFT(side="x"),
        lambda k: k.initializers.STFT(scaling="x"),
        lambda k: k.regularizers.get("none such"),
        lambda k: k.regularizers.L2(-1.0),
        lambda k: k.regularizers.OrthogonalRegularizer(mode="x"),
        lambda k: k.constraints.get("none such"),
        lambda k: k.activations.get("none such"),
        lambda k: k.saving.deserialize_keras_object(
            {"class_name": "None", "config": {}, "module": "x", "registered_name": None}
        ),
        lambda k: k.saving.load_model("none such.keras"),
        lambda k: k.DTypePolicy("none such"),
        lambda k: k.DTypePolicy(3),
        lambda k: k.Variable(k.initializers.Zeros()),
        lambda k: k.Variable(X).assign(Y),
        lambda k: k.random.SeedGenerator("a"),
        lambda k: k.config.set_floatx("none such"),
        lambda k: k.config.set_image_data_format("none such"),
        lambda k: k.utils.pad_sequences(3),
        lambda k: k.utils.pad_sequences([3]),
        lambda k: k.utils.pad_sequences([[1]], padding="x"),
        lambda k: k.utils.pad_sequences([[1]], maxlen=0, truncating="x"),
        lambda k: k.utils.unpack_x_y_sample_weight((1, 2, 3, 4)),
        lambda k: k.utils.get_file(),
    ],
    "operations": [
        lambda k: k.ops.one_hot([1], 0, axis=7),
        lambda k: k.ops.eigh(X),
        lambda k: k.ops.svd(X[0]),
        lambda k: k.ops.qr(X, mode="x"),
        lambda k: k.ops.inv(X),
        lambda k: k.ops.stft(X, 4, 2, 2),
        lambda k: k.ops.pad(X, ((1, 1), (1, 1)), mode="reflect", constant_values=1.0),
        lambda k: k.ops.ctc_decode(np.ones((1, 2, 3), "float32"), [2], strategy="x"),
        lambda k: k.ops.unfold(X, 2),
        lambda k: k.ops.fold(X, 4, 2),
        lambda k: k.ops.depth_to_space(np.ones((1, 2, 2, 4)), 1),
        lambda k: k.ops.vectorize(3),
    ],
}

# Keras lets these pass, or an error of Python or JAX: ours say what came.
OWN: list[Callable[[Any], Any]] = [
    lambda k: k.layers.ELU(alpha=None)(X),
    lambda k: k.layers.BatchNormalization(axis="a"),
    lambda k: k.layers.LayerNormalization(axis=5)(X),
    lambda k: k.layers.EinsumDense("abc,de->x", output_shape=3)(X),
    lambda k: k.layers.Lambda(3),
    lambda k: k.Input("a"),
    lambda k: k.Sequential().pop(),
    lambda k: k.Sequential([k.layers.Dense(1)]).summary(positions=3),
    lambda k: k.Model(k.Input((3,)), k.layers.Dense(1)(k.Input((3,)))),
    lambda k: setattr(stack(k), "layers", []),
    lambda k: k.models.model_from_json("{}"),
    lambda k: stack(k, loss="none such"),
    lambda k: stack(k, loss={"none": "mse"}).fit(X, Y, verbose=0),
    lambda k: stack(k, loss="mse").fit(X, verbose=0),
    lambda k: stack(k, loss="mse").fit(X, Y, validation_split=1.5, verbose=0),
    lambda k: stack(k, loss="mse").fit([1, 2], Y, verbose=0),
    lambda k: stack(k, steps_per_execution=0),
    lambda k: k.losses.mean_squared_error(X, np.ones((4, 7), "float32")),
    lambda k: k.utils.to_categorical([5], num_classes=3),
    lambda k: k.ops.matmul(X, X),
    lambda k: k.ops.reshape(X, (5,)),
    lambda k: k.ops.concatenate([X, np.ones((4, 3, 1))], axis=0),
    lambda k: k.ops.split(X, 3),
    lambda k: k.ops.fft(X),
    lambda k: k.ops.fft2((X[0], X[0])),
]


def outcome(call: Callable[[Any], Any], package: Any) -> Exception | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call(package)
        except Exception as error:
            return error
    return None


def words(error: Exception) -> str:
    """The text, without what differs by nature: addresses, packages, JAX's notes and colors."""
    text = re.sub(r"\x1b\[[0-9;]*m|0x[0-9a-f]+|keras\.src\.\S+|keraburn\.\S+", "", str(error))
    text = re.sub(r"\n\nArguments received by[\s\S]*", "", text)
    text = re.sub(r"Exception encountered when calling \S+\.\s*", "", text)
    return " ".join(text.replace('"', "'").split())


def alike(mine: Exception, original: Exception) -> float:
    """The share of Keras's words that ours has; sets are written in any order."""
    ours, theirs = (collections.Counter(re.findall(r"\w+", words(error))) for error in (mine, original))
    return (ours & theirs).total() / max(theirs.total(), 1)


CASES = [(family, number) for family, calls in MISTAKES.items() for number in range(len(calls))]


@pytest.mark.parametrize(("family", "number"), CASES)
def test_what_users_read(family, number):
    call = MISTAKES[family][number]
    mine, original = outcome(call, keraburn), outcome(call, keras)
    assert mine is not None
    assert original is not None
    assert isinstance(mine, type(original)), f"{mine!r}\n{original!r}"
    assert alike(mine, original) > 0.65, f"\n{words(mine)}\n{words(original)}"


@pytest.mark.parametrize("number", range(len(OWN)))
def test_what_users_read_here_alone(number):
    error = outcome(OWN[number], keraburn)
    assert isinstance(error, (ValueError, TypeError, AttributeError))
    # The line that fails is ours, so that the text is no accident of Python's.
    frames = traceback.extract_tb(error.__traceback__)
    assert f"{os.sep}keraburn{os.sep}" in frames[-1].filename
    assert len(str(error)) > 30
    original = outcome(OWN[number], keras)
    assert original is None or not isinstance(error, type(original)) or alike(error, original) <= 0.7
