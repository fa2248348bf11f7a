"""What the layers that change images share: a random transformation, applied to images and all that goes with them."""

from __future__ import annotations

from typing import Any, ClassVar

from keraburn import config, ops, random
from keraburn.layers import call as calls
from keraburn.layers.images.planned import PlannedCalls
from keraburn.layers.images.values import factor_range
from keraburn.ops.apply import describe
from keraburn.random import SeedGenerator
from keraburn.utils.bounding_boxes.dense import densify_bounding_boxes


class _Backend:
    """`ops` and `random` under the names by which the layers of users know them."""

    random = random

    def __getattr__(self, name: str) -> Any:
        return getattr(ops, name)


class BaseImagePreprocessingLayer(PlannedCalls):
    """A layer that draws a transformation for each image and applies it to images, labels, boxes and masks.

    Subclasses write `get_random_transformation`, which draws, and the `transform_...` methods, which apply what was
    drawn. A layer that draws keeps `seed` and `generator`.

    Args:
        factor: how strong, a number or two: those between which it is drawn.
        bounding_box_format: format of the boxes that come with the images, such as `"xyxy"`.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images of shape `(batch, height, width, channels)`, one without the batch, or a dict of
        `"images"` and any of `"labels"`, `"bounding_boxes"` and `"segmentation_masks"`; `training`, whether to change
        them.

    Raises:
        ValueError: if the factor is out of range, or none is taken.

    Example:

    >>> import numpy as np
    >>> from keraburn import ops
    >>> from keraburn.layers.images.base import BaseImagePreprocessingLayer
    >>> class Negative(BaseImagePreprocessingLayer):
    ...     def transform_images(self, images, transformation, training=True):
    ...         images = ops.cast(images, self.compute_dtype)
    ...         return 255 - images if training else images
    >>> Negative()(np.zeros((1, 2, 2, 3), "uint8")).numpy().max()
    np.float32(255.0)
    """

    _USE_BASE_FACTOR: ClassVar[bool] = True
    _FACTOR_BOUNDS: ClassVar[tuple[float, float]] = (-1, 1)

    backend: ClassVar[_Backend] = _Backend()

    factor: Any
    interpolation: str
    seed: int | None
    generator: SeedGenerator

    def __init__(
        self,
        factor: Any = None,
        bounding_box_format: str | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._allow_non_tensor_positional_args = True
        self.bounding_box_format = bounding_box_format
        self.data_format = config.standardize_data_format(data_format)
        if self._USE_BASE_FACTOR:
            self._set_factor(factor or 0.0)
        elif factor is not None:
            raise ValueError(
                f"Layer {type(self).__name__} does not take a `factor` argument. Received: factor={factor}"
            )

    def _set_factor(self, factor: Any) -> None:
        self.factor = factor_range(factor, self._FACTOR_BOUNDS)

    # The axes of batches of images.

    @property
    def channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else -3

    @property
    def height_axis(self) -> int:
        return -3 if self.data_format == "channels_last" else -2

    @property
    def width_axis(self) -> int:
        return -2 if self.data_format == "channels_last" else -1

    def _images_shape(self, data: Any) -> tuple[int, ...]:
        """The shape of the images, as a batch, in what `get_random_transformation` is given."""
        images = data["images"] if isinstance(data, dict) else data
        shape = tuple(images.shape)
        if len(shape) not in (3, 4):
            raise ValueError(f"Expected the input image to be rank 3 or 4. Received: inputs.shape={shape}")
        return shape if len(shape) == 4 else (1, *shape)

    def _is_batched(self, images: Any) -> bool:
        rank = len(images.shape)
        if rank not in (3, 4):
            raise ValueError(
                "Expected image tensor to have rank 3 (single image) or 4 (batch of images). "
                f"Received: data.shape={tuple(images.shape)}"
            )
        return rank == 4

    # To be written by subclasses.

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """What is to be done to each image, drawn at random; None for nothing.

        Args:
            data: what the layer is called with.
            training: whether anything is to be done.
            seed: an integer or `SeedGenerator` to draw with; the layer's own if None.
        """
        return None

    def _draw_from(self, seed: Any) -> Any:
        return self.generator if seed is None else seed

    def _uniform(self, data: Any, seed: Any, ends: Any, each: tuple[int, ...] = ()) -> Any:
        """Numbers between two, for each image, of shape `(batch, *each)`."""
        shape = (self._images_shape(data)[0], *each)
        return random.uniform(shape, ends[0], ends[1], dtype="float32", seed=self._draw_from(seed))

    def _drawn_images(self, data: Any, seed: Any) -> Any:
        """Which images are to be changed, as `factor` says: shape `(batch,)`."""
        chance = self._uniform(data, seed, self.factor)
        return self._uniform(data, seed, (0, 1)) < chance

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        """Images as `transformation` says, read between pixels by `interpolation`."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not implement `_transform_images()`.")

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """A batch of images, changed, in the layer's compute dtype.

        Args:
            images: shape `(batch, height, width, channels)`.
            transformation: from `get_random_transformation`.
            training: whether to change them.
        """
        images = ops.cast(images, self.compute_dtype)
        if training:
            images = self._transform_images(images, transformation, self.interpolation)
        return images

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        """The labels that belong to the changed images.

        Args:
            labels: of any shape that begins with the batch.
            transformation: from `get_random_transformation`.
            training: whether the images were changed.
        """
        raise NotImplementedError(f"Layer {type(self).__name__} cannot transform labels.")

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        """The boxes around what they were around before.

        Args:
            bounding_boxes: a dict of `"boxes"`, shape `(batch, boxes, 4)`, and `"labels"`, shape `(batch, boxes)`.
            transformation: from `get_random_transformation`.
            training: whether the images were changed.
        """
        raise NotImplementedError(f"Layer {type(self).__name__} cannot transform bounding boxes.")

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        """The masks that belong to the changed images.

        Args:
            segmentation_masks: shape `(batch, height, width, 1)`.
            transformation: from `get_random_transformation`.
            training: whether the images were changed.
        """
        if training:
            return self._transform_images(segmentation_masks, transformation, "nearest")
        return segmentation_masks

    # The same of one image.

    def transform_single_image(self, image: Any, transformation: Any, training: bool = True) -> Any:
        return _of_one(self.transform_images, image, transformation, training)

    def transform_single_label(self, label: Any, transformation: Any, training: bool = True) -> Any:
        return _of_one(self.transform_labels, label, transformation, training)

    def transform_single_bounding_box(self, bounding_box: Any, transformation: Any, training: bool = True) -> Any:
        batch = {key: ops.expand_dims(item, 0) for key, item in bounding_box.items()}
        boxes = self.transform_bounding_boxes(batch, transformation=transformation, training=training)
        return {key: ops.squeeze(item, 0) for key, item in boxes.items()}

    def transform_single_segmentation_mask(
        self, segmentation_mask: Any, transformation: Any, training: bool = True
    ) -> Any:
        return _of_one(self.transform_segmentation_masks, segmentation_mask, transformation, training)

    # The call.

    def __call__(self, data: Any, **kwargs: Any) -> Any:
        self._check_images(data)
        if isinstance(data, dict) and isinstance(data.get("bounding_boxes"), dict):
            # Lists of boxes are no tensors, of which a call is made.
            boxes = data["bounding_boxes"]
            if isinstance(boxes.get("boxes"), list):
                data = {**data, "bounding_boxes": densify_bounding_boxes(boxes)}
        return super().__call__(data, **kwargs)

    def _check_images(self, data: Any) -> None:
        images = data.get("images") if isinstance(data, dict) else data
        if hasattr(images, "shape") or hasattr(images, "__array__") or calls.is_numbers(images):
            return
        received = f"keys {sorted(data)}" if isinstance(data, dict) and "images" not in data else repr(images)
        if isinstance(images, (list, tuple)) and images:
            received = f"{type(images).__name__} of {type(images[0]).__name__}"
        raise ValueError(
            f"Layer '{self.name}' takes images as one tensor or array, or a dict of such with a key 'images'; images "
            f"of one size in a list can be stacked. Received: {received}"
        )

    def call(self, data: Any, training: bool = True) -> Any:
        transformation = self.get_random_transformation(data, training=training)
        if not isinstance(data, dict):
            apply = self.transform_images if self._is_batched(data) else self.transform_single_image
            return apply(ops.convert_to_tensor(data), transformation=transformation, training=training)
        batched = self._is_batched(data["images"])
        methods = {
            "images": (self.transform_images, self.transform_single_image),
            "bounding_boxes": (self.transform_bounding_boxes, self.transform_single_bounding_box),
            "labels": (self.transform_labels, self.transform_single_label),
            "segmentation_masks": (self.transform_segmentation_masks, self.transform_single_segmentation_mask),
        }
        result = dict(data)
        for key, (of_batch, of_one) in methods.items():
            if key in data:
                item = self._dense_boxes(data[key]) if key == "bounding_boxes" else ops.convert_to_tensor(data[key])
                transform = of_batch if batched else of_one
                result[key] = transform(item, transformation=transformation, training=training)
        return result

    def _dense_boxes(self, bounding_boxes: Any) -> dict[str, Any]:
        if not self.bounding_box_format:
            raise ValueError(
                "You passed an input with a 'bounding_boxes' key, but you didn't specify a bounding box format. Pass a "
                f"`bounding_box_format` argument to your {type(self).__name__} layer, e.g. "
                "`bounding_box_format='xyxy'`. "
                f"Received: bounding_box_format={self.bounding_box_format}"
            )
        return densify_bounding_boxes(bounding_boxes)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        data = args[0] if args else kwargs.get("data")
        # A dict holds several dtypes, of which a shape says nothing.
        if isinstance(data, dict):
            return describe(self.call, args, kwargs)
        return super().compute_output_spec(*args, **kwargs)

    def _shape_of_images(self, input_shape: Any) -> Any:
        """`input_shape` itself.

        Raises:
            ValueError: if it is none of an image, or of a batch of images.
        """
        if len(input_shape) not in (3, 4):
            raise ValueError(f"Expected the input image to be rank 3 or 4. Received: inputs.shape={tuple(input_shape)}")
        return input_shape

    def get_config(self) -> dict[str, Any]:
        settings = {**super().get_config(), "data_format": self.data_format}
        if self.bounding_box_format is not None:
            settings["bounding_box_format"] = self.bounding_box_format
        return settings

    def _transform_value_range(
        self, images: Any, original_range: Any, target_range: Any, dtype: str = "float32"
    ) -> Any:
        """Values of one range, such as `(0, 1)`, as those of another, such as `(0, 255)`."""
        if tuple(original_range) == tuple(target_range):
            return images
        low, high = (ops.cast(end, dtype) for end in original_range)
        target_low, target_high = (ops.cast(end, dtype) for end in target_range)
        return (ops.cast(images, dtype) - low) / (high - low) * (target_high - target_low) + target_low


def _of_one(transform: Any, item: Any, transformation: Any, training: bool) -> Any:
    batch = ops.expand_dims(item, 0)
    return ops.squeeze(transform(batch, transformation=transformation, training=training), 0)
