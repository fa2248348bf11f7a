"""Encodings of categories are Keras's: signatures, configs and values."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity import harness

INTEGERS = np.random.default_rng(0).integers(0, 7, (4, 3)).astype("int32")
NUMBERS = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
CASES = [
    *(("CategoryEncoding", {"num_tokens": 5, "output_mode": mode}) for mode in ("multi_hot", "one_hot", "count")),
    *(
        ("Discretization", {"bin_boundaries": [-0.5, 0.0, 0.7], "output_mode": mode})
        for mode in ("int", "multi_hot", "one_hot", "count")
    ),
]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=lambda case: case if isinstance(case, str) else None)
def test_values(name, arguments):
    cls, original = getattr(keraburn.layers, name), getattr(harness.keras.layers, name)
    harness.same_signature(cls, original)
    ours, theirs = cls(**arguments), original(**arguments)
    x = INTEGERS if name == "CategoryEncoding" else NUMBERS
    for part in (x, x[:, :1], x[0]):
        mine, expected = ours(part), theirs(part)
        assert mine.dtype == str(expected.dtype)
        harness.assert_close(mine, expected, name)
    symbols = [layer(package.Input((3,))) for layer, package in ((ours, keraburn), (theirs, harness.keras))]
    assert (symbols[0].shape, symbols[0].dtype) == (symbols[1].shape, symbols[1].dtype)
    harness.same_config(ours, theirs)


def test_adapted_bins():
    data = np.random.default_rng(1).normal(size=(500, 2)).astype("float32")
    for given in (data, [data[:130], data[130:]]):
        ours, theirs = (p.layers.Discretization(num_bins=6) for p in (keraburn, harness.keras))
        ours.adapt(given)
        # Its own `adapt` wants TensorFlow.
        theirs.reset_state()
        for batch in given if isinstance(given, list) else [given]:
            theirs.update_state(batch)
        theirs.finalize_state()
        harness.assert_close(ours.bin_boundaries, theirs.bin_boundaries, "boundaries")
