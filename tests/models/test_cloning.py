import numpy as np
import pytest

import keraburn as keras

X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def branched(**kwargs):
    x = keras.Input((4,), name="x")
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="inside")], name="inner")
    y = keras.ops.sin(shared(shared(x))) + 1
    return keras.Model(x, {"a": inner(y), "b": keras.layers.Dense(2, name="b")(y)}, name="branched", **kwargs)


def test_a_clone_computes_the_same_with_the_same_weights():
    model = branched()
    model.compile("sgd", loss={"a": "mse", "b": "mae"})
    copy = keras.models.clone_model(model)
    assert type(copy) is type(model)
    assert (copy.name, [layer.name for layer in copy.layers]) == (model.name, [layer.name for layer in model.layers])
    assert [w.shape for w in copy.weights] == [w.shape for w in model.weights]
    assert not any(
        np.array_equal(a, b) for a, b in zip(copy.get_weights(), model.get_weights(), strict=True) if a.any()
    )
    copy.set_weights(model.get_weights())
    for key in "ab":
        np.testing.assert_allclose(copy(X)[key].numpy(), model(X)[key].numpy(), rtol=1e-6)
    assert copy.compiled
    assert copy.optimizer is not model.optimizer
    copy.fit(X, {"a": X[:, :3], "b": X[:, :2]}, verbose=0)


def test_functions_clone_and_call_the_layers():
    model = branched()
    wider = []

    def widened(layer):
        config = layer.get_config()
        if layer.name == "b":
            config["units"] = 7
        wider.append(layer.name)
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=widened)
    assert copy(X)["b"].shape == (5, 7)
    assert sorted(wider) == ["b", "inner", "shared"]
    wider.clear()
    keras.models.clone_model(model, clone_function=widened, recursive=True)
    assert "inside" in wider

    def with_dropout(layer, *args, **kwargs):
        out = layer(*args, **kwargs)
        return keras.layers.Dropout(0.5)(out) if isinstance(layer, keras.layers.Dense) else out

    same = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=with_dropout)
    assert sum(isinstance(layer, keras.layers.Dropout) for layer in same.layers) == 3
    assert same.get_layer("b") is model.get_layer("b")
    np.testing.assert_allclose(same(X)["b"].numpy(), model(X)["b"].numpy(), rtol=1e-6)


def test_other_inputs():
    model = branched()
    x = keras.Input((4,), batch_size=5)
    copy = keras.models.clone_model(model, input_tensors=x * 2)
    assert copy.inputs[0].shape == (5, 4)
    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    copy = keras.models.clone_model(plain, input_tensors=[keras.Input((4,), batch_size=3)])
    assert copy.input_shape == (3, 4)
    open_ended = keras.models.clone_model(keras.Sequential([keras.layers.Dense(2)]))
    assert open_ended(X).shape == (5, 2)


@keras.saving.register_keras_serializable()
class Doubled(keras.Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = keras.layers.Dense(units)

    def call(self, x):
        return 2 * self.dense(x)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def test_subclassed_models_are_cloned_by_their_config():
    copy = keras.models.clone_model(Doubled(3))
    assert type(copy) is Doubled
    assert copy(X).shape == (5, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda clone: clone("model"), "to be a `Model` instance. Received: model=model"),
        (lambda clone: clone(branched(), other=1), "Unexpected keyword argument"),
        (lambda clone: clone(branched(), clone_function=3), "to be a callable. Received: clone_function=3"),
        (lambda clone: clone(Doubled(2), clone_function=lambda x: x), "only supported for Sequential"),
        (lambda clone: clone(Doubled(2), call_function=lambda x: x), "only supported for Functional"),
        (lambda clone: clone(branched(), input_tensors=[X]), "must be KerasTensors"),
        (lambda clone: clone(branched(), input_tensors=[keras.Input((4,))] * 2), "same structure"),
        (lambda clone: clone(keras.Sequential([keras.Input((4,))]), input_tensors=[]), "a single tensor"),
    ],
)
def test_errors_say_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call(keras.models.clone_model)


def test_function():
    a, b = keras.KerasTensor((None, 2, 3)), keras.KerasTensor((None, 2, 3))
    function = keras.Function([a, b], {"sum": keras.ops.sigmoid(a + b)})
    x = np.ones((4, 2, 3), np.float32)
    np.testing.assert_allclose(function([x, x])["sum"].numpy(), 1 / (1 + np.exp(-2 * x)), rtol=1e-6)
    assert function.compute_output_shape([(4, 2, 3), (4, 2, 3)]) == {"sum": (4, 2, 3)}
    again = function([keras.Input((2, 3)), keras.Input((2, 3))])["sum"]
    assert again.shape == (None, 2, 3)
    assert again.history.operation is function
    assert len(function.inputs) == 2
    with pytest.raises(ValueError, match="expected shape"):
        function([x, x[:, 0]])
    with pytest.raises(ValueError, match="invalid input structure"):
        function(x)
    with pytest.raises(ValueError, match=r"not connected|cannot find the origin"):
        keras.Function(a, a + b)


def test_operations_of_users():
    class Scaled(keras.Operation):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def call(self, x):
            return x * self.factor

    scaled = Scaled(3.0)
    assert scaled(keras.ops.array([1.0])).numpy().tolist() == [3.0]
    x = keras.Input((4,))
    np.testing.assert_allclose(keras.Model(x, scaled(x))(X).numpy(), 3 * X, rtol=1e-6)


def test_remat_changes_no_value():
    assert float(keras.remat(keras.ops.square)(3.0)) == 9.0
    with keras.RematScope("larger_than", output_size_threshold=10):
        assert keras.layers.Dense(2)(X).shape == (5, 2)
    with pytest.raises(ValueError, match="Received: mode='some'"):
        keras.RematScope("some")
