"""Layers that change images, for preprocessing and augmentation."""

from keraburn.layers.images.auto_contrast import AutoContrast
from keraburn.layers.images.equalization import Equalization
from keraburn.layers.images.random_brightness import RandomBrightness
from keraburn.layers.images.random_contrast import RandomContrast
from keraburn.layers.images.random_invert import RandomInvert
from keraburn.layers.images.random_posterization import RandomPosterization
from keraburn.layers.images.random_sharpness import RandomSharpness
from keraburn.layers.images.solarization import Solarization
