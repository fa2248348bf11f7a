"""`keras.ops.nn`: activations, crossentropies, encodings and normalizations."""

from keraburn.ops.activation import (
    celu as celu,
)
from keraburn.ops.activation import (
    elu as elu,
)
from keraburn.ops.activation import (
    gelu as gelu,
)
from keraburn.ops.activation import (
    glu as glu,
)
from keraburn.ops.activation import (
    hard_shrink as hard_shrink,
)
from keraburn.ops.activation import (
    hard_sigmoid as hard_sigmoid,
)
from keraburn.ops.activation import (
    hard_silu as hard_silu,
)
from keraburn.ops.activation import (
    hard_swish as hard_swish,
)
from keraburn.ops.activation import (
    hard_tanh as hard_tanh,
)
from keraburn.ops.activation import (
    leaky_relu as leaky_relu,
)
from keraburn.ops.activation import (
    log_sigmoid as log_sigmoid,
)
from keraburn.ops.activation import (
    log_softmax as log_softmax,
)
from keraburn.ops.activation import (
    relu as relu,
)
from keraburn.ops.activation import (
    relu6 as relu6,
)
from keraburn.ops.activation import (
    selu as selu,
)
from keraburn.ops.activation import (
    sigmoid as sigmoid,
)
from keraburn.ops.activation import (
    silu as silu,
)
from keraburn.ops.activation import (
    soft_shrink as soft_shrink,
)
from keraburn.ops.activation import (
    softmax as softmax,
)
from keraburn.ops.activation import (
    softplus as softplus,
)
from keraburn.ops.activation import (
    softsign as softsign,
)
from keraburn.ops.activation import (
    sparse_plus as sparse_plus,
)
from keraburn.ops.activation import (
    sparse_sigmoid as sparse_sigmoid,
)
from keraburn.ops.activation import (
    sparsemax as sparsemax,
)
from keraburn.ops.activation import (
    squareplus as squareplus,
)
from keraburn.ops.activation import (
    swish as swish,
)
from keraburn.ops.activation import (
    tanh_shrink as tanh_shrink,
)
from keraburn.ops.activation import (
    threshold as threshold,
)
from keraburn.ops.crossentropy import (
    binary_crossentropy as binary_crossentropy,
)
from keraburn.ops.crossentropy import (
    categorical_crossentropy as categorical_crossentropy,
)
from keraburn.ops.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from keraburn.ops.encoding import (
    multi_hot as multi_hot,
)
from keraburn.ops.encoding import (
    one_hot as one_hot,
)
from keraburn.ops.normalization import (
    batch_normalization as batch_normalization,
)
from keraburn.ops.normalization import (
    layer_normalization as layer_normalization,
)
from keraburn.ops.normalization import (
    normalize as normalize,
)
from keraburn.ops.normalization import (
    psnr as psnr,
)
from keraburn.ops.normalization import (
    rms_normalization as rms_normalization,
)
from keraburn.ops.reduction import (
    moments as moments,
)
