import numpy as np
import pytest

import keraburn as keras
from keraburn import layers
from tests.checks_layers import check_layer


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


CASES = [
    (layers.Activation, {"activation": "tanh"}, lambda x: np.tanh(x)),
    (layers.ReLU, {}, lambda x: np.maximum(x, 0)),
    (
        layers.ReLU,
        {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2},
        lambda x: np.where(x >= 1, 1, np.where(x >= 0.2, x, 0.1 * (x - 0.2))),
    ),
    (layers.LeakyReLU, {}, lambda x: np.where(x > 0, x, 0.3 * x)),
    (layers.LeakyReLU, {"negative_slope": 0.5}, lambda x: np.where(x > 0, x, 0.5 * x)),
    (layers.ELU, {"alpha": 0.7}, lambda x: np.where(x > 0, x, 0.7 * np.expm1(x))),
    (layers.Softmax, {}, softmax),
    (layers.Softmax, {"axis": 1}, lambda x: softmax(x, 1)),
    (layers.Softmax, {"axis": [1, 2]}, lambda x: softmax(x, (1, 2))),
]


@pytest.mark.parametrize(("cls", "arguments", "reference"), CASES, ids=lambda v: getattr(v, "__name__", None))
def test_functions(cls, arguments, reference):
    check_layer(cls, arguments, (2, 3, 4), output_shape=(2, 3, 4), reference=lambda x, _: reference(x))


def test_prelu():
    def reference(x, weights):
        return np.where(x > 0, x, weights[0] * x)

    arguments = {"alpha_initializer": keras.initializers.Constant(0.25)}
    layer = check_layer(layers.PReLU, arguments, (2, 3, 4), reference=reference, weights=1)
    assert layer.alpha.shape == (3, 4)
    layer = check_layer(layers.PReLU, {**arguments, "shared_axes": [1]}, (2, 3, 4), reference=reference, weights=1)
    assert layer.alpha.shape == (1, 4)


def test_softmax_leaves_out_what_is_masked():
    x = np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]], "float32")
    mask = np.array([[True, True, False], [False, False, False]])
    y = layers.Softmax()(x, mask=mask).numpy()
    np.testing.assert_allclose(y[0], [*softmax(x[0, :2]), 0], rtol=1e-5)
    np.testing.assert_array_equal(y[1], 0)
    with pytest.raises(ValueError, match="must be broadcastable to `inputs`"):
        layers.Softmax()(x, mask=np.ones((2, 2), bool))


@pytest.mark.parametrize(
    ("cls", "arguments", "message"),
    [
        (layers.ReLU, {"max_value": -1.0}, "max_value of a ReLU layer cannot be a negative value"),
        (layers.ReLU, {"negative_slope": None}, "negative_slope of a ReLU layer cannot be None"),
        (layers.ReLU, {"threshold": -2.0}, "threshold of a ReLU layer cannot be None"),
        (layers.LeakyReLU, {"negative_slope": -0.1}, "Received: negative_slope=-0.1"),
        (layers.Activation, {"activation": "rellu"}, "Did you mean 'relu'"),
    ],
)
def test_wrong_arguments(cls, arguments, message):
    with pytest.raises(ValueError, match=message):
        cls(**arguments)


def test_old_name_of_the_slope():
    with pytest.warns(UserWarning, match="`alpha` is deprecated"):
        assert layers.LeakyReLU(alpha=0.1).negative_slope == 0.1
