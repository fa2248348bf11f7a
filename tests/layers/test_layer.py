import threading

import numpy as np
import pytest

import keraburn as keras
from keraburn import layers, ops


class Scale(layers.Layer):
    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight(shape=(input_shape[-1],), initializer=keras.initializers.Constant(self.start))

    def call(self, inputs):
        return inputs * self.factor


def test_own_layer_builds_on_first_call():
    layer = Scale(2.0)
    assert not layer.built
    np.testing.assert_allclose(layer(np.ones((2, 3))).numpy(), 2 * np.ones((2, 3)))
    assert layer.built
    assert layer.get_build_config() == {"input_shape": (2, 3)}
    assert layer.factor.path == "scale/" + layer.factor.name


def test_names_count_up():
    keras.utils.clear_session()
    assert [layers.Dense(1).name, layers.Dense(1).name, layers.ReLU().name] == ["dense", "dense_1", "re_lu"]
    with pytest.raises(ValueError, match="cannot contain character `/`"):
        layers.Dense(1, name="a/b")


def test_config_is_made_from_arguments():
    layer = Scale(3.0, name="mine")
    config = layer.get_config()
    assert config["start"] == 3.0
    assert config["name"] == "mine"
    assert Scale.from_config(config).get_config() == config


def test_config_of_unusual_arguments_is_refused():
    class Holder(layers.Layer):
        def __init__(self, thing):
            super().__init__()

    with pytest.raises(NotImplementedError, match="Implement `get_config"):
        Holder(object()).get_config()


class Pair(layers.Layer):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(2, name="first")
        self.rest = [layers.Dense(3, name="second")]
        self.named = {"third": layers.Dense(1, name="third")}
        self.rest.append(layers.Dense(4, name="fourth"))
        self.bias = keras.Variable(np.zeros(1, "float32"), name="own")

    def call(self, x):
        return self.named["third"](self.rest[1](self.rest[0](self.first(x)))) + self.bias


def test_sublayers_in_containers_are_found_in_order():
    layer = Pair()
    layer(np.ones((2, 2)))
    names = [layer.name for layer in layer._flatten_layers(include_self=False)]
    assert names == ["first", "second", "third", "fourth"]
    assert layer.weights[0].name == "own"
    assert [w.shape for w in layer.weights[1:]] == [(2, 2), (2,), (2, 3), (3,), (4, 1), (1,), (3, 4), (4,)]
    assert layer.named["third"].kernel.path == "pair/third/kernel"


def test_removed_sublayer_is_forgotten():
    layer = Pair()
    layer.rest.pop()
    del layer.named["third"]
    assert [inner.name for inner in layer._flatten_layers(include_self=False)] == ["first", "second"]


def test_state_is_locked_once_built():
    layer = Scale()
    layer(np.ones((1, 2)))
    with pytest.raises(ValueError, match="cannot add new elements of state"):
        layer.other = layers.Dense(1)


def test_missing_super_call_is_named():
    class Wrong(layers.Layer):
        def __init__(self):
            self.units = 3

    with pytest.raises(RuntimeError, match="In layer 'Wrong', you forgot to call `super"):
        Wrong()(np.ones((1, 1)))


def test_trainable_reaches_inside():
    layer = Pair()
    layer(np.ones((2, 2)))
    assert len(layer.trainable_weights) == 9
    layer.trainable = False
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == 9
    layer.trainable = True
    layer.first.trainable = False
    assert len(layer.trainable_weights) == 7


def test_set_weights_checks_before_it_writes():
    layer = layers.Dense(2)
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises(ValueError, match="weight list of length 1, but the layer was expecting 2 weights"):
        layer.set_weights([np.zeros((3, 2))])
    with pytest.raises(ValueError, match=r"weight shape \(2,\) is not compatible with provided weight shape \(5,\)"):
        layer.set_weights([np.zeros((3, 2)), np.zeros(5)])
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_count_params_needs_a_built_layer():
    with pytest.raises(ValueError, match="You tried to call `count_params` on layer 'wide'"):
        layers.Dense(2, name="wide").count_params()


class Modes(layers.Layer):
    def call(self, x, training=None):
        return x * (2.0 if training else 1.0)


class Outer(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = Modes()

    def call(self, x):
        return self.inner(x)


def test_training_flag_goes_down_and_back():
    layer, one = Outer(), np.ones((1, 1))
    assert float(layer(one).numpy()[0, 0]) == 1.0
    assert float(layer(one, training=True).numpy()[0, 0]) == 2.0
    assert float(layer(one).numpy()[0, 0]) == 1.0
    assert float(layer.inner(one, training=True).numpy()[0, 0]) == 2.0


def test_flag_of_one_thread_is_not_seen_by_another():
    entered, release, seen = threading.Event(), threading.Event(), []

    class Slow(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Modes()

        def call(self, x):
            entered.set()
            release.wait(10)
            return self.inner(x)

    slow = Slow()
    thread = threading.Thread(target=lambda: seen.append(slow(np.ones((1, 1)), training=True).numpy()))
    thread.start()
    entered.wait(10)
    seen.append(Modes()(np.ones((1, 1))).numpy())
    release.set()
    thread.join(10)
    assert [float(value[0, 0]) for value in seen] == [1.0, 2.0]


def test_inputs_are_converted_and_cast():
    layer = layers.Identity()
    assert layer(np.ones((2, 2))).dtype == "float32"
    assert layer(np.ones((2, 2), "int32")).dtype == "int32"
    assert layer([[1.0, 2.0]]).shape == (1, 2)
    assert layers.Identity(dtype="float64")(np.ones(2, "float32")).dtype == "float64"
    assert layers.Identity(autocast=False)(ops.ones((2,), "float64")).dtype == "float64"


@pytest.mark.parametrize("wrong", ["text", object(), None.__class__])
def test_what_is_no_tensor_is_refused(wrong):
    with pytest.raises(ValueError, match="Only input tensors may be passed as positional arguments"):
        layers.Dense(2)(wrong)


def test_add_loss_is_cleared_by_the_next_call():
    class Penalty(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    layer = Penalty()
    layer(np.ones((2, 2)))
    layer(np.ones((3, 2)))
    assert [float(loss) for loss in layer.losses] == [6.0]
    with pytest.raises(ValueError, match=r"on a tensor input\. Received invalid value: 3"):
        layer.add_loss(3)


def test_call_with_symbols_adds_no_loss():
    layer = layers.Dense(2, activity_regularizer="l2")
    layer(keras.Input((3,)))
    assert layer.losses == []


def test_several_inputs_reach_build_by_name():
    class Both(layers.Layer):
        def build(self, left_shape, right_shape):
            self.shapes = (left_shape, right_shape)

        def call(self, left, right):
            return left + right

    layer = Both()
    layer(np.ones((2, 3)), np.ones((1, 3)))
    assert layer.shapes == ((2, 3), (1, 3))
    assert layer.get_build_config() == {"shapes_dict": {"left_shape": (2, 3), "right_shape": (1, 3)}}


def test_build_arguments_must_match_call():
    class Odd(layers.Layer):
        def build(self, a, b):
            pass

        def call(self, x):
            return x

    with pytest.raises(ValueError, match="all arguments should have a `_shape` suffix"):
        Odd()(np.ones((1, 1)))


def test_super_build_counts_once():
    class Wider(Scale):
        def build(self, input_shape):
            super().build(input_shape)
            self.second = self.add_weight(shape=(1,), name="second")

    layer = Wider()
    layer(np.ones((2, 3)))
    assert len(layer.weights) == 2


def test_output_shape_is_found_without_being_written():
    class Halves(layers.Layer):
        def call(self, x):
            return ops.concatenate([x, x], axis=1)[:, ::2]

    assert Halves().compute_output_shape((None, 4)) == (None, 4)
    symbol = Halves()(keras.Input((6,)))
    assert symbol.shape == (None, 6)


def test_add_weight_checks():
    layer = layers.Layer()
    with pytest.raises(ValueError, match="`name` must be passed as a keyword argument"):
        layer.add_weight("kernel", (2, 2))
    with pytest.raises(ValueError, match="a dimension that is None"):
        layer.add_weight(shape=(None, 2), name="kernel")
    count = layer.add_weight(shape=(), dtype="int32", name="count")
    assert count.dtype == "int32"
    assert int(count.numpy()) == 0


def test_trainable_must_be_a_boolean():
    with pytest.raises(ValueError, match=r"Expected `trainable` to be a boolean\. Received: trainable=1"):
        layers.Dense(1, trainable=1)


def test_unknown_dtype_is_refused():
    with pytest.raises(ValueError, match="Cannot convert 'float99' to a mixed precision DTypePolicy"):
        layers.Dense(1, dtype="float99")


def test_failed_build_leaves_nothing_behind():
    class Fails(layers.Layer):
        def build(self, input_shape):
            self.first = self.add_weight(shape=(input_shape[-1],), name="first")
            self.inner = layers.Dense(2)
            if input_shape[-1] != 3:
                raise ValueError("no")

        def call(self, x):
            return self.inner(x * self.first)

    layer = Fails()
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            layer(np.ones((1, 2)))
    assert layer.weights == []
    layer(np.ones((1, 3)))
    assert [weight.shape for weight in layer.weights] == [(3,), (3, 2), (2,)]
