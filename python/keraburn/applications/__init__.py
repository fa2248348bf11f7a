"""Networks for images, with the layers and weights of Keras's; each is loaded when it is first used.

>>> import numpy as np
>>> import keraburn as keras
>>> model = keras.applications.MobileNetV2(input_shape=(32, 32, 3), weights=None, classes=10)
>>> model.predict(np.zeros((1, 32, 32, 3)), verbose=0).shape
(1, 10)
"""

from __future__ import annotations

from keraburn import _deferred

with _deferred.Imports(globals()):
    from keraburn.applications import convnext as convnext
    from keraburn.applications import densenet as densenet
    from keraburn.applications import efficientnet as efficientnet
    from keraburn.applications import efficientnet_v2 as efficientnet_v2
    from keraburn.applications import imagenet_utils as imagenet_utils
    from keraburn.applications import inception_resnet_v2 as inception_resnet_v2
    from keraburn.applications import inception_v3 as inception_v3
    from keraburn.applications import mobilenet as mobilenet
    from keraburn.applications import mobilenet_v2 as mobilenet_v2
    from keraburn.applications import mobilenet_v3 as mobilenet_v3
    from keraburn.applications import nasnet as nasnet
    from keraburn.applications import resnet as resnet
    from keraburn.applications import resnet50 as resnet50
    from keraburn.applications import resnet_v2 as resnet_v2
    from keraburn.applications import vgg16 as vgg16
    from keraburn.applications import vgg19 as vgg19
    from keraburn.applications import xception as xception
    from keraburn.applications.convnext import ConvNeXtBase, ConvNeXtLarge, ConvNeXtSmall, ConvNeXtTiny, ConvNeXtXLarge
    from keraburn.applications.densenet import DenseNet121, DenseNet169, DenseNet201
    from keraburn.applications.efficientnet import (
        EfficientNetB0,
        EfficientNetB1,
        EfficientNetB2,
        EfficientNetB3,
        EfficientNetB4,
        EfficientNetB5,
        EfficientNetB6,
        EfficientNetB7,
    )
    from keraburn.applications.efficientnet_v2 import (
        EfficientNetV2B0,
        EfficientNetV2B1,
        EfficientNetV2B2,
        EfficientNetV2B3,
        EfficientNetV2L,
        EfficientNetV2M,
        EfficientNetV2S,
    )
    from keraburn.applications.inception_resnet_v2 import InceptionResNetV2
    from keraburn.applications.inception_v3 import InceptionV3
    from keraburn.applications.mobilenet import MobileNet
    from keraburn.applications.mobilenet_v2 import MobileNetV2
    from keraburn.applications.mobilenet_v3 import MobileNetV3Large, MobileNetV3Small
    from keraburn.applications.nasnet import NASNetLarge, NASNetMobile
    from keraburn.applications.resnet import ResNet50, ResNet101, ResNet152
    from keraburn.applications.resnet_v2 import ResNet50V2, ResNet101V2, ResNet152V2
    from keraburn.applications.vgg16 import VGG16
    from keraburn.applications.vgg19 import VGG19
    from keraburn.applications.xception import Xception
