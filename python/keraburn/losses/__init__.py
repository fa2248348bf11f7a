"""Losses: what training makes small."""

from __future__ import annotations

from typing import Any

from keraburn import registry
from keraburn.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    categorical_generalized_cross_entropy,
    sparse_categorical_crossentropy,
)
from keraburn.losses.distributions import KLDivergence, Poisson, kl_divergence, poisson
from keraburn.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
)
from keraburn.losses.loss import Loss, LossFunctionWrapper
from keraburn.losses.margins import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from keraburn.losses.overlap import Dice, Tversky, dice, tversky
from keraburn.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from keraburn.losses.sequences import CTC, ctc
from keraburn.losses.similarity import Circle, circle

# The short names of Keras 2, which scripts still import.
mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
bce = BCE = binary_crossentropy
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh

_TABLE = registry.publish(
    "keras.losses",
    [
        *registry.classes_of(Loss, vars()),
        binary_crossentropy,
        binary_focal_crossentropy,
        categorical_crossentropy,
        categorical_focal_crossentropy,
        categorical_generalized_cross_entropy,
        categorical_hinge,
        circle,
        cosine_similarity,
        ctc,
        dice,
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
        tversky,
    ],
    aliases={
        "mse": mse,
        "MSE": mse,
        "mae": mae,
        "MAE": mae,
        "mape": mape,
        "MAPE": mape,
        "msle": msle,
        "MSLE": msle,
        "bce": bce,
        "BCE": bce,
        "cce": categorical_crossentropy,
        "CCE": categorical_crossentropy,
        "kld": kld,
        "KLD": kld,
        "kullback_leibler_divergence": kld,
        "logcosh": log_cosh,
        "huber_loss": huber,
        "cosine_proximity": cosine_similarity,
    },
)


def get(identifier: Any) -> Any:
    """The loss that a name, config, class or callable means; a name in snake case means the function.

    Raises:
        ValueError: if it is not known.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.get("mse").__name__
    'mean_squared_error'
    """
    return registry.lookup("loss", identifier, _TABLE)


def serialize(loss: Any) -> Any:
    """The config of a loss."""
    return registry.serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The loss of a config."""
    return registry.deserialize_keras_object(name, custom_objects, module_objects=_TABLE)
