"""Layers that change images, for preprocessing and augmentation."""

from __future__ import annotations

from keraburn import _deferred

with _deferred.Imports(globals()):
    from keraburn.layers.images.adaptive_histogram import ContrastLimitedAdaptiveHistogramEqualization
    from keraburn.layers.images.aug_mix import AugMix
    from keraburn.layers.images.auto_contrast import AutoContrast
    from keraburn.layers.images.center_crop import CenterCrop
    from keraburn.layers.images.cut_mix import CutMix
    from keraburn.layers.images.equalization import Equalization
    from keraburn.layers.images.max_num_bounding_box import MaxNumBoundingBoxes
    from keraburn.layers.images.mix_up import MixUp
    from keraburn.layers.images.rand_augment import RandAugment
    from keraburn.layers.images.random_brightness import RandomBrightness
    from keraburn.layers.images.random_color_degeneration import RandomColorDegeneration
    from keraburn.layers.images.random_color_jitter import RandomColorJitter
    from keraburn.layers.images.random_contrast import RandomContrast
    from keraburn.layers.images.random_crop import RandomCrop
    from keraburn.layers.images.random_elastic_transform import RandomElasticTransform
    from keraburn.layers.images.random_erasing import RandomErasing
    from keraburn.layers.images.random_flip import RandomFlip
    from keraburn.layers.images.random_gaussian_blur import RandomGaussianBlur
    from keraburn.layers.images.random_grayscale import RandomGrayscale
    from keraburn.layers.images.random_hue import RandomHue
    from keraburn.layers.images.random_invert import RandomInvert
    from keraburn.layers.images.random_perspective import RandomPerspective
    from keraburn.layers.images.random_posterization import RandomPosterization
    from keraburn.layers.images.random_rotation import RandomRotation
    from keraburn.layers.images.random_saturation import RandomSaturation
    from keraburn.layers.images.random_sharpness import RandomSharpness
    from keraburn.layers.images.random_shear import RandomShear
    from keraburn.layers.images.random_translation import RandomTranslation
    from keraburn.layers.images.random_zoom import RandomZoom
    from keraburn.layers.images.resizing import Resizing
    from keraburn.layers.images.solarization import Solarization
