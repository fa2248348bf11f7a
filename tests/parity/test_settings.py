"""Settings, scopes and what asks about dtypes, beside Keras's."""

from __future__ import annotations

import os
import pathlib
import tempfile
import warnings
from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import assert_close, keras

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def floats(k: Any) -> Any:
    before = k.config.floatx(), k.config.epsilon(), k.config.image_data_format()
    try:
        k.config.set_floatx("float16")
        k.config.set_epsilon(1e-3)
        k.config.set_image_data_format("channels_first")
        inside = k.config.floatx(), k.config.epsilon(), k.config.image_data_format()
        flattened = k.layers.GlobalAveragePooling2D()(k.ops.ones((1, 2, 3, 4), "float16")).shape
    finally:
        k.config.set_floatx(before[0])
        k.config.set_epsilon(before[1])
        k.config.set_image_data_format(before[2])
    return before, inside, tuple(flattened)


def switches(k: Any) -> Any:
    found = [k.config.is_flash_attention_enabled(), k.config.is_traceback_filtering_enabled()]
    try:
        k.config.disable_flash_attention()
        k.config.disable_traceback_filtering()
        found += [k.config.is_flash_attention_enabled(), k.config.is_traceback_filtering_enabled()]
        k.config.enable_traceback_filtering()
        found += [k.config.is_traceback_filtering_enabled()]
        k.config.enable_flash_attention()
    finally:
        k.config.enable_traceback_filtering()
    return [*found[1:2], *found[2:], k.config.is_nnx_enabled()]


def limits(k: Any) -> Any:
    model = k.Sequential([k.Input((3,)), k.layers.Dense(1)])
    model.compile("sgd", "mse")
    try:
        k.config.set_max_epochs(2)
        k.config.set_max_steps_per_epoch(1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            history = model.fit(X, X[:, :1], batch_size=2, epochs=5, verbose=0)
        return k.config.max_epochs(), k.config.max_steps_per_epoch(), history.epoch
    finally:
        k.config.set_max_epochs(None)
        k.config.set_max_steps_per_epoch(None)


def lambdas(k: Any) -> Any:
    """Code in a config is refused, until that is switched off."""
    settings = keraburn.config._settings if k is keraburn else keras.src.backend.common.global_state
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        saved = k.saving.serialize_keras_object(k.layers.Lambda(lambda x: 2 * x))
    with pytest.raises(ValueError):
        k.saving.deserialize_keras_object(saved)
    try:
        k.config.enable_unsafe_deserialization()
        return type(k.saving.deserialize_keras_object(saved)).__name__
    finally:
        if k is keraburn:
            settings.unsafe_deserialization = False
        else:
            settings.set_global_attribute("safe_mode_saving", None)


def policies(k: Any) -> Any:
    try:
        k.config.set_dtype_policy("mixed_bfloat16")
        return k.config.dtype_policy().name, k.layers.Dense(1).compute_dtype
    finally:
        k.config.set_dtype_policy("float32")


def kinds_of_numbers(k: Any) -> Any:
    names = ("float32", "bfloat16", "int8", "bool", "uint8", "float64", np.int32, np.float32, int, float)
    return [(k.backend.is_float_dtype(each), k.backend.is_int_dtype(each)) for each in names] + [
        k.utils.standardize_dtype(each) for each in (None, "float32", np.int32, float, int, bool, np.dtype("uint8"))
    ]


def saved(k: Any) -> Any:
    """A model and its weights by the functions, which are also found in `keras.models`."""
    model = k.Sequential([k.Input((3,)), k.layers.Dense(1, kernel_initializer="ones")])
    with tempfile.TemporaryDirectory() as folder:
        whole, weights = os.path.join(folder, "m.keras"), os.path.join(folder, "m.weights.h5")
        k.models.save_model(model, whole)
        k.saving.save_weights(model, weights)
        found = k.saving.load_model(whole)
        found.set_weights([weight * 0 for weight in found.get_weights()])
        k.saving.load_weights(found, weights)
        return sorted(os.listdir(folder)), found(X)


def fetched(k: Any) -> Any:
    """A file by its address, kept under its name; another hash is an error."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "source.txt")
        source.write_text("hello")
        given = {"origin": source.as_uri(), "cache_dir": folder, "cache_subdir": "kept"}
        path = k.utils.get_file("name.txt", md5_hash="5d41402abc4b2a76b9719d911017c592", **given)
        assert pathlib.Path(path).read_text() == "hello"
        with pytest.raises(Exception, match="hash"):
            k.utils.get_file("other.txt", file_hash="00", **given)
        return os.path.relpath(path, folder), os.path.basename(k.utils.get_file(**given))


def numbered(k: Any) -> Any:
    k.backend.clear_session()
    return [k.backend.get_uid("thing"), k.backend.get_uid("thing"), k.backend.get_uid("other")]


def seeded(k: Any) -> Any:
    def drawn() -> Any:
        k.utils.set_random_seed(7)
        return np.random.random(), np.asarray(k.random.normal((3,))), k.layers.Dense(2)

    first, second = drawn(), drawn()
    return first[0], bool((first[1] == second[1]).all())


def symbols(k: Any) -> Any:
    symbol = k.KerasTensor((None, 3), dtype="int32", name="here")
    return tuple(symbol.shape), symbol.dtype, symbol.name, symbol.ndim, tuple((symbol + symbol).shape)


def operations(k: Any) -> Any:
    class Twice(k.Operation):
        def call(self, x: Any) -> Any:
            return x * 2

        def compute_output_spec(self, x: Any) -> Any:
            return k.KerasTensor(x.shape, x.dtype)

    inputs = k.Input((3,))
    outputs = Twice(name="twice")(inputs)
    function = k.Function(inputs, outputs, name="f")
    return Twice(name="t")(X), function(X), [each.name for each in function.operations][1:]


def scopes(k: Any) -> Any:
    variable = k.Variable(1.0)
    with k.StatelessScope([(variable, k.ops.convert_to_tensor(5.0))]) as scope:
        variable.assign(variable + 1.0)
        inside = np.asarray(variable.value)
    return inside, np.asarray(scope.get_current_value(variable)), np.asarray(variable)


def rematerialized(k: Any) -> Any:
    with k.RematScope(mode="full"):
        layer = k.layers.Dense(2, kernel_initializer="ones")
    return layer(X), k.remat(lambda x: x * 3.0)(k.ops.convert_to_tensor(X))


def placed(k: Any) -> Any:
    with k.device("cpu:0"):
        first = k.ops.ones((2,)) + 1.0
    with k.device("cpu"):
        return first, k.ops.ones((2,))


SAME = [
    *(
        saved,
        fetched,
        floats,
        switches,
        limits,
        lambdas,
        policies,
        kinds_of_numbers,
        numbered,
        seeded,
        symbols,
        operations,
    ),
    *(scopes, rematerialized, placed),
]


def assert_same(ours: Any, theirs: Any, what: str) -> None:
    if isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs), what
        for mine, original in zip(ours, theirs, strict=True):
            assert_same(mine, original, what)
    elif hasattr(theirs, "shape"):
        assert_close(ours, theirs, what)
    else:
        assert ours == theirs, what


@pytest.mark.parametrize("function", SAME, ids=lambda function: function.__name__)
def test_settings_and_scopes(function):
    assert_same(function(keraburn), function(keras), function.__name__)


def test_which_engine():
    """The engines are of different names."""
    assert keraburn.config.backend() != keras.config.backend() == "jax"
    with pytest.raises(ValueError):
        keraburn.config.set_backend("none such")
    assert keraburn.version() != keras.version() == "3.15.1"
