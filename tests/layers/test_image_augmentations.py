"""RandAugment and AugMix: which changes are chosen, how they are put together, how they are called."""

import numpy as np
import pytest

import keraburn as keras

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 7, 3)).astype("float32")
MASKS = np.random.default_rng(1).integers(0, 3, (3, 8, 7, 1)).astype("uint8")
NAMES = ["RandAugment", "AugMix"]


@pytest.mark.parametrize("name", NAMES)
def test_calls(name):
    cls = getattr(keras.layers, name)
    layer = cls(seed=1)
    for data in (IMAGES, IMAGES[0], IMAGES.astype("uint8")):
        assert layer(data, training=True).shape == data.shape
        np.testing.assert_array_equal(layer(data, training=False).numpy(), data)
    config = layer.get_config()
    assert cls.from_config(config).get_config() == config
    assert keras.layers.deserialize(keras.layers.serialize(layer)).get_config() == config
    assert cls(dtype="mixed_float16")(IMAGES, training=True).dtype == "float16"
    first = cls(data_format="channels_first")
    assert first(IMAGES.transpose(0, 3, 1, 2), training=True).shape == (3, 3, 8, 7)
    found = layer({"images": IMAGES, "labels": np.eye(3), "segmentation_masks": MASKS}, training=True)
    assert found["segmentation_masks"].shape == MASKS.shape
    np.testing.assert_array_equal(found["labels"].numpy(), np.eye(3))


@pytest.mark.parametrize("name", NAMES)
def test_seeds(name):
    first, second, other = (getattr(keras.layers, name)(seed=seed) for seed in (5, 5, 6))
    draws = [first(IMAGES, training=True).numpy() for _ in range(3)]
    np.testing.assert_array_equal(draws, [second(IMAGES, training=True).numpy() for _ in range(3)])
    assert any((draw != draws[0]).any() for draw in draws[1:])
    assert any((other(IMAGES, training=True).numpy() != draw).any() for draw in draws)


@pytest.mark.parametrize("number", range(11))
def test_the_chosen_layer_runs(number):
    """As the layer does alone, in each of two turns, on values and traced."""
    augment = keras.layers.RandAugment(seed=3, factor=0.3)
    drawn = augment.get_random_transformation({"images": IMAGES})
    name = augment._AUGMENT_LAYERS[number]
    layer, given = getattr(augment, name), drawn["transforms"][name]
    chosen = {**drawn, "layer_idxes": np.array([number, number], "int32")}
    expected, masks = IMAGES, MASKS
    for _ in range(2):
        expected = layer.transform_images(expected, given)
        masks = layer.transform_segmentation_masks(masks, given)
    np.testing.assert_array_equal(augment.transform_images(IMAGES, chosen).numpy(), expected.numpy())
    found = augment.transform_segmentation_masks(MASKS, chosen)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(masks))


def test_all_are_chosen():
    layer = keras.layers.RandAugment(num_ops=3, seed=1)
    chosen = [layer.get_random_transformation(IMAGES)["layer_idxes"].numpy() for _ in range(60)]
    assert np.shape(chosen) == (60, 3)
    assert set(np.ravel(chosen)) == set(range(11))


def test_chains_by_hand():
    layer = keras.layers.AugMix(seed=2, num_chains=4, chain_depth=2)
    for _ in range(3):
        drawn = layer.get_random_transformation(IMAGES)
        weights, blend = drawn["chain_mixing_weights"].numpy(), float(drawn["weight_sample"])
        np.testing.assert_allclose(weights.sum(), 1, rtol=1e-5)
        assert 0 <= blend <= 1
        assert len(drawn["chain_transforms"]) == 4
        total = 0
        for weight, chain in zip(weights, drawn["chain_transforms"], strict=True):
            assert len(chain) <= 2
            changed = IMAGES
            for link in chain:
                changed = getattr(layer, link["layer_name"]).transform_images(changed, link["transformation"])
            total = total + weight * np.asarray(changed)
        expected = np.clip(blend * IMAGES + (1 - blend) * total, 0, 255)
        np.testing.assert_allclose(layer.transform_images(IMAGES, drawn).numpy(), expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("name", NAMES)
def test_training_through_them(name):
    inputs = keras.Input((8, 7, 3))
    x = getattr(keras.layers, name)(seed=1, factor=0.2)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(x / 255)))
    model.compile("sgd", "mse")
    history = model.fit(IMAGES, np.eye(3, 2), epochs=2, batch_size=3, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    augment = model.layers[1]
    pure = keras.Model(inputs, augment(inputs))
    np.testing.assert_allclose(pure.predict(IMAGES, verbose=0), IMAGES)


WRONG = [
    (lambda: keras.layers.RandAugment(factor=2), r"in the range \[0, 1\]\. Received: factor=2"),
    (lambda: keras.layers.RandAugment(num_ops=-1), "Received: num_ops=-1"),
    (lambda: keras.layers.RandAugment(value_range=3), "Received: value_range=3"),
    (lambda: keras.layers.AugMix(num_chains=0), "Received: num_chains=0"),
    (lambda: keras.layers.AugMix(chain_depth=1.5), "Received: chain_depth=1.5"),
    (lambda: keras.layers.AugMix(alpha=-1), "Received: alpha=-1"),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_wrong_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
