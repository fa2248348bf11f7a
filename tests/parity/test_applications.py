"""Networks beside Keras's: names, paths and shapes of all weights, and outputs for the same weights."""

from __future__ import annotations

import gc
import pathlib
from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import assert_close, keras

NETWORKS = sorted(name for name in dir(keraburn.applications) if name[0].isupper())
CHEAP = {"MobileNetV3Small", "MobileNetV2", "ResNet50"}
SMALLEST = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}
# Compiling is most of the time, and the networks run once.
QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}


@pytest.fixture(autouse=True)
def cheap_beginnings(monkeypatch):
    """Weights begin with zeros in both packages: random ones take longer than all the rest."""
    from keras.src.backend import Variable

    def begin(self: Any, initializer: Any) -> None:
        self._initialize(np.zeros(self._shape, self._dtype))

    monkeypatch.setattr(Variable, "_initialize_with_initializer", begin)
    scaling = keraburn.initializers.VarianceScaling
    monkeypatch.setattr(scaling, "__call__", lambda self, shape, dtype=None: np.zeros(shape, dtype))


def made(network: str, **arguments: Any) -> tuple[Any, Any]:
    """Ours and Keras's, of the same layers and weights."""
    keraburn.utils.clear_session()
    keras.utils.clear_session()
    # The largest networks hold more than a gigabyte.
    gc.collect()
    arguments = {"weights": None, **arguments}
    models = []
    for package in (keraburn, keras):
        found = {key: value(package) if callable(value) else value for key, value in arguments.items()}
        models.append(getattr(package.applications, network)(**found))
    ours, theirs = models
    assert ours.name == theirs.name
    assert [(each.name, type(each).__name__) for each in ours.layers] == [
        (each.name, type(each).__name__) for each in theirs.layers
    ]
    assert [each.name for each in ours.operations] == [each.name for each in theirs.operations]
    assert [(w.path, w.shape, w.trainable) for w in ours.weights] == [
        (w.path, tuple(w.shape), w.trainable) for w in theirs.weights
    ]
    assert ours.count_params() == theirs.count_params()
    assert ours.input_shape == theirs.input_shape
    assert ours.output_shape == theirs.output_shape
    return ours, theirs


def random_value(rng: np.random.Generator, weight: Any) -> np.ndarray:
    """Numbers that neither fade nor grow on the way through many layers."""
    if weight.dtype != "float32":
        return np.zeros(weight.shape, weight.dtype)
    if "kernel" in weight.name:
        inputs = np.prod(weight.shape[: 2 if "depthwise" in weight.name else -1])
        return rng.standard_normal(weight.shape, dtype="float32") * np.float32(np.sqrt(2 / inputs))
    low, high = (0.8, 1.2) if weight.name.endswith(("gamma", "variance")) else (-0.1, 0.1)
    return rng.uniform(low, high, weight.shape).astype("float32")


def give_weights(ours: Any, theirs: Any) -> None:
    rng = np.random.default_rng(0)
    for mine, other in zip(ours.weights, theirs.weights, strict=True):
        value = random_value(rng, mine)
        mine.assign(value)
        other.assign(value)
    for layer in theirs.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def outputs_of_keras(model: Any, x: np.ndarray) -> np.ndarray:
    import jax

    trainable = [each.value for each in model.trainable_variables]
    rest = [each.value for each in model.non_trainable_variables]
    step = jax.jit(lambda *state: model.stateless_call(*state, training=False)[0])
    return np.asarray(step.lower(trainable, rest, x).compile(compiler_options=QUICKLY)(trainable, rest, x))


def check(
    network: str, shape: tuple[int, ...] | None = None, size: tuple[int, int] = (32, 32), **arguments: Any
) -> None:
    """The whole of one network.

    Args:
        network: its name.
        shape: its input shape, that of an image of `size` and 3 channels if None; `()` for the network's own.
        size: of the image that it is run on.
        arguments: more of them; those that are functions are made with the package.
    """
    shape = (*size, 3) if shape is None else shape
    if shape:
        arguments["input_shape"] = shape
    ours, theirs = made(network, **arguments)
    give_weights(ours, theirs)
    scale = 255 if any(type(each).__name__ in ("Rescaling", "Normalization") for each in ours.layers) else 1
    channels = ours.input_shape[-1]
    x = (scale * np.random.default_rng(1).random((2, *size, channels))).astype("float32")
    expected = outputs_of_keras(theirs, x)
    assert np.isfinite(expected).all()
    assert expected.std() > 0
    largest = float(np.abs(expected).max())
    assert_close(ours.predict(x, verbose=0) / largest, expected / largest, network, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name in CHEAP])
def test_layers_and_weights(name):
    made(name, input_shape=(32, 32, 3), classes=7)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_outputs(name):
    size = SMALLEST.get(name, 32)
    check(name, size=(size, size), classes=10, classifier_activation=None)


def an_input(package: Any) -> Any:
    return package.Input((40, 36, 3), name="picture")


def a_part(package: Any) -> Any:
    return package.layers.Rescaling(2.0, name="doubled")(package.Input((40, 36, 3), name="picture"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("VGG16", {"include_top": False, "pooling": "max", "size": (45, 38)}),
        ("ResNet50", {"include_top": False, "pooling": "avg", "shape": (None, None, 3), "size": (47, 33)}),
        ("ResNet50V2", {"shape": (), "input_tensor": a_part, "size": (40, 36), "classes": 4, "name": "mine"}),
        ("InceptionV3", {"include_top": False, "pooling": "avg", "size": (98, 77)}),
        ("Xception", {"include_top": False, "pooling": "avg", "size": (98, 77)}),
        ("MobileNet", {"alpha": 0.5, "depth_multiplier": 2, "dropout": 0.2, "size": (57, 40), "classes": 5}),
        ("MobileNet", {"include_top": False, "pooling": "max", "shape": (), "size": (57, 40)}),
        ("MobileNetV2", {"alpha": 1.4, "size": (57, 40), "classifier_activation": "sigmoid"}),
        ("MobileNetV2", {"shape": (), "input_tensor": an_input, "size": (40, 36), "include_top": False}),
        ("MobileNetV2", {"alpha": 0.35, "include_top": False, "pooling": "avg", "shape": (None, None, 3)}),
        ("MobileNetV3Small", {"minimalistic": True, "alpha": 1.3, "size": (57, 40), "dropout_rate": 0.0}),
        ("MobileNetV3Large", {"minimalistic": True, "include_top": False, "pooling": "max", "size": (57, 40)}),
        ("MobileNetV3Small", {"shape": (), "size": (57, 40), "include_preprocessing": False, "name": None}),
        ("MobileNetV3Small", {"shape": (), "input_tensor": an_input, "size": (40, 36), "alpha": 0.75}),
        ("EfficientNetB0", {"include_top": False, "pooling": "max", "size": (45, 38)}),
        ("EfficientNetV2B0", {"include_top": False, "pooling": "avg", "size": (45, 38)}),
        ("EfficientNetV2B0", {"include_preprocessing": False, "classes": 3}),
        ("EfficientNetV2B1", {"shape": (45, 38, 1), "size": (45, 38), "classes": 3}),
        ("NASNetMobile", {"include_top": False, "pooling": "max", "size": (57, 40)}),
        ("ConvNeXtTiny", {"include_top": False, "pooling": "avg", "include_preprocessing": False, "size": (45, 38)}),
        ("ConvNeXtTiny", {"include_top": False, "shape": (45, 38, 1), "size": (45, 38), "name": "mine"}),
        ("ConvNeXtTiny", {"shape": (), "input_tensor": an_input, "size": (40, 36), "classes": 4}),
    ],
)
def test_arguments(name, arguments):
    check(name, **arguments)


@pytest.fixture
def asked(monkeypatch):
    """The files that are asked for: ours, Keras's. Nothing is fetched, and no weights are loaded."""
    from keras.src.utils import file_utils

    found: tuple[list[Any], list[Any]] = ([], [])

    def note(files: list[Any]) -> Any:
        def get_file(name, origin, cache_subdir=None, file_hash=None):
            files.append((name, origin, cache_subdir, file_hash))
            return "file"

        return get_file

    monkeypatch.setattr("keraburn.applications.files.get_file", note(found[0]))
    monkeypatch.setattr(file_utils, "get_file", note(found[1]))
    for model in (keraburn.Model, keras.Model):
        monkeypatch.setattr(model, "load_weights", lambda self, path: None)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("include_top", [True, False])
@pytest.mark.parametrize(
    "name",
    [
        *("ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2B0", "InceptionResNetV2"),
        *("InceptionV3", "MobileNet", "MobileNetV2", "MobileNetV3Small", "NASNetMobile", "ResNet50", "ResNet50V2"),
        *("VGG16", "Xception"),
    ],
)
@pytest.mark.filterwarnings("ignore:`input_shape` is undefined")
def test_files_of_trained_weights(name, include_top, asked):
    made(name, weights="imagenet", include_top=include_top)
    assert len(asked[0]) == 1
    assert asked[0] == asked[1]


@pytest.mark.filterwarnings("ignore:`input_shape` is undefined")
def test_hashes_of_trained_weights(monkeypatch):
    """Each stands in Keras's source, that of the file with the top before the other."""
    sources = pathlib.Path(keras.__file__).parent.joinpath("src", "applications").glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    files: list[Any] = []

    def assemble_nothing(file: Any) -> str:
        files.append(file)
        raise OSError

    monkeypatch.setattr("keraburn.applications.assembling.fetch", assemble_nothing)
    for name in NETWORKS:
        for include_top in (True, False):
            with pytest.raises(OSError):
                getattr(keraburn.applications, name)(include_top=include_top)
    pairs = list(zip(files[::2], files[1::2], strict=True))
    assert len(pairs) == len(NETWORKS)
    for first, second in pairs:
        if first.file_hash is not None:
            assert 0 < text.index(first.file_hash) < text.index(second.file_hash), first.url


@pytest.mark.slow
def test_outputs_with_what_trained_weights_need(asked):
    """EfficientNet has one more layer then."""
    check("EfficientNetB0", weights="imagenet", include_top=False, pooling="avg")
    assert asked[0] == asked[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("EfficientNetB0", "h5"),
        ("EfficientNetB0", "weights.h5"),
        ("ConvNeXtTiny", "h5"),
        ("ConvNeXtTiny", "weights.h5"),
        ("ConvNeXtTiny", "keras"),
        ("InceptionResNetV2", "h5"),
        ("MobileNetV2", "weights alone"),
    ],
)
def test_files_of_keras(name, ending, tmp_path):
    size = SMALLEST.get(name, 32)
    shape = (size, size, 3)
    ours, theirs = made(name, input_shape=shape, classes=3)
    give_weights(ours, theirs)
    expected = ours.get_weights()
    path = tmp_path / f"network.{'h5' if ending == 'weights alone' else ending}"
    if ending == "weights alone":
        # As the trained weights are written.
        import h5py
        from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

        with h5py.File(path, "w") as file:
            save_weights_to_hdf5_group(file, theirs)
    else:
        theirs.save_weights(path) if ending == "weights.h5" else theirs.save(path)
    # Layers without names are counted from here again.
    keraburn.utils.clear_session()
    if ending == "keras":
        again = keraburn.saving.load_model(path)
    else:
        again = getattr(keraburn.applications, name)(weights=path, input_shape=shape, classes=3)
    assert [each.name for each in again.layers] == [each.name for each in ours.layers]
    for weight, value in zip(again.weights, expected, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value, err_msg=weight.path)


def test_layers_in_files_of_both(tmp_path):
    """Those that only networks use, from here to Keras and back."""
    from keras.src.applications.convnext import LayerScale
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

    image = keras.Input((3,))
    outputs = CustomScaleLayer(0.1)([image, LayerScale(0.5, 3)(image)])
    theirs = keras.Model(image, outputs)
    theirs.set_weights([np.array([1.0, 2.0, 3.0])])
    theirs.save(tmp_path / "theirs.keras")
    ours = keraburn.saving.load_model(tmp_path / "theirs.keras")
    ours.save(tmp_path / "ours.keras")
    back = keras.saving.load_model(tmp_path / "ours.keras")
    x = np.array([[1.0, 1.0, 1.0]])
    for model in (theirs, ours, back):
        np.testing.assert_allclose(model.predict(x, verbose=0), [[1.1, 1.2, 1.3]], rtol=1e-6)


@pytest.mark.parametrize("data_format", [None, "channels_last", "channels_first"])
@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("shape", [(3, 5, 3), (2, 3, 5, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_preprocess_input(mode, data_format, shape, dtype):
    x = np.random.default_rng(0).integers(0, 256, shape).astype(dtype)
    x = np.moveaxis(x, -1, -3).copy() if data_format == "channels_first" else x
    mine, other = x.copy(), x.copy()
    ours = keraburn.applications.imagenet_utils.preprocess_input(mine, data_format, mode)
    theirs = keras.applications.imagenet_utils.preprocess_input(other, data_format, mode)
    assert isinstance(ours, np.ndarray)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-4)
    # What is written over, and what is not.
    np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-4)
    tensor = keraburn.ops.convert_to_tensor(x)
    value = keraburn.applications.imagenet_utils.preprocess_input(tensor, data_format, mode)
    assert_close(value, theirs, mode, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    "module",
    [
        *("convnext", "densenet", "efficientnet", "efficientnet_v2", "inception_resnet_v2", "inception_v3"),
        *("mobilenet", "mobilenet_v2", "mobilenet_v3", "nasnet", "resnet", "resnet50", "resnet_v2", "vgg16"),
        *("vgg19", "xception"),
    ],
)
def test_preprocess_input_of_modules(module):
    x = np.random.default_rng(0).uniform(0, 255, (2, 3, 5, 3)).astype("float32")
    ours, theirs = getattr(keraburn.applications, module), getattr(keras.applications, module)
    assert set(dir(theirs)) - {name for name in dir(theirs) if name.startswith("_")} <= set(dir(ours))
    assert_close(ours.preprocess_input(x.copy()), theirs.preprocess_input(x.copy()), module, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("VGG16", {"weights": "imagnet"}),
        ("ResNet50", {"weights": "imagenet", "classes": 10}),
        ("ResNet50", {"weights": "imagenet", "input_shape": (64, 64, 3)}),
        ("ResNet50", {"weights": None, "input_shape": (31, 64, 3)}),
        ("ResNet50", {"weights": None, "input_shape": (64, 64)}),
        ("ResNet50", {"weights": None, "input_shape": (None, None, 3)}),
        ("ResNet50", {"weights": "imagenet", "include_top": False, "input_shape": (64, 64, 1)}),
        ("ResNet50", {"weights": "imagenet", "classifier_activation": "relu"}),
        ("Xception", {"weights": None, "input_shape": (70, 71, 3)}),
        ("InceptionV3", {"weights": None, "input_shape": (74, 75, 3)}),
        ("MobileNet", {"weights": "imagenet", "alpha": 0.3}),
        ("MobileNet", {"weights": "imagenet", "depth_multiplier": 2}),
        ("MobileNetV2", {"weights": "imagenet", "alpha": 0.3}),
        ("MobileNetV2", {"weights": None, "input_tensor": an_input, "input_shape": (64, 64, 3)}),
        ("MobileNetV3Small", {"weights": "imagenet", "alpha": 0.5}),
        ("MobileNetV3Large", {"weights": "imagenet", "alpha": 0.75, "minimalistic": True}),
        ("MobileNetV3Large", {"weights": None, "input_shape": (31, 31, 3)}),
        ("NASNetMobile", {"weights": "imagenet", "include_top": False, "input_shape": (None, None, 3)}),
    ],
)
@pytest.mark.filterwarnings("ignore:`input_shape` is undefined")
def test_errors(name, arguments):
    for package in (keras, keraburn):
        found = {key: value(package) if callable(value) else value for key, value in arguments.items()}
        with pytest.raises(ValueError):
            getattr(package.applications, name)(**found)


@pytest.mark.parametrize("name", ["DenseNet121", "NASNetMobile", "ConvNeXtTiny"])
def test_networks_that_know_one_format(name):
    for package in (keras, keraburn):
        package.config.set_image_data_format("channels_first")
        try:
            with pytest.raises(ValueError, match="channels_first"):
                getattr(package.applications, name)(weights=None)
        finally:
            package.config.set_image_data_format("channels_last")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [("MobileNetV2", {}), ("EfficientNetB0", {}), ("EfficientNetV2B0", {}), ("MobileNetV3Small", {}), ("Xception", {})],
)
def test_channels_first(name, arguments):
    """Layers and weights; JAX computes no such convolutions on CPUs."""
    for package in (keras, keraburn):
        package.config.set_image_data_format("channels_first")
    try:
        size = SMALLEST.get(name, 32)
        ours, _ = made(name, input_shape=(3, size, size), classes=5)
        assert ours.predict(np.zeros((1, 3, size, size), "float32"), verbose=0).shape == (1, 5)
    finally:
        for package in (keras, keraburn):
            package.config.set_image_data_format("channels_last")
