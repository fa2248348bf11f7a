"""`keras.preprocessing.image`: images in files and arrays, and batches of them that are changed."""

from __future__ import annotations

from keraburn import _deferred

with _deferred.Imports(globals()):
    from keraburn.preprocessing.image.affine import apply_affine_transform as apply_affine_transform
    from keraburn.preprocessing.image.affine import random_rotation as random_rotation
    from keraburn.preprocessing.image.affine import random_shear as random_shear
    from keraburn.preprocessing.image.affine import random_shift as random_shift
    from keraburn.preprocessing.image.affine import random_zoom as random_zoom
    from keraburn.preprocessing.image.array_iterator import NumpyArrayIterator as NumpyArrayIterator
    from keraburn.preprocessing.image.colors import apply_brightness_shift as apply_brightness_shift
    from keraburn.preprocessing.image.colors import apply_channel_shift as apply_channel_shift
    from keraburn.preprocessing.image.colors import random_brightness as random_brightness
    from keraburn.preprocessing.image.colors import random_channel_shift as random_channel_shift
    from keraburn.preprocessing.image.directory_iterator import DirectoryIterator as DirectoryIterator
    from keraburn.preprocessing.image.generator import ImageDataGenerator as ImageDataGenerator
    from keraburn.preprocessing.image.iterator import Iterator as Iterator
    from keraburn.preprocessing.image.table_iterator import DataFrameIterator as DataFrameIterator
    from keraburn.utils.images import array_to_img as array_to_img
    from keraburn.utils.images import img_to_array as img_to_array
    from keraburn.utils.images import load_img as load_img
    from keraburn.utils.images import save_img as save_img
    from keraburn.utils.images import smart_resize as smart_resize
