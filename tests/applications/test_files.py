"""Weights from files: of the user's, from the cache, and where there is no network."""

from __future__ import annotations

import urllib.error

import numpy as np
import pytest

from keraburn import applications
from keraburn.saving.legacy import save_legacy
from tests.applications.test_networks import NETWORKS, images, small


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no network."""

    def refused(request, timeout=None):
        raise urllib.error.URLError("there is no network")

    monkeypatch.setattr("urllib.request.urlopen", refused)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.mark.parametrize("ending", ["h5", "weights.h5"])
@pytest.mark.parametrize("make", [str, lambda path: path])
def test_weights_of_a_file(ending, make, tmp_path):
    model = small()
    path = tmp_path / f"network.{ending}"
    model.save_weights(path) if ending == "weights.h5" else save_legacy(model, path)
    again = small(weights=make(path))
    np.testing.assert_array_equal(again.predict(images(), verbose=0), model.predict(images(), verbose=0))


def test_a_file_of_another_network(tmp_path):
    path = tmp_path / "network.h5"
    save_legacy(small(include_top=False), path)
    with pytest.raises(ValueError, match="Layer count mismatch"):
        small(weights=path)
    save_legacy(small(classes=7), path)
    with pytest.raises(ValueError, match=r"Shape mismatch in layer #\d+ \(named conv_preds\)"):
        small(weights=path)


def test_a_file_of_something_else(tmp_path):
    path = tmp_path / "network.h5"
    path.write_bytes(b"no weights")
    with pytest.raises(ValueError, match=r"network\.h5"):
        small(weights=path)


@pytest.mark.parametrize("include_top", [True, False])
def test_trained_weights_in_the_cache(include_top, cache):
    arguments = {"input_shape": (128, 128, 3), "include_top": include_top, "classes": 1000}
    model = small(**arguments)
    save_legacy(model, cache / f"mobilenet_2_5_128_tf{'' if include_top else '_no_top'}.h5")
    again = small(**arguments, weights="imagenet")
    for weight, other in zip(again.weights, model.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), other.numpy())


def test_trained_weights_of_another_size_are_warned_of(cache):
    model = small(include_top=False)
    save_legacy(model, cache / "mobilenet_2_5_224_tf_no_top.h5")
    with pytest.warns(UserWarning, match=r"not in \[128, 160, 192, 224\]. Weights for input shape \(224, 224\)"):
        again = small(include_top=False, weights="imagenet")
    assert again.name == "mobilenet_0.25_224"


@pytest.mark.parametrize(
    ("construct", "name"),
    [
        (applications.MobileNetV2, "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5"),
        (applications.ResNet50V2, "resnet50v2_weights_tf_dim_ordering_tf_kernels.h5"),
    ],
)
def test_trained_weights_that_cannot_be_fetched(construct, name, cache):
    with pytest.raises(OSError, match=f"'{name}' is not in the cache .* could not be fetched: URL fetch failure on"):
        construct()
    with pytest.raises(OSError, match="Pass `weights=None`, or the path of a file of weights, or put the file there"):
        construct()


def test_trained_weights_that_are_damaged(cache, capsys):
    (cache / "resnet50v2_weights_tf_dim_ordering_tf_kernels.h5").write_bytes(b"half of it")
    with pytest.raises(OSError, match="could not be fetched"):
        applications.ResNet50V2()
    assert "incomplete or outdated" in capsys.readouterr().out


def test_weights_of_one_variant_only():
    with pytest.raises(ValueError, match=r"alpha can be one of .* Received: alpha=0.5, minimalistic=False"):
        applications.MobileNetV3Small(alpha=0.5)
    with pytest.raises(ValueError, match=r"Received: alpha=0.75, minimalistic=True"):
        applications.MobileNetV3Large(alpha=0.75, minimalistic=True)


@pytest.mark.filterwarnings("ignore:`input_shape` is undefined")
def test_every_network_has_files_of_its_own(monkeypatch):
    asked = []

    def fetch(file, needed=""):
        asked.append(file)
        raise OSError("there is no network")

    monkeypatch.setattr("keraburn.applications.assembling.fetch", fetch)
    for name in NETWORKS:
        for include_top in (True, False):
            with pytest.raises(OSError):
                getattr(applications, name)(include_top=include_top)
    assert len(asked) == 2 * len(NETWORKS) > 70
    addresses = [file.url for file in asked]
    assert len(set(addresses)) == len(addresses)
    assert all(url.startswith("https://storage.googleapis.com/") and url.endswith(".h5") for url in addresses)
    hashes = [file.file_hash for file in asked if file.file_hash]
    assert len(set(hashes)) == len(hashes) == len(asked) - 4
    assert {len(each) for each in hashes} == {32, 64}
