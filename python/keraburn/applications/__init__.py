"""Networks for images, with the layers and weights of Keras's; each is loaded when it is first used.

>>> import numpy as np
>>> import keraburn as keras
>>> model = keras.applications.MobileNetV2(input_shape=(32, 32, 3), weights=None, classes=10)
>>> model.predict(np.zeros((1, 32, 32, 3)), verbose=0).shape
(1, 10)
"""

from __future__ import annotations

import importlib
from typing import Any

from keraburn._names import raise_unknown

# What each module adds to the names here.
_MODULES: dict[str, tuple[str, ...]] = {
    "convnext": ("ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtSmall", "ConvNeXtTiny", "ConvNeXtXLarge"),
    "densenet": ("DenseNet121", "DenseNet169", "DenseNet201"),
    "efficientnet": tuple(f"EfficientNetB{number}" for number in range(8)),
    "efficientnet_v2": tuple(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")),
    "imagenet_utils": (),
    "inception_resnet_v2": ("InceptionResNetV2",),
    "inception_v3": ("InceptionV3",),
    "mobilenet": ("MobileNet",),
    "mobilenet_v2": ("MobileNetV2",),
    "mobilenet_v3": ("MobileNetV3Large", "MobileNetV3Small"),
    "nasnet": ("NASNetLarge", "NASNetMobile"),
    "resnet": ("ResNet101", "ResNet152", "ResNet50"),
    "resnet50": (),
    "resnet_v2": ("ResNet101V2", "ResNet152V2", "ResNet50V2"),
    "vgg16": ("VGG16",),
    "vgg19": ("VGG19",),
    "xception": ("Xception",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Networks and their modules."""
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    return raise_unknown(__name__, name, [*_MODULES, *_HOMES])


def __dir__() -> list[str]:
    return sorted([*_MODULES, *_HOMES])
