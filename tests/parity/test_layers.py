"""Every layer is Keras's: signature, config, weights, values and gradients."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import keraburn
from tests.parity import harness

CLIPPING = {"rmin": 0.5, "rmax": 0.6, "dmax": 0.1}
CASES = [
    ("MelSpectrogram", {"fft_length": 32, "sequence_stride": 8, "num_mel_bins": 6, "sampling_rate": 800}, (2, 100)),
    (
        "MelSpectrogram",
        {
            "fft_length": 32,
            "sequence_length": 20,
            "sequence_stride": 10,
            "num_mel_bins": 3,
            "window": "hamming",
            "power_to_db": False,
            "sampling_rate": 8000,
            "max_freq": 3500.0,
        },
        (2, 101),
    ),
    *(
        ("STFTSpectrogram", {"mode": mode, "frame_length": 10, "expand_dims": mode == "psd"}, (2, 40, 2))
        for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
    ),
    (
        "STFTSpectrogram",
        {
            "frame_length": 10,
            "frame_step": 3,
            "fft_length": 16,
            "padding": "same",
            "window": "hamming",
            "periodic": True,
        },
        (2, 41, 1),
    ),
    ("Dense", {"units": 4}, (3, 5)),
    ("Dense", {"units": 4, "activation": "tanh", "use_bias": False}, (3, 2, 5)),
    (
        "Dense",
        {"units": 2, "kernel_regularizer": "l2", "bias_regularizer": "l1", "activity_regularizer": "l1l2"},
        (3, 5),
    ),
    ("Activation", {"activation": "gelu"}, (3, 5)),
    ("Activation", {"activation": "softmax"}, (3, 5)),
    ("Identity", {}, (3, 5)),
    ("Lambda", {"function": lambda package: lambda x: package.ops.square(x) + 1}, (3, 5)),
    ("Masking", {"mask_value": 0.0}, (3, 4, 5)),
    ("ReLU", {}, (3, 5)),
    ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.3}, (3, 5)),
    ("LeakyReLU", {}, (3, 5)),
    ("LeakyReLU", {"negative_slope": 0.05}, (3, 5)),
    ("PReLU", {}, (3, 4, 5)),
    ("PReLU", {"shared_axes": [1], "alpha_regularizer": "l2"}, (3, 4, 5)),
    ("ELU", {}, (3, 5)),
    ("ELU", {"alpha": 0.3}, (3, 5)),
    ("Softmax", {}, (3, 4, 5)),
    ("Softmax", {"axis": 1}, (3, 4, 5)),
    ("Softmax", {"axis": [1, 2]}, (3, 4, 5)),
    ("Flatten", {}, (3, 4, 5)),
    ("Flatten", {"data_format": "channels_first"}, (3, 4, 5)),
    ("Reshape", {"target_shape": (2, -1)}, (3, 4, 5)),
    ("Permute", {"dims": (2, 3, 1)}, (3, 4, 5, 2)),
    ("RepeatVector", {"n": 3}, (3, 5)),
    ("Dropout", {"rate": 0.3}, (3, 5)),
    ("Dropout", {"rate": 0.3, "noise_shape": (None, 1)}, (3, 5)),
    ("SpatialDropout1D", {"rate": 0.3}, (3, 4, 5)),
    ("GaussianNoise", {"stddev": 0.3}, (3, 5)),
    ("GaussianDropout", {"rate": 0.3}, (3, 5)),
    ("AlphaDropout", {"rate": 0.3}, (3, 5)),
    ("ActivityRegularization", {"l1": 0.1, "l2": 0.3}, (3, 5)),
    ("Add", {}, [(3, 5), (3, 5), (3, 5)]),
    ("Add", {}, [(3, 4, 5), (3, 1, 5)]),
    ("Add", {}, [(3, 4, 5), (3, 5)]),
    ("Subtract", {}, [(3, 5), (3, 5)]),
    ("Multiply", {}, [(3, 5), (3, 5), (3, 1)]),
    ("Average", {}, [(3, 5), (3, 5), (3, 5)]),
    ("Maximum", {}, [(3, 5), (3, 5)]),
    ("Minimum", {}, [(3, 5), (3, 5), (3, 5)]),
    ("Concatenate", {}, [(3, 5), (3, 2)]),
    ("Concatenate", {"axis": 1}, [(3, 4, 2), (3, 1, 2)]),
    ("Dot", {"axes": 1}, [(3, 5), (3, 5)]),
    ("Dot", {"axes": (2, 1)}, [(3, 4, 5), (3, 5, 2)]),
    ("Dot", {"axes": (1, 2), "normalize": True}, [(3, 4, 5), (3, 2, 4)]),
    ("Dot", {"axes": -1}, [(3, 4, 5), (3, 5)]),
    ("BatchNormalization", {}, (6, 5)),
    ("BatchNormalization", {"axis": 1, "scale": False, "momentum": 0.9}, (6, 4, 5)),
    ("BatchNormalization", {"renorm": True}, (6, 5)),
    ("BatchNormalization", {"renorm": True, "renorm_clipping": CLIPPING, "center": False, "scale": False}, (6, 4, 5)),
    ("LayerNormalization", {}, (3, 4, 5)),
    ("LayerNormalization", {"axis": [1, 2], "center": False, "epsilon": 1e-5}, (3, 4, 5)),
    ("GroupNormalization", {"groups": 2}, (3, 5, 4)),
    ("GroupNormalization", {"groups": -1, "axis": 1, "center": False}, (3, 2, 5)),
    ("RMSNormalization", {}, (3, 4)),
    ("RMSNormalization", {"axis": [1, 2]}, (3, 2, 4)),
    ("UnitNormalization", {}, (3, 4)),
    ("UnitNormalization", {"axis": [1, 2]}, (3, 2, 4)),
    ("Rescaling", {"scale": 0.5, "offset": -1.0}, (3, 5)),
    ("Normalization", {"mean": [1.0, 2.0], "variance": [2.0, 0.5], "invert": True}, (3, 2)),
]
# Nothing random is in these, so that they are compared in training too.
IN_TRAINING = ("Dense", "BatchNormalization", "Lambda")


def ids(case):
    return case if isinstance(case, str) else None


@pytest.mark.parametrize(("name", "arguments", "shape"), CASES, ids=ids)
def test_layer(name, arguments, shape):
    harness.check_layer_parity(name, arguments, shape)
    if name in IN_TRAINING:
        harness.check_layer_parity(name, arguments, shape, training=True)


def test_integers():
    for name, arguments in (("Flatten", {}), ("Reshape", {"target_shape": (10,)}), ("Rescaling", {"scale": 0.1})):
        harness.check_layer_parity(name, arguments, (3, 2, 5), "int32", differentiable=False)


def test_adapted_normalization():
    data = np.random.default_rng(0).normal(2.0, 3.0, (50, 4)).astype("float32")
    for axis in (-1, None):
        ours, theirs = keraburn.layers.Normalization(axis=axis), harness.keras.layers.Normalization(axis=axis)
        assert ours.mean is theirs.mean is None
        ours.adapt(data)
        theirs.adapt(data)
        harness.assert_close(ours(data), theirs(data), f"axis={axis}")
        assert ours.mean.shape == theirs.mean.shape
        harness.assert_close(ours.mean, theirs.mean, f"axis={axis}")
        harness.assert_close(ours.variance, theirs.variance, f"axis={axis}")
        ours = keraburn.layers.Normalization(axis=axis)
        ours.adapt(iter([data[:20], data[20:25], data[25:]]))
        harness.assert_close(ours(data), theirs(data), f"axis={axis}, batches", rtol=1e-4, atol=1e-5)


def test_functions_of_merging():
    x = [np.ones((2, 3), "float32"), np.full((2, 3), 4, "float32")]
    for name in ("add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate"):
        ours, theirs = getattr(keraburn.layers, name), getattr(harness.keras.layers, name)
        harness.same_signature(ours, theirs)
        harness.assert_close(ours(x), theirs(x), name)
    harness.assert_close(keraburn.layers.dot(x, axes=1), harness.keras.layers.dot(x, axes=1), "dot")


@pytest.mark.parametrize(
    ("names", "shape"),
    [
        (("Add",), (2, 3, 1)),
        (("Maximum",), (2, 3, 1)),
        (("Multiply",), (2, 3, 1)),
        (("Concatenate",), (2, 3, 1)),
    ],
)
def test_masks_of_merging(names, shape):
    rng = np.random.default_rng(0)
    x = [(rng.normal(size=shape) * (rng.random(shape) > 0.4)).astype("float32") for _ in range(2)]
    results = []
    for package in (keraburn, harness.keras):
        masked = [package.layers.Masking()(each) for each in x]
        out = getattr(package.layers, names[0])()(masked)
        results.append((np.asarray(out), np.asarray(out._keras_mask)))
    harness.assert_close(results[0][0], results[1][0], names[0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_pipeline():
    x = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    found = []
    for package in (keraburn, harness.keras):
        steps = [package.layers.Rescaling(0.5), package.layers.Masking(), package.layers.Activation("tanh", name="t")]
        layer = package.layers.Pipeline(steps, name="steps")
        inputs = package.Input((5,))
        again = package.layers.Pipeline.from_config(layer.get_config())
        model = package.Model(inputs, again(inputs))
        found.append(
            (np.asarray(layer(x)), np.asarray(model(x)), [each.name for each in layer.layers], layer.get_config())
        )
    for mine, original in zip(found[0][:2], found[1][:2], strict=True):
        harness.assert_close(mine, original, "Pipeline")
    assert found[0][2][-1] == found[1][2][-1] == "t"
    assert found[0][3]["layers"][0]["config"]["scale"] == found[1][3]["layers"][0]["config"]["scale"]
    harness.same_signature(keraburn.layers.Pipeline, harness.keras.layers.Pipeline)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"tie_weights": False}, {"mask_zero": True, "logit_soft_cap": 0.5}, {"reverse_dtype": "float32"}],
    ids=repr,
)
def test_reversible_embedding(arguments):
    arguments = {"input_dim": 6, "output_dim": 3, "embeddings_regularizer": "l2", **arguments}
    differentiable = not arguments.get("mask_zero")
    harness.check_layer_parity("ReversibleEmbedding", arguments, (2, 4), "int32", differentiable=False)
    ours, theirs = (package.layers.ReversibleEmbedding(**arguments) for package in (keraburn, harness.keras))
    ours.build(), theirs.build()
    harness._same_weights(ours, theirs)
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    harness._check_calls(ours, theirs, x, {"reverse": True}, "reverse", differentiable)
    assert ours.compute_output_shape((None, 3), reverse=True) == (None, 6)
    if not differentiable:
        masks = [np.asarray(each(np.array([[1, 0]]))._keras_mask) for each in (ours, theirs)]
        np.testing.assert_array_equal(*masks)


def test_input_is_keras_s():
    harness.same_signature(keraburn.Input, harness.keras.Input)
    harness.same_signature(keraburn.layers.InputLayer, harness.keras.layers.InputLayer)
    harness.same_signature(keraburn.layers.InputSpec, harness.keras.layers.InputSpec)
    harness.same_signature(keraburn.Layer.__init__, harness.keras.Layer.__init__)


def test_layer_normalization_without_the_mean():
    """Only old models have it; both packages warn."""
    outputs = []
    for package in (keraburn, harness.keras):
        with pytest.warns(UserWarning, match="rms_scaling"):
            layer = package.layers.LayerNormalization(axis=[1, 2], rms_scaling=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outputs.append(layer(np.arange(12.0, dtype="float32").reshape(2, 3, 2)))
        assert [weight.name for weight in layer.weights] == ["gamma"]
        assert layer.get_config()["rms_scaling"]
    harness.assert_close(*outputs, "rms_scaling")


@pytest.mark.parametrize("clipping", [{"none": 1.0}, {"rmin": 2.0, "rmax": 1.0}, {"dmax": -1.0}])
def test_limits_of_renormalization_that_do_not_fit(clipping):
    for package in (keraburn, harness.keras):
        with pytest.raises(ValueError, match=r"renorm_clipping.*"):
            package.layers.BatchNormalization(renorm=True, renorm_clipping=clipping)
