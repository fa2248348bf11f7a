"""Every operation stands in a table, or in the tests named here."""

import importlib
import inspect
import pathlib

from keraburn import ops
from tests.checks import Case

# Functions without a table's line: the file that tests them.
ELSEWHERE = {
    "bincount": "test_sorting",
    "unique": "test_sorting",
    "nonzero": "test_selection",
    "convert_to_tensor": "test_core",
    "convert_to_numpy": "test_core",
    "is_tensor": "test_core",
    "shape": "test_core",
    "dtype": "test_core",
    "ndim": "test_core",
    "size": "test_core",
    "cond": "test_core",
    "switch": "test_core",
    "while_loop": "test_core",
    "fori_loop": "test_core",
    "scan": "test_core",
    "associative_scan": "test_core",
    "map": "test_core",
    "vectorized_map": "test_core",
    "custom_gradient": "test_derivatives",
    "jvp": "test_derivatives",
    "vectorize": "test_patterns",
    "view": "test_patterns",
    "fft": "test_fourier",
    "fft2": "test_fourier",
    "ifft2": "test_fourier",
    "irfft": "test_fourier",
    "istft": "test_fourier",
    "eigh": "test_spectral",
    "svd": "test_spectral",
    "qr": "test_orthogonal",
    "ctc_loss": "test_ctc",
    "ctc_decode": "test_ctc",
}


def tables() -> dict[str, list[Case]]:
    found = {}
    for path in sorted(pathlib.Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.ops.{path.stem}")
        if hasattr(module, "CASES"):
            found[path.stem] = module.CASES
    return found


def public_functions() -> set[str]:
    return {name for name, item in vars(ops).items() if not name.startswith("_") and inspect.isfunction(item)}


def test_every_operation_is_tested():
    names = public_functions()
    assert len(names) > 280
    in_tables = {line.name for lines in tables().values() for line in lines}
    missing = sorted(names - in_tables - set(ELSEWHERE))
    assert not missing, f"no table and no test names {missing}"


def test_what_is_tested_elsewhere_is_tested_there():
    folder = pathlib.Path(__file__).parent
    for name, file in ELSEWHERE.items():
        assert f"ops.{name}" in (folder / f"{file}.py").read_text(), f"{file}.py does not call ops.{name}"


# No gradient to check: integers, truths and constants.
NOT_SMOOTH = """
all any argmax argmin argpartition argsort allclose array arange bartlett bitwise_and bitwise_invert bitwise_left_shift
bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman bincount count_nonzero digitize empty empty_like equal
eye full full_like gcd geomspace greater greater_equal hamming hanning histogram identity in_top_k isclose isfinite isin
isinf isnan isneginf isposinf isreal kaiser lcm left_shift less less_equal logical_and logical_not logical_or
logical_xor matrix_rank multi_hot nanargmax nanargmin nextafter not_equal one_hot ones ones_like right_shift
saturate_cast searchsorted signbit stop_gradient tri unravel_index zeros zeros_like
"""

# Checked by tests of their own, or composed of functions that are, and tabulated on data with NaN.
APART = """
concatenate stack hstack vstack dstack select lgamma digamma segment_max segment_min nancumprod nancumsum nanmax
nanmedian nanmin nanpercentile nanprod nanquantile nanstd
"""


def test_smooth_functions_have_their_gradients_checked():
    lines = {line.name for cases in tables().values() for line in cases}
    checked = {line.name for cases in tables().values() for line in cases if line.gradient}
    assert not sorted(lines - checked - set(NOT_SMOOTH.split()) - set(APART.split()))
