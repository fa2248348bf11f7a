"""Models as estimators of scikit-learn: in pipelines, searches and cross-validation."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from keraburn.models import Model, clone_model


def _validated(estimator: Any, *args: Any, **kwargs: Any) -> Any:
    """Data as scikit-learn wants it; the function was a method before its version 1.6."""
    try:
        from sklearn.utils.validation import validate_data
    except ImportError:
        return estimator._validate_data(*args, **kwargs)
    return validate_data(estimator, *args, **kwargs)


class _Estimator(BaseEstimator):
    """What all estimators of models do."""

    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def _more_tags(self) -> dict[str, Any]:
        return {"non_deterministic": True}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def __sklearn_clone__(self) -> Any:
        """An unfitted copy."""
        model = copy.deepcopy(self.model) if isinstance(self.model, Model) else self.model
        return type(self)(model, self.warm_start, self.model_kwargs, self.fit_kwargs)

    @property
    def epoch_(self) -> list[int]:
        """The numbers of the epochs of the last `fit`."""
        return self.history_.epoch if hasattr(self, "history_") else []

    def set_fit_request(self, **kwargs: Any) -> Any:
        """Say which arguments of `fit` metadata routing passes on.

        Args:
            **kwargs: for each argument True, False, None or another name of it.

        Raises:
            RuntimeError: if routing is not enabled.
        """
        from sklearn import get_config
        from sklearn.utils.metadata_routing import MetadataRequest

        if not get_config().get("enable_metadata_routing", False):
            raise RuntimeError(
                "This method is only available when metadata routing is enabled. You can enable it using "
                f"sklearn.set_config(enable_metadata_routing=True). Received: {kwargs}"
            )
        self._metadata_request = MetadataRequest(owner=type(self).__name__)
        for name, alias in kwargs.items():
            self._metadata_request.fit.add_request(param=name, alias=alias)
        return self

    def _get_model(self, X: Any, y: Any) -> Model:
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if isinstance(self.model, Model):
            return clone_model(self.model)
        return self.model(X=X, y=y, **(self.model_kwargs or {}))

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Train the model.

        Args:
            X: samples, shape `(samples, features)`.
            y: targets, shape `(samples,)` or `(samples, outputs)`.
            **kwargs: arguments of the model's `fit`.
        """
        X, y = _validated(self, X, y)
        y = self._process_target(y, reset=True)
        model = self._get_model(X, y)
        if not model.compiled or not model.loss or not model.optimizer:
            raise RuntimeError(
                f"Given model needs to be compiled, and have a loss and an optimizer. Received: model={model}"
            )
        self.history_ = model.fit(X, y, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self.model_.predict(_validated(self, X, reset=False))

    def predict(self, X: Any) -> np.ndarray:
        """What the model says of samples, in the form of the targets.

        Args:
            X: samples, shape `(samples, features)`.
        """
        return self._reverse_process_target(self._outputs(X))

    def _process_target(self, y: np.ndarray, reset: bool = False) -> np.ndarray:
        self._kind_of(y)
        if reset:
            self._single = y.ndim == 1
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _kind_of(self, y: np.ndarray) -> str:
        kind = type_of_target(y)
        if kind == "unknown":
            raise ValueError(f"Unknown label type for data: {y!r}")
        return kind

    def _reverse_process_target(self, y: np.ndarray) -> np.ndarray:
        return y[:, 0] if self._single and y.ndim == 2 else y


class SKLearnClassifier(ClassifierMixin, _Estimator):
    """A model as a classifier: it is trained with classes one-hot, and predicts the likeliest.

    Args:
        model: a compiled model, which is cloned, or a function `(X, y, **model_kwargs)` that makes one.
        warm_start: whether `fit` goes on with the model of the last `fit`.
        model_kwargs: arguments of the function.
        fit_kwargs: arguments of every `fit`, such as `epochs`.

    Raises:
        RuntimeError: in `fit`, if the model is not compiled.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, activation="softmax")])
    >>> model.compile(keras.optimizers.Adam(0.1), "categorical_crossentropy")
    >>> x, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array(["no", "no", "yes", "yes"])
    >>> estimator = keras.wrappers.SKLearnClassifier(model, fit_kwargs={"epochs": 5, "verbose": 0})
    >>> estimator.fit(x, y).classes_.tolist()
    ['no', 'yes']
    """

    def decision_function(self, X: Any) -> np.ndarray:
        """The outputs of the model.

        Args:
            X: samples, shape `(samples, features)`.
        """
        return self._outputs(X)

    def _process_target(self, y: np.ndarray, reset: bool = False) -> np.ndarray:
        kind = self._kind_of(y)
        if kind not in ("binary", "multiclass"):
            raise ValueError(f"Only binary and multiclass target types are supported. Target type: {kind}")
        column = y.reshape(-1, 1)
        if reset:
            self._single = True
            self._encoder = OneHotEncoder(sparse_output=False).fit(column)
            self.classes_ = np.unique(y)
            if len(self.classes_) == 1:
                raise ValueError(
                    f"Classifier can't train when only one class is present. Received: {self.classes_.tolist()}"
                )
        return self._encoder.transform(column)

    def _reverse_process_target(self, y: np.ndarray) -> np.ndarray:
        return self._encoder.inverse_transform(y)[:, 0]

    def _more_tags(self) -> dict[str, Any]:
        return {"poor_score": True}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, _Estimator):
    """A model as a regressor.

    Args:
        model: a compiled model, which is cloned, or a function `(X, y, **model_kwargs)` that makes one.
        warm_start: whether `fit` goes on with the model of the last `fit`.
        model_kwargs: arguments of the function.
        fit_kwargs: arguments of every `fit`, such as `epochs`.

    Raises:
        RuntimeError: in `fit`, if the model is not compiled.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.Adam(0.1), "mse")
    >>> x, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([-3.0, -1.0, 3.0, 5.0])
    >>> estimator = keras.wrappers.SKLearnRegressor(model, fit_kwargs={"epochs": 5, "verbose": 0})
    >>> sorted(estimator.fit(x, y).history_.history)
    ['loss']
    """

    def _more_tags(self) -> dict[str, Any]:
        return {"poor_score": True}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, _Estimator):
    """A model as a transformer: what it predicts is the transformed data.

    Args:
        model: a compiled model, which is cloned, or a function `(X, y, **model_kwargs)` that makes one.
        warm_start: whether `fit` goes on with the model of the last `fit`.
        model_kwargs: arguments of the function.
        fit_kwargs: arguments of every `fit`, such as `epochs`.

    Raises:
        RuntimeError: in `fit`, if the model is not compiled.
    """

    def transform(self, X: Any) -> np.ndarray:
        """The outputs of the model.

        Args:
            X: samples, shape `(samples, features)`.
        """
        return self._outputs(X)

    def _more_tags(self) -> dict[str, Any]:
        return {"preserves_dtype": []}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
