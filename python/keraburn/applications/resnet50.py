"""ResNet50 under the name of a module of its own, as Keras has it."""

from __future__ import annotations

from keraburn.applications.resnet import ResNet50 as ResNet50
from keraburn.applications.resnet import decode_predictions as decode_predictions
from keraburn.applications.resnet import preprocess_input as preprocess_input
