"""`.keras` files: models of every kind there and back, what goes into the files, questions before overwriting."""

from __future__ import annotations

import json
import os
import zipfile

import numpy as np
import pytest

import keraburn
from keraburn.models import load_model

layers = keraburn.layers
X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


def there_and_back(model, path, **options):
    model.save(path)
    return load_model(path, **options)


def dense():
    return keraburn.Sequential([keraburn.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)])


def test_what_is_in_a_file(tmp_path):
    path = tmp_path / "model.keras"
    model = dense()
    model.compile("adam", "mse", metrics=["mae"])
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())
        config, metadata = json.loads(archive.read("config.json")), json.loads(archive.read("metadata.json"))
    assert set(metadata) == {"keras_version", "date_saved"}
    keys = {"module", "class_name", "config", "registered_name", "build_config", "compile_config"}
    assert set(config) == keys
    assert config["compile_config"]["optimizer"]["class_name"] == "Adam"


def test_it_trains_on_bit_for_bit(tmp_path):
    model = dense()
    model.compile(keraburn.optimizers.AdamW(0.01, use_ema=True), "mse", metrics=["mae"])
    model.fit(X, X[:, :2], epochs=2, shuffle=False, verbose=0)
    loaded = there_and_back(model, tmp_path / "model.keras")
    histories = [each.fit(X, X[:, :2], epochs=3, shuffle=False, verbose=0).history for each in (model, loaded)]
    assert histories[0] == histories[1]
    for mine, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_compile_is_left_out_if_asked(tmp_path):
    model = dense()
    model.compile("adam", "mse")
    loaded = there_and_back(model, tmp_path / "model.keras", compile=False)
    assert not loaded.compiled
    assert loaded.optimizer is None


def test_the_learning_rate_of_now_is_kept(tmp_path):
    model = dense()
    model.compile(keraburn.optimizers.SGD(0.1), "mse")
    model.optimizer.learning_rate = 0.025
    assert float(there_and_back(model, tmp_path / "a.keras").optimizer.learning_rate) == pytest.approx(0.025)


def test_own_compile_and_its_config(tmp_path):
    @keraburn.saving.register_keras_serializable("native")
    class Game(keraburn.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.one, self.two = layers.Dense(2), layers.Dense(2)

        def call(self, x):
            return self.one(x) + self.two(x)

        def compile(self, one, two):
            super().compile(optimizer=one, loss="mse")
            self.other_optimizer = two

        def get_compile_config(self):
            return {
                "one": keraburn.saving.serialize_keras_object(self.optimizer),
                "two": keraburn.saving.serialize_keras_object(self.other_optimizer),
            }

        def compile_from_config(self, config):
            config = keraburn.saving.deserialize_keras_object(config)
            self.compile(**config)
            self.optimizer.build(self.trainable_variables)
            self.other_optimizer.build(self.two.trainable_variables)

    model = Game()
    model(X)
    model.compile(keraburn.optimizers.Adam(0.1), keraburn.optimizers.SGD(0.2, momentum=0.9))
    model.train_on_batch(X, X[:, :2])
    model.other_optimizer.build(model.two.trainable_variables)
    model.other_optimizer.apply([np.ones(v.shape, "float32") for v in model.two.trainable_variables])
    loaded = there_and_back(model, tmp_path / "model.keras")
    for mine, theirs in ((model.optimizer, loaded.optimizer), (model.other_optimizer, loaded.other_optimizer)):
        assert type(mine) is type(theirs)
        for one, other in zip(mine.variables, theirs.variables, strict=True):
            np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert int(loaded.other_optimizer.iterations) == 1


def test_an_own_compile_without_config_is_a_warning(tmp_path):
    @keraburn.saving.register_keras_serializable("native")
    class Own(keraburn.Sequential):
        def compile(self, **kwargs):
            super().compile(**kwargs)

    model = Own([keraburn.Input((4,)), layers.Dense(2)])
    model.compile(optimizer="adam", loss="mse")
    model.save(tmp_path / "model.keras")
    with pytest.warns(UserWarning, match=r"`compile\(\)` method is custom"):
        loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(X), model(X))


def test_names_that_are_not_known(tmp_path):
    class Mine(layers.Dense):
        pass

    def halved(x):
        return x / 2

    path = tmp_path / "model.keras"
    model = keraburn.Sequential([keraburn.Input((4,)), Mine(2, activation=halved)])
    model.save(path)
    with pytest.raises(TypeError, match=r"Could not locate (class|function)[\s\S]*model\.keras"):
        load_model(path)
    loaded = load_model(path, custom_objects={"Mine": Mine, "halved": halved})
    np.testing.assert_array_equal(loaded(X), model(X))
    with keraburn.saving.custom_object_scope({"Mine": Mine, "halved": halved}):
        np.testing.assert_array_equal(load_model(path)(X), model(X))


def test_one_object_in_two_places_is_one_again(tmp_path):
    @keraburn.saving.register_keras_serializable("native")
    class Pair(layers.Layer):
        def __init__(self, one, other, **kwargs):
            super().__init__(**kwargs)
            self.one, self.other = one, other

        def build(self, shape):
            for each in (self.one, self.other):
                if not each.built:
                    each.build(shape)

        def call(self, x):
            return self.one(x) + self.other(x)

        def get_config(self):
            serialize = keraburn.saving.serialize_keras_object
            return {**super().get_config(), "one": serialize(self.one), "other": serialize(self.other)}

        @classmethod
        def from_config(cls, config):
            for key in ("one", "other"):
                config[key] = keraburn.saving.deserialize_keras_object(config[key])
            return cls(**config)

    shared = layers.Dense(2)
    model = keraburn.Sequential([keraburn.Input((4,)), Pair(shared, shared)])
    loaded = there_and_back(model, tmp_path / "model.keras")
    assert loaded.layers[0].one is loaded.layers[0].other
    assert loaded.count_params() == model.count_params() == 10
    np.testing.assert_array_equal(loaded(X), model(X))


def test_own_variables_and_build_config(tmp_path):
    @keraburn.saving.register_keras_serializable("native")
    class Counted(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.calls = 0

        def build_with(self, width):
            self.kernel = self.add_weight(shape=(width, 2), name="kernel")
            self.built = True

        def call(self, x):
            return x @ self.kernel

        def get_build_config(self):
            return {"width": self.kernel.shape[0]}

        def build_from_config(self, config):
            self.build_with(config["width"])

        def save_own_variables(self, store):
            super().save_own_variables(store)
            store["calls"] = np.array(self.calls)

        def load_own_variables(self, store):
            self.calls = int(store["calls"])
            self.kernel.assign(store["0"])
            assert set(store) == {"0", "calls"}

    layer = Counted()
    layer.build_with(4)
    layer.calls = 7
    loaded = there_and_back(keraburn.Sequential([keraburn.Input((4,)), layer]), tmp_path / "model.keras")
    assert loaded.layers[0].calls == 7
    np.testing.assert_array_equal(loaded(X), layer(X))


def test_a_model_of_several_arguments(tmp_path):
    @keraburn.saving.register_keras_serializable("native")
    class Two(keraburn.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.one, self.two = layers.Dense(2), layers.Dense(2)

        def call(self, left, right, scale=1.0):
            return self.one(left) + self.two(right) * scale

    model = Two()
    expected = model(X, X[:, :3])
    loaded = there_and_back(model, tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(X, X[:, :3]), expected)
    again = there_and_back(loaded, tmp_path / "again.keras")
    np.testing.assert_array_equal(again(X, X[:, :3]), expected)


def test_weights_of_layers_that_are_not_built_are_missed(tmp_path):
    @keraburn.saving.register_keras_serializable("native")
    class Sized(keraburn.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.one = layers.Dense(2)

        def call(self, x):
            return self.one(x)

        def build_from_config(self, config):
            pass

    model = Sized()
    model(X)
    with pytest.raises(ValueError, match=r"was never built[\s\S]*model\.keras"):
        there_and_back(model, tmp_path / "model.keras")


@keraburn.saving.register_keras_serializable("native")
class Words(layers.Layer):
    """Keeps a list of words beside its weights."""

    def __init__(self, words=(), **kwargs):
        super().__init__(**kwargs)
        self.words = list(words)

    def call(self, x):
        return x

    def get_config(self):
        return keraburn.layers.Layer.get_config(self)

    def save_assets(self, folder):
        os.makedirs(os.path.join(folder, "inner"), exist_ok=True)
        with open(os.path.join(folder, "inner", "words.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(self.words))

    def load_assets(self, folder):
        with open(os.path.join(folder, "inner", "words.txt"), encoding="utf-8") as file:
            self.words = file.read().split("\n")


@pytest.mark.parametrize("zipped", [True, False])
def test_assets(zipped, tmp_path):
    path = tmp_path / ("model.keras" if zipped else "model")
    inner = keraburn.Sequential([keraburn.Input((4,)), Words(["a", "é"])])
    keraburn.Sequential([keraburn.Input((4,)), inner, Words(["b"])]).save(path, zipped=zipped)
    loaded = load_model(path)
    assert loaded.layers[0].layers[0].words == ["a", "é"]
    assert loaded.layers[1].words == ["b"]


def test_words_and_numbers_looked_up(tmp_path):
    texts = layers.TextVectorization(output_sequence_length=3)
    texts.adapt(["one two", "two three"])
    adapted = layers.StringLookup(output_mode="tf_idf")
    adapted.adapt([["x", "y"], ["y", "z"]])
    for layer, dtype, data in [
        (texts, "string", [["two one four"]]),
        (layers.StringLookup(vocabulary=["b", "a"]), "string", [["a"], ["q"]]),
        (adapted, "string", [["y"], ["x"]]),
        (layers.IntegerLookup(vocabulary=[7, 5], output_mode="one_hot"), "int32", [[5], [6]]),
        (layers.Hashing(5, salt=3), "string", [["a"], ["b"]]),
    ]:
        inputs = keraburn.Input((1,), dtype=dtype)
        loaded = there_and_back(keraburn.Model(inputs, layer(inputs)), tmp_path / "model.keras").layers[1]
        data = np.array(data)
        np.testing.assert_array_equal(np.asarray(layer(data)), np.asarray(loaded(data)))


def test_policies_of_dtypes(tmp_path):
    for policy in ("mixed_bfloat16", "mixed_float16", "float64", "bfloat16"):
        model = keraburn.Sequential([keraburn.Input((4,)), layers.Dense(3, dtype=policy), layers.Dense(2)])
        loaded = there_and_back(model, tmp_path / "model.keras")
        assert loaded.layers[0].dtype_policy.name == policy
        for mine, theirs in zip(model.weights, loaded.weights, strict=True):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))


def test_overwriting_is_asked_for(tmp_path, monkeypatch, capsys):
    path, asked = tmp_path / "model.keras", []
    one, two = dense(), dense()
    one.save(path, overwrite=False)

    def answer(replies):
        left = list(replies)
        monkeypatch.setattr("builtins.input", lambda text: (asked.append(text), left.pop(0))[1])

    answer(["what", "N "])
    two.save(path, overwrite=False)
    assert asked == [f"[WARNING] {path} already exists - overwrite? [y/n]", 'Enter "y" (overwrite) or "n" (cancel).']
    np.testing.assert_array_equal(load_model(path)(X), one(X))
    answer(["y"])
    two.save(path, overwrite=False)
    assert "[TIP] Next time specify overwrite=True!" in capsys.readouterr().out
    np.testing.assert_array_equal(load_model(path)(X), two(X))
    weights = tmp_path / "a.weights.h5"
    one.save_weights(weights)
    answer(["n"])
    two.save_weights(weights, overwrite=False)
    two.load_weights(weights)
    np.testing.assert_array_equal(two(X), one(X))


def test_parts_of_weights(tmp_path):
    path = tmp_path / "a.weights.h5"
    one, two = dense(), dense()
    one.save_weights(path)
    before = two.get_weights()
    two.load_weights(path, objects_to_skip=[two.layers[0]])
    np.testing.assert_array_equal(two.get_weights()[0], before[0])
    np.testing.assert_array_equal(two.get_weights()[2], one.get_weights()[2])
    three = keraburn.Sequential([keraburn.Input((4,)), layers.Dense(3), layers.Dense(5)])
    with pytest.warns(UserWarning, match="A total of 1 objects could not be loaded"):
        three.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(three.get_weights()[0], one.get_weights()[0])
    one.save(tmp_path / "a.keras")
    two.load_weights(tmp_path / "a.keras")
    np.testing.assert_array_equal(two(X), one(X))


def test_a_model_that_is_not_built(tmp_path):
    model = keraburn.Sequential([layers.Dense(2)])
    with pytest.warns(UserWarning, match="has not yet been built"):
        model.save(tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras")(X).shape == (6, 2)


def test_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dense().save("model.keras")
    assert os.listdir() == ["model.keras"]
    load_model("model.keras")
    (tmp_path / "empty.keras").write_bytes(b"")
    with pytest.raises(ValueError, match=r"no zip archive[\s\S]*empty\.keras"):
        load_model(tmp_path / "empty.keras")
    with pytest.raises(FileNotFoundError, match=r"nowhere"):
        dense().save(tmp_path / "nowhere" / "model.keras")
    with pytest.raises(FileNotFoundError, match=r"none\.weights\.h5"):
        dense().load_weights(tmp_path / "none.weights.h5")
    with pytest.warns(UserWarning, match="`save_format` argument is deprecated"):
        dense().save("model.keras", save_format="keras")
