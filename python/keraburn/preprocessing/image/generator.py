"""ImageDataGenerator: what changes images, and makes batches of them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import config
from keraburn.preprocessing.image import draws
from keraburn.preprocessing.image.affine import apply_affine_transform, drawn_zoom, flip_axis
from keraburn.preprocessing.image.array_iterator import NumpyArrayIterator
from keraburn.preprocessing.image.colors import apply_channel_shift, brightened
from keraburn.preprocessing.image.directory_iterator import DirectoryIterator
from keraburn.preprocessing.image.table_iterator import DataFrameIterator


class ImageDataGenerator:
    """Batches of images that are changed at random and standardized, made by numpy, SciPy and Pillow.

    Args:
        featurewise_center: whether the mean of the data that `fit` saw is taken off each channel.
        samplewise_center: whether the mean of an image is taken off it.
        featurewise_std_normalization: whether each channel is divided by its standard deviation in that data.
        samplewise_std_normalization: whether an image is divided by its standard deviation.
        zca_whitening: whether pixels are made uncorrelated by what `fit` found: `x U diag(sqrt(n) / (s + epsilon)) U'`,
            with the singular values `s` and vectors `U` of the data.
        zca_epsilon: the epsilon of that.
        rotation_range: degrees that images are turned by at most.
        width_shift_range: how far they are moved to the sides: a part of the width if below 1, else pixels; below a
            whole number, or one of a list of numbers.
        height_shift_range: how far they are moved up and down, likewise.
        brightness_range: between which two factors their brightness changes.
        shear_range: degrees that they are sheared by at most.
        zoom_range: between which two factors rows and columns are seen; `1 - zoom_range` and `1 + zoom_range` for one
            number.
        channel_shift_range: what is added to all channels at most.
        fill_mode: what is seen outside of an image: "nearest", "constant", "reflect" or "wrap".
        cval: what is seen there with "constant".
        horizontal_flip: whether half of the images are mirrored from left to right.
        vertical_flip: whether half of the images are mirrored from top to bottom.
        rescale: what images are multiplied with; None or 0 for nothing.
        preprocessing_function: called for each image after it was resized and changed, before it is standardized.
        data_format: `"channels_last"` or `"channels_first"`; the setting if None.
        validation_split: part of the data that is held out.
        interpolation_order: of the splines between pixels, from 0 to 5.
        dtype: of the images; `config.floatx()` if None.

    Raises:
        ValueError: if a range is none, or `data_format` or `validation_split` are not possible.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> images, labels = np.arange(48.0).reshape(3, 4, 4, 1), np.array([0, 1, 0])
    >>> generator = keras.preprocessing.image.ImageDataGenerator(horizontal_flip=True, rescale=1 / 47)
    >>> batches = generator.flow(images, labels, batch_size=2, shuffle=False)
    >>> for index in range(len(batches)):
    ...     x, y = batches[index]
    ...     print(x.shape, x.max().round(2), y)
    (2, 4, 4, 1) 0.66 [0 1]
    (1, 4, 4, 1) 1.0 [0]
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[np.ndarray], np.ndarray] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        self.shear_range = shear_range
        self.channel_shift_range = channel_shift_range
        self.fill_mode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = preprocessing_function
        self.dtype = config.floatx() if dtype is None else dtype
        self.interpolation_order = interpolation_order
        self.data_format = config.image_data_format() if data_format is None else data_format
        if self.data_format not in ("channels_last", "channels_first"):
            raise ValueError(
                '`data_format` should be `"channels_last"` (channel after row and column) or `"channels_first"` '
                f"(channel before row and column). Received: {data_format}"
            )
        axes = (1, 2, 3) if self.data_format == "channels_first" else (3, 1, 2)
        self.channel_axis, self.row_axis, self.col_axis = axes
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(f"`validation_split` must be strictly between 0 and 1.  Received: {validation_split}")
        self._validation_split = validation_split
        self.mean: np.ndarray | None = None
        self.std: np.ndarray | None = None
        self.zca_whitening_matrix: np.ndarray | None = None
        if isinstance(zoom_range, (float, int)):
            self.zoom_range = [1 - zoom_range, 1 + zoom_range]
        elif len(zoom_range) == 2 and all(isinstance(factor, (float, int)) for factor in zoom_range):
            self.zoom_range = [zoom_range[0], zoom_range[1]]
        else:
            raise ValueError(f"`zoom_range` should be a float or a tuple or list of two floats. Received: {zoom_range}")
        if brightness_range is not None and not (
            isinstance(brightness_range, (tuple, list)) and len(brightness_range) == 2
        ):
            raise ValueError(f"`brightness_range should be tuple or list of two floats. Received: {brightness_range}")
        self.brightness_range = brightness_range
        if zca_whitening:
            self._overrule("zca_whitening", "featurewise_center", True)
            self._overrule("zca_whitening", "featurewise_std_normalization", False)
        if featurewise_std_normalization:
            self._overrule("featurewise_std_normalization", "featurewise_center", True)
        if samplewise_std_normalization:
            self._overrule("samplewise_std_normalization", "samplewise_center", True)

    def _overrule(self, chosen: str, setting: str, value: bool) -> None:
        """Set what another setting needs, with a warning if the user said something else."""
        if bool(getattr(self, setting)) != value:
            setattr(self, setting, value)
            warnings.warn(
                f"This ImageDataGenerator specifies `{chosen}`, which overrides setting of `{setting}`.", stacklevel=4
            )

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Batches of the images of an array; the arguments are those of `NumpyArrayIterator`."""
        return NumpyArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            ignore_class_split=ignore_class_split,
            subset=subset,
            dtype=self.dtype,
        )

    def flow_from_directory(
        self,
        directory: Any,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Batches of the images in folders; the arguments are those of `DirectoryIterator`."""
        return DirectoryIterator(
            directory,
            self,
            target_size=target_size,
            color_mode=color_mode,
            keep_aspect_ratio=keep_aspect_ratio,
            classes=classes,
            class_mode=class_mode,
            data_format=self.data_format,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            follow_links=follow_links,
            subset=subset,
            interpolation=interpolation,
            dtype=self.dtype,
        )

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: Any = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **kwargs: Any,
    ) -> DataFrameIterator:
        """Batches of the images that a table names; the arguments are those of `DataFrameIterator`.

        Those of earlier versions, `has_ext`, `sort` and `drop_duplicates`, are not used.
        """
        for name in ("has_ext", "sort", "drop_duplicates"):
            if name in kwargs:
                warnings.warn(f"{name} is deprecated, and not used.", DeprecationWarning, stacklevel=2)
        if class_mode == "other":
            warnings.warn(
                '`class_mode="other"` is deprecated, please use `class_mode="raw"`.', DeprecationWarning, stacklevel=2
            )
            class_mode = "raw"
        return DataFrameIterator(
            dataframe,
            directory,
            self,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            data_format=self.data_format,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
            interpolation=interpolation,
            validate_filenames=validate_filenames,
            dtype=self.dtype,
        )

    def standardize(self, x: np.ndarray) -> np.ndarray:
        """Images rescaled, centered, normalized and whitened as the settings say; floats are changed in place.

        Args:
            x: an image, or several.
        """
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        x = np.asarray(x)
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + 1e-6
        if self.featurewise_center and self._is_fitted("featurewise_center", self.mean):
            x -= self.mean
        if self.featurewise_std_normalization and self._is_fitted("featurewise_std_normalization", self.std):
            x /= np.asarray(self.std) + 1e-6
        if self.zca_whitening and self._is_fitted("zca_whitening", self.zca_whitening_matrix):
            flat = x.reshape(-1, math.prod(x.shape[-3:]))
            x = np.reshape(flat @ self.zca_whitening_matrix, x.shape)
        return x

    @staticmethod
    def _is_fitted(setting: str, found: np.ndarray | None) -> bool:
        if found is None:
            warnings.warn(
                f"This ImageDataGenerator specifies `{setting}`, but it hasn't been fit on any training data. Fit it "
                "first by calling `.fit(numpy_data)`.",
                stacklevel=3,
            )
        return found is not None

    def get_random_transform(self, img_shape: Any, seed: int | None = None) -> dict[str, Any]:
        """What happens to one image, drawn at random.

        Args:
            img_shape: the shape of the image.
            seed: of the random numbers; numpy's own generator is used if None.

        Returns:
            The arguments of `apply_transform`.
        """
        with draws.drawing_from(draws.current() if seed is None else draws.seeded(seed)):
            source = draws.current()
            theta = source.uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
            tx = _drawn_shift(self.height_shift_range, img_shape[self.row_axis - 1])
            ty = _drawn_shift(self.width_shift_range, img_shape[self.col_axis - 1])
            shear = source.uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
            zx, zy = drawn_zoom(self.zoom_range)
            flip_horizontal = (source.random() < 0.5) * self.horizontal_flip
            flip_vertical = (source.random() < 0.5) * self.vertical_flip
            shift = self.channel_shift_range
            intensity = source.uniform(-shift, shift) if shift != 0 else None
            brightness = source.uniform(*self.brightness_range) if self.brightness_range is not None else None
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flip_horizontal,
            "flip_vertical": flip_vertical,
            "channel_shift_intensity": intensity,
            "brightness": brightness,
        }

    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray:
        """An image turned, moved, sheared and zoomed, then with other colours and mirrored.

        Args:
            x: one image.
            transform_parameters: `theta`, `tx`, `ty`, `shear`, `zx`, `zy` (as of `apply_affine_transform`),
                `channel_shift_intensity`, `flip_horizontal`, `flip_vertical` and `brightness`; what is not there
                changes nothing.
        """
        rows, columns, channels = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        chosen = transform_parameters
        x = apply_affine_transform(
            x,
            **{name: chosen.get(name, 0) for name in ("theta", "tx", "ty", "shear")},
            **{name: chosen.get(name, 1) for name in ("zx", "zy")},
            row_axis=rows,
            col_axis=columns,
            channel_axis=channels,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if chosen.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, chosen["channel_shift_intensity"], channels)
        if chosen.get("flip_horizontal", False):
            x = flip_axis(x, columns)
        if chosen.get("flip_vertical", False):
            x = flip_axis(x, rows)
        if chosen.get("brightness") is not None:
            x = brightened(x, chosen["brightness"], False, self.data_format)
        return x

    def random_transform(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """An image changed by what `get_random_transform` draws with this seed."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Find the means, standard deviations and the whitening matrix of some data, as far as settings need them.

        Args:
            x: images of four dimensions.
            augment: whether they are changed at random before.
            rounds: how often each image is changed then.
            seed: as of `get_random_transform`.

        Raises:
            ValueError: if `x` has another rank.
        """
        x = np.array(x, dtype=self.dtype)
        if x.ndim != 4:
            raise ValueError(f"Input to `.fit()` should have rank 4. Got array with shape: {x.shape}")
        channels = x.shape[self.channel_axis]
        if channels not in (1, 3, 4):
            warnings.warn(
                f'Expected input to be images (as Numpy array) following the data format convention "'
                f'{self.data_format}" (channels on axis {self.channel_axis}), i.e. expected either 1, 3 or 4 channels '
                f"on axis {self.channel_axis}. However, it was passed an array with shape {x.shape} ({channels} "
                "channels).",
                stacklevel=2,
            )
        if self.rescale:
            x *= self.rescale
        if augment:
            with draws.drawing_from(draws.current() if seed is None else draws.seeded(seed)):
                x = np.array([self.random_transform(image) for _ in range(rounds) for image in x], dtype=self.dtype)
        axes = (0, self.row_axis, self.col_axis)
        shape = [1, 1, 1]
        shape[self.channel_axis - 1] = channels
        if self.featurewise_center:
            self.mean = x.mean(axis=axes).reshape(shape)
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = x.std(axis=axes).reshape(shape)
            x /= self.std + 1e-6
        if self.zca_whitening:
            vectors, values, _ = np.linalg.svd(x.reshape(len(x), -1).T, full_matrices=False)
            self.zca_whitening_matrix = (vectors * (np.sqrt(len(x)) / (values + self.zca_epsilon))) @ vectors.T


def _drawn_shift(amount: Any, length: int) -> float:
    """How far an image is moved along an axis of some length."""
    if not (len(amount) if np.ndim(amount) else amount):
        return 0
    source = draws.current()
    if np.ndim(amount) or isinstance(amount, (int, np.integer)):
        shift = source.choice(amount) * source.choice([-1, 1])
    else:
        shift = source.uniform(-amount, amount)
    return shift * length if np.max(amount) < 1 else shift
