"""`keras.ops.nn`: activations, crossentropies, encodings and normalizations."""

# This module lists names.
# ruff: noqa: F401

from keraburn.ops.activation import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    swish,
    tanh_shrink,
    threshold,
)
from keraburn.ops.attention import (
    dot_product_attention,
)
from keraburn.ops.blocks import depth_to_space, fold, space_to_depth, unfold
from keraburn.ops.convolution import conv, conv_transpose, depthwise_conv, separable_conv
from keraburn.ops.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from keraburn.ops.ctc import ctc_decode, ctc_loss
from keraburn.ops.encoding import (
    multi_hot,
    one_hot,
)
from keraburn.ops.normalization import (
    batch_normalization,
    layer_normalization,
    normalize,
    psnr,
    rms_normalization,
)
from keraburn.ops.pooling import adaptive_average_pool, adaptive_max_pool, average_pool, max_pool
from keraburn.ops.reduction import (
    moments,
)
