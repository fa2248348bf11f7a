"""Where tensors are, and what is said when a device is not there."""

import numpy as np
import pytest

import keraburn as keras
from keraburn import _core
from tests.gpu import driver


def hardware():
    return [each for each in keras.config.list_devices() if each.name not in ("cpu", "ndarray", "gpu:software")]


ON_THE_PROCESSOR = "k.config.set_device('cpu'); print(float(k.ops.ones(())))"


def attempt(what, say):
    """A program that tries something on a device, and says what it hears of the error."""
    return f"import keraburn as k\ntry:\n    {what}\nexcept ValueError as error:\n    print({say})\n"


@pytest.mark.parametrize("name", ["cpu", "CPU", "cpu:0", "/device:CPU:0", "/cpu:0", "auto"])
def test_names_of_the_processor(name):
    with keras.device(name):
        assert keras.config.device() == ("cpu" if name != "auto" or not hardware() else "gpu:0")
        assert keras.ops.ones(()).device == keras.config.device()
    assert keras.config.device() == "cpu"


def test_unknown_names_leave_the_device():
    for name in ("abacus", "tpu:0", "cpu:1", "gpu:99", "gpu:hard"):
        with pytest.raises(ValueError, match=f"Received: device={name}"):
            keras.config.set_device(name)
    assert keras.config.device() == "cpu"


def test_the_processor_is_listed_first():
    first = keras.config.list_devices()[0]
    assert first[:4] == ("cpu", "processor", "", "")
    assert first.memory is None or first.memory > 2**28
    assert keras.config.list_physical_devices("CPU") == [("/physical_device:CPU:0", "CPU")]
    assert len(keras.config.list_physical_devices("GPU")) == len(hardware())


def test_the_environment_chooses_at_first_use(run_python):
    code = "import keraburn as k; print('imported'); print(k.ops.ones(()).device)"
    assert run_python("-c", code, KERABURN_DEVICE="/device:CPU:0").split() == ["imported", "cpu"]
    code = attempt("k.ops.ones(())", "'Received: device=' in str(error)") + ON_THE_PROCESSOR
    assert run_python("-c", code, KERABURN_DEVICE="abacus").split() == ["True", "1.0"]


@pytest.mark.skipif("gpu" in _core.devices(), reason="a build with GPUs")
def test_a_build_without_gpus_says_how_to_make_one():
    with pytest.raises(ValueError, match=r"--features wgpu.*Received: device=gpu"):
        keras.config.set_device("gpu")


@pytest.mark.gpu
class TestGPU:
    def test_software_is_named(self):
        names = {each.name: each for each in keras.config.list_devices()}
        assert names["gpu:software"].api in ("Vulkan", "OpenGL")
        assert names["gpu:software"].adapter

    def test_software_is_not_taken_for_hardware(self):
        if hardware():
            pytest.skip("this machine has a GPU")
        for name in ("gpu", "wgpu", "gpu:0", "/device:GPU:0", "gpu:1"):
            with pytest.raises(ValueError, match=r"Looked for adapters of Vulkan.*found: gpu:software.*install|driver"):
                keras.config.set_device(name)
        assert float(keras.ops.ones(())) == 1.0

    def test_without_adapters(self, run_python, tmp_path):
        code = attempt("k.ops.ones(())", "error") + ON_THE_PROCESSOR
        nowhere = {name: str(tmp_path / "none.json") for name in ("VK_ICD_FILENAMES", "VK_DRIVER_FILES")}
        nowhere |= {"__EGL_VENDOR_LIBRARY_FILENAMES": str(tmp_path / "none.json"), "LIBGL_DRIVERS_PATH": str(tmp_path)}
        message, one = run_python("-c", code, KERABURN_DEVICE="gpu", **nowhere).splitlines()
        assert "Looked for" in message
        assert "mesa-vulkan-drivers" in message
        assert one == "1.0"

    def test_a_driver_that_crashes_takes_nobody_along(self, run_python, tmp_path):
        bad = tmp_path / "bad.c"
        bad.write_text("#include <stdlib.h>\n__attribute__((constructor)) static void f(void) { abort(); }\n")
        try:
            environment = driver.install(bad, tmp_path)
        except FileNotFoundError as error:
            pytest.skip(str(error))
        said = "'driver' in str(error), 'exit status' in str(error)"
        code = attempt("k.config.set_device('gpu:software')", said) + "print(float(k.ops.ones(())))"
        assert run_python("-c", code, **environment).split() == ["True", "True", "1.0"]

    def test_shaders_are_kept_with_the_user(self, run_python, tmp_path):
        code = (
            "import os, keraburn as k\n"
            "os.chdir(os.environ['PLACE'])\n"
            "k.config.set_device('gpu:software')\n"
            "print(float(k.ops.sum(k.ops.matmul(k.ops.ones((8, 8)), k.ops.ones((8, 8))))))"
        )
        place, home = tmp_path / "project", tmp_path / "home"
        place.mkdir()
        (place / "Cargo.toml").touch()
        for _ in range(2):
            assert run_python("-c", code, PLACE=str(place), KERABURN_HOME=str(home)).split() == ["512.0"]
            assert [each.name for each in place.iterdir()] == ["Cargo.toml"]
            kept = [each for each in (home / "shaders").rglob("*") if each.is_file()]
            assert kept
            # A damaged cache is as good as none.
            for each in kept:
                each.write_bytes(b"\x00not a database" * 100)


def test_a_model_moves_along(device):
    there, here = device, "cpu"
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(96, 6)).astype("float32"), rng.integers(0, 3, 96)

    def trained(*devices):
        keras.utils.set_random_seed(1)
        layers = [keras.layers.Dense(16, activation="relu"), keras.layers.Dropout(0.2), keras.layers.Dense(3)]
        model = keras.Sequential([keras.Input((6,)), *layers])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
        history = {}
        for device in devices:
            with keras.device(device):
                history = model.fit(x, y, batch_size=32, epochs=2, verbose=0).history
                assert model.weights[0].value.device == keras.config.device()
        return model, history

    model, history = trained(there, there)
    twin, expected = trained(here, there)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-3, err_msg=name)
    with keras.device(there):
        far = model.predict(x, verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), far, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(twin(x), far, rtol=1e-3, atol=1e-4)


@pytest.mark.gpu
def test_too_large_an_array_for_a_gpu_leaves_it_working(gpu):
    with keras.device(gpu):
        with pytest.raises(MemoryError, match=r"smaller batch_size.*Received: .*\d"):
            float(keras.ops.sum(keras.ops.ones((1 << 17, 1 << 14)) + 1))
        assert float(keras.ops.sum(keras.ops.ones((3,)))) == 3.0
    assert float(keras.ops.sum(keras.ops.ones((3,)))) == 3.0


@pytest.mark.parametrize("axis", [None, 0])
def test_an_index_out_of_range_is_the_same_error_everywhere(device, axis):
    limit = 6 if axis is None else 3
    with pytest.raises(
        ValueError, match=rf"index 7 is out of range at position \[1\]: the legal range is \[0, {limit}\)"
    ):
        keras.ops.take(keras.ops.ones((3, 2)), np.array([0, 7]), axis=axis).numpy()


def test_types_that_a_gpu_lacks_stay_exact(device):
    large = keras.ops.convert_to_tensor(np.array([2**53 + 1, -7]), dtype="int64")
    np.testing.assert_array_equal((large * 3).numpy(), [3 * (2**53 + 1), -21])
    fine = keras.ops.convert_to_tensor(np.array([1.0, 2.0]), dtype="float64")
    np.testing.assert_allclose(keras.ops.exp(fine).numpy(), np.exp([1.0, 2.0]), rtol=1e-15)
    np.testing.assert_allclose(keras.ops.cast(fine, "float32").numpy(), [1.0, 2.0])
