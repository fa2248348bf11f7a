"""Files are Keras's: what either of the two writes the other reads, and predictions and training are equal."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity import harness, test_attention, test_images, test_layers, test_recurrent

keras = harness.keras
pytestmark = [
    pytest.mark.filterwarnings("ignore:A `lambda` is being serialized"),
    pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
]

STEPS = (2, 4, 3)
PAIR = [test_attention.QUERY, test_attention.VALUE]


def first_cases():
    """The first case of each layer in the tables of the other tests: arguments, shapes of inputs, dtype."""
    found = {
        "Embedding": ({"input_dim": 5, "output_dim": 2, "mask_zero": True}, (3, 4), "int32"),
        "Lambda": ({"function": lambda package: lambda x: x * 2 + 1}, (3, 5), "float32"),
        "CategoryEncoding": ({"num_tokens": 5, "output_mode": "count"}, (3, 4), "int32"),
        "Discretization": ({"bin_boundaries": [-0.5, 0.0, 0.7], "output_mode": "one_hot"}, (3, 4), "float32"),
        "ReversibleEmbedding": ({"input_dim": 5, "output_dim": 2}, (3, 4), "int32"),
        "Pipeline": (
            {"layers": lambda package: [package.layers.Rescaling(2.0), package.layers.ReLU()]},
            (3, 4),
            "float32",
        ),
        "Wrapper": ({"layer": lambda package: package.layers.Dense(2)}, (3, 4), "float32"),
    }
    for name, arguments, shape in [*test_layers.CASES, *test_images.CASES]:
        found.setdefault(name, (arguments, shape, "float32"))
    for name, arguments in test_recurrent.CASES:
        found.setdefault(name, (arguments, STEPS, "float32"))
    for name, arguments in test_attention.CASES:
        alone = name in ("EinsumDense", "SpectralNormalization")
        found.setdefault(name, (arguments, PAIR[0] if alone else PAIR, "float32"))
    return found


CASES = first_cases()
# Without a call of their own: what is no layer, and what only stands inside others, where it is saved with them.
APART = {"Input", "InputLayer", "InputSpec", "Layer", "LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells"}
APART |= {"add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"}
# Abstract: it has no `call`.
APART |= {"Wrapper"}
# Keras has these on TensorFlow alone; tests/saving saves them.
APART |= {"Hashing", "HashedCrossing", "IntegerLookup", "StringLookup", "TextVectorization"}
# They have no weights: their configs are all that a file holds, and test_image_* exchange these with Keras.
APART |= {name for name in harness.public_names(keraburn.layers) if name.startswith("Random")}
APART |= {"AugMix", "AutoContrast", "CenterCrop", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix"}
APART |= {"Equalization", "MaxNumBoundingBoxes", "MixUp", "RandAugment", "Resizing", "Solarization"}
SEVERAL = {"MultiHeadAttention", "GroupQueryAttention"}


def test_every_layer_has_a_case():
    names = harness.public_names(keraburn.layers)
    assert len(names) > 40
    assert names - APART <= set(CASES), f"without a case: {sorted(names - APART - set(CASES))}"


def build(package, name):
    """A model of one layer, the same in both packages."""
    arguments, shapes, dtype = CASES[name]
    shapes = shapes if isinstance(shapes, list) else [shapes]
    inputs = [package.Input(shape[1:], dtype=dtype, name=f"i{number}") for number, shape in enumerate(shapes)]
    layer = getattr(package.layers, name)(**harness._made(arguments, package))
    outputs = layer(*inputs) if name in SEVERAL or len(inputs) == 1 else layer(inputs)
    return package.Model(inputs, outputs)


def data(name):
    _, shapes, dtype = CASES[name]
    rng = np.random.default_rng(0)
    shapes = shapes if isinstance(shapes, list) else [shapes]
    if dtype == "int32":
        return [rng.integers(0, 5, shape).astype(dtype) for shape in shapes]
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def filled(model):
    """The model with weights that no initializer gives; counters stay."""
    rng = np.random.default_rng(1)
    values = [np.asarray(weight) for weight in model.weights]
    model.set_weights(
        [rng.random(each.shape).astype(each.dtype) if each.dtype.kind == "f" else each for each in values]
    )
    return model


def same(one, other, x, **tolerance):
    outputs = [keraburn.tree.flatten(model(x)) for model in (one, other)]
    assert outputs[0]
    for mine, theirs in zip(*outputs, strict=True):
        np.testing.assert_allclose(np.asarray(mine), np.asarray(theirs), **(tolerance or {"rtol": 1e-5, "atol": 1e-5}))


def load(package, path):
    return package.models.load_model(path, compile=False, safe_mode=False)


# JAX compiles for seconds for each of these; two of them are always run.
LONG = {name for name, *_ in test_images.CASES} - {"Conv2D", "MaxPooling2D"} | {"GroupQueryAttention", "RNN"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param(name, kind, marks=[pytest.mark.slow] if kind == "h5" or name in LONG else [])
        for kind in ("keras", "weights.h5", "h5")
        for name in sorted(CASES.keys() & harness.public_names(keraburn.layers) - APART)
    ],
)
def test_layer(name, kind, tmp_path):
    x, path = data(name), tmp_path / f"model.{kind}"
    ours = filled(build(keraburn, name))
    theirs = filled(build(keras, name))
    if kind == "weights.h5":
        ours.save_weights(path)
        fresh = build(keras, name)
        fresh.load_weights(path)
        same(ours, fresh, x)
        theirs.save_weights(path)
        fresh = build(keraburn, name)
        fresh.load_weights(path)
        same(fresh, theirs, x)
        return
    ours.save(path)
    same(ours, load(keras, path), x)
    same(ours, load(keraburn, path), x, rtol=0, atol=0)
    theirs.save(path)
    same(load(keraburn, path), theirs, x)


# Whole models, compiled.


def stack(k):
    return k.Sequential([k.Input((4,)), k.layers.Dense(3, activation="tanh"), k.layers.BatchNormalization()])


def branches(k):
    """Two inputs and outputs, a shared layer, models inside, operations in between."""
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    shared = k.layers.Dense(3, activation="relu")
    x, y = shared(a), shared(b) * 2.0
    inner = k.Input((3,))
    part = k.Model(inner, [k.layers.Dense(2)(inner), k.layers.Dense(3)(inner)], name="part")
    tail = k.Sequential([k.layers.Dense(4), k.layers.PReLU()], name="tail")
    left, right = part(x)
    return k.Model({"a": a, "b": b}, [tail(left), k.layers.Add(name="sum")([right, y[:, :3] + 1.0])])


def recurrent(k):
    i = k.Input((4,))
    x = k.layers.Reshape((2, 2))(i)
    x = k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True))(x)
    return k.Model(i, k.layers.TimeDistributed(k.layers.Dense(2))(x))


def own_classes(package):
    """A layer, a model, a function, a loss and a metric of users, registered with a package."""
    register = package.saving.register_keras_serializable("files")

    @register
    class Twice(package.layers.Layer):
        """Holds one layer under two names, and others in containers."""

        def __init__(self, units=2, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.one = package.layers.Dense(units)
            self.table = {"deep": [package.layers.Dense(units), (package.layers.Dense(units),)]}
            self.again = self.one

        def build(self, input_shape):
            self.one.build(input_shape)
            for each in (self.table["deep"][0], self.table["deep"][1][0]):
                each.build(input_shape)
            self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")

        def call(self, x):
            deep, inner = self.table["deep"]
            return (self.one(x) + deep(x) * inner[0](x)) * self.scale

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    @register
    class Net(package.Model):
        def __init__(self, units=3, name=None):
            super().__init__(name=name)
            self.units = units
            self.blocks = [package.layers.Dense(units, activation=squared) for _ in range(2)]
            self.last = Twice(2)

        def call(self, x):
            for block in self.blocks:
                x = block(x)
            return self.last(x)

        def get_config(self):
            return {"units": self.units, "name": self.name}

    @register
    class Graph(package.Model):
        """A functional model that makes its graph itself."""

        def __init__(self, units, **kwargs):
            inputs = package.Input((4,))
            super().__init__(inputs=inputs, outputs=package.layers.Dense(units)(inputs), **kwargs)
            self.units = units

        def get_config(self):
            return {"units": self.units, "name": self.name}

    @register
    class Two(package.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.one, self.two = package.layers.Dense(2), package.layers.Dense(2)

        def call(self, left, right):
            return self.one(left) + self.two(right)

    @register
    def squared(x):
        return package.ops.square(x) / 4

    @register
    class Doubled(package.losses.Loss):
        def call(self, y_true, y_pred):
            return 2 * package.ops.mean(package.ops.square(y_pred - y_true), axis=-1)

    @register
    class Largest(package.metrics.Metric):
        def __init__(self, name="largest", **kwargs):
            super().__init__(name=name, **kwargs)
            self.value = self.add_weight(name="value", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.value.assign(package.ops.maximum(self.value, package.ops.max(y_pred)))

        def result(self):
            return 1.0 * self.value

    return {each.__name__: each for each in (Net, Twice, squared, Doubled, Largest, Graph, Two)}


OWN = {package.__name__: own_classes(package) for package in (keraburn, keras)}


def subclassed(k):
    model = OWN[k.__name__]["Net"]()
    model(X)
    return model


def with_own_layer(k):
    i = k.Input((4,))
    return k.Model(i, OWN[k.__name__]["Twice"](2)(i))


def mixed(k):
    """Half precision, whose loss is scaled."""
    return k.Sequential([k.Input((4,)), k.layers.Dense(3, dtype="mixed_float16"), k.layers.Dense(2, dtype="float32")])


def from_the_middle(k):
    i = k.Input((4,))
    whole = k.Model(i, k.layers.Dense(2)(k.layers.Dense(3, name="hidden")(i)))
    return k.Model(whole.input, whole.get_layer("hidden").output)


def functional_subclass(k):
    return OWN[k.__name__]["Graph"](2)


MODELS = [stack, branches, recurrent, subclassed, with_own_layer, functional_subclass, from_the_middle, mixed]
X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")


def batch(model_of, k):
    """Inputs, and targets of the shapes of the outputs."""
    x = {"a": X, "b": X[::-1].copy()} if model_of is branches else X
    outputs = k.tree.flatten(model_of(k)(x))
    rng = np.random.default_rng(3)
    y = [rng.normal(size=tuple(each.shape)).astype("float32") for each in outputs]
    return x, y if len(y) > 1 else y[0]


def train(model, x, y, epochs):
    return model.fit(x, y, batch_size=4, epochs=epochs, shuffle=False, verbose=0).history["loss"]


def several(k):
    adam, sgd = k.optimizers.Adam(0.05), k.optimizers.SGD(0.05, momentum=0.5)
    return k.optimizers.MultiOptimizer(k.optimizers.OptimizerMap(adam, {".*/bias": sgd}))


def default(name):
    return lambda k: getattr(k.optimizers, name)(0.05)


OPTIMIZERS = {
    "SGD": lambda k: k.optimizers.SGD(k.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5), momentum=0.9),
    "Adam": lambda k: k.optimizers.Adam(0.05, amsgrad=True, clipnorm=1.0),
    "AdamW": lambda k: k.optimizers.AdamW(0.05, gradient_accumulation_steps=2),
    "RMSprop": lambda k: k.optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    "LossScaleOptimizer": lambda k: k.optimizers.LossScaleOptimizer(k.optimizers.Adam(0.05), dynamic_growth_steps=3),
    "MultiOptimizer": several,
}
OPTIMIZERS |= {
    name: default(name)
    for name in sorted(harness.public_names(keraburn.optimizers) - {"Optimizer", "OptimizerMap", *OPTIMIZERS})
}


def compiled(model_of, optimizer, k, loss="mse", metrics=("mae",)):
    model = filled(model_of(k))
    outputs = 2 if model_of is branches else 1
    metrics = list(metrics) if outputs == 1 else [list(metrics)] * 2
    model.compile(OPTIMIZERS[optimizer](k), loss if outputs == 1 else [loss, "huber"], metrics=metrics)
    return model


OTHERS = sorted(OPTIMIZERS.keys() - {"Adam"})
RUNS = [*((each, "Adam") for each in MODELS), *((stack, name) for name in OTHERS)]
SLOW = [recurrent, mixed, from_the_middle]


def is_slow(model_of, optimizer):
    return model_of in SLOW or optimizer not in ("Adam", "SGD")


@pytest.mark.parametrize(
    ("model_of", "optimizer"),
    [pytest.param(*run, marks=[pytest.mark.slow] if is_slow(*run) else []) for run in RUNS],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_training_goes_on(model_of, optimizer, tmp_path):
    path, weights = tmp_path / "model.keras", tmp_path / "model.weights.h5"
    for writer, reader in ((keraburn, keras), (keras, keraburn)):
        x, y = batch(model_of, writer)
        model = compiled(model_of, optimizer, writer)
        train(model, x, y, 2)
        model.save(path)
        model.save_weights(weights)
        loaded = [reader.models.load_model(path)]
        if reader is keraburn:
            loaded.append(compiled(model_of, optimizer, reader))
            loaded[1].optimizer.build(loaded[1].trainable_variables)
            loaded[1].load_weights(weights)
        before = [np.asarray(each) for each in model.weights]
        expected = train(model, x, y, 2)
        results = model.evaluate(x, y, verbose=0, return_dict=True)
        assert any((old != np.asarray(new)).any() for old, new in zip(before, model.weights, strict=True))
        for other in loaded:
            np.testing.assert_allclose(train(other, x, y, 2), expected, rtol=1e-4, atol=1e-6)
            same(model, other, x, rtol=1e-4, atol=1e-5)
            found = other.evaluate(x, y, verbose=0, return_dict=True)
            assert found.keys() == results.keys()
            for key, value in results.items():
                assert found[key] == pytest.approx(value, rel=1e-4, abs=1e-5), key


def test_moving_averages(tmp_path):
    path = tmp_path / "model.keras"
    for writer, reader in ((keraburn, keras), (keras, keraburn)):
        model = filled(stack(writer))
        model.compile(writer.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.9), "mse")
        model.train_on_batch(X, X[:, :3])
        model.save(path)
        loaded = reader.models.load_model(path)
        for mine, theirs in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
            np.testing.assert_allclose(np.asarray(mine), np.asarray(theirs), rtol=1e-6)


def test_own_losses_and_metrics(tmp_path):
    path = tmp_path / "model.keras"
    for writer, reader in ((keraburn, keras), (keras, keraburn)):
        own = OWN[writer.__name__]
        model = compiled(subclassed, "Adam", writer, own["Doubled"](), [own["Largest"](), "mse"])
        x, y = batch(subclassed, writer)
        train(model, x, y, 1)
        model.save(path)
        loaded = reader.models.load_model(path)
        results = [each.evaluate(x, y, verbose=0, return_dict=True) for each in (model, loaded)]
        assert results[0].keys() == results[1].keys() == {"loss", "largest", "mse"}
        for key, value in results[0].items():
            assert results[1][key] == pytest.approx(value, rel=1e-4), key


def test_several_arguments(tmp_path):
    path = tmp_path / "model.keras"
    model = OWN["keraburn"]["Two"]()
    expected = model(X, X[:, :3])
    model.save(path)
    np.testing.assert_allclose(np.asarray(keras.models.load_model(path)(X, X[:, :3])), expected, rtol=1e-5, atol=1e-6)


def test_folders(tmp_path):
    path = tmp_path / "model"
    for writer, reader in ((keraburn, keras), (keras, keraburn)):
        model = filled(branches(writer))
        model.save(path, zipped=False)
        same(model, reader.models.load_model(path), batch(branches, writer)[0])


def test_legacy_files(tmp_path):
    """Keras reads what it can read of its own: no operations between layers, losses by their full names."""
    path = tmp_path / "model.h5"
    for writer, reader in ((keraburn, keras), (keras, keraburn)):
        for model_of in (stack, with_own_layer):
            model = compiled(model_of, "Adam", writer, "mean_squared_error")
            x, y = batch(model_of, writer)
            train(model, x, y, 1)
            model.save(path)
            loaded = reader.models.load_model(path)
            same(model, loaded, x)
            other = model_of(reader)
            other.load_weights(path)
            same(model, other, x)
            if reader is keraburn:
                np.testing.assert_allclose(train(loaded, x, y, 2), train(model, x, y, 2), rtol=1e-4, atol=1e-6)


def test_legacy_files_by_name(tmp_path):
    def named(k, names):
        return k.Sequential([k.Input((4,)), *(k.layers.Dense(4, name=name) for name in names)])

    path = tmp_path / "model.h5"
    for writer, reader in ((keraburn, keras), (keras, keraburn)):
        model = filled(named(writer, "abc"))
        model.save(path)
        loaded = named(reader, "cxa")
        loaded.load_weights(path, by_name=True)
        for name in "ac":
            for mine, theirs in zip(model.get_layer(name).weights, loaded.get_layer(name).weights, strict=True):
                np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))


def test_errors_are_keras_s(tmp_path):
    """What is wrong with a path or with weights is said as Keras says it."""
    other = tmp_path / "other.weights.h5"

    def fails(package, act):
        model = filled(stack(package))
        with pytest.raises(ValueError) as caught:
            act(package, model)
        return " ".join(str(caught.value).split())

    wide = keraburn.Sequential([keraburn.Input((4,)), keraburn.layers.Dense(9)])
    wide.save_weights(other)
    for act in (
        lambda k, model: model.save(tmp_path / "model"),
        lambda k, model: model.save(tmp_path / "model.keras", zipped=False),
        lambda k, model: model.save(tmp_path / "model.keras", what=1),
        lambda k, model: model.save_weights(tmp_path / "model.h5"),
        lambda k, model: model.load_weights(tmp_path / "model.txt"),
        lambda k, model: model.load_weights(other),
        lambda k, model: model.load_weights(other, by_name=True),
        lambda k, model: k.models.load_model(tmp_path / "none.keras"),
        lambda k, model: k.models.load_model(tmp_path / "none"),
        lambda k, model: k.Sequential([k.layers.Dense(2)]).save_weights(other),
    ):
        mine, theirs = fails(keraburn, act), fails(keras, act)
        assert mine[:60].startswith(theirs[:60])


def test_signatures():
    for name in ("load_model", "save_model", "load_weights", "save_weights", "register_keras_serializable"):
        harness.same_signature(getattr(keraburn.saving, name), getattr(keras.saving, name))
    for name in ("save", "save_weights", "load_weights"):
        harness.same_signature(getattr(keraburn.Model, name), getattr(keras.Model, name))
