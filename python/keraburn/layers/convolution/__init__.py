"""Layers of convolution."""

from keraburn.layers.convolution.depthwise import DepthwiseConv1D, DepthwiseConv2D
from keraburn.layers.convolution.plain import Conv1D, Conv2D, Conv3D
from keraburn.layers.convolution.separable import SeparableConv1D, SeparableConv2D
from keraburn.layers.convolution.transposed import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
