"""Wrong calls of models and layers name what was called, what came and what was expected."""

import numpy as np
import pytest

import keraburn as keras
from keraburn import layers

X = np.ones((1, 3))


def model():
    return keras.Sequential([keras.Input((3,), name="rows"), layers.Dense(2)], name="net")


CASES = [
    (lambda: model()("abc"), ValueError, "layer 'net' should be passed as a keyword argument: abc"),
    (lambda: model()(), TypeError, "layer 'net': missing a required argument: 'inputs'"),
    (lambda: model()(X, X), ValueError, "Layer 'net' .of type Sequential. takes `training` as a keyword argument only"),
    (lambda: model()(X, foo=3), TypeError, r"got an unexpected keyword argument 'foo'.*Received: 1 positional"),
    (lambda: model()([X, X]), ValueError, r'Layer "net" expects 1 input\(s\), but it received 2'),
    (lambda: model()({"x": X}), ValueError, r"Expected: rows\nReceived: inputs with keys \['x'\]"),
    (lambda: model()(np.ones(3)), ValueError, r"input 'rows' of model 'net'. Expected shape \(None, 3\)"),
    (lambda: model()(np.array([["a", "b", "c"]])), TypeError, "expected numbers or booleans"),
    (lambda: model()([[1, 2, 3], [1, 2]]), ValueError, "ragged sequence.*Received"),
    (lambda: model().set_weights("ab"), ValueError, "expects a list of arrays. Received: weights='ab'"),
    (lambda: model().set_weights(None), ValueError, "Received: weights=None"),
    (lambda: model().get_layer(index="a"), ValueError, "Received: index='a'"),
    (lambda: model().summary(line_length="a"), ValueError, "Received: line_length='a'"),
    (lambda: model().summary(print_fn=3), ValueError, "Received: print_fn=3"),
    (lambda: keras.Model(1, 2), ValueError, "All `inputs` values must be KerasTensors. Received: inputs=1"),
    (lambda: keras.Model(keras.Input((2,))), ValueError, "is made from `inputs` and `outputs`"),
    (lambda: keras.Model(keras.Input((2,)), layers.Dense(2)), ValueError, "All `outputs` values must be KerasTensors"),
    (lambda: layers.Dense(2).build(3), ValueError, r"expects a shape such as \(None, 3\). Received: 3"),
    (lambda: layers.Dense(2).build("ab"), ValueError, "Received: 'ab'"),
    (lambda: layers.Dense(2).build(None), ValueError, "Received: input_shape=None"),
    (lambda: layers.Dense(2)(X, X), ValueError, "takes `training` as a keyword argument only"),
    (lambda: layers.Dense(2)(X, trainin=True), TypeError, "Dense.call.*unexpected keyword argument 'trainin'"),
    (lambda: keras.models.model_from_json("abc"), ValueError, "No JSON"),
    (lambda: keras.models.model_from_json("{}"), ValueError, "The JSON describes no model"),
    (lambda: keras.Sequential.from_config({}), ValueError, "must be a dictionary containing the 'name' and 'layers'"),
    (lambda: layers.deserialize("Foo"), ValueError, "not a `keras.layers.Layer`"),
    (lambda: layers.Input((2,), batch_shape=(3, 2)), ValueError, "cannot pass both `shape` and `batch_shape`"),
    (lambda: layers.Input((2,), sparse=True), ValueError, "Received: sparse=True"),
    (lambda: layers.Input(tensor=3), ValueError, "Received invalid type: input_tensor=3"),
    (lambda: layers.Input((2.5,)), ValueError, "Found invalid entry '2.5'"),
    (lambda: list(keras.Input((2,))), TypeError, "cannot be counted or iterated over"),
    (lambda: np.exp(keras.Input((2,))), TypeError, "needs a concrete value"),
    (lambda: keras.device("moon").__enter__(), ValueError, "Unknown device. Expected one of"),
    (lambda: layers.Lambda(float)(keras.Input((2,))), TypeError, "Could not automatically infer the output shape"),
]


@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
@pytest.mark.parametrize(("call", "error", "message"), CASES)
def test_mistake(call, error, message):
    with pytest.raises(error, match=f"(?s){message}"):
        call()


def test_a_refused_call_leaves_the_model_as_it_was():
    net = model()
    before = net(X).numpy()
    for wrong in (np.ones((1, 4)), "abc", np.ones((2, 2, 3))):
        with pytest.raises(ValueError):
            net(wrong)
    np.testing.assert_array_equal(net(X).numpy(), before)
    assert keras.backend.floatx() == "float32"
