"""Images turned, moved, sheared and zoomed."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn.preprocessing.image import draws

_FILL_MODES = (
    *("nearest", "constant", "reflect", "wrap", "mirror"),
    *("grid-constant", "grid-mirror", "grid-wrap"),
)


def _scipy_transform() -> Any:
    try:
        from scipy.ndimage import affine_transform
    except ImportError:
        raise ImportError(
            "Could not import scipy. Turning, moving, shearing and zooming images requires SciPy: `pip install scipy`."
        ) from None
    return affine_transform


def _matrix(theta: float, tx: float, ty: float, shear: float, zx: float, zy: float) -> np.ndarray | None:
    """The product of those transformations that change something, None if none does; angles in degrees."""
    parts = []
    if theta != 0:
        angle = np.deg2rad(theta)
        parts.append([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    if tx != 0 or ty != 0:
        parts.append([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    if shear != 0:
        angle = np.deg2rad(shear)
        parts.append([[1, -np.sin(angle), 0], [0, np.cos(angle), 0], [0, 0, 1]])
    if zx != 1 or zy != 1:
        parts.append([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    if not parts:
        return None
    product = np.eye(3)
    for part in parts:
        product = product @ np.array(part)
    return product


def apply_affine_transform(
    x: Any,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> np.ndarray:
    """An image turned, moved, sheared and zoomed around its middle, in this order, by SciPy.

    Args:
        x: one image of three dimensions.
        theta: degrees to turn it by.
        tx: rows to move it by.
        ty: columns to move it by.
        shear: degrees to shear it by.
        zx: how many times as many rows are seen.
        zy: how many times as many columns are seen.
        row_axis: axis of the rows.
        col_axis: axis of the columns.
        channel_axis: axis of the channels, the first or the last.
        fill_mode: what is seen outside of the image: "nearest", "constant", "reflect" or "wrap", as SciPy has them.
        cval: what is seen there with "constant".
        order: of the splines between pixels, from 0 to 5.

    Raises:
        ImportError: if SciPy is not installed.
        ValueError: if `x` is no image, or the axes or `fill_mode` are none.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> image = np.arange(4.0).reshape(2, 2, 1)
    >>> axes = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
    >>> keras.preprocessing.image.apply_affine_transform(image, theta=90, **axes)[..., 0].round()
    array([[1., 3.],
           [0., 2.]])
    """
    axes = (row_axis, col_axis, channel_axis)
    if len(set(axes)) != 3:
        raise ValueError(f"'row_axis', 'col_axis', and 'channel_axis' must be distinct. Received: {axes}")
    if set(axes) != {0, 1, 2}:
        raise ValueError(f"Invalid axis' indices: {set(axes) - {0, 1, 2}}. Received: {axes}")
    x = np.asarray(x)
    if x.ndim != 3:
        raise ValueError(f"Input arrays must be multi-channel 2D images. Received: x of shape {x.shape}")
    if channel_axis == 1:
        raise ValueError("Channels are allowed and the first and last dimensions. Received: channel_axis=1")
    if fill_mode not in _FILL_MODES:
        raise ValueError(f"`fill_mode` should be one of {_FILL_MODES}. Received: fill_mode={fill_mode}")
    matrix = _matrix(theta, tx, ty, shear, zx, zy)
    if matrix is None:
        return x
    transform = _scipy_transform()
    middle = np.eye(3)
    middle[:2, 2] = x.shape[row_axis] / 2 - 0.5, x.shape[col_axis] / 2 - 0.5
    back = middle.copy()
    back[:2, 2] *= -1
    matrix = middle @ matrix @ back
    if col_axis > row_axis:
        # The angles count from columns to rows.
        matrix = matrix[[1, 0, 2]][:, [1, 0, 2]]
    channels = [
        transform(channel, matrix[:2, :2], matrix[:2, 2], order=order, mode=fill_mode, cval=cval)
        for channel in np.moveaxis(x, channel_axis, 0)
    ]
    return np.moveaxis(np.stack(channels), 0, channel_axis)


def flip_axis(x: Any, axis: int) -> np.ndarray:
    """An array with one axis turned around."""
    return np.flip(np.asarray(x), axis)


def random_rotation(
    x: Any,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """An image turned by up to `rg` degrees to either side; other arguments are `apply_affine_transform`'s."""
    theta = draws.current().uniform(-rg, rg)
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, theta, 0, 0, 0, 1, 1, *axes, fill_mode, cval, interpolation_order)


def random_shift(
    x: Any,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """An image moved by up to the parts `wrg` of its width and `hrg` of its height.

    Other arguments are `apply_affine_transform`'s.
    """
    x, source = np.asarray(x), draws.current()
    tx = source.uniform(-hrg, hrg) * x.shape[row_axis]
    ty = source.uniform(-wrg, wrg) * x.shape[col_axis]
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, 0, tx, ty, 0, 1, 1, *axes, fill_mode, cval, interpolation_order)


def random_shear(
    x: Any,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """An image sheared by up to `intensity` degrees; other arguments are `apply_affine_transform`'s."""
    shear = draws.current().uniform(-intensity, intensity)
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, 0, 0, 0, shear, 1, 1, *axes, fill_mode, cval, interpolation_order)


def random_zoom(
    x: Any,
    zoom_range: Any,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """An image of which `zoom_range[0]` to `zoom_range[1]` times as many rows, and columns, are seen.

    Other arguments are `apply_affine_transform`'s.

    Raises:
        ValueError: if `zoom_range` is no pair.
    """
    if len(zoom_range) != 2:
        raise ValueError(f"`zoom_range` should be a tuple or list of two floats. Received: {zoom_range}")
    zx, zy = drawn_zoom(zoom_range)
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, 0, 0, 0, 0, zx, zy, *axes, fill_mode, cval, interpolation_order)


def drawn_zoom(zoom_range: Any) -> tuple[float, float]:
    """A zoom for rows and one for columns; nothing is drawn where there is no choice."""
    if zoom_range[0] == 1 and zoom_range[1] == 1:
        return 1, 1
    zx, zy = draws.current().uniform(zoom_range[0], zoom_range[1], 2)
    return zx, zy
