"""The same data through keraburn and through Keras itself, one helper a kind of object."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pytest

import keraburn
from keraburn import trace

# Keras on JAX, the oracle; it does not exist for Python 3.10.
keras = pytest.importorskip("keras")

VALUE = {"rtol": 1e-5, "atol": 1e-5}
GRADIENT = {"rtol": 1e-4, "atol": 1e-5}


def public_names(module: Any) -> set[str]:
    """The classes and functions that a package of ours defines, by the names users write."""
    found = {
        name
        for name in dir(module)
        if not name.startswith("_")
        and (item := getattr(module, name)) is not None
        and (inspect.isclass(item) or inspect.isfunction(item))
        and item.__module__.startswith(module.__name__)
        and item.__name__ == name
    }
    assert found, f"found no public names in {module.__name__}"
    return found - {"get", "serialize", "deserialize"}


def assert_close(ours: Any, theirs: Any, what: str, **tolerance: float) -> None:
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), err_msg=what, **(tolerance or VALUE))


def same_signature(ours: Any, theirs: Any) -> None:
    """Names, order and default values of arguments."""

    def arguments(item: Any) -> list[tuple[str, Any]]:
        return [
            (each.name, None if each.default is each.empty else each.default)
            for each in inspect.signature(item).parameters.values()
        ]

    assert arguments(ours) == arguments(theirs), ours


def same_config(ours: Any, theirs: Any) -> None:
    """Our config holds Keras's keys and values, and Keras reads it."""
    mine, original = ours.get_config(), theirs.get_config()
    for key, value in original.items():
        assert key in mine, f"{type(ours).__name__}.get_config() lacks {key!r}"
        if key != "name" and not isinstance(value, (dict, list)):
            assert mine[key] == pytest.approx(value) if isinstance(value, float) else mine[key] == value, key
    wrapped = keraburn.saving.serialize_keras_object(ours)
    reference = keras.saving.serialize_keras_object(theirs)
    assert (wrapped["module"], wrapped["class_name"]) == (reference["module"], reference["class_name"])
    # Keras writes into the configs it reads.
    assert type(keras.saving.deserialize_keras_object(copy.deepcopy(wrapped))) is type(theirs)
    again = keraburn.saving.deserialize_keras_object(reference)
    assert type(again) is type(ours)
    assert keraburn.saving.deserialize_keras_object(wrapped).get_config() == mine


def value_and_gradient(function: Callable[..., Any], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Our traced function of one array, and its gradient."""

    def traced(leaf: Any) -> Any:
        value = function(leaf)
        (gradient,) = trace.gradients(value, [leaf])
        return value, keraburn.ops.zeros_like(leaf) if gradient is None else gradient

    value, gradient = trace.Compiled(traced, [x])(x)
    return value.numpy(), gradient.numpy()


def keras_value_and_gradient(function: Callable[..., Any], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import jax

    value, gradient = jax.value_and_grad(lambda leaf: function(leaf).sum())(x)
    return np.asarray(value), np.asarray(gradient)


def check_loss(
    name: str,
    y_true: Any,
    y_pred: Any,
    arguments: dict[str, Any] | None = None,
    sample_weight: Any = None,
    function: str | None = None,
) -> None:
    """A loss as a class with every reduction and weights, as a function, its gradient, signature and config."""
    arguments = arguments or {}
    ours, theirs = getattr(keraburn.losses, name), getattr(keras.losses, name, None)
    if theirs is None:
        from keras.src.losses import losses as hidden

        theirs = getattr(hidden, name)
    same_signature(ours, theirs)
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred, dtype="float32")
    # What follows the function is the same with all arguments.
    reductions = ("none",) if arguments else ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")
    for reduction in reductions:
        for weight in (None, sample_weight):
            mine = ours(**arguments, reduction=reduction)(y_true, y_pred, weight)
            reference = theirs(**arguments, reduction=reduction)(y_true, y_pred, weight)
            assert_close(mine, reference, f"{name} reduction={reduction} weight={weight}")
    made, original = ours(**arguments), theirs(**arguments)
    value, gradient = value_and_gradient(lambda x: made(y_true, x, sample_weight), y_pred)
    reference, expected = keras_value_and_gradient(lambda x: original(y_true, x, sample_weight), y_pred)
    assert_close(value, reference, name)
    assert_close(gradient, expected, f"gradient of {name}", **GRADIENT)
    if getattr(keras.losses, name, None) is not None:
        same_config(made, original)
    if function:
        check_loss_function(function, y_true, y_pred, arguments)


def check_loss_function(name: str, y_true: Any, y_pred: Any, arguments: dict[str, Any]) -> None:
    ours, theirs = getattr(keraburn.losses, name), getattr(keras.losses, name, None)
    if theirs is None:
        from keras.src.losses import losses as hidden

        theirs = getattr(hidden, name)
    same_signature(ours, theirs)
    reference = theirs(keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(y_pred), **arguments)
    assert_close(ours(y_true, y_pred, **arguments), reference, name)


def check_metric(
    name: str,
    batches: Sequence[tuple[Any, ...]],
    arguments: dict[str, Any] | None = None,
) -> None:
    """A metric over several batches, eagerly and traced, with a reset between, its signature and config."""
    arguments = arguments or {}
    ours, theirs = getattr(keraburn.metrics, name), getattr(keras.metrics, name)
    same_signature(ours, theirs)
    mine, original = ours(**arguments), theirs(**arguments)
    for _ in range(2):
        for number, batch in enumerate(batches):
            mine.update_state(*batch)
            original.update_state(*batch)
            assert_close(mine.result(), original.result(), f"{name} after batch {number}")
        mine.reset_state()
        original.reset_state()
    compiled: dict[Any, trace.Compiled] = {}
    for batch in batches:
        arrays = [np.asarray(each) for each in batch]
        arrays = [each.astype("float32") if each.dtype == np.float64 else each for each in arrays]
        arrays = [each.astype("int32") if each.dtype == np.int64 else each for each in arrays]
        key = tuple((each.shape, each.dtype.name) for each in arrays)

        def step(*leaves: Any) -> Any:
            mine.update_state(*leaves)
            return mine.result()

        if key not in compiled:
            compiled[key] = trace.Compiled(step, arrays)
        value = compiled[key](*arrays)
        original.update_state(*batch)
        assert_close(value, original.result(), f"{name} in a traced step")
    assert [each.shape for each in mine.variables] == [tuple(each.shape) for each in original.variables]
    assert [each.name for each in mine.variables] == [each.name for each in original.variables]
    same_config(ours(**arguments), theirs(**arguments))


def check_optimizer(name: str, arguments: dict[str, Any] | None = None, steps: int = 10, seed: int = 0) -> None:
    """Ten steps with the same gradients from the same variables: all variables to 1e-5, eagerly and traced."""
    arguments = arguments or {}
    ours, theirs = getattr(keraburn.optimizers, name), getattr(keras.optimizers, name)
    same_signature(ours, theirs)
    rng = np.random.default_rng(seed)
    shapes = [(4, 3), (3,), (2, 2, 3)]
    start = [rng.normal(size=shape).astype("float32") for shape in shapes]
    gradients = [[rng.normal(size=shape).astype("float32") for shape in shapes] for _ in range(steps)]
    reference = [keras.Variable(value, name=f"v{index}") for index, value in enumerate(start)]
    original = theirs(**_made(arguments, keras))
    expected = []
    for step in gradients:
        original.apply([keras.ops.convert_to_tensor(each) for each in step], reference)
        expected.append([np.asarray(each) for each in reference])
    for traced in (False, True):
        mine = [keraburn.Variable(value, name=f"v{index}") for index, value in enumerate(start)]
        optimizer = ours(**_made(arguments, keraburn))
        optimizer.build(mine)

        def apply(*leaves: Any) -> Any:
            optimizer.apply(list(leaves), mine)  # noqa: B023
            return []

        run = trace.Compiled(apply, gradients[0]) if traced else apply
        for number, step in enumerate(gradients):
            run(*(step if traced else [keraburn.ops.convert_to_tensor(each) for each in step]))
            for variable, value in zip(mine, expected[number], strict=True):
                assert_close(variable.numpy(), value, f"{name} step {number} traced={traced}")
        assert int(optimizer._iterations.numpy()) == steps
        assert len(optimizer.variables) == len(original.variables), name
        for variable, other in zip(optimizer.variables, original.variables, strict=True):
            assert variable.shape == tuple(other.shape), f"{variable.path} is not {other.path}"
            assert_close(variable.numpy(), np.asarray(other), f"{name} {variable.path}")
    same_config(ours(**_made(arguments, keraburn)), theirs(**_made(arguments, keras)))


def _made(arguments: dict[str, Any], package: Any) -> dict[str, Any]:
    """Arguments that are functions of the package are made with it."""
    return {key: value(package) if callable(value) else value for key, value in arguments.items()}


def check_schedule(name: str, arguments: dict[str, Any], steps: Iterable[int] = (0, 1, 5, 9, 10, 11, 25, 100)) -> None:
    ours, theirs = getattr(keraburn.optimizers.schedules, name), getattr(keras.optimizers.schedules, name)
    same_signature(ours, theirs)
    mine, original = ours(**arguments), theirs(**arguments)
    for step in steps:
        assert_close(mine(step), original(step), f"{name} at {step}")
    same_config(mine, original)


def check_initializer(name: str, arguments: dict[str, Any] | None = None, shape: tuple[int, ...] = (60, 50)) -> None:
    """Equal values where nothing is random; else equal bounds and moments, and our own rules for seeds."""
    arguments = arguments or {}
    ours, theirs = getattr(keraburn.initializers, name), getattr(keras.initializers, name)
    same_signature(ours, theirs)
    mine, original = ours(**arguments), theirs(**arguments)
    values, reference = np.asarray(mine(shape)), np.asarray(original(shape))
    assert values.shape == shape
    assert values.dtype == np.float32
    if "seed" not in arguments:
        assert_close(values, reference, name)
    else:
        spread = reference.std()
        assert abs(values.mean() - reference.mean()) < 0.1 * spread, name
        assert values.std() == pytest.approx(spread, rel=0.05), name
        assert np.abs(values).max() == pytest.approx(np.abs(reference).max(), rel=0.35), name
        np.testing.assert_array_equal(values, np.asarray(mine(shape)), err_msg="one object, one shape, other values")
        np.testing.assert_array_equal(values, np.asarray(ours(**arguments)(shape)))
        assert (values != np.asarray(ours(**{**arguments, "seed": 2})(shape))).any()
    assert np.asarray(mine(shape, dtype="float64")).dtype == np.float64
    same_config(mine, original)


def check_training(
    optimizer: Any,
    loss: Any,
    y: np.ndarray,
    units: int = 1,
    activation: str | None = None,
    metrics: Sequence[str] = (),
    epochs: int = 10,
    **arguments: Any,
) -> None:
    """Epochs of `fit` from the same weights on the same unshuffled data: every logged value to 1e-3, then the weights.

    Args:
        optimizer: a name, or a function of the package.
        loss: likewise.
        y: targets; the inputs are random rows of 5 numbers.
        units: width of the last layer.
        activation: of the last layer.
        metrics: names.
        epochs: how many.
        arguments: for `fit`.
    """
    x = np.random.default_rng(1).normal(size=(len(y), 5)).astype("float32")
    runs, weights, outputs = [], None, []
    for package in (keras, keraburn):
        model = package.Sequential(
            [
                package.Input((5,)),
                package.layers.Dense(8, activation="tanh"),
                package.layers.Dense(units, activation=activation),
            ]
        )
        weights = weights or [0.5 * np.asarray(weight) for weight in model.get_weights()]
        model.set_weights(weights)
        model.compile(
            optimizer=optimizer(package) if callable(optimizer) else optimizer,
            loss=loss(package) if callable(loss) else loss,
            metrics=list(metrics),
        )
        history = model.fit(x, y, batch_size=16, epochs=epochs, shuffle=False, verbose=0, **arguments)
        runs.append(history.history)
        outputs.append(model.predict(x, batch_size=len(x), verbose=0))
    assert list(runs[1]) == list(runs[0])
    for name, values in runs[0].items():
        np.testing.assert_allclose(runs[1][name], values, rtol=1e-3, atol=1e-3, err_msg=name)
    np.testing.assert_allclose(outputs[1], outputs[0], rtol=1e-2, atol=1e-3)


def _random_inputs(shape: Any, dtype: str = "float32", seed: int = 0) -> Any:
    if isinstance(shape, list):
        return [_random_inputs(each, dtype, seed + number) for number, each in enumerate(shape)]
    rng = np.random.default_rng(seed)
    return rng.integers(0, 5, shape).astype(dtype) if dtype == "int32" else rng.normal(size=shape).astype(dtype)


def _same_weights(ours: Any, theirs: Any, seed: int = 3) -> None:
    """Equal random weights in both; their number, order, shapes and names are Keras's."""
    assert [(w.name, w.shape, w.trainable) for w in ours.weights] == [
        (w.name, tuple(w.shape), w.trainable) for w in theirs.weights
    ]
    rng = np.random.default_rng(seed)
    # Variances, among them, are never negative.
    values = [(0.1 + rng.random(weight.shape)).astype("float32") for weight in ours.weights]
    ours.set_weights(values)
    theirs.set_weights(values)


def _flat(outputs: Any) -> list[Any]:
    return list(outputs.values()) if isinstance(outputs, dict) else list(outputs) if _is_list(outputs) else [outputs]


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _our_gradients(layer: Any, x: Any, seeds: list[np.ndarray], extra: dict[str, Any]) -> list[np.ndarray]:
    arrays = x if _is_list(x) else [x]

    def traced(*leaves: Any) -> Any:
        outputs = _flat(layer(list(leaves) if _is_list(x) else leaves[0], **extra))
        total = sum(keraburn.ops.sum(output * seed) for output, seed in zip(outputs, seeds, strict=True))
        sources = [*leaves, *(weight.value for weight in layer.trainable_weights)]
        found = trace.gradients(total, sources)
        return [keraburn.ops.zeros_like(s) if g is None else g for g, s in zip(found, sources, strict=True)]

    return [gradient.numpy() for gradient in trace.Compiled(traced, arrays)(*arrays)]


def _keras_gradients(layer: Any, x: Any, seeds: list[np.ndarray], extra: dict[str, Any]) -> list[np.ndarray]:
    import jax

    frozen = [np.asarray(each) for each in layer.non_trainable_variables]

    def total(leaves: Any, weights: Any) -> Any:
        outputs, _ = layer.stateless_call(weights, frozen, leaves if _is_list(x) else leaves[0], **extra)
        return sum((output * seed).sum() for output, seed in zip(_flat(outputs), seeds, strict=True))

    weights = [np.asarray(each) for each in layer.trainable_variables]
    by_inputs, by_weights = jax.grad(total, argnums=(0, 1))(list(x) if _is_list(x) else [x], weights)
    return [np.asarray(each) for each in [*by_inputs, *by_weights]]


def _check_calls(ours: Any, theirs: Any, x: Any, extra: dict[str, Any], what: str, differentiable: bool) -> None:
    """Outputs, losses, gradients and the state left behind."""
    mine, reference = _flat(ours(x, **extra)), _flat(theirs(x, **extra))
    for output, expected in zip(mine, reference, strict=True):
        assert output.dtype == str(expected.dtype)
        assert_close(output, expected, what)
    assert_close([float(loss) for loss in ours.losses], [float(loss) for loss in theirs.losses], f"losses of {what}")
    if differentiable:
        rng = np.random.default_rng(5)
        seeds = [rng.normal(size=output.shape).astype("float32") for output in mine]
        expected = _keras_gradients(theirs, x, seeds, extra)
        state = ours.get_weights()
        found = _our_gradients(ours, x, seeds, extra)
        ours.set_weights(state)
        assert len(found) == len(expected)
        for gradient, other in zip(found, expected, strict=True):
            assert_close(gradient, other, f"gradient of {what}", **GRADIENT)
    for weight, other in zip(ours.weights, theirs.weights, strict=True):
        assert_close(weight.numpy(), other, f"{what}: {weight.path}")


def check_layer_parity(
    name: str,
    arguments: dict[str, Any],
    input_shape: Any,
    input_dtype: str = "float32",
    training: bool | None = None,
    differentiable: bool = True,
) -> None:
    """A layer's signature, config, weights, output shape, values, losses and gradients.

    Args:
        name: the class in `keras.layers`.
        arguments: for the class; those that are functions are made with the package.
        input_shape: with the batch size; a list of shapes for several inputs.
        input_dtype: "float32" or "int32".
        training: passed to the call if not None.
        differentiable: whether gradients are compared.
    """
    cls, original = getattr(keraburn.layers, name), getattr(keras.layers, name)
    same_signature(cls, original)
    ours, theirs = cls(**_made(arguments, keraburn)), original(**_made(arguments, keras))
    extra = {} if training is None else {"training": training}
    x = _random_inputs(input_shape, input_dtype)
    ours(x), theirs(x)
    _same_weights(ours, theirs)
    _check_calls(ours, theirs, x, extra, f"{name}({arguments})", differentiable)
    unknown = [(None, *each[1:]) for each in input_shape] if _is_list(input_shape[0]) else (None, *input_shape[1:])
    assert tuple(ours.compute_output_shape(unknown)) == tuple(theirs.compute_output_shape(unknown))
    assert ours.supports_masking == theirs.supports_masking
    if name != "Lambda":
        same_config(ours, theirs)


def check_model_parity(build: Callable[[Any], Any], x: Any, training: bool | None = None, summary: bool = True) -> None:
    """A model's layers, weights and their paths, values, gradients and summary.

    Args:
        build: makes the model with the package that it is given.
        x: an array, or a list or dict of arrays.
        training: passed to the call if not None.
        summary: whether the summaries are compared.
    """
    keraburn.utils.clear_session()
    keras.utils.clear_session()
    ours, theirs = build(keraburn), build(keras)
    extra = {} if training is None else {"training": training}
    ours(x), theirs(x)
    assert ours.name == theirs.name
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [weight.path for weight in ours.weights] == [weight.path for weight in theirs.weights]
    _same_weights(ours, theirs)
    _check_calls(ours, theirs, x, extra, ours.name, not isinstance(x, dict))
    if summary:
        for options in ({}, {"show_trainable": True, "expand_nested": True}, {"line_length": 70}):
            texts: list[list[str]] = [[], []]
            for model, lines in ((ours, texts[0]), (theirs, texts[1])):
                model.summary(print_fn=lines.append, **options)
            assert texts[0] == texts[1]
