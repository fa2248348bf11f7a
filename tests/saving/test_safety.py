"""A file runs no code unless asked, leads to no other file, and takes no more memory than its size warrants."""

from __future__ import annotations

import io
import json
import os
import zipfile

import numpy as np
import pytest

import keraburn

pytestmark = [
    pytest.mark.filterwarnings("ignore:A `lambda` is being serialized"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
    pytest.mark.filterwarnings("ignore:No training configuration"),
]
layers = keraburn.layers


def plain():
    return keraburn.Sequential([keraburn.Input((4,)), layers.Dense(3)])


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(tmp_path, change, model=None):
    """A `.keras` file whose config was changed."""
    path = tmp_path / "model.keras"
    (model or plain()).save(path)
    parts = members(path)
    config = json.loads(parts["config.json"])
    change(config)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**parts, "config.json": json.dumps(config).encode()}.items():
            archive.writestr(name, data)
    return path


# Code.


def spy():
    return layers.Lambda(lambda x: [__import__("os").environ.__setitem__("KERABURN_TEST_RAN", "1"), x][1])


def deep():
    i = keraburn.Input((2, 3))
    inner = keraburn.Sequential([keraburn.Input((3,)), layers.Dense(3), spy()])
    return keraburn.Model(i, layers.TimeDistributed(keraburn.Model(inner.inputs, inner(inner.inputs[0])))(i))


def shallow():
    return keraburn.Sequential([keraburn.Input((3,)), spy()])


def in_an_activation():
    return keraburn.Sequential([keraburn.Input((3,)), layers.Dense(2, activation=lambda x: x * 2)])


def in_compile():
    model = plain()
    model.compile("sgd", loss=lambda y, p: (y - p) ** 2)
    return model


@pytest.mark.parametrize("make", [shallow, deep, in_an_activation, in_compile])
@pytest.mark.parametrize("kind", ["keras", "h5"])
def test_lambdas_are_refused_wherever_they_are(make, kind, tmp_path):
    if make is in_compile and kind == "h5":
        pytest.skip("this format keeps the names of functions alone")
    path = tmp_path / f"model.{kind}"
    make().save(path)
    os.environ.pop("KERABURN_TEST_RAN", None)
    with pytest.raises((ValueError, TypeError), match="Python lambda"):
        keraburn.models.load_model(path)
    assert "KERABURN_TEST_RAN" not in os.environ
    loaded = keraburn.models.load_model(path, safe_mode=False)
    assert isinstance(loaded, keraburn.Model)
    assert os.environ.pop("KERABURN_TEST_RAN", None) == ("1" if make in (shallow, deep) else None)


def test_what_the_call_says_holds_for_all_inside():
    config = keraburn.saving.serialize_keras_object(shallow())
    with pytest.raises((ValueError, TypeError), match="Python lambda"):
        keraburn.saving.deserialize_keras_object(config)
    assert keraburn.saving.deserialize_keras_object(config, safe_mode=False).layers

    @keraburn.saving.register_keras_serializable("safety")
    class Careless(keraburn.layers.Layer):
        def __init__(self, inner=None, **kwargs):
            super().__init__(**kwargs)
            self.inner = inner

        def get_config(self):
            return {**super().get_config(), "inner": keraburn.saving.serialize_keras_object(self.inner)}

        @classmethod
        def from_config(cls, config):
            inner = keraburn.saving.deserialize_keras_object(config.pop("inner"), safe_mode=False)
            return cls(inner, **config)

    config = keraburn.saving.serialize_keras_object(Careless(shallow()))
    with pytest.raises((ValueError, TypeError), match="Python lambda"):
        keraburn.saving.deserialize_keras_object(config)


def test_code_may_be_allowed_for_all(tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    shallow().save(path)
    monkeypatch.setattr(keraburn.config._settings, "unsafe_deserialization", False)
    keraburn.config.enable_unsafe_deserialization()
    assert keraburn.models.load_model(path).layers


@pytest.mark.parametrize(
    "evil",
    [
        {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": "os>system"},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
        {"module": "builtins", "class_name": "eval", "config": {}, "registered_name": None},
        {"module": "keras.saving", "class_name": "load_model", "config": {"filepath": "x"}, "registered_name": None},
        {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"},
        {"module": "keraburn.saving.files", "class_name": "load_model", "config": {}, "registered_name": None},
        {"class_name": "__import__", "config": {"name": "os"}},
        {"class_name": "subprocess.Popen", "config": {"args": "true"}},
    ],
    ids=lambda evil: evil["class_name"],
)
def test_names_lead_to_nothing_but_what_is_published(evil, tmp_path):
    def change(config):
        config["config"]["layers"][1] = evil

    path = changed(tmp_path, change)
    with pytest.raises((TypeError, ValueError), match=r"[\s\S]*".join(["", str(path)])):
        keraburn.models.load_model(path)
    with pytest.raises((TypeError, ValueError)):
        keraburn.saving.deserialize_keras_object(evil)


# Other files.


def test_names_in_the_archive_stay_in_its_folder(tmp_path):
    path = tmp_path / "model.keras"
    for name in ("assets/../evil", "assets/..\\evil", "assets//evil", "assets/C:evil", "assets/a/../../../evil"):
        plain().save(path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, "x")
        with pytest.raises(ValueError, match="escapes the asset directory"):
            keraburn.models.load_model(path)
    assert os.listdir(tmp_path) == ["model.keras"]


@pytest.fixture
def h5py():
    return pytest.importorskip("h5py")


def test_links_are_not_followed(tmp_path, h5py):
    path, other = tmp_path / "a.weights.h5", tmp_path / "other.weights.h5"
    model = plain()
    model.save_weights(other)
    raw = tmp_path / "raw"
    raw.write_bytes(bytes(48))

    def soft(file):
        file["x"] = np.zeros((4, 3), "f4")
        file["layers/dense/vars/0"] = h5py.SoftLink("/x")

    def external(file):
        file["layers/dense/vars/0"] = h5py.ExternalLink(str(other), "/layers/dense/vars/0")

    def outside(file):
        file.create_dataset("layers/dense/vars/0", (4, 3), "f4", external=[(str(raw), 0, 48)])

    def virtual(file):
        layout = h5py.VirtualLayout((4, 3), "f4")
        layout[:] = h5py.VirtualSource(str(other), "layers/dense/vars/0", (4, 3), "f4")
        file.create_virtual_dataset("layers/dense/vars/0", layout)

    def group(file):
        file["layers/other/vars/0"] = np.zeros((4, 3), "f4")
        file["layers/dense"] = h5py.SoftLink("/layers/other")

    for make in (soft, external, outside, virtual, group):
        with h5py.File(path, "w") as file:
            make(file)
            if make is not group:
                file["layers/dense/vars/1"] = np.zeros(3, "f4")
        with pytest.raises(ValueError, match=r"(Not allowed|Not supported)[\s\S]*a\.weights\.h5"):
            model.load_weights(path)


# Memory.


def test_datasets_of_great_shapes(tmp_path, h5py):
    path = tmp_path / "a.weights.h5"
    model = plain()
    for options in ({"chunks": (1024, 1024), "compression": "gzip"}, {"chunks": (1 << 20, 64)}, {}):
        with h5py.File(path, "w") as file:
            file.create_dataset("layers/dense/vars/0", (1 << 21, 1 << 21), "f4", **options)
            file["layers/dense/vars/1"] = np.zeros(3, "f4")
        with pytest.raises(ValueError, match=r"declares \d+ bytes[\s\S]*a\.weights\.h5"):
            model.load_weights(path)


def test_archives_that_unpack_to_very_much(tmp_path):
    path = tmp_path / "model.keras"
    for name in ("config.json", "model.weights.h5", "assets/words"):
        plain().save(path)
        parts = {**members(path), name: bytes(20 << 20)}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for each, data in parts.items():
                archive.writestr(each, data)
        with pytest.raises(ValueError, match=r"declares \d+ bytes[\s\S]*model\.keras"):
            keraburn.models.load_model(path)


@pytest.mark.parametrize("size", [10**8, 10**12])
@pytest.mark.parametrize(
    ("layer", "key"),
    [
        (lambda: layers.Dense(3), "units"),
        (lambda: layers.Embedding(3, 2), "input_dim"),
        (lambda: layers.LSTM(3), "units"),
        (lambda: layers.CategoryEncoding(3), "num_tokens"),
        (lambda: layers.EinsumDense("ab,bc->ac", 3), "output_shape"),
    ],
    ids=["Dense", "Embedding", "LSTM", "CategoryEncoding", "EinsumDense"],
)
def test_configs_of_great_layers(layer, key, size, tmp_path):
    def change(config):
        config["config"]["layers"][1]["config"][key] = size

    made = layer()
    shape = (4, 2) if isinstance(made, layers.LSTM) else (4,)
    path = changed(tmp_path, change, keraburn.Sequential([keraburn.Input(shape), made]))
    with pytest.raises((ValueError, TypeError), match=r"model\.keras"):
        keraburn.models.load_model(path)


def test_long_inputs_take_no_time(tmp_path):
    def change(config):
        config["config"]["layers"][0]["config"]["batch_shape"] = [None, 10**9, 2]
        config["config"].pop("build_input_shape")

    path = changed(tmp_path, change, keraburn.Sequential([keraburn.Input((4, 2)), layers.LSTM(3)]))
    assert keraburn.models.load_model(path, compile=False).input_shape == (None, 10**9, 2)


def test_deep_configs(tmp_path):
    path = tmp_path / "model.keras"
    plain().save(path)
    parts = {**members(path), "config.json": b'{"a":' * 100_000 + b"1" + b"}" * 100_000}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(ValueError, match=r"model\.keras"):
        keraburn.models.load_model(path)


def test_a_recompressed_file_is_no_bomb(tmp_path):
    path = tmp_path / "model.keras"
    model = keraburn.Sequential([keraburn.Input((1500,)), layers.Dense(3000)])
    model.set_weights([np.zeros((1500, 3000)), np.zeros(3000)])
    model.save(path)
    parts = members(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    # Zeros shrink a thousandfold: that is refused; what numbers shrink to is not.
    with pytest.raises(ValueError, match="declares"):
        keraburn.models.load_model(path)
    model.set_weights([np.random.default_rng(0).integers(0, 9, (1500, 3000)), np.zeros(3000)])
    model.save(path)
    parts = members(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    path.write_bytes(buffer.getvalue())
    assert len(buffer.getvalue()) < 10_000_000
    assert keraburn.models.load_model(path).count_params() == 4_503_000


def test_arrays_in_configs_are_as_large_as_their_values():
    made = keraburn.saving.deserialize_keras_object
    found = made({"class_name": "__numpy__", "config": {"value": ["a", "bcd"], "dtype": "<U100000000"}})
    assert found.dtype == "<U3"
    for dtype in ("O", "V1000000000", "M8[s]"):
        with pytest.raises(TypeError, match="numbers or strings"):
            made({"class_name": "__numpy__", "config": {"value": [1], "dtype": dtype}})
