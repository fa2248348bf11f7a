"""What a user writes beside what is built in: the same networks, one round of each in turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

import keraburn as keras
from keraburn import ops
from keraburn.keras import layers
from tests.benchmarks.timing import Row, row


class OwnDense(keras.Layer):
    """A dense layer by hand."""

    def __init__(self, units: int, activation: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: Any) -> None:
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="glorot_uniform")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")

    def call(self, x: Any) -> Any:
        return self.activation(x @ self.w + self.b)


class OwnLayerNorm(keras.Layer):
    """A layer normalization by hand."""

    def build(self, input_shape: Any) -> None:
        self.gamma = self.add_weight(shape=(input_shape[-1],), initializer="ones")
        self.beta = self.add_weight(shape=(input_shape[-1],), initializer="zeros")

    def call(self, x: Any) -> Any:
        mean = ops.mean(x, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(x - mean), axis=-1, keepdims=True)
        return (x - mean) / ops.sqrt(variance + 1e-3) * self.gamma + self.beta


class OwnAttention(keras.Layer):
    """Self-attention with several heads by hand."""

    def __init__(self, num_heads: int, key_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads, self.size = num_heads, key_dim

    def build(self, input_shape: Any) -> None:
        width = self.heads * self.size
        self.into = [OwnDense(width) for _ in range(3)]
        self.out = OwnDense(input_shape[-1])
        for layer in self.into:
            layer.build(input_shape)
        self.out.build((*input_shape[:-1], width))

    def call(self, x: Any) -> Any:
        batch, length, _ = x.shape
        split = (batch, length, self.heads, self.size)
        q, k, v = (ops.transpose(ops.reshape(layer(x), split), (0, 2, 1, 3)) for layer in self.into)
        weights = ops.softmax(q @ ops.transpose(k, (0, 1, 3, 2)) / self.size**0.5, axis=-1)
        joined = ops.reshape(ops.transpose(weights @ v, (0, 2, 1, 3)), (batch, length, self.heads * self.size))
        return self.out(joined)


class BuiltInAttention(keras.Layer):
    """Keras's layer, attending to its own input."""

    def __init__(self, num_heads: int, key_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = layers.MultiHeadAttention(num_heads, key_dim)

    def call(self, x: Any) -> Any:
        return self.inner(x, x)


class KerasStep(keras.Model):
    """The step of the guide to `fit`: `compute_loss`, a tape, the metrics one by one."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        with keras.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {name: value for metric in self.metrics for name, value in _named(metric)}


def _named(metric: Any) -> list[tuple[str, Any]]:
    result = metric.result()
    return list(result.items()) if isinstance(result, dict) else [(metric.name, result)]


class TensorFlowStep(keras.Model):
    """A step with a loss and metrics of its own, as older guides have it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.total = keras.metrics.Mean(name="loss")

    def train_step(self, data: Any) -> Any:
        x, y = data
        with keras.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = ops.mean(keras.losses.get(self.loss)(y, y_pred))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        self.total.update_state(loss)
        for metric in self.metrics:
            if metric.name == "compile_metrics":
                metric.update_state(y, y_pred)
        return {name: value for metric in self.metrics for name, value in _named(metric)}


class OwnAdam(keras.optimizers.Optimizer):
    """Adam by hand."""

    def __init__(self, learning_rate: float = 0.001, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)

    def build(self, variables: Any) -> None:
        super().build(variables)
        self.first, self.second = self.add_optimizer_variables(variables, ["first", "second"])

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        first, second = self.first[index], self.second[index]
        step = ops.cast(self.iterations + 1, "float32")
        self.assign(first, 0.9 * first + 0.1 * gradient)
        self.assign(second, 0.999 * second + 0.001 * ops.square(gradient))
        rate = learning_rate * ops.sqrt(1 - ops.power(0.999, step)) / (1 - ops.power(0.9, step))
        self.assign_sub(variable, rate * first / (ops.sqrt(second) + 1e-7))


def own_crossentropy(y: Any, p: Any) -> Any:
    """Crossentropy by hand: of two classes from a probability, of several from their indices."""
    p = ops.clip(p, 1e-7, 1 - 1e-7)
    if p.shape[-1] == 1:
        return -ops.mean(y * ops.log(p) + (1 - y) * ops.log(1 - p), axis=-1)
    chosen = ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), p.shape[-1])
    return -ops.sum(chosen * ops.log(p), axis=-1)


# --- networks -------------------------------------------------------------------------------------------------------


def perceptron(model: Any, dense: Any, inputs: int, units: tuple[int, ...], outputs: int) -> Any:
    symbol = x = keras.Input((inputs,))
    for size in units:
        x = dense(size, activation="relu")(x)
    return model(symbol, dense(outputs, activation="sigmoid" if outputs == 1 else "softmax")(x))


def transformer(model: Any, dense: Any, norm: Any, attention: Any) -> Any:
    symbol = keras.Input((64,), dtype="int32")
    x = layers.Embedding(5000, 128)(symbol)
    x = norm()(x + attention(4, 32)(x))
    x = norm()(x + dense(128)(dense(512, activation="relu")(x)))
    return model(symbol, dense(10, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


def _data(name: str) -> tuple[np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(0)
    if name == "seed_mlp":
        x = rng.normal(size=(6400, 2)).astype("float32")
        return x, (x[:, :1] > x[:, 1:]).astype("float32"), 32
    if name == "mnist_mlp":
        return rng.random((2560, 784), dtype="float32"), rng.integers(0, 10, 2560).astype("int32"), 64
    return rng.integers(0, 5000, (320, 64)).astype("int32"), rng.integers(0, 10, 320).astype("int32"), 32


def _network(name: str, model: Any = keras.Model, own: bool = False) -> Any:
    dense = OwnDense if own else layers.Dense
    if name == "seed_mlp":
        return perceptron(model, dense, 2, (64, 64), 1)
    if name == "mnist_mlp":
        return perceptron(model, dense, 784, (512, 256), 10)
    norm, attention = (OwnLayerNorm, OwnAttention) if own else (layers.LayerNormalization, BuiltInAttention)
    return transformer(model, dense, norm, attention)


VARIANTS: dict[str, dict[str, Any]] = {
    "built in": {},
    "own step, keras": {"model": KerasStep},
    "own step, tf": {"model": TensorFlowStep},
    "own layers": {"own": True},
    "own optimizer": {"optimizer": OwnAdam},
    "own loss": {"loss": own_crossentropy},
    "own everything": {"model": KerasStep, "own": True, "optimizer": OwnAdam, "loss": own_crossentropy},
}


def _compiled(name: str, variant: dict[str, Any]) -> Any:
    keras.utils.set_random_seed(0)
    model = _network(name, variant.get("model", keras.Model), variant.get("own", False))
    loss = "binary_crossentropy" if name == "seed_mlp" else "sparse_categorical_crossentropy"
    optimizer = variant.get("optimizer", keras.optimizers.Adam)()
    model.compile(optimizer, variant.get("loss", loss), metrics=["accuracy"])
    return model


def customs(seconds: float) -> Iterator[Row]:
    """Steps of `fit`, every variant's epoch in turn, so that all meet the same machine."""
    for name in ("seed_mlp", "mnist_mlp", "transformer"):
        x, y, batch = _data(name)
        models = {label: _compiled(name, variant) for label, variant in VARIANTS.items()}
        times: dict[str, list[float]] = {label: [] for label in models}
        for model in models.values():
            model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
        end = time.perf_counter() + seconds * len(models)
        while len(times["built in"]) < 5 or time.perf_counter() < end:
            for label, model in models.items():
                start = time.perf_counter()
                model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
                times[label].append(time.perf_counter() - start)
        steps = -(-len(x) // batch)
        base = min(times["built in"])
        for label, measured in times.items():
            ratio = min(measured) / base
            yield row(f"{name}, {label}", measured, steps, lambda _, ratio=ratio: f"{ratio:.2f} x built in")
