"""Hundreds of wrong calls: each is refused by an ordinary error that quotes what came, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.helpers import data, linear
from tests.training.wrong_calls import TABLES

ORDINARY = (ValueError, TypeError, IndexError, KeyError, AttributeError, NotImplementedError)
CALLS = [
    pytest.param(call, quoted, id=f"{table}: {name}") for table, make in TABLES.items() for name, call, quoted in make()
]


def test_the_tables_are_long():
    assert len(CALLS) > 500
    for table, make in TABLES.items():
        assert len(list(make())) > 20, table


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("call", "quoted"), CALLS)
def test_a_wrong_call_is_refused(call, quoted):
    # A panic of Rust is no Exception, and would not be caught here.
    with pytest.raises(ORDINARY) as caught:
        call()
    assert quoted in str(caught.value)


def test_wrong_calls_change_no_model():
    x, y = data(6)
    model, other = linear(metrics=["mae"]), linear(metrics=["mae"])
    for wrong in ({"x": np.ones((6, 4))}, {"y": y[:3]}, {"epochs": 1.5}, {"x": None}, {"validation_data": (x, y[:2])}):
        with pytest.raises(ORDINARY):
            model.fit(**{"x": x, "y": y, "verbose": 0, **wrong})
        for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    history = [each.fit(x, y, epochs=2, shuffle=False, verbose=0).history for each in (model, other)]
    assert history[0] == history[1]
