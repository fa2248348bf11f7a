"""`keras.ops.linalg`: norms, systems of equations and determinants."""

# This module lists names.
# ruff: noqa: F401

from keraburn.ops.elimination import cholesky, cholesky_inverse, det, inv, solve, solve_triangular
from keraburn.ops.norms import norm
