"""`keras.ops.numpy`: the functions that numpy has too."""

from keraburn.ops.arithmetic import (
    add as add,
)
from keraburn.ops.arithmetic import (
    arctan2 as arctan2,
)
from keraburn.ops.arithmetic import (
    bitwise_and as bitwise_and,
)
from keraburn.ops.arithmetic import (
    bitwise_left_shift as bitwise_left_shift,
)
from keraburn.ops.arithmetic import (
    bitwise_or as bitwise_or,
)
from keraburn.ops.arithmetic import (
    bitwise_right_shift as bitwise_right_shift,
)
from keraburn.ops.arithmetic import (
    bitwise_xor as bitwise_xor,
)
from keraburn.ops.arithmetic import (
    clip as clip,
)
from keraburn.ops.arithmetic import (
    divide as divide,
)
from keraburn.ops.arithmetic import (
    divide_no_nan as divide_no_nan,
)
from keraburn.ops.arithmetic import (
    floor_divide as floor_divide,
)
from keraburn.ops.arithmetic import (
    fmax as fmax,
)
from keraburn.ops.arithmetic import (
    fmin as fmin,
)
from keraburn.ops.arithmetic import (
    fmod as fmod,
)
from keraburn.ops.arithmetic import (
    gcd as gcd,
)
from keraburn.ops.arithmetic import (
    heaviside as heaviside,
)
from keraburn.ops.arithmetic import (
    hypot as hypot,
)
from keraburn.ops.arithmetic import (
    lcm as lcm,
)
from keraburn.ops.arithmetic import (
    ldexp as ldexp,
)
from keraburn.ops.arithmetic import (
    left_shift as left_shift,
)
from keraburn.ops.arithmetic import (
    logaddexp as logaddexp,
)
from keraburn.ops.arithmetic import (
    logaddexp2 as logaddexp2,
)
from keraburn.ops.arithmetic import (
    maximum as maximum,
)
from keraburn.ops.arithmetic import (
    minimum as minimum,
)
from keraburn.ops.arithmetic import (
    mod as mod,
)
from keraburn.ops.arithmetic import (
    multiply as multiply,
)
from keraburn.ops.arithmetic import (
    nextafter as nextafter,
)
from keraburn.ops.arithmetic import (
    power as power,
)
from keraburn.ops.arithmetic import (
    right_shift as right_shift,
)
from keraburn.ops.arithmetic import (
    subtract as subtract,
)
from keraburn.ops.arithmetic import (
    true_divide as true_divide,
)
from keraburn.ops.core import (
    ndim as ndim,
)
from keraburn.ops.core import (
    size as size,
)
from keraburn.ops.creation import (
    arange as arange,
)
from keraburn.ops.creation import (
    array as array,
)
from keraburn.ops.creation import (
    bartlett as bartlett,
)
from keraburn.ops.creation import (
    blackman as blackman,
)
from keraburn.ops.creation import (
    empty as empty,
)
from keraburn.ops.creation import (
    empty_like as empty_like,
)
from keraburn.ops.creation import (
    full as full,
)
from keraburn.ops.creation import (
    full_like as full_like,
)
from keraburn.ops.creation import (
    geomspace as geomspace,
)
from keraburn.ops.creation import (
    hamming as hamming,
)
from keraburn.ops.creation import (
    hanning as hanning,
)
from keraburn.ops.creation import (
    kaiser as kaiser,
)
from keraburn.ops.creation import (
    linspace as linspace,
)
from keraburn.ops.creation import (
    logspace as logspace,
)
from keraburn.ops.creation import (
    ones as ones,
)
from keraburn.ops.creation import (
    ones_like as ones_like,
)
from keraburn.ops.creation import (
    vander as vander,
)
from keraburn.ops.creation import (
    zeros as zeros,
)
from keraburn.ops.creation import (
    zeros_like as zeros_like,
)
from keraburn.ops.diagonals import (
    diag as diag,
)
from keraburn.ops.diagonals import (
    diagflat as diagflat,
)
from keraburn.ops.diagonals import (
    diagonal as diagonal,
)
from keraburn.ops.diagonals import (
    eye as eye,
)
from keraburn.ops.diagonals import (
    identity as identity,
)
from keraburn.ops.diagonals import (
    trace as trace,
)
from keraburn.ops.diagonals import (
    tri as tri,
)
from keraburn.ops.diagonals import (
    tril as tril,
)
from keraburn.ops.diagonals import (
    triu as triu,
)
from keraburn.ops.einsum import (
    einsum as einsum,
)
from keraburn.ops.elementwise import (
    abs as abs,
)
from keraburn.ops.elementwise import (
    absolute as absolute,
)
from keraburn.ops.elementwise import (
    angle as angle,
)
from keraburn.ops.elementwise import (
    arccos as arccos,
)
from keraburn.ops.elementwise import (
    arccosh as arccosh,
)
from keraburn.ops.elementwise import (
    arcsin as arcsin,
)
from keraburn.ops.elementwise import (
    arcsinh as arcsinh,
)
from keraburn.ops.elementwise import (
    arctan as arctan,
)
from keraburn.ops.elementwise import (
    arctanh as arctanh,
)
from keraburn.ops.elementwise import (
    bitwise_invert as bitwise_invert,
)
from keraburn.ops.elementwise import (
    bitwise_not as bitwise_not,
)
from keraburn.ops.elementwise import (
    cbrt as cbrt,
)
from keraburn.ops.elementwise import (
    ceil as ceil,
)
from keraburn.ops.elementwise import (
    conj as conj,
)
from keraburn.ops.elementwise import (
    conjugate as conjugate,
)
from keraburn.ops.elementwise import (
    copy as copy,
)
from keraburn.ops.elementwise import (
    cos as cos,
)
from keraburn.ops.elementwise import (
    cosh as cosh,
)
from keraburn.ops.elementwise import (
    deg2rad as deg2rad,
)
from keraburn.ops.elementwise import (
    exp as exp,
)
from keraburn.ops.elementwise import (
    exp2 as exp2,
)
from keraburn.ops.elementwise import (
    expm1 as expm1,
)
from keraburn.ops.elementwise import (
    fabs as fabs,
)
from keraburn.ops.elementwise import (
    floor as floor,
)
from keraburn.ops.elementwise import (
    i0 as i0,
)
from keraburn.ops.elementwise import (
    imag as imag,
)
from keraburn.ops.elementwise import (
    isfinite as isfinite,
)
from keraburn.ops.elementwise import (
    isinf as isinf,
)
from keraburn.ops.elementwise import (
    isnan as isnan,
)
from keraburn.ops.elementwise import (
    isneginf as isneginf,
)
from keraburn.ops.elementwise import (
    isposinf as isposinf,
)
from keraburn.ops.elementwise import (
    isreal as isreal,
)
from keraburn.ops.elementwise import (
    log as log,
)
from keraburn.ops.elementwise import (
    log1p as log1p,
)
from keraburn.ops.elementwise import (
    log2 as log2,
)
from keraburn.ops.elementwise import (
    log10 as log10,
)
from keraburn.ops.elementwise import (
    logical_not as logical_not,
)
from keraburn.ops.elementwise import (
    nan_to_num as nan_to_num,
)
from keraburn.ops.elementwise import (
    negative as negative,
)
from keraburn.ops.elementwise import (
    rad2deg as rad2deg,
)
from keraburn.ops.elementwise import (
    real as real,
)
from keraburn.ops.elementwise import (
    reciprocal as reciprocal,
)
from keraburn.ops.elementwise import (
    round as round,
)
from keraburn.ops.elementwise import (
    sign as sign,
)
from keraburn.ops.elementwise import (
    signbit as signbit,
)
from keraburn.ops.elementwise import (
    sin as sin,
)
from keraburn.ops.elementwise import (
    sinc as sinc,
)
from keraburn.ops.elementwise import (
    sinh as sinh,
)
from keraburn.ops.elementwise import (
    sqrt as sqrt,
)
from keraburn.ops.elementwise import (
    square as square,
)
from keraburn.ops.elementwise import (
    tan as tan,
)
from keraburn.ops.elementwise import (
    tanh as tanh,
)
from keraburn.ops.elementwise import (
    trunc as trunc,
)
from keraburn.ops.getitem import (
    get_item as get_item,
)
from keraburn.ops.indexing import (
    take as take,
)
from keraburn.ops.indexing import (
    take_along_axis as take_along_axis,
)
from keraburn.ops.indexing import (
    unravel_index as unravel_index,
)
from keraburn.ops.joining import (
    append as append,
)
from keraburn.ops.joining import (
    array_split as array_split,
)
from keraburn.ops.joining import (
    concatenate as concatenate,
)
from keraburn.ops.joining import (
    dsplit as dsplit,
)
from keraburn.ops.joining import (
    dstack as dstack,
)
from keraburn.ops.joining import (
    hsplit as hsplit,
)
from keraburn.ops.joining import (
    hstack as hstack,
)
from keraburn.ops.joining import (
    split as split,
)
from keraburn.ops.joining import (
    stack as stack,
)
from keraburn.ops.joining import (
    vsplit as vsplit,
)
from keraburn.ops.joining import (
    vstack as vstack,
)
from keraburn.ops.products import (
    cross as cross,
)
from keraburn.ops.products import (
    dot as dot,
)
from keraburn.ops.products import (
    inner as inner,
)
from keraburn.ops.products import (
    kron as kron,
)
from keraburn.ops.products import (
    matmul as matmul,
)
from keraburn.ops.products import (
    outer as outer,
)
from keraburn.ops.products import (
    tensordot as tensordot,
)
from keraburn.ops.products import (
    vdot as vdot,
)
from keraburn.ops.reduction import (
    all as all,
)
from keraburn.ops.reduction import (
    amax as amax,
)
from keraburn.ops.reduction import (
    amin as amin,
)
from keraburn.ops.reduction import (
    any as any,
)
from keraburn.ops.reduction import (
    argmax as argmax,
)
from keraburn.ops.reduction import (
    argmin as argmin,
)
from keraburn.ops.reduction import (
    average as average,
)
from keraburn.ops.reduction import (
    count_nonzero as count_nonzero,
)
from keraburn.ops.reduction import (
    cumprod as cumprod,
)
from keraburn.ops.reduction import (
    cumsum as cumsum,
)
from keraburn.ops.reduction import (
    diff as diff,
)
from keraburn.ops.reduction import (
    max as max,
)
from keraburn.ops.reduction import (
    mean as mean,
)
from keraburn.ops.reduction import (
    min as min,
)
from keraburn.ops.reduction import (
    prod as prod,
)
from keraburn.ops.reduction import (
    ptp as ptp,
)
from keraburn.ops.reduction import (
    std as std,
)
from keraburn.ops.reduction import (
    sum as sum,
)
from keraburn.ops.reduction import (
    trapezoid as trapezoid,
)
from keraburn.ops.reduction import (
    var as var,
)
from keraburn.ops.repetition import (
    pad as pad,
)
from keraburn.ops.repetition import (
    repeat as repeat,
)
from keraburn.ops.repetition import (
    roll as roll,
)
from keraburn.ops.repetition import (
    tile as tile,
)
from keraburn.ops.selection import (
    allclose as allclose,
)
from keraburn.ops.selection import (
    equal as equal,
)
from keraburn.ops.selection import (
    greater as greater,
)
from keraburn.ops.selection import (
    greater_equal as greater_equal,
)
from keraburn.ops.selection import (
    isclose as isclose,
)
from keraburn.ops.selection import (
    less as less,
)
from keraburn.ops.selection import (
    less_equal as less_equal,
)
from keraburn.ops.selection import (
    logical_and as logical_and,
)
from keraburn.ops.selection import (
    logical_or as logical_or,
)
from keraburn.ops.selection import (
    logical_xor as logical_xor,
)
from keraburn.ops.selection import (
    nonzero as nonzero,
)
from keraburn.ops.selection import (
    not_equal as not_equal,
)
from keraburn.ops.selection import (
    select as select,
)
from keraburn.ops.selection import (
    where as where,
)
from keraburn.ops.shaping import (
    broadcast_to as broadcast_to,
)
from keraburn.ops.shaping import (
    expand_dims as expand_dims,
)
from keraburn.ops.shaping import (
    flip as flip,
)
from keraburn.ops.shaping import (
    fliplr as fliplr,
)
from keraburn.ops.shaping import (
    flipud as flipud,
)
from keraburn.ops.shaping import (
    meshgrid as meshgrid,
)
from keraburn.ops.shaping import (
    moveaxis as moveaxis,
)
from keraburn.ops.shaping import (
    ravel as ravel,
)
from keraburn.ops.shaping import (
    reshape as reshape,
)
from keraburn.ops.shaping import (
    rot90 as rot90,
)
from keraburn.ops.shaping import (
    squeeze as squeeze,
)
from keraburn.ops.shaping import (
    swapaxes as swapaxes,
)
from keraburn.ops.shaping import (
    transpose as transpose,
)
from keraburn.ops.sorting import (
    argpartition as argpartition,
)
from keraburn.ops.sorting import (
    argsort as argsort,
)
from keraburn.ops.sorting import (
    bincount as bincount,
)
from keraburn.ops.sorting import (
    digitize as digitize,
)
from keraburn.ops.sorting import (
    histogram as histogram,
)
from keraburn.ops.sorting import (
    isin as isin,
)
from keraburn.ops.sorting import (
    searchsorted as searchsorted,
)
from keraburn.ops.sorting import (
    sort as sort,
)
from keraburn.ops.sorting import (
    unique as unique,
)
from keraburn.ops.statistics import (
    corrcoef as corrcoef,
)
from keraburn.ops.statistics import (
    correlate as correlate,
)
from keraburn.ops.statistics import (
    median as median,
)
from keraburn.ops.statistics import (
    nanargmax as nanargmax,
)
from keraburn.ops.statistics import (
    nanargmin as nanargmin,
)
from keraburn.ops.statistics import (
    nancumprod as nancumprod,
)
from keraburn.ops.statistics import (
    nancumsum as nancumsum,
)
from keraburn.ops.statistics import (
    nanmax as nanmax,
)
from keraburn.ops.statistics import (
    nanmean as nanmean,
)
from keraburn.ops.statistics import (
    nanmedian as nanmedian,
)
from keraburn.ops.statistics import (
    nanmin as nanmin,
)
from keraburn.ops.statistics import (
    nanpercentile as nanpercentile,
)
from keraburn.ops.statistics import (
    nanprod as nanprod,
)
from keraburn.ops.statistics import (
    nanquantile as nanquantile,
)
from keraburn.ops.statistics import (
    nanstd as nanstd,
)
from keraburn.ops.statistics import (
    nansum as nansum,
)
from keraburn.ops.statistics import (
    nanvar as nanvar,
)
from keraburn.ops.statistics import (
    percentile as percentile,
)
from keraburn.ops.statistics import (
    quantile as quantile,
)
