"""Layers that change images, for preprocessing and augmentation."""

from keraburn.layers.images.adaptive_histogram import ContrastLimitedAdaptiveHistogramEqualization
from keraburn.layers.images.auto_contrast import AutoContrast
from keraburn.layers.images.cut_mix import CutMix
from keraburn.layers.images.equalization import Equalization
from keraburn.layers.images.max_num_bounding_box import MaxNumBoundingBoxes
from keraburn.layers.images.mix_up import MixUp
from keraburn.layers.images.random_brightness import RandomBrightness
from keraburn.layers.images.random_color_degeneration import RandomColorDegeneration
from keraburn.layers.images.random_color_jitter import RandomColorJitter
from keraburn.layers.images.random_contrast import RandomContrast
from keraburn.layers.images.random_grayscale import RandomGrayscale
from keraburn.layers.images.random_hue import RandomHue
from keraburn.layers.images.random_invert import RandomInvert
from keraburn.layers.images.random_posterization import RandomPosterization
from keraburn.layers.images.random_saturation import RandomSaturation
from keraburn.layers.images.random_sharpness import RandomSharpness
from keraburn.layers.images.solarization import Solarization
