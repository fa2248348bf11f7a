"""Metrics: what is reported of training and evaluation."""

from __future__ import annotations

from typing import Any

from keraburn import registry
from keraburn.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from keraburn.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from keraburn.metrics.confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from keraburn.metrics.correlation import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    concordance_correlation,
    pearson_correlation,
)
from keraburn.metrics.curves import (
    AUC,
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from keraburn.metrics.metric import Metric
from keraburn.metrics.overlap import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from keraburn.metrics.probabilities import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from keraburn.metrics.reduction import Mean, MeanMetricWrapper, Sum
from keraburn.metrics.regression import (
    CosineSimilarity,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    RootMeanSquaredError,
)
from keraburn.metrics.scores import F1Score, FBetaScore, R2Score

# The short names of Keras 2, which scripts still import.
mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
bce = BCE = binary_crossentropy
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh

_TABLE = registry.publish(
    "keras.metrics",
    registry.classes_of(Metric, vars()),
    aliases={
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
        "mae": MeanAbsoluteError,
        "MAE": MeanAbsoluteError,
        "mape": MeanAbsolutePercentageError,
        "MAPE": MeanAbsolutePercentageError,
        "msle": MeanSquaredLogarithmicError,
        "MSLE": MeanSquaredLogarithmicError,
        "rmse": RootMeanSquaredError,
        "RMSE": RootMeanSquaredError,
        "bce": BinaryCrossentropy,
        "BCE": BinaryCrossentropy,
        "cce": CategoricalCrossentropy,
        "CCE": CategoricalCrossentropy,
        "kld": KLDivergence,
        "KLD": KLDivergence,
        "kullback_leibler_divergence": KLDivergence,
        "logcosh": LogCoshError,
        "log_cosh": LogCoshError,
        "huber": huber,
        "binary_focal_crossentropy": binary_focal_crossentropy,
        "categorical_focal_crossentropy": categorical_focal_crossentropy,
    },
    snake_case=True,
)
registry.publish(
    "keras.metrics",
    [
        binary_accuracy,
        categorical_accuracy,
        concordance_correlation,
        pearson_correlation,
        sparse_categorical_accuracy,
        sparse_top_k_categorical_accuracy,
        top_k_categorical_accuracy,
    ],
)


def get(identifier: Any) -> Any:
    """The metric that a name, config, class or callable means.

    Raises:
        ValueError: if it is not known.

    Example:

    >>> import keraburn as keras
    >>> keras.metrics.get("mae").name
    'mean_absolute_error'
    """
    return registry.lookup("metric", identifier, _TABLE)


def serialize(metric: Any) -> Any:
    """The config of a metric."""
    return registry.serialize_keras_object(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The metric of a config."""
    return registry.deserialize_keras_object(config, custom_objects, module_objects=_TABLE)
