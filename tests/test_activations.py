import inspect

import numpy as np
import pytest

from keraburn import activations, ops
from keraburn.saving import custom_object_scope, register_keras_serializable
from tests.checks import check_op, numbers

X = numbers(3, 4, low=-4.0, high=4.0)
LISTED = """
celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid
log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax
squareplus swish tanh tanh_shrink threshold
"""
NAMES = LISTED.split()


@pytest.mark.parametrize("name", NAMES)
def test_names_lead_to_functions_and_back(name):
    function = activations.get(name)
    assert function is getattr(activations, name)
    if name not in ("swish", "hard_swish"):
        assert activations.serialize(function) == name
    assert activations.deserialize(name) is function


def test_all_public_functions_have_names():
    functions = {name for name, item in vars(activations).items() if inspect.isfunction(item) and name[0] != "_"}
    others = {"get", "serialize", "deserialize", "emit", "operation", "convert", "floating", "numeric", "scalar"}
    assert functions - others == set(NAMES)


def test_what_get_takes():
    assert activations.get(None) is activations.linear
    assert activations.get(np.tanh) is np.tanh
    config = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert activations.get(config) is activations.relu
    with pytest.raises(ValueError, match=r"'reluu'.*'relu'"):
        activations.get("reluu")
    with pytest.raises(ValueError, match="3"):
        activations.get(3)


def test_custom_functions():
    def doubled(x):
        return 2 * x

    with custom_object_scope({"doubled": doubled}):
        assert activations.get("doubled") is doubled
    assert activations.deserialize("doubled", {"doubled": doubled}) is doubled

    @register_keras_serializable("tests")
    def tripled(x):
        return 3 * x

    assert activations.serialize(tripled) == "tests>tripled"
    assert activations.get("tests>tripled") is tripled


@pytest.mark.parametrize(
    ("settings", "reference"),
    [
        ({}, lambda x: np.maximum(x, 0)),
        ({"max_value": 6}, lambda x: np.clip(x, 0, 6)),
        ({"max_value": 1.7}, lambda x: np.clip(x, 0, 1.7)),
        ({"negative_slope": 0.3}, lambda x: np.where(x > 0, x, 0.3 * x)),
        ({"threshold": 0.6}, lambda x: np.where(x > 0.6, x, 0)),
        ({"threshold": 0.6, "negative_slope": 0.3}, lambda x: np.where(x > 0.6, x, 0.3 * (x - 0.6))),
        (
            {"threshold": 0.6, "negative_slope": 0.3, "max_value": 2.1},
            lambda x: np.where(x > 0.6, np.minimum(x, 2.1), 0.3 * (x - 0.6)),
        ),
    ],
    ids=repr,
)
def test_relu(settings, reference, device):
    check_op(lambda x: activations.relu(x, **settings), X, reference=reference)


def test_those_of_this_module_alone(device):
    check_op(activations.mish, X, reference=lambda x: x * np.tanh(np.log1p(np.exp(x))))
    check_op(activations.exponential, X, reference=np.exp)
    check_op(activations.linear, X, reference=lambda x: x)
    x = X.astype(np.float32)
    np.testing.assert_array_equal(activations.gelu(x).numpy(), ops.gelu(x, approximate=False).numpy())
