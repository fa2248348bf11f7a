"""What every test and every documented example starts from."""

from __future__ import annotations

import os

# Keras is the oracle of the parity tests; its backend is chosen when it is first imported.
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest

import keraburn


@pytest.fixture(autouse=True)
def _fresh_session() -> None:
    """The same names and the same random numbers, whichever tests ran before."""
    keraburn.config.clear_session()
    keraburn.utils.set_random_seed(0)
