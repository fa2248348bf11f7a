"""What a user hears of a GPU that fails, and what goes on: on a driver that fails when it is told to."""

import pytest

from tests.gpu import driver

pytestmark = pytest.mark.gpu

TRAINED = """
import pathlib, os
import numpy as np
import keraburn as k

def trained(device):
    with k.device(device):
        model = k.Sequential([k.Input((4,)), k.layers.Dense(3)])
        model.compile("sgd", "mse")
        model.fit(np.ones((64, 4)), np.ones((64, 3)), verbose=0)
    return model

def attempt(work):
    try:
        print(work())
    except (MemoryError, RuntimeError) as error:
        print(type(error).__name__, error)
"""


@pytest.fixture
def environment(tmp_path):
    try:
        return driver.build(tmp_path)
    except FileNotFoundError as error:
        pytest.skip(str(error))


def test_hardware_is_found(environment, run_python):
    code = """
import keraburn as k
print(k.config.device())
[gpu] = [each for each in k.config.list_devices() if each.name.startswith("gpu")]
print(gpu.name, gpu.api, gpu.memory > 2**20, bool(gpu.adapter), bool(gpu.driver))
print([tuple(each) for each in k.config.list_physical_devices("GPU")])
for name in ("auto", "gpu", "/GPU:0", "wgpu"):
    k.config.set_device(name)
    print(k.ops.ones(2).device, float(k.ops.sum(k.ops.ones(2))))
"""
    lines = run_python("-c", code, DRIVER_TYPE="2", **environment).splitlines()
    assert lines[:2] == ["cpu", "gpu:0 Vulkan True True True"]
    assert lines[2] == "[('/physical_device:GPU:0', 'GPU')]"
    assert lines[3:] == ["gpu:0 2.0"] * 4


def test_a_lost_device_leaves_the_processor(environment, run_python):
    code = (
        TRAINED
        + """
model = trained("gpu:software")
pathlib.Path(os.environ["DRIVER_LOST"]).touch()
attempt(lambda: trained("gpu:software"))
attempt(lambda: model.predict(np.ones((2, 4)), verbose=0))
attempt(lambda: trained("cpu").predict(np.ones((2, 4)), verbose=0).shape)
"""
    )
    *lost, shape = run_python("-c", code, **environment).splitlines()
    assert len(lost) == 2
    for line in lost:
        assert line.startswith("RuntimeError The GPU was lost")
        assert line.endswith("the device 'cpu' goes on working. Received: Device is lost")
    assert shape == "(2, 3)"


def test_a_full_memory_is_an_error_until_there_is_room(environment, run_python):
    code = (
        TRAINED
        + """
many = lambda: float((k.ops.ones((6000, 5000)) + k.ops.ones((6000, 1))).numpy().sum())
full = pathlib.Path(os.environ["DRIVER_FULL"])
k.config.set_device("gpu:software")
trained("gpu:software")
full.touch()
attempt(many)
full.unlink()
attempt(many)
"""
    )
    error, total = run_python("-c", code, **environment).splitlines()
    assert error.startswith("MemoryError The GPU has too little memory left: take a smaller batch_size")
    assert total == "60000000.0"
