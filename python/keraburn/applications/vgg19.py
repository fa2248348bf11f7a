"""The deeper VGG."""

from __future__ import annotations

from keraburn.applications.assembling import Request, constructor
from keraburn.applications.files import tf_kernels
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.preprocessing import centered
from keraburn.applications.vgg16 import stacks
from keraburn.tensor import KerasTensor

preprocess_input = centered


@constructor(
    "vgg19", tf_kernels("vgg19", "vgg19", "cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6")
)
def VGG19(image: KerasTensor, request: Request) -> KerasTensor:
    """VGG of 19 layers with weights, for images of 224x224 (Simonyan and Zisserman, 2014, arXiv:1409.1556)."""
    return stacks(image, request, (2, 2, 4, 4, 4))
