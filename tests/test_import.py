"""What `import keraburn` brings along, and under which names it is found."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import keraburn

HEAVY = {"rich", "h5py", "jax", "tensorflow", "pandas", "scipy", "sklearn", "matplotlib", "torch", "IPython", "PIL"}
FACES = [
    "activations",
    "backend",
    "callbacks",
    "constraints",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "optimizers.schedules",
    "preprocessing.sequence",
    "random",
    "regularizers",
    "saving",
    "utils",
]


def test_nothing_heavy_is_imported():
    code = "import sys, keraburn; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = set(done.stdout.split())
    assert {"keraburn", "numpy"} <= found
    assert not found & HEAVY


@pytest.mark.parametrize("name", FACES)
def test_faces_are_the_same_modules(name):
    assert importlib.import_module(f"keraburn.keras.{name}") is importlib.import_module(f"keraburn.{name}")


def test_keras_face_in_a_fresh_process():
    code = (
        "from keraburn.keras.layers import Dense\n"
        "from keraburn.keras.models import Sequential, Model\n"
        "from keraburn.keras.optimizers import Adam\n"
        "from keraburn.keras.preprocessing.sequence import pad_sequences\n"
        "from keraburn.keras import layers\n"
        "import keraburn.keras.losses as losses\n"
        "import keraburn as tf\n"
        "assert tf.keras.Sequential is Sequential and tf.keras.layers.Dense is Dense is layers.Dense\n"
        "assert tf.keras.losses is losses and tf.Variable is tf.keras.Variable\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_top_level_names_exist():
    for name in dir(keraburn):
        assert getattr(keraburn, name) is not None, name
    for name in dir(keraburn.keras):
        assert getattr(keraburn.keras, name) is getattr(keraburn, name)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("Sequental", "Sequential"), ("reduce_man", "reduce_mean"), ("optimisers", "optimizers")],
)
def test_unknown_names_name_the_nearest(name, nearest):
    with pytest.raises(AttributeError, match=f"module 'keraburn' has no attribute '{name}'. Did you mean '{nearest}'"):
        getattr(keraburn, name)


def test_unknown_name_of_the_face():
    with pytest.raises(AttributeError, match=r"module 'keraburn.keras' has no attribute 'Modell'\. Did you mean"):
        keraburn.keras.Modell  # noqa: B018


def test_version():
    assert keraburn.version() == keraburn.__version__ == keraburn.keras.__version__
