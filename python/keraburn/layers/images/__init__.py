"""Layers that change images, for preprocessing and augmentation."""
