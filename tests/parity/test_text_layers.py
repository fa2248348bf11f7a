"""Layers of strings and hashes, and text files, as Keras's own are called; its answers are in `tests/layers`."""

from __future__ import annotations

import pytest

import keraburn
from tests.parity import harness

COMPARED = {"HashedCrossing", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization"}
METHODS = {
    "adapt",
    "get_vocabulary",
    "load_assets",
    "save_assets",
    "set_vocabulary",
    "update_state",
    "vocabulary_size",
}


@pytest.mark.parametrize("name", sorted(COMPARED))
def test_signatures(name):
    ours, theirs = getattr(keraburn.layers, name), getattr(harness.keras.layers, name)
    harness.same_signature(ours, theirs)
    for method in METHODS:
        if hasattr(theirs, method):
            harness.same_signature(getattr(ours, method), getattr(theirs, method))


def test_text_files():
    name = "text_dataset_from_directory"
    harness.same_signature(getattr(keraburn.utils, name), getattr(harness.keras.utils, name))
    assert getattr(keraburn.preprocessing, name) is getattr(keraburn.utils, name)
