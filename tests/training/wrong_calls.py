"""Tables of calls that are wrong: for each a name, the call, and what its error must quote."""

from __future__ import annotations

import numpy as np

import keraburn as keras
from tests.training.helpers import data, linear

ops, layers, losses, metrics, optimizers = keras.ops, keras.layers, keras.losses, keras.metrics, keras.optimizers

X, Y = data(6)
LABELS = np.arange(6) % 3

UNARY = [
    "abs", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "cbrt", "ceil", "cos", "cosh", "erf", "exp",
    "exp2", "expm1", "floor", "isfinite", "isinf", "isnan", "log", "log10", "log1p", "log2", "negative", "reciprocal",
    "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "softplus", "sqrt", "square", "tan", "tanh", "trunc", "relu",
    "gelu", "silu", "elu", "selu", "softsign", "log_sigmoid", "hard_sigmoid",
]  # fmt: skip
BINARY = [
    "add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "mod", "floor_divide", "arctan2", "equal",
    "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or", "logical_xor",
]  # fmt: skip
REDUCTIONS = [
    "sum",
    "mean",
    "max",
    "min",
    "prod",
    "var",
    "std",
    "any",
    "all",
    "logsumexp",
    "argmax",
    "argmin",
    "cumsum",
    "cumprod",
]
PAIRED_LOSSES = [
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
    "binary_crossentropy", "categorical_crossentropy", "huber", "log_cosh", "hinge", "squared_hinge", "kl_divergence",
    "poisson", "cosine_similarity",
]  # fmt: skip
ACTIVATION_LAYERS = ["ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax"]


def ops_calls():
    for name in UNARY:
        function = getattr(ops, name)
        yield f"{name} of a string", lambda f=function: f("abc"), "abc"
        yield f"{name} of None", lambda f=function: f(None), "None"
        yield f"{name} of ragged lists", lambda f=function: f([[1.0, 2.0], [3.0]]), "[[1.0, 2.0], [3.0]]"
    for name in BINARY:
        function = getattr(ops, name)
        yield f"{name} of shapes", lambda f=function: f(np.ones((2, 3)), np.ones((4,))), "(2, 3)"
        yield f"{name} with None", lambda f=function: f(np.ones(2), None), "None"
        yield f"{name} with a dict", lambda f=function: f(np.ones(2), {}), "{}"
    for name in REDUCTIONS:
        function = getattr(ops, name)
        yield f"{name} over axis 2 of 2", lambda f=function: f(np.ones((2, 3)), axis=2), "2"
        yield f"{name} over axis -3 of 2", lambda f=function: f(np.ones((2, 3)), axis=-3), "-3"
        yield f"{name} over axis 'a'", lambda f=function: f(np.ones((2, 3)), axis="a"), "a"
    x = np.ones((2, 3), "float32")
    yield "sum over one axis twice", lambda: ops.sum(x, axis=(0, 0)), "(0, 0)"
    yield "max of nothing", lambda: ops.max(np.ones((0, 3)), axis=0), "(0, 3)"
    yield "argmax of nothing", lambda: ops.argmax(np.ones((0, 3)), axis=0), "(0, 3)"
    yield "reshape to 5", lambda: ops.reshape(x, (5,)), "(5,)"
    yield "reshape to -1 twice", lambda: ops.reshape(x, (-1, -1)), "(-1, -1)"
    yield "reshape to 4 by -1", lambda: ops.reshape(x, (4, -1)), "(4, -1)"
    yield "reshape to -2", lambda: ops.reshape(x, (-2, 3)), "-2"
    yield "reshape to 1.5", lambda: ops.reshape(x, (1.5, 4)), "1.5"
    yield "reshape to a string", lambda: ops.reshape(x, "six"), "six"
    yield "transpose with one axis", lambda: ops.transpose(x, (0,)), "(0,)"
    yield "transpose with an axis twice", lambda: ops.transpose(x, (1, 1)), "(1, 1)"
    yield "transpose with axis 2", lambda: ops.transpose(x, (0, 2)), "2"
    yield "swapaxes 0 3", lambda: ops.swapaxes(x, 0, 3), "3"
    yield "moveaxis 0 to 5", lambda: ops.moveaxis(x, 0, 5), "5"
    yield "expand_dims 4", lambda: ops.expand_dims(x, 4), "4"
    yield "squeeze an axis of 3", lambda: ops.squeeze(x, axis=1), "(2, 3)"
    yield "squeeze axis 7", lambda: ops.squeeze(x, axis=7), "7"
    yield "broadcast_to (4, 3)", lambda: ops.broadcast_to(x, (4, 3)), "(4, 3)"
    yield "broadcast_to fewer", lambda: ops.broadcast_to(x, (3,)), "(3,)"
    yield "concatenate of shapes", lambda: ops.concatenate([x, np.ones((2, 4, 1))]), "(2, 4, 1)"
    yield "concatenate of rows", lambda: ops.concatenate([x, np.ones((2, 4))], axis=0), "(2, 4)"
    yield "concatenate of nothing", lambda: ops.concatenate([]), "[]"
    yield "concatenate over axis 2", lambda: ops.concatenate([x, x], axis=2), "2"
    yield "stack of shapes", lambda: ops.stack([x, np.ones((3, 2))]), "(3, 2)"
    yield "stack of nothing", lambda: ops.stack([]), "[]"
    yield "split in 2", lambda: ops.split(x, 2, axis=1), "3"
    yield "split in 0", lambda: ops.split(x, 0), "0"
    yield "matmul of shapes", lambda: ops.matmul(x, x), "(2, 3)"
    yield "matmul of batches", lambda: ops.matmul(np.ones((2, 3, 4)), np.ones((3, 4, 5))), "(3, 4, 5)"
    yield "matmul with a number", lambda: ops.matmul(x, 3.0), "()"
    yield "dot of shapes", lambda: ops.dot(x, x), "(2, 3)"
    yield "tensordot of shapes", lambda: ops.tensordot(x, x, axes=1), "(2, 3)"
    yield "einsum of shapes", lambda: ops.einsum("ij,jk->ik", x, x), "ij,jk->ik"
    yield "einsum of letters", lambda: ops.einsum("ijk->i", x), "ijk->i"
    yield "einsum of nonsense", lambda: ops.einsum("i!->i", x), "i!->i"
    yield "take 5 of 3", lambda: ops.take(x, [0, 5], axis=1), "5"
    yield "take -4 of 3", lambda: ops.take(x, [-4], axis=1), "-4"
    yield "take over axis 2", lambda: ops.take(x, [0], axis=2), "2"
    yield "take with floats", lambda: ops.take(x, [0.5], axis=0), "float"
    yield "take_along_axis of shapes", lambda: ops.take_along_axis(x, np.zeros((3, 3), int), axis=1), "(3, 3)"
    yield "one_hot of floats", lambda: ops.one_hot([0.5], 3), "float"
    yield "one_hot in -1", lambda: ops.one_hot([1], -1), "-1"
    yield "where of shapes", lambda: ops.where(np.ones((2, 3), bool), np.ones(4), 0.0), "(2, 3)"
    yield "cast to nonsense", lambda: ops.cast(x, "float31"), "float31"
    yield "cast to complex", lambda: ops.cast(x, "complex64"), "complex64"
    yield "convert objects", lambda: ops.convert_to_tensor(np.array([object()])), "object"
    yield "convert strings", lambda: ops.convert_to_tensor(np.array(["a", "b"])), "U1"
    yield "convert complex numbers", lambda: ops.convert_to_tensor(np.array([1j])), "complex"
    yield "convert dates", lambda: ops.convert_to_tensor(np.array(["2020-01-01"], "datetime64[D]")), "datetime64"
    yield "convert to nonsense", lambda: ops.convert_to_tensor(x, dtype="quux"), "quux"
    yield "pad with three pairs", lambda: ops.pad(x, ((0, 0), (0, 0), (0, 0))), "((0, 0), (0, 0), (0, 0))"
    yield "pad with less than nothing", lambda: ops.pad(x, ((-1, 0), (0, 0))), "-1"
    yield "pad with a mode", lambda: ops.pad(x, 1, mode="sideways"), "sideways"
    yield "repeat -1 times", lambda: ops.repeat(x, -1, axis=0), "-1"
    yield "tile -1 times", lambda: ops.tile(x, -1), "-1"
    yield "flip axis 9", lambda: ops.flip(x, axis=9), "9"
    yield "roll axis 9", lambda: ops.roll(x, 1, axis=9), "9"
    yield "arange with step 0", lambda: ops.arange(0, 3, 0), "0"
    yield "linspace of -1 numbers", lambda: ops.linspace(0, 1, -1), "-1"
    yield "eye of -1", lambda: ops.eye(-1), "-1"
    yield "zeros of shape -1", lambda: ops.zeros((-1, 2)), "-1"
    yield "zeros of a string", lambda: ops.zeros("ab"), "ab"
    yield "ones of shape 1.5", lambda: ops.ones((1.5,)), "1.5"
    yield "full of a dtype", lambda: ops.full((2,), 1, dtype="int7"), "int7"
    yield "slice with one start", lambda: ops.slice(x, (0,), (1,)), "(0,)"
    yield "slice_update of ranks", lambda: ops.slice_update(x, (0,), np.ones((1, 1))), "(0,)"
    yield "scatter of shapes", lambda: ops.scatter(np.zeros((2, 3), int), np.ones(2), (4,)), "(2, 3)"
    yield "top_k of 9", lambda: ops.top_k(x, 9), "9"
    yield "top_k of -1", lambda: ops.top_k(x, -1), "-1"
    yield "sort over axis 5", lambda: ops.sort(x, axis=5), "5"
    yield "argsort over axis 5", lambda: ops.argsort(x, axis=5), "5"
    yield "norm of a kind", lambda: ops.norm(x, ord="big"), "big"
    yield "softmax over axis 5", lambda: ops.softmax(x, axis=5), "5"
    yield "item of a matrix", lambda: ops.convert_to_tensor(x).item(), "size 1"
    yield "float of a matrix", lambda: float(ops.convert_to_tensor(x)), "size 1"
    yield "len of a number", lambda: len(ops.convert_to_tensor(1.0)), "0"[:0] or "len"
    yield "index 7 of 2", lambda: ops.convert_to_tensor(x)[7], "7"
    yield "three indices of two", lambda: ops.convert_to_tensor(x)[0, 0, 0], "(2, 3)"
    yield "index by a string", lambda: ops.convert_to_tensor(x)["a"], "a"
    yield "normal of a negative shape", lambda: keras.random.normal((-1,)), "-1"
    yield "randint of one bound twice", lambda: keras.random.randint((2,), 3, 3), "3"
    yield "dropout of 2", lambda: keras.random.dropout(x, 2.0), "2.0"


def layer_calls():
    for units in (-1, 0, 1.5, "three", None, [3], (2, 3), object):
        yield f"Dense({units!r})", lambda u=units: layers.Dense(u), str(units)
    for name in ("activation", "kernel_initializer", "bias_initializer", "kernel_regularizer", "kernel_constraint"):
        for wrong in ("nonsense", 3, [1]):
            yield f"Dense({name}={wrong!r})", lambda n=name, w=wrong: layers.Dense(1, **{n: w}), str(wrong)
    for rate in (-0.1, 1.5, "half", None, [0.5]):
        yield f"Dropout({rate!r})", lambda r=rate: layers.Dropout(r), str(rate)
    for cls in ("Dense", "Activation", "Dropout", "Flatten", "Reshape", *ACTIVATION_LAYERS):
        first = {"Dense": (1,), "Activation": ("relu",), "Dropout": (0.1,), "Reshape": ((1,),)}.get(cls, ())
        make = getattr(layers, cls)
        yield f"{cls}(colour=)", lambda m=make, f=first: m(*f, colour="red"), "colour"
        yield f"{cls}(name=3)", lambda m=make, f=first: m(*f, name=3), "3"
        yield f"{cls}(dtype='float31')", lambda m=make, f=first: m(*f, dtype="float31"), "float31"
        yield f"{cls} of a string", lambda m=make, f=first: m(*f)("abc"), "abc"
        yield f"{cls} of a dict", lambda m=make, f=first: m(*f)({"a": "b"}), "b"
        yield f"{cls} of nothing", lambda m=make, f=first: m(*f)(), "missing"
    yield "Activation of nonsense", lambda: layers.Activation("reluu"), "reluu"
    yield "ReLU with a negative slope", lambda: layers.ReLU(negative_slope=-1.0), "-1.0"
    yield "ReLU with a negative top", lambda: layers.ReLU(max_value=-1.0), "-1.0"
    yield "LeakyReLU without a slope", lambda: layers.LeakyReLU(negative_slope=None), "None"
    yield "Reshape to 5", lambda: layers.Reshape((5,))(np.ones((2, 6))), "(5,)"
    yield "Reshape to -1 twice", lambda: layers.Reshape((-1, -1))(np.ones((2, 6))), "(-1, -1)"
    for shape in (-1, (-1,), ("a",), (1.5,), "abc"):
        yield f"Input({shape!r})", lambda s=shape: keras.Input(s), str(shape).strip("()',")
    yield "Input of a dtype", lambda: keras.Input((2,), dtype="float31"), "float31"
    yield "Input without a shape", lambda: keras.Input(), "shape"
    yield "Dense of a number", lambda: layers.Dense(1)(np.float32(3.0)), "()"
    yield "Dense of another width", _dense_of_two_widths, "4"
    yield "Sequential of a number", lambda: keras.Sequential([3]), "3"
    yield "Sequential of a class", lambda: keras.Sequential([layers.Dense]), "Dense"
    yield (
        "Sequential of a name twice",
        lambda: keras.Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")]),
        "a",
    )
    yield "Sequential.add of nothing", lambda: keras.Sequential().add(None), "None"
    yield "Sequential.pop of nothing", lambda: keras.Sequential().pop(), "no layers"
    yield "Model without outputs", lambda: keras.Model(inputs=keras.Input((2,)), outputs=[]), "[]"
    yield "Model of arrays", lambda: keras.Model(inputs=X, outputs=X), "inputs"
    yield "Model that is cut", _cut_model, "isconnected"
    yield "summary of an unbuilt subclass", lambda: keras.Model().call(X), "call"
    yield "get_layer of no name", lambda: linear().get_layer("encoder"), "encoder"
    yield "get_layer of no index", lambda: linear().get_layer(index=9), "9"
    yield "set_weights of too few", lambda: linear().set_weights([np.ones((3, 1))]), "1"
    yield "set_weights of a shape", lambda: linear().set_weights([np.ones((2, 1)), np.ones(1)]), "(2, 1)"
    yield "calling a model with a width", lambda: linear()(np.ones((2, 4), "float32")), "(2, 4)"
    yield "calling a model with a rank", lambda: linear()(np.ones((2, 3, 3), "float32")), "(2, 3, 3)"
    yield "calling a model with a string", lambda: linear()("abc"), "abc"
    yield "if of a symbol", lambda: bool(keras.Input((2,))), "KerasTensor"
    yield "numpy of a symbol", lambda: np.asarray(keras.Input((2,))), "KerasTensor"
    yield "Variable of a string", lambda: keras.Variable("abc"), "U3"
    yield "Variable without a shape", lambda: keras.Variable(keras.initializers.Zeros()), "None"
    yield "Variable of a shape", lambda: keras.Variable(np.ones(3)).assign(np.ones(4)), "(4,)"


def _dense_of_two_widths():
    layer = layers.Dense(1)
    layer(np.ones((2, 3)))
    layer(np.ones((2, 4)))


def _cut_model():
    a, b = keras.Input((2,)), keras.Input((2,))
    return keras.Model(a, layers.Dense(1)(b))


def part_calls():
    for module in (
        losses,
        metrics,
        optimizers,
        keras.initializers,
        keras.activations,
        keras.regularizers,
        keras.constraints,
    ):
        name = module.__name__.rsplit(".", 1)[-1]
        for wrong in ("nonsense", 3, 2.5, [1], object()):
            yield f"{name}.get({wrong!r})"[:40], lambda m=module, w=wrong: m.get(w), str(wrong)
    for name in PAIRED_LOSSES:
        function = getattr(losses, name)
        yield f"{name} of shapes", lambda f=function: f(np.ones((4, 3)), np.ones((4, 5))), "(4, 3)"
        yield f"{name} of a string", lambda f=function: f("abc", np.ones((4, 5))), "abc"
    yield "sparse labels beyond", lambda: losses.sparse_categorical_crossentropy([7], [[0.5, 0.5]]), "7"
    yield "sparse labels below", lambda: losses.sparse_categorical_crossentropy([-1], [[0.5, 0.5]]), "-1"
    yield "a reduction", lambda: losses.MeanSquaredError(reduction="average"), "average"
    for cls in ("SGD", "RMSprop", "Adam", "AdamW"):
        make = getattr(optimizers, cls)
        yield f"{cls}('fast')", lambda m=make: m("fast"), "fast"
        yield f"{cls}(None)", lambda m=make: m(None), "None"
        yield f"{cls}([0.1])", lambda m=make: m([0.1]), "[0.1]"
        yield f"{cls}(speed=)", lambda m=make: m(speed=1), "speed"
        yield f"{cls} with two clips", lambda m=make: m(clipnorm=1.0, clipvalue=1.0), "1.0"
        yield f"{cls} without gradients", lambda m=make: m().apply([None], [keras.Variable(1.0)]), "None"
        yield f"{cls} with too many gradients", lambda m=make: m().apply([1.0, 2.0], [keras.Variable(1.0)]), "2"
    yield "SGD with a momentum of 2", lambda: optimizers.SGD(momentum=2.0), "2.0"
    yield "SGD with a momentum of 'a'", lambda: optimizers.SGD(momentum="a"), "a"
    yield "MaxNorm", lambda: keras.constraints.MaxNorm("a")(keras.ops.ones((2, 2))), "a"
    yield "RandomUniform", lambda: keras.initializers.RandomUniform(seed="s"), "s"
    yield "VarianceScaling of 0", lambda: keras.initializers.VarianceScaling(scale=0.0), "0.0"
    yield "VarianceScaling of a mode", lambda: keras.initializers.VarianceScaling(mode="fan_up"), "fan_up"
    yield "to_categorical beyond", lambda: keras.utils.to_categorical([3], num_classes=2), "3"
    yield "to_categorical of floats", lambda: keras.utils.to_categorical(["a"]), "a"
    yield "set_random_seed of a string", lambda: keras.utils.set_random_seed("abc"), "abc"


def compile_calls():
    for wrong in ("nonsense", "adm", 3, [1]):
        yield f"optimizer={wrong!r}", lambda w=wrong: linear(optimizer=w), str(wrong)
    for wrong in ("nonsense", "msee", 3):
        yield f"loss={wrong!r}", lambda w=wrong: linear(loss=w), str(wrong)
        yield f"metrics=[{wrong!r}]", lambda w=wrong: linear(metrics=[w]), str(wrong)
        yield f"weighted_metrics=[{wrong!r}]", lambda w=wrong: linear(weighted_metrics=[w]), str(wrong)
    for wrong in ("mae", 3, keras.losses.mean_squared_error):
        yield f"metrics={wrong!r}"[:30], lambda w=wrong: linear(metrics=w), str(wrong)
    yield "loss_weights='a'", lambda: linear(loss_weights="a"), "a"
    yield "loss_weights=['a']", lambda: linear(loss_weights=["a"]), "['a']"
    yield "loss of no output", lambda: linear(loss={"other": "mse"}).fit(X, Y, verbose=0), "other"
    yield "metrics of None", lambda: linear(metrics=[None, "maee"]), "maee"
    for wrong in (0, -1, 1.5, "two", None):
        yield f"steps_per_execution={wrong!r}", lambda w=wrong: linear(steps_per_execution=w), str(wrong)
    yield "an argument of no name", lambda: linear(colour="red"), "colour"


def _plain():
    return keras.Sequential([keras.Input((3,)), layers.Dense(1)])


def _classifier():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


NOT_NUMBERS = {
    "strings": np.array([["a", "b", "c"]] * 6),
    "objects": np.array([[object()] * 3] * 6),
    "dates": np.array([["2020-01-01"] * 3] * 6, "datetime64[D]"),
    "complex numbers": np.ones((6, 3), "complex64"),
    "lists of strings": [["a", "b", "c"]] * 6,
    "ragged lists": [[1.0, 2.0, 3.0]] * 5 + [[1.0]],
    "bytes": np.array([[b"a"] * 3] * 6),
}
QUOTED = {
    "strings": "<U1", "objects": "object", "dates": "datetime64[D]", "complex numbers": "complex64",
    "lists of strings": "U1", "ragged lists": "[[1.0, 2.0, 3.0]", "bytes": "S1",
}  # fmt: skip


def training_calls():
    def fit(**arguments):
        return lambda: linear().fit(**{"x": X, "y": Y, "verbose": 0, **arguments})

    for name, wrong in NOT_NUMBERS.items():
        yield f"fit x of {name}", fit(x=wrong), QUOTED[name]
        yield f"fit y of {name}", fit(y=wrong), QUOTED[name]
        yield f"validate x of {name}", fit(validation_data=(wrong, Y)), QUOTED[name]
        yield f"evaluate x of {name}", lambda w=wrong: linear().evaluate(w, Y, verbose=0), QUOTED[name]
        yield f"predict x of {name}", lambda w=wrong: linear().predict(w, verbose=0), QUOTED[name]
        yield f"train_on_batch x of {name}", lambda w=wrong: linear().train_on_batch(w, Y), QUOTED[name]
        yield f"predict_on_batch x of {name}", lambda w=wrong: linear().predict_on_batch(w), QUOTED[name]
    for wrong in (None, "abc", 3, 3.5, object, keras.Input((3,))):
        quoted = "KerasTensor" if isinstance(wrong, keras.KerasTensor) else str(wrong)
        yield f"fit x={quoted}", fit(x=wrong), quoted
        yield f"predict x={quoted}", lambda w=wrong: linear().predict(w, verbose=0), quoted
        yield f"test_on_batch x={quoted}", lambda w=wrong: linear().test_on_batch(w, Y), quoted
    for wrong in (0, -1, 1.5, "two", [2], True):
        for argument in ("batch_size", "epochs", "steps_per_epoch", "validation_steps", "validation_batch_size"):
            if (argument, wrong) != ("epochs", 0):
                yield f"fit {argument}={wrong!r}", fit(**{argument: wrong}), f"{argument}={wrong!r}"
        yield f"predict batch_size={wrong!r}", lambda w=wrong: linear().predict(X, batch_size=w, verbose=0), repr(wrong)
        yield f"evaluate steps={wrong!r}", lambda w=wrong: linear().evaluate(X, Y, steps=w, verbose=0), repr(wrong)
    for wrong in (-0.1, 1.0, 1.5, "half", [0.5], True):
        yield f"fit validation_split={wrong!r}", fit(validation_split=wrong), repr(wrong)
    yield "fit validation_split of too little", fit(validation_split=0.999999), "0.999999"
    for wrong in (3, -1, "loud", None, 0.5):
        yield f"fit verbose={wrong!r}", fit(verbose=wrong), repr(wrong)
    for wrong in ("yes", 3, None):
        yield f"fit shuffle={wrong!r}", fit(shuffle=wrong), repr(wrong)
    for wrong in (0, -1, "often", 1.5):
        yield f"fit validation_freq={wrong!r}", fit(validation_split=0.5, validation_freq=wrong), repr(wrong)
    yield "fit initial_epoch=-1", fit(initial_epoch=-1), "-1"
    yield "fit without y", fit(y=None), "y=None"
    yield "evaluate without y", lambda: linear().evaluate(X, verbose=0), "y=None"
    yield "fit with y too short", fit(y=Y[:4]), "4"
    yield "fit with a weight too short", fit(sample_weight=np.ones(5)), "5"
    yield "fit with nothing", fit(x=X[:0], y=Y[:0]), "(0, 3)"
    yield "fit with empty lists", fit(x=[], y=[]), "[]"
    yield "predict nothing", lambda: linear().predict(X[:0], verbose=0), "(0, 3)"
    yield "evaluate nothing", lambda: linear().evaluate(X[:0], Y[:0], verbose=0), "(0, 3)"
    yield "evaluate misspelled", lambda: linear().evaluate(X, Y, verbos=0), "verbos"
    yield "train_on_batch with nothing", lambda: linear().train_on_batch(X[:0], Y[:0]), "(0, 3)"
    yield "fit with another width", fit(x=np.ones((6, 4))), "4"
    yield "fit with another rank", fit(x=np.ones((6, 3, 3))), "(6, 3, 3)"
    yield "fit with targets of another width", fit(y=np.ones((6, 1, 7, 2))), "(6, 1, 7, 2)"
    yield "validate with another width", fit(validation_data=(np.ones((6, 4)), Y)), "4"
    yield "validate with y too short", fit(validation_data=(X, Y[:2])), "2"
    yield "validate with four parts", fit(validation_data=(X, Y, Y, Y)), "4"
    yield "validate with nothing", fit(validation_data=(X[:0], Y[:0])), "(0, 3)"
    yield "predict another width", lambda: linear().predict(np.ones((2, 5)), verbose=0), "5"
    yield "evaluate another width", lambda: linear().evaluate(np.ones((6, 5)), Y, verbose=0), "5"
    yield "train_on_batch with another width", lambda: linear().train_on_batch(np.ones((6, 5)), Y), "5"
    yield "fit with two inputs", fit(x=[X, X, X]), "3"
    yield "fit with two targets", fit(y=[Y, Y]), "2"
    yield "fit with inputs of no name", fit(x={"other": X}), "other"
    yield "fit weighing classes that are no dict", fit(class_weight=[1, 2]), "[1, 2]"
    yield "fit weighing classes of no number", fit(class_weight={"a": 1.0}), "{'a': 1.0}"
    yield "fit weighing classes by strings", fit(class_weight={0: "heavy"}), "heavy"
    yield "fit weighing twice", fit(class_weight={0: 1.0}, sample_weight=np.ones(6)), "{0: 1.0}"
    yield "train_on_batch weighing twice", lambda: linear().train_on_batch(X, Y, np.ones(6), {0: 1.0}), "{0: 1.0}"
    yield "fit with labels beyond", lambda: _classifier().fit(X, LABELS + 1, verbose=0), "3"
    yield "fit with labels below", lambda: _classifier().fit(X, LABELS - 1, verbose=0), "-1"
    yield "evaluate labels beyond", lambda: _classifier().evaluate(X, LABELS + 5, verbose=0), "[0, 3)"[:2] and "5"
    yield "train_on_batch with labels beyond", lambda: _classifier().train_on_batch(X, LABELS + 1), "3"
    yield "fit a generator with y", fit(x=iter([(X, Y)])), "y"
    yield "fit a generator with weights", fit(x=iter([(X, Y)]), y=None, sample_weight=np.ones(6)), "sample_weight"
    yield "fit a generator with weights of classes", fit(x=iter([(X, Y)]), y=None, class_weight={0: 2.0}), "{0: 2.0}"
    yield "fit a generator with a split", fit(x=iter([(X, Y)]), y=None, validation_split=0.5), "x of type"
    yield "fit a generator of nothing", fit(x=iter([]), y=None), "iterator"
    yield "fit a generator of strings", fit(x=iter(["ab"]), y=None), "ab"
    yield "fit a generator of four", fit(x=iter([(X, Y, Y, Y)]), y=None), "4"
    for method in ("fit", "evaluate", "train_on_batch", "test_on_batch"):
        yield f"{method} before compile", lambda m=method: getattr(_plain(), m)(X, Y), f"{method}()"
    yield "fit without a loss", lambda: _uncompiled_loss().fit(X, Y, verbose=0), "loss=None"
    yield "fit with a callback that is none", fit(callbacks=["stop"]), "stop"
    yield "fit with an argument of no name", fit(colour="red"), "colour"
    yield "fit with a loss of another kind", lambda: linear(loss=lambda t, p: "high").fit(X, Y, verbose=0), "high"


def _uncompiled_loss():
    model = _plain()
    model.compile("sgd")
    return model


TABLES = {
    "ops": ops_calls,
    "layers": layer_calls,
    "parts": part_calls,
    "compile": compile_calls,
    "training": training_calls,
}
