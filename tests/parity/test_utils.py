"""`keras.utils`, `keras.models.clone_model` and the random numbers without a function of their own, beside Keras."""

from __future__ import annotations

import io
import itertools
from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import keras

PACKAGES = (keraburn, keras)
RNG = np.random.default_rng(0)
IMAGE = RNG.normal(size=(6, 9, 3)).astype("float32")


def both(function: Any) -> list[Any]:
    return [function(package) for package in PACKAGES]


def check_same(function: Any) -> None:
    ours, theirs = both(function)
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("to_categorical", ([0, 2, 1],)),
        ("to_categorical", ([[0], [3]], 5)),
        ("normalize", (np.arange(6.0).reshape(2, 3), 1)),
        ("normalize", (np.arange(6.0).reshape(2, 3), 1, 3)),
        ("pad_sequences", ([[1], [2, 3], [4, 5, 6]],)),
        ("pad_sequences", ([[1], [2, 3], [4, 5, 6]], 2, "float32", "post", "post", -1.0)),
        ("img_to_array", (IMAGE[..., 0],)),
        ("img_to_array", (IMAGE, "channels_first", "float64")),
    ],
)
def test_arrays(name, arguments):
    check_same(lambda package: getattr(package.utils, name)(*arguments))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_images(channels, scale, tmp_path):
    pytest.importorskip("PIL")
    x = 100 * RNG.random((6, 9, channels)).astype("float32")
    ours, theirs = both(lambda package: package.utils.array_to_img(x, scale=scale))
    assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    for ending in ("png", "jpg"):
        for package in PACKAGES:
            if channels == 4 and ending == "jpg":
                with pytest.warns(UserWarning, match="does not support RGBA"):
                    package.utils.save_img(tmp_path / f"{package.__name__}.{ending}", x, scale=scale)
            else:
                package.utils.save_img(tmp_path / f"{package.__name__}.{ending}", x, scale=scale)
        files = [(tmp_path / f"{package.__name__}.{ending}").read_bytes() for package in PACKAGES]
        assert files[0] == files[1]
    for arguments in (
        {},
        {"color_mode": "grayscale"},
        {"color_mode": "rgba", "target_size": (4, 5)},
        {"target_size": (5, 5), "interpolation": "bicubic", "keep_aspect_ratio": True},
        {"target_size": (3, 9), "interpolation": "lanczos", "keep_aspect_ratio": True},
    ):
        ours, theirs = both(lambda package, a=arguments: package.utils.load_img(io.BytesIO(files[0]), **a))
        assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_config():
    def story(package: Any) -> Any:
        config = package.utils.Config(a=1, b=[2])
        config.c = {"d": 3}
        config["e"] = 4
        del config["a"]
        config.update(f=5)
        return [
            *(config.as_dict(), config.to_json(), list(config), len(config), "f" in config, config.get("z", 9)),
            *(repr(config), config.pop("b"), list(config.items()), config.frozen),
        ]

    ours, theirs = both(story)
    assert ours == theirs


def test_names_and_scopes():
    class Mine:
        def get_config(self) -> dict[str, Any]:
            return {"a": 1}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return cls()

    def story(package: Any) -> Any:
        utils = package.utils
        found = [
            utils.get_registered_name(Mine),
            utils.get_registered_object("Mine"),
            "Mine" in utils.get_custom_objects(),
        ]
        with utils.CustomObjectScope({"Mine": Mine}):
            found += [utils.get_registered_object("Mine") is Mine, utils.get_custom_objects().get("Mine") is Mine]
            config = utils.serialize_keras_object(Mine())
            found += [config["class_name"], config["config"], type(utils.deserialize_keras_object(config)) is Mine]
        return [*found, utils.get_registered_object("Mine")]

    ours, theirs = both(story)
    assert ours == theirs


def test_switches():
    for package in PACKAGES:
        assert package.utils.is_interactive_logging_enabled()
        package.utils.disable_interactive_logging()
        assert not package.utils.is_interactive_logging_enabled()
        package.utils.enable_interactive_logging()


@pytest.mark.parametrize("verbose", [1, 2])
@pytest.mark.parametrize("target", [4, None])
def test_progress(verbose, target, capsys, monkeypatch):
    import time

    clock = itertools.count()
    monkeypatch.setattr(time, "time", lambda: float(next(clock)))
    printed = []
    for package in PACKAGES:
        progress = package.utils.Progbar(target, verbose=verbose, stateful_metrics=["b"], unit_name="row", interval=0)
        for step in range(1, 5):
            progress.update(step, [("a", step), ("b", 2 * step)], finalize=step == 4)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


def test_symbols_of_models(tmp_path):
    def story(package: Any) -> Any:
        a, b = package.Input((2,), name="a"), package.Input((2,), name="b")
        c = package.layers.Dense(2)(a) + b
        sources = package.utils.get_source_inputs(c * 2)
        return [
            sources[0] is a,
            sources[1] is b,
            len(sources),
            package.utils.is_keras_tensor(c),
            package.utils.is_keras_tensor(IMAGE),
        ]

    ours, theirs = both(story)
    assert ours == theirs
    for package in PACKAGES:
        with pytest.raises(ValueError, match="This model has not yet been built"):
            package.utils.plot_model(package.Sequential([package.layers.Dense(1)]), tmp_path / "a.png")


def test_clones():
    def story(package: Any) -> Any:
        package.utils.clear_session()
        x = package.Input((4,), name="x")
        shared = package.layers.Dense(4, name="shared")
        inner = package.Sequential([package.Input((4,)), package.layers.Dense(3, name="deep")], name="inner")
        model = package.Model(
            x, {"one": inner(shared(shared(x))), "two": package.layers.Dense(2, name="two")(x)}, name="m"
        )
        model.compile("adam", loss={"one": "mse", "two": "mae"})
        found = []
        clone = package.models.clone_model
        for copy in (
            clone(model),
            clone(model, recursive=True),
            clone(model, clone_function=lambda layer: layer),
            clone(model, input_tensors=package.Input((4,), batch_size=7)),
            clone(
                model,
                call_function=lambda layer, *args, **kwargs: (
                    package.layers.ReLU(name=f"r{layer.name}")(layer(*args, **kwargs))
                    if layer.name == "two"
                    else layer(*args, **kwargs)
                ),
            ),
            clone(inner),
        ):
            weights = [(weight.path, tuple(weight.shape)) for weight in copy.weights]
            found.append((copy.name, [layer.name for layer in copy.layers], weights, copy.compiled, copy.input_shape))
        return found

    ours, theirs = both(story)
    assert ours == theirs


@pytest.mark.parametrize(
    "call",
    [
        lambda clone, package, model: clone(model, other=1),
        lambda clone, package, model: clone(model, input_tensors=[IMAGE]),
        lambda clone, package, model: clone(package.Sequential([package.layers.Dense(1)]), call_function=len),
    ],
)
def test_clones_that_cannot_be(call):
    messages = []
    for package in PACKAGES:
        x = package.Input((4,))
        with pytest.raises(ValueError) as error:
            call(package.models.clone_model, package, package.Model(x, package.layers.Dense(1)(x)))
        messages.append(str(error.value)[:30])
    assert messages[0].split()[0] == messages[1].split()[0]


def test_moments_of_random_numbers():
    for name, arguments, bound in (
        ("truncated_normal", {"shape": (20_000,), "mean": 1.0, "stddev": 0.5}, 1.0),
        ("binomial", {"shape": (20_000,), "counts": 8.0, "probabilities": 0.3}, None),
    ):
        ours, theirs = both(lambda package, n=name, a=arguments: np.asarray(getattr(package.random, n)(**a, seed=1)))
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        np.testing.assert_allclose([ours.mean(), ours.std()], [theirs.mean(), theirs.std()], rtol=0.03)
        if bound is not None:
            assert np.abs(ours - 1).max() <= bound
    for package in PACKAGES:
        generator = package.random.SeedGenerator(3)
        assert (np.asarray(generator.next()) != np.asarray(generator.next())).any()
        assert generator.get_config()["seed"] == 3
        with pytest.raises(ValueError, match="seed"):
            package.random.SeedGenerator("x")
