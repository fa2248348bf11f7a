"""Layers of strings and hashes give what Keras gives on TensorFlow: values, dtypes, vocabularies and configs."""

from __future__ import annotations

import json

import numpy as np
import pytest

import keraburn as keras
from tests.layers.text_cases import CASES, FACTS, answers, name_of

KNOWN = json.loads(FACTS.read_text(encoding="utf-8"))


def test_every_case_is_known():
    names = [name_of(case) for case in CASES]
    assert len(names) == len(set(names)) > 50
    assert set(names) == set(KNOWN)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_answers_are_those_of_keras(case):
    ours, theirs = answers(keras.layers, case), KNOWN[name_of(case)]
    for mine, known in zip(ours.pop("outputs"), theirs["outputs"], strict=True):
        assert mine[:2] == known[:2]
        np.testing.assert_allclose(mine[2], known[2], rtol=1e-6)
    assert ours == {key: value for key, value in theirs.items() if key != "outputs"}


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_symbols_have_the_shapes_of_values(case):
    name, arguments, corpus, inputs = case
    layer = getattr(keras.layers, name)(**arguments)
    if corpus is not None:
        layer.adapt(corpus)
    for each in inputs:
        parts = [np.asarray(part) for part in (each if name == "HashedCrossing" else [each])]
        if any(part.ndim == 0 for part in parts) or parts[0].size == 0:
            continue
        symbols = [keras.Input(p.shape[1:], dtype="string" if p.dtype.kind == "U" else p.dtype) for p in parts]
        symbol = layer(symbols if name == "HashedCrossing" else symbols[0])
        shape = layer(each).shape
        # A vector of one row of strings has no rows.
        if len(symbol.shape) == len(shape):
            assert all(known in (None, size) for known, size in zip(symbol.shape, shape, strict=True))
