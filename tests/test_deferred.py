"""What a package's head imports is loaded when it is first used, and is found as if it had always been there."""

from __future__ import annotations

import importlib
import json
import pickle

import pytest

import keraburn as keras

# By package: some of what is not loaded at start, with the file that holds it.
DEFERRED = {
    "applications": ("VGG16", "vgg16"),
    "backend": ("mean", "arithmetic"),
    "callbacks": ("TensorBoard", "tensorboard"),
    "datasets": ("mnist", "mnist"),
    "layers": ("RandomFlip", "images.random_flip"),
    "models": ("load_model", None),
    "ops.image": ("resize", "resizing"),
    "preprocessing.image": ("ImageDataGenerator", "generator"),
    "saving": ("load_model", "files"),
    "utils": ("get_file", "download"),
    "utils.bounding_boxes": ("compute_iou", "overlap"),
}


@pytest.mark.parametrize("package", DEFERRED)
def test_a_name_is_there_before_its_file(package, run_python):
    name, file = DEFERRED[package]
    module = f"keraburn.{package}"
    code = (
        f"import sys, importlib, keraburn; package = importlib.import_module({module!r})\n"
        f"home = None if {file!r} is None else f'{module}.{file}'\n"
        f"assert home not in sys.modules and {name!r} not in vars(package)\n"
        f"assert {name!r} in dir(package) and home not in sys.modules or {package!r} == 'backend'\n"
        f"from {module} import {name}\n"
        f"assert home is None or home in sys.modules\n"
        f"assert package.{name} is {name} is vars(package)[{name!r}]\n"
        f"assert importlib.import_module('keraburn.keras.{package}').{name} is {name}\n"
    )
    run_python("-c", code)


def test_all_names_of_a_package_by_star(run_python):
    code = (
        "from keraburn.layers import *\n"
        "import keraburn\n"
        "missing = [name for name in keraburn.layers.__all__ if name not in globals()]\n"
        "print(len(keraburn.layers.__all__), missing, AvgPool2D is AveragePooling2D)\n"
    )
    assert run_python("-c", code).split(maxsplit=1)[1].strip() == "[] True"


@pytest.mark.parametrize("name", ["Dens", "averagepooling2d"])
def test_mistakes(name):
    near = {"Dens": "Dense", "averagepooling2d": "AveragePooling2D"}[name]
    with pytest.raises(AttributeError, match=f"module 'keraburn.layers' has no attribute '{name}'. Did .* '{near}'"):
        getattr(keras.layers, name)
    assert not hasattr(keras.layers, "__path_of_nothing__")


def config(name: str, module: str | None = "keras.layers", /, **inner: object) -> str:
    return json.dumps({"module": module, "class_name": name, "config": inner, "registered_name": None})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (config("RandomFlip", mode="horizontal", name="flip"), "RandomFlip name=flip"),
        (config("LSTM", units=3, name="lstm"), "LSTM name=lstm"),
        (config("LSTM", None, units=3, name="lstm"), "LSTM name=lstm"),
        (
            config("Bidirectional", layer=json.loads(config("GRU", units=3)), name="both"),
            "Bidirectional name=both",
        ),
        (config("LayerScale", "keras.src.applications.convnext", init_values=0.1, projection_dim=3), "LayerScale"),
    ],
    ids=["image", "recurrent", "without a module", "nested", "not shown"],
)
def test_a_config_finds_a_class_nobody_has_used(text, shown, run_python):
    code = f"import json, keraburn; print(keraburn.layers.deserialize(json.loads({text!r})))"
    assert shown in run_python("-c", code)


@pytest.mark.parametrize("name", ["add", "AvgPool2D", "residual", "_later", "serialize", "InputSpec"])
def test_configs_reach_classes_alone(name, run_python):
    code = (
        "import keraburn\n"
        f"try: keraburn.layers.deserialize({{'module': 'keras.layers', 'class_name': {name!r}, 'config': {{}}}})\n"
        "except TypeError as error: print(error)\n"
    )
    assert f"Could not locate class '{name}'" in run_python("-c", code)


def test_a_class_is_saved_under_its_public_name_however_it_was_reached(run_python):
    code = (
        "from keraburn.layers.images.random_flip import RandomFlip\n"
        "import keraburn\n"
        "saved = keraburn.saving.serialize_keras_object(RandomFlip())\n"
        "print(saved['module'], saved['class_name'], saved['registered_name'])\n"
    )
    assert run_python("-c", code).split() == ["keras.layers", "RandomFlip", "None"]


def test_a_saved_model_is_read_where_none_of_its_layers_was_used(tmp_path, run_python):
    x = keras.Input((8, 8, 3))
    hidden = keras.layers.Flatten()(keras.layers.RandomFlip()(keras.layers.Resizing(4, 4)(x)))
    keras.Model(x, keras.layers.Dense(2)(hidden)).save(tmp_path / "model.keras")
    printed = run_python(
        "-c",
        "import sys, keraburn\n"
        f"model = keraburn.saving.load_model({str(tmp_path / 'model.keras')!r})\n"
        "print([type(layer).__name__ for layer in model.layers])\n",
    )
    assert printed.strip() == "['InputLayer', 'Resizing', 'RandomFlip', 'Flatten', 'Dense']"


def test_threads_that_use_a_name_at_once(run_python):
    code = (
        "import threading, keraburn\n"
        "start, seen = threading.Barrier(8), []\n"
        "def use():\n"
        "    start.wait()\n"
        "    config = {'module': 'keras.layers', 'class_name': 'GRU', 'config': {'units': 2}}\n"
        "    seen.append((keraburn.layers.RandomFlip, type(keraburn.layers.deserialize(config))))\n"
        "threads = [threading.Thread(target=use) for _ in range(8)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
        "print(len(seen), len(set(seen)))\n"
    )
    assert run_python("-c", code).split() == ["8", "1"]


def test_classes_can_be_pickled():
    cls = keras.layers.RandomRotation
    assert pickle.loads(pickle.dumps(cls)) is cls
    assert importlib.import_module(cls.__module__).RandomRotation is cls
