"""Images of another size."""

from __future__ import annotations

import numpy as np
import pytest

from keraburn.utils import resampling

IMAGE = np.random.default_rng(0).integers(0, 256, (9, 12, 3)).astype("uint8")


@pytest.mark.parametrize("method", resampling.METHODS)
@pytest.mark.parametrize("size", [(9, 12), (4, 5), (20, 31), (9, 3), (1, 1)])
def test_sizes_and_constants(method, size):
    found = resampling.resized(IMAGE, size, method)
    assert (found.shape, found.dtype) == ((*size, 3), np.float32)
    np.testing.assert_allclose(resampling.resized(np.full((9, 12, 3), 7.0), size, method), 7, rtol=1e-5)
    for channel in range(3):
        alone = resampling.resized(IMAGE[..., channel : channel + 1], size, method)
        np.testing.assert_allclose(found[..., channel : channel + 1], alone, rtol=1e-6)


def test_nearest_area_and_bilinear_by_hand():
    row = np.array([0.0, 10, 20, 40]).reshape(1, 4, 1)
    assert resampling.resized(row, (1, 2), "nearest").ravel().tolist() == [10, 40]
    assert resampling.resized(row, (1, 2), "area").ravel().tolist() == [5, 30]
    # The middle of four pixels' first half lies between the second and the third.
    assert resampling.resized(row, (1, 1), "bilinear").ravel().tolist() == [15]
    assert resampling.resized(row, (1, 8), "bilinear").ravel().tolist() == [0, 2.5, 7.5, 12.5, 17.5, 25, 35, 40]


# Three pixels of a row of six, as TensorFlow's `tf.image.resize` makes them.
ROW = np.array([3.0, 50, 200, 7, 90, 255]).reshape(1, 6, 1)
EXPECTED = {
    "nearest": [50.0, 7.0, 255.0],
    "bilinear": [26.5, 103.5, 172.5],
    "bicubic": [16.294119, 107.6875, 182.235291],
    "area": [26.5, 103.5, 172.5],
    "lanczos3": [4.860636, 113.850548, 193.337402],
    "lanczos5": [-3.300712, 119.057449, 203.741165],
    "gaussian": [26.5, 103.5, 172.5],
    "mitchellcubic": [20.677876, 105.826385, 178.053665],
}


@pytest.mark.parametrize("method", EXPECTED)
def test_values_of_tensorflow(method):
    found = resampling.resized(ROW, (1, 3), method).ravel()
    np.testing.assert_allclose(found, EXPECTED[method], rtol=1e-5)


def test_middle_and_borders():
    assert resampling.cropped(IMAGE, (4, 4)).shape == (9, 9, 3)
    np.testing.assert_array_equal(resampling.cropped(IMAGE, (4, 4)), IMAGE[:, 1:10])
    np.testing.assert_array_equal(resampling.cropped(IMAGE, (1, 4)), IMAGE[3:6])
    found = resampling.fitted(np.ones((2, 4, 1)), (6, 6), "bilinear")[..., 0]
    assert found.sum(axis=1).tolist() == [0, 6, 6, 6, 0, 0]
    assert resampling.fitted(IMAGE, (1, 40), "area").shape == (1, 40, 3)
