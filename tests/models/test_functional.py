import numpy as np
import pytest

import keraburn as keras
from keraburn import layers, ops


def two_inputs():
    a = keras.Input((3,), name="a")
    b = keras.Input((2,), name="b")
    x = layers.Concatenate()([layers.Dense(4, name="left")(a), layers.Dense(4, name="right")(b)])
    return keras.Model([a, b], [layers.Dense(1, name="first")(x), layers.Dense(2, name="second")(x)], name="net")


DATA = [np.ones((5, 3), "float32"), np.full((5, 2), 2, "float32")]


def test_several_inputs_and_outputs():
    model = two_inputs()
    first, second = model(DATA)
    assert first.shape == (5, 1)
    assert second.shape == (5, 2)
    assert model.input_shape == [(None, 3), (None, 2)]
    assert model.output_shape == [(None, 1), (None, 2)]
    assert model.output_names == ["first", "second"]


def test_inputs_by_name():
    model = two_inputs()
    by_list = model(DATA)
    by_name = model({"b": DATA[1], "a": DATA[0]})
    for x, y in zip(by_list, by_name, strict=True):
        np.testing.assert_allclose(x.numpy(), y.numpy())


def test_dicts_in_and_out():
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"b": b, "a": a}, {"sum": a + b, "product": layers.Multiply()([a, b])})
    out = model({"a": np.full((1, 2), 3.0), "b": np.full((1, 2), 4.0)})
    assert set(out) == {"sum", "product"}
    np.testing.assert_allclose(out["sum"].numpy(), [[7, 7]])
    np.testing.assert_allclose(out["product"].numpy(), [[12, 12]])


def test_plain_operations_are_recorded():
    x = keras.Input((4,))
    y = ops.relu(x * 2 - 1)[:, :2]
    model = keras.Model(x, ops.concatenate([y, ops.exp(y)], axis=-1))
    data = np.linspace(-1, 1, 8).reshape(2, 4)
    part = np.maximum(data * 2 - 1, 0)[:, :2]
    np.testing.assert_allclose(model(data).numpy(), np.concatenate([part, np.exp(part)], -1), rtol=1e-6)
    names = [operation.name for operation in model.operations]
    assert len(set(names)) == len(names)


def test_shared_layer_is_one():
    x, y = keras.Input((3,)), keras.Input((3,))
    shared = layers.Dense(2)
    model = keras.Model([x, y], layers.Add()([shared(x), shared(y)]))
    assert len(model.weights) == 2
    one = np.ones((1, 3), "float32")
    np.testing.assert_allclose(model([one, one]).numpy(), 2 * shared(one).numpy(), rtol=1e-6)


def test_submodel_by_layer():
    x = keras.Input((3,))
    hidden = layers.Dense(4, activation="relu", name="hidden")(x)
    model = keras.Model(x, layers.Dense(1)(hidden))
    part = keras.Model(model.input, model.get_layer("hidden").output)
    data = np.ones((2, 3), "float32")
    np.testing.assert_allclose(part(data).numpy(), model.get_layer("hidden")(data).numpy(), rtol=1e-6)
    assert part.weights[0] is model.weights[0]


def test_model_from_the_middle():
    x = keras.Input((3,))
    hidden = layers.Dense(4)(x)
    out = layers.Dense(2, name="out")(hidden)
    tail = keras.Model(hidden, out)
    assert [type(layer).__name__ for layer in tail.layers] == ["InputLayer", "Dense"]
    data = np.ones((2, 4), "float32")
    np.testing.assert_allclose(tail(data).numpy(), tail.get_layer("out")(data).numpy(), rtol=1e-6)
    assert keras.Model(x, out)(np.ones((1, 3))).shape == (1, 2)


def test_models_are_layers():
    x = keras.Input((3,))
    inner = keras.Model(x, layers.Dense(4)(x), name="inner")
    y = keras.Input((3,))
    model = keras.Model(y, layers.Dense(1)(inner(y)))
    assert model(np.ones((2, 3))).shape == (2, 1)
    assert len(model.trainable_weights) == 4
    inner.trainable = False
    assert len(model.trainable_weights) == 2


def test_training_flag_reaches_layers():
    x = keras.Input((10,))
    model = keras.Model(x, layers.Dropout(0.5, seed=0)(x))
    ones = np.ones((4, 10), "float32")
    for _ in range(3):
        np.testing.assert_array_equal(model(ones).numpy(), ones)
        assert np.any(model(ones, training=True).numpy() == 0)


def test_subclass_of_model_given_symbols():
    class Net(keras.Model):
        pass

    x = keras.Input((2,))
    model = Net(x, layers.Dense(1)(x))
    assert isinstance(model, Net)
    assert isinstance(model, keras.models.Functional)
    assert model(np.ones((3, 2))).shape == (3, 1)

    class WithArguments(keras.Model):
        def __init__(self, width):
            x = keras.Input((2,))
            super().__init__(inputs=x, outputs=layers.Dense(width)(x))

    assert WithArguments(3)(np.ones((1, 2))).shape == (1, 3)


def test_unused_input_belongs_to_the_model():
    a, b = keras.Input((1,), name="a"), keras.Input((1,), name="b")
    model = keras.Model([a, b], layers.Dense(1)(a))
    assert model([np.ones((2, 1)), np.ones((2, 1))]).shape == (2, 1)
    assert {layer.name for layer in model.layers} >= {"a", "b"}


@pytest.mark.parametrize("index", [0, 2])
def test_get_layer(index):
    model = two_inputs()
    assert model.get_layer(index=index) is model.layers[index]
    assert model.get_layer(model.layers[index].name) is model.layers[index]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "missing"}, r"No such layer: missing. Existing layers are: \['a', 'b', "),
        ({"index": 99}, "Was asked to retrieve layer at index 99 but model only has 7 layers"),
        ({}, "Provide either a layer name or layer index"),
        ({"name": "a", "index": 0}, "Provide only a layer name or a layer index"),
    ],
)
def test_get_layer_mistakes(arguments, message):
    with pytest.raises(ValueError, match=message):
        two_inputs().get_layer(**arguments)


def test_disconnected_graph_names_the_missing_input():
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    with pytest.raises(ValueError, match=r"Graph disconnected.*operation 'b'"):
        keras.Model(a, layers.Add()([a, b]))


def test_one_name_twice():
    a = keras.Input((2,))
    y = layers.Dense(1, name="same")(layers.Dense(1, name="same")(a))
    with pytest.raises(ValueError, match='The name "same" is used 2 times in the model'):
        keras.Model(a, y)


@pytest.mark.parametrize(("inputs", "outputs"), [(np.ones(2), None), (None, np.ones(2)), ([], None)])
def test_what_is_no_symbol(inputs, outputs):
    x = keras.Input((2,))
    with pytest.raises(ValueError, match=r"All `(in|out)puts` values must be KerasTensors|`inputs` argument cannot be"):
        keras.Model(x if inputs is None else inputs, layers.Dense(1)(x) if outputs is None else outputs)


def test_wrong_number_of_inputs():
    with pytest.raises(ValueError, match=r'"net" expects 2 named input\(s\) with keys .*, but it received 1 input'):
        two_inputs()(DATA[0])


def test_wrong_shape_names_the_input():
    model = two_inputs()
    with pytest.raises(ValueError, match=r"with name 'b' of layer \"net\".*found shape=\(5, 7\)"):
        model([DATA[0], np.ones((5, 7))])


def test_symbols_have_no_values():
    x = keras.Input((2,))
    with pytest.raises(TypeError, match="concrete value"):
        float(x)
    with pytest.raises(TypeError, match="concrete value"):
        bool(x)


def test_subclassed_model():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = layers.Dense(4, activation="relu")
            self.out = layers.Dense(1)

        def call(self, x, training=None):
            return self.out(self.hidden(x))

    model = Net()
    assert model.layers == [model.hidden, model.out]
    model.compile("adam", "mse")
    model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=2, verbose=0)
    assert model.predict(np.ones((2, 3)), verbose=0).shape == (2, 1)
    assert all(weight.path.startswith("net/") for weight in model.weights)


def test_subclass_without_call():
    class Empty(keras.Model):
        pass

    with pytest.raises(NotImplementedError, match=r"Model Empty does not have a `call\(\)` method implemented"):
        Empty()(np.ones((1, 1)))


def test_order_of_layers_is_by_depth():
    a, b = keras.Input((1,), name="a"), keras.Input((1,), name="b")
    deep = layers.Dense(1, name="d2")(layers.Dense(1, name="d1")(b))
    model = keras.Model([a, b], layers.Add(name="sum")([layers.Dense(1, name="flat")(a), deep]))
    assert [layer.name for layer in model.layers] == ["b", "a", "d1", "flat", "d2", "sum"]


MASKED = np.arange(24, dtype="float32").reshape(2, 4, 3)
KEPT = np.array([[True, True, False, False], [True, True, True, False]])
FORMS = {
    "list": lambda a, b, c: [a, b, c],
    "dict": lambda a, b, c: {"a": a, "b": b, "c": c},
    "nested": lambda a, b, c: [[a, b], c],
    "nested dict": lambda a, b, c: {"x": [a, b], "c": c},
}


def masked_mean(form):
    """A model of three inputs, of which the last one's mask counts."""
    a, b, c = keras.Input((3,), name="a"), keras.Input((3,), name="b"), keras.Input((None, 3), name="c")
    return keras.Model(form(a, b, c), layers.Add()([a, b, layers.GlobalAveragePooling1D()(c)]))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.filterwarnings(
    "ignore:Layer .* was passed an input with a mask", "ignore:When providing `inputs` as a dict"
)
def test_masks_of_some_inputs(form):
    ones = np.ones((2, 3), "float32")
    wanted = 2 + np.stack([row[kept].mean(axis=0) for row, kept in zip(MASKED, KEPT, strict=True)])
    model = masked_mean(form)
    given = model(form(ones, ones, MASKED), mask=form(None, None, KEPT))
    np.testing.assert_allclose(given.numpy(), wanted, rtol=1e-6)

    # A mask that came with the tensor is found, also where the model is a part of another one.
    masking = keras.Sequential([keras.Input((None, 3)), layers.Masking(-1)])
    travelling = np.where(KEPT[..., None], MASKED, np.float32(-1))
    tensors = form(ops.convert_to_tensor(ones), ops.convert_to_tensor(ones), masking(travelling))
    np.testing.assert_allclose(model(tensors).numpy(), wanted, rtol=1e-6)
    a, c = keras.Input((3,)), keras.Input((None, 3))
    outer = keras.Model([a, c], model(form(a, a, layers.Masking(-1)(c))))
    np.testing.assert_allclose(outer([ones, travelling]).numpy(), wanted, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")
def test_masks_by_name():
    model = masked_mean(FORMS["list"])
    inputs = {"a": DATA[0][:2], "b": DATA[0][:2], "c": MASKED}
    wanted = model([DATA[0][:2], DATA[0][:2], MASKED], mask=[None, None, KEPT])
    np.testing.assert_array_equal(model(inputs, mask={"c": KEPT}).numpy(), wanted.numpy())


def test_too_few_masks():
    model = masked_mean(FORMS["list"])
    with pytest.raises(ValueError, match=r"a mask or None for each of the 3 input.*Received: mask="):
        model([DATA[0][:2], DATA[0][:2], MASKED], mask=[None, KEPT])


def test_lists_in_dicts():
    model = masked_mean(FORMS["nested dict"])
    ones = np.ones((2, 3), "float32")
    data = {"x": [ones, ones], "c": MASKED}
    wanted = 2 + MASKED.mean(axis=1)
    np.testing.assert_allclose(model.predict(data, verbose=0), wanted, rtol=1e-6)
    model.compile("sgd", "mse")
    assert model.evaluate(data, wanted, verbose=0) == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match=r"Expected: .*'x': \['a', 'b'\].*\nReceived: inputs with keys \['x'\]"):
        model({"x": [ones, ones]})
    with pytest.raises(ValueError, match=r"expects 3 input\(s\), but it received 2 input tensors"):
        model({"x": [ones], "c": MASKED})
