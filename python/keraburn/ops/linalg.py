"""`keras.ops.linalg`: norms, systems of equations, determinants and factors of matrices."""

# This module lists names.
# ruff: noqa: F401

from keraburn.ops.derivatives import jvp
from keraburn.ops.elimination import cholesky, cholesky_inverse, det, inv, lu_factor, solve, solve_triangular
from keraburn.ops.norms import norm
from keraburn.ops.orthogonal import qr
from keraburn.ops.spectral import eigh, lstsq, matrix_rank, pinv, svd
