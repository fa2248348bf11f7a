import sys

import numpy as np
import pytest

import keraburn as keras

sklearn = pytest.importorskip("sklearn")
from sklearn.base import clone  # noqa: E402
from sklearn.datasets import make_blobs  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

X, Y = make_blobs(120, 4, centers=3, random_state=0)
NAMES = np.array(["a", "b", "c"])[Y]


def net(X, y, units=8, loss="categorical_crossentropy", activation="softmax"):
    x = keras.Input((X.shape[1],))
    hidden = keras.layers.Dense(units, activation="relu", kernel_initializer=keras.initializers.HeNormal(seed=1))(x)
    out = keras.layers.Dense(
        y.shape[1], activation=activation, kernel_initializer=keras.initializers.GlorotUniform(seed=2)
    )(hidden)
    model = keras.Model(x, out)
    model.compile(keras.optimizers.Adam(0.05), loss)
    return model


def classifier(**arguments):
    return keras.wrappers.SKLearnClassifier(net, fit_kwargs={"epochs": 15, "verbose": 0}, **arguments)


@pytest.mark.parametrize("y", [Y, NAMES], ids=["numbers", "names"])
def test_classifier(y):
    found = classifier(model_kwargs={"units": 5}).fit(X, y)
    assert found.score(X, y) > 0.9
    assert found.predict(X).dtype == y.dtype
    assert found.decision_function(X).shape == (120, 3)
    assert found.classes_.tolist() == sorted(set(y.tolist()))
    assert (found.n_features_in_, found.epoch_) == (4, list(range(15)))
    assert found.model_.layers[1].units == 5


def test_searches_and_pipelines():
    pipeline = make_pipeline(StandardScaler(), classifier())
    assert cross_val_score(pipeline, X, NAMES, cv=2).min() > 0.8
    search = GridSearchCV(classifier(), {"model_kwargs": [{"units": 1}, {"units": 8}]}, cv=2).fit(X, Y)
    assert search.best_params_ == {"model_kwargs": {"units": 8}}


def test_regressor():
    y = X @ np.array([1.0, -2.0, 0.5, 0.0])
    arguments = {"model_kwargs": {"loss": "mse", "activation": None}, "fit_kwargs": {"epochs": 60, "verbose": 0}}
    scaled = StandardScaler().fit_transform(X)
    found = keras.wrappers.SKLearnRegressor(net, **arguments).fit(scaled, y)
    assert found.score(scaled, y) > 0.9
    assert found.predict(scaled).shape == (120,)


def test_transformer_and_models_that_are_there():
    model = net(X, np.zeros((1, 4)), loss="mse", activation=None)
    before = model.get_weights()
    found = keras.wrappers.SKLearnTransformer(model, fit_kwargs={"verbose": 0})
    assert found.fit(X, X[:, 0]).transform(X).shape == (120, 4)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    copy = clone(found)
    assert copy.model is not model
    assert copy.fit_kwargs == {"verbose": 0}


def test_warm_starts_go_on():
    found = classifier(warm_start=True).fit(X, Y, epochs=1)
    model = found.model_
    assert found.fit(X, Y, epochs=1).model_ is model
    assert classifier().fit(X, Y, epochs=1).model_ is not model


def test_mistakes(monkeypatch):
    with pytest.raises(ValueError, match="only one class is present"):
        classifier().fit(X, np.zeros(120))
    with pytest.raises(ValueError, match="Target type: continuous"):
        classifier().fit(X, X[:, 0])
    x = keras.Input((4,))
    with pytest.raises(RuntimeError, match="needs to be compiled"):
        keras.wrappers.SKLearnRegressor(keras.Model(x, keras.layers.Dense(1)(x))).fit(X, Y)
    with pytest.raises(RuntimeError, match="metadata routing is enabled"):
        classifier().set_fit_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        assert classifier().set_fit_request(sample_weight=True)._metadata_request.fit.requests == {
            "sample_weight": True
        }
    with pytest.raises(sklearn.exceptions.NotFittedError):
        classifier().predict(X)
    with pytest.raises(AttributeError, match="Did you mean 'SKLearnClassifier'"):
        _ = keras.wrappers.Classifier
    monkeypatch.delattr(keras.wrappers, "SKLearnClassifier")
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match="requires `scikit-learn` to be installed"):
        _ = keras.wrappers.SKLearnClassifier
