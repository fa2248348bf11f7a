"""Every optimizer and schedule against Keras."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from keraburn import trace
from tests.parity import harness

CASES = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.01}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.3}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "loss_scale_factor": 4.0}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.5}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "gradient_accumulation_steps": 3}),
    ("SGD", {"learning_rate": lambda package: package.optimizers.schedules.ExponentialDecay(0.5, 3, 0.5)}),
    ("RMSprop", {"learning_rate": 0.01}),
    ("RMSprop", {"learning_rate": 0.01, "momentum": 0.5}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True}),
    ("Adam", {"learning_rate": 0.01}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True}),
    ("Adam", {"learning_rate": 0.01, "gradient_accumulation_steps": 2}),
    ("Adam", {"learning_rate": 0.01, "weight_decay": 0.1, "clipnorm": 1.0}),
    ("AdamW", {"learning_rate": 0.01}),
    ("Adagrad", {"learning_rate": 0.1}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adamax", {"learning_rate": 0.01}),
    ("Nadam", {"learning_rate": 0.01}),
    ("Ftrl", {"learning_rate": 0.1}),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "l1_regularization_strength": 0.1,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.3,
            "beta": 0.5,
        },
    ),
    ("Lion", {"learning_rate": 0.01}),
    ("Lamb", {"learning_rate": 0.01}),
    ("Adafactor", {"learning_rate": 0.1}),
    ("Muon", {"learning_rate": 0.01}),
    ("Muon", {"learning_rate": 0.01, "nesterov": False, "rms_rate": None, "adam_lr_ratio": 0.5}),
    ("Muon", {"learning_rate": 0.01, "exclude_layers": ["v0"]}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.01}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.01, "warmup_steps": 4}),
]

SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "power": 2.0, "cycle": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 10], "values": [0.3, 0.2, 0.1]}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "alpha": 0.2}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 20, "warmup_target": 0.1, "warmup_steps": 10}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 8}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 8, "t_mul": 1.0, "m_mul": 0.5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 8, "m_mul": 0.9, "alpha": 0.1}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_optimizer(name, arguments):
    harness.check_optimizer(name, arguments)


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES)
def test_schedule(name, arguments):
    harness.check_schedule(name, arguments)


@pytest.mark.parametrize("traced", [False, True])
def test_scaled_loss(traced):
    steps = [np.full(3, value, "float32") for value in (8.0, 16.0, np.inf, 4.0, np.nan, 2.0, 2.0, 2.0)]
    weights, optimizers = [], []
    for package in (keraburn, harness.keras):
        weights.append(package.Variable(np.ones(3, "float32"), name="kernel"))
        inner = package.optimizers.Adam(0.1)
        optimizers.append(package.optimizers.LossScaleOptimizer(inner, initial_scale=8.0, dynamic_growth_steps=2))
        optimizers[-1].build([weights[-1]])
    ours, theirs = optimizers

    def step(gradient):
        ours.apply([gradient], [weights[0]])
        return []

    run = trace.Compiled(step, [steps[0]]) if traced else step
    trained, state = [weights[1].value], [each.value for each in theirs.variables]
    for gradient in steps:
        run(gradient)
        # On JAX, Keras has this optimizer without side effects only.
        trained, state = theirs.stateless_apply(state, [harness.keras.ops.convert_to_tensor(gradient)], trained)
        for mine, reference in zip([weights[0], *ours.variables], [*trained, *state], strict=True):
            harness.assert_close(mine.numpy(), reference, mine.path)
    config = keraburn.optimizers.serialize(ours)
    assert type(keraburn.optimizers.deserialize(config).inner_optimizer) is keraburn.optimizers.Adam
    assert float(ours.scale_loss(2.0)) == 2.0 * float(ours.dynamic_scale.numpy())


def test_several_optimizers():
    values = []
    for package in (keraburn, harness.keras):
        weights = [package.Variable(np.ones(3, "float32"), name=name) for name in ("kernel", "bias", "gain")]
        optimizers = package.optimizers
        chosen = optimizers.OptimizerMap(
            optimizers.Adam(0.1), {"b.*": optimizers.SGD(0.5), "gain": optimizers.RMSprop()}
        )
        optimizer = optimizers.MultiOptimizer(chosen)
        for step in range(3):
            gradients = [package.ops.convert_to_tensor(np.arange(3, dtype="float32") + step + i) for i in range(3)]
            optimizer.apply(gradients, weights)
        values.append([np.asarray(each) for each in weights + optimizer.variables])
        config = optimizers.serialize(optimizer)
        assert config["config"]["optimizer_map"]["class_name"] == "OptimizerMap"
        assert len(optimizers.deserialize(config).optimizers) == 3
        with pytest.raises(AttributeError, match="Learning rate cannot be accessed"):
            _ = optimizer.learning_rate
    for ours, theirs in zip(*values, strict=True):
        harness.assert_close(ours, theirs, "MultiOptimizer")


def test_every_public_name_has_a_case():
    names = harness.public_names(keraburn.optimizers)
    assert len(names) > 12
    assert names == {case[0] for case in CASES} | {"Optimizer", "MultiOptimizer", "OptimizerMap", "LossScaleOptimizer"}
    names = harness.public_names(keraburn.optimizers.schedules)
    assert len(names) > 5
    assert names == {case[0] for case in SCHEDULES} | {"LearningRateSchedule"}


def test_every_name_of_keras_is_here():
    theirs = {name for name in dir(harness.keras.optimizers) if not name.startswith("_")}
    assert len(theirs) > 20
    assert {name for name in theirs if not hasattr(keraburn.optimizers, name)} == set()


def test_names_of_variables():
    for name in ("SGD", "RMSprop", "Adam", "Adagrad", "Ftrl"):
        paths = []
        for package in (keraburn, harness.keras):
            with package.name_scope("dense"):
                variables = [
                    package.Variable(np.ones((2, 3), "float32"), name="kernel"),
                    package.Variable(np.ones(3, "float32"), name="bias"),
                ]
            optimizer = getattr(package.optimizers, name)(name="rule")
            optimizer.build(variables)
            paths.append([each.path for each in optimizer.variables])
        assert paths[0] == paths[1]
