"""`keras.ops.image`: functions of images and of batches of images."""

from __future__ import annotations

from keraburn import _deferred

with _deferred.Imports(globals()):
    from keraburn.ops.image.borders import crop_images as crop_images
    from keraburn.ops.image.borders import pad_images as pad_images
    from keraburn.ops.image.colors import hsv_to_rgb as hsv_to_rgb
    from keraburn.ops.image.colors import rgb_to_grayscale as rgb_to_grayscale
    from keraburn.ops.image.colors import rgb_to_hsv as rgb_to_hsv
    from keraburn.ops.image.elastic import elastic_transform as elastic_transform
    from keraburn.ops.image.filters import gaussian_blur as gaussian_blur
    from keraburn.ops.image.filters import sobel_edges as sobel_edges
    from keraburn.ops.image.geometry import affine_transform as affine_transform
    from keraburn.ops.image.geometry import perspective_transform as perspective_transform
    from keraburn.ops.image.patches import extract_patches as extract_patches
    from keraburn.ops.image.patches import extract_patches_3d as extract_patches_3d
    from keraburn.ops.image.resizing import resize as resize
    from keraburn.ops.image.resizing import scale_and_translate as scale_and_translate
    from keraburn.ops.image.sampling import map_coordinates as map_coordinates
    from keraburn.ops.image.similarity import ssim as ssim
