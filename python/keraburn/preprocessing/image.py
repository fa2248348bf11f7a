"""`keras.preprocessing.image`: images between files, Pillow's objects and arrays."""

from __future__ import annotations

from keraburn.utils.images import array_to_img as array_to_img
from keraburn.utils.images import img_to_array as img_to_array
from keraburn.utils.images import load_img as load_img
from keraburn.utils.images import save_img as save_img
