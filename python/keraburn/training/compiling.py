"""What a model is trained with, and the steps that training, evaluation and prediction repeat."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keraburn import config, metrics, ops, optimizers, registry, trace, tree
from keraburn.callbacks import History
from keraburn.data.packing import unpack_x_y_sample_weight
from keraburn.random import make_default_seed, seeding
from keraburn.tape import GradientTape
from keraburn.tensor import KerasTensor
from keraburn.training import arguments
from keraburn.training.compile import CompileLoss, CompileMetrics
from keraburn.training.eager import EagerLogStep, EagerStep
from keraburn.training.results import in_order
from keraburn.training.steps import LogStep, PredictStep, StepCache

if TYPE_CHECKING:
    from keraburn.layers import Layer as _Base
else:
    _Base = object

# `compile` has an argument of the module's name.
Mean = metrics.Mean


class Compiling(_Base):
    """The part of a model that holds its optimizer, losses and metrics, and its compiled steps."""

    compiled = False
    optimizer: Any = None
    loss: Any = None
    jit_compile = True
    _run_eagerly = False
    steps_per_execution = 1
    stop_training = False
    stop_evaluating = False
    stop_predicting = False
    history: History
    _initial_epoch: int | None = None
    _loss_tracker: Any = None
    _compile_loss: CompileLoss | None = None
    _compile_metrics: CompileMetrics | None = None
    _compile_config: dict[str, Any] | None = None
    _shuffle_seed = 0
    _seeded = 0
    # Whether layers of strings or hashes come first, through which data goes before the graph.
    _begins_on_host = False

    def _on_host(self, inputs: Any, whole: bool = False) -> Any:
        """What the graph takes for these inputs: a batch, or whole data, which may be prepared batch by batch."""
        return inputs

    # Compiling.

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Configure the model for training.

        Args:
            optimizer: name or object.
            loss: name, function or object; for several outputs a list or a dict by output name.
            loss_weights: factors of the outputs' losses in the total, a number, list or dict.
            metrics: list of names, functions or objects; for several outputs a list of lists or a dict.
            weighted_metrics: the same, computed with sample weights.
            run_eagerly: whether steps run in Python for every batch, with values at hand to print and to look at, in
                place of being compiled once; much slower.
            steps_per_execution: batches between two calls of batch-level callbacks.
            jit_compile: kept for Keras's signature; steps are always compiled.
            auto_scale_loss: whether under the policy "mixed_float16" the optimizer becomes a `LossScaleOptimizer`.

        Raises:
            ValueError: if a name is not known (the nearest known one is named) or an argument has a wrong type.

        Example:

        >>> import keraburn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
        >>> model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
        """
        optimizer = optimizers.get(optimizer)
        scales = optimizer is None or isinstance(optimizer, optimizers.LossScaleOptimizer)
        if auto_scale_loss and not scales and self.dtype_policy.name == "mixed_float16":
            optimizer = optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")
        given = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        steps_per_execution = arguments.whole("steps_per_execution", steps_per_execution, 1)
        output_names = getattr(self, "output_names", None)
        compile_metrics = None
        if metrics is not None or weighted_metrics is not None:
            compile_metrics = CompileMetrics(metrics, weighted_metrics, output_names)
        if jit_compile is True and run_eagerly:
            warnings.warn(
                "If `run_eagerly` is True, then `jit_compile` cannot also be True. Disabling `jit_compile`.",
                stacklevel=2,
            )
        # Past the layer's own bookkeeping: none of this is a weight or a sublayer.
        self.__dict__.update(
            optimizer=optimizer,
            loss=loss,
            _run_eagerly=bool(run_eagerly),
            steps_per_execution=steps_per_execution,
            jit_compile=not run_eagerly if jit_compile == "auto" else bool(jit_compile) and not run_eagerly,
            stop_training=False,
            compiled=True,
            _compile_loss=None if loss is None else CompileLoss(loss, loss_weights, output_names),
            _compile_metrics=compile_metrics,
            _compile_config=given,
            train_function=None,
            test_function=None,
            predict_function=None,
            _loss_tracker=Mean(name="loss"),
            # A stream of its own, so that models in other threads do not disturb it.
            _shuffle_seed=make_default_seed(),
            _seeded=seeding()[0],
        )
        self._forget_steps()

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was called with, as plain data."""
        if self._compile_config is None:
            return {}
        return {name: registry.serialize_keras_object(value) for name, value in self._compile_config.items()}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Call `compile` with what `get_compile_config` gave, and make the optimizer's variables."""
        if type(self).compile is not Compiling.compile:
            warnings.warn(
                "`compile()` was not called as part of model loading because the model's `compile()` method is custom. "
                "All subclassed Models that have `compile()` overridden should also override `get_compile_config()` "
                "and `compile_from_config(config)`. Alternatively, you can call `compile()` manually after loading.",
                stacklevel=2,
            )
            return
        self.compile(**registry.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def _assert_compile_called(self, method: str) -> None:
        if not self.compiled:
            raise ValueError(
                f"You must call `compile()` before calling `{method}()`. Received: the model '{self.name}', "
                "which was not compiled"
            )

    # Compiled steps.

    @property
    def _steps(self) -> StepCache:
        steps = self.__dict__.get("_step_cache")
        return steps if steps is not None else self._forget_steps()

    def _forget_steps(self) -> StepCache:
        """Drop the compiled steps, as when the model or what it is trained with has changed."""
        steps = self.__dict__["_step_cache"] = StepCache()
        return steps

    @property
    def run_eagerly(self) -> bool:
        """Whether steps run in Python for every batch; also where `run_functions_eagerly` says so."""
        return self._run_eagerly or config.functions_run_eagerly()

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self.__dict__["_run_eagerly"] = bool(value)

    def _make_train_step(self, specs: Any) -> LogStep | EagerLogStep:
        if self.run_eagerly:
            return EagerLogStep(self.train_step, specs)
        return self._steps.of_specs("train", lambda specs: self._log_step(self.train_step, specs), specs)

    def _make_test_step(self, specs: Any) -> LogStep | EagerLogStep:
        if self.run_eagerly:
            return EagerLogStep(self.test_step, specs)
        return self._steps.of_specs("test", lambda specs: self._log_step(self.test_step, specs), specs)

    def _make_predict_step(self, specs: Any) -> PredictStep | EagerStep:
        if self.run_eagerly:
            return EagerStep(self.predict_step, specs)
        return self._steps.of_specs("predict", lambda specs: PredictStep(self.predict_step, specs), specs)

    def _log_step(self, function: Callable[[Any], Any], specs: Any) -> LogStep:
        try:
            self._prepare_for(specs)
        except Exception:
            # A step of the user's own may do without `call`, or give it something else than the data.
            if function.__module__.startswith("keraburn."):
                raise
        return LogStep(function, specs)

    def _prepare_for(self, specs: Any) -> None:
        """Build what needs shapes: the model, its losses, its metrics and the optimizer."""
        x, y, _ = specs
        unbuilt = [part for part in (self._compile_loss, self._compile_metrics) if part is not None and not part.built]
        if not self.built or (unbuilt and y is not None):
            with trace.Trace() as tracing:
                inputs = tree.map_structure(lambda leaf: tracing.input(leaf.shape, leaf.dtype), x)
                y_pred = tree.map_structure(
                    lambda leaf: KerasTensor(leaf.shape, leaf.dtype), self(inputs, training=False)
                )
            for part in unbuilt:
                if y is not None:
                    part.build(y, y_pred)
        if self.optimizer is not None and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)

    # Steps, which subclasses may override.

    def train_step(self, data: Any) -> dict[str, Any]:
        """One update of the weights; traced once for each shape of batch, then run in Rust.

        Args:
            data: `x`, `(x, y)` or `(x, y, sample_weight)` of a batch.

        Returns:
            The values to log, by name.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        # In a compiled step the graph itself is differentiated.
        tape = GradientTape() if trace.current() is None else None
        with tape or contextlib.nullcontext():
            y_pred = self(x, training=True)
            loss = self._compute_loss(x, y, y_pred, sample_weight, training=True)
            scaled = self.optimizer.scale_loss(loss) if hasattr(self.optimizer, "scale_loss") else loss
        self._track_loss(loss, x)
        variables = self.trainable_variables
        if variables:
            if self.optimizer is None:
                raise ValueError("Training needs an optimizer. Received: optimizer=None in `compile()`")
            if self._compile_loss is None and tape is None and not isinstance(loss, trace.TracedTensor):
                raise ValueError(
                    "No loss to compute. Provide a `loss` argument in `compile()`. Received: loss=None in `compile()`"
                )
            if tape is None:
                gradients = trace.gradients(scaled, [variable.value for variable in variables])
            else:
                gradients = tape.gradient(scaled, variables)
            self.optimizer.apply(gradients, variables)
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """The loss and the metrics of a batch; `data` and the returned values are as for `train_step`."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        self._track_loss(self._compute_loss(x, y, y_pred, sample_weight, training=False), x)
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for a batch."""
        return self(unpack_x_y_sample_weight(data)[0], training=False)

    def _track_loss(self, loss: Any, x: Any) -> None:
        if self._loss_tracker is not None:
            self._loss_tracker.update_state(loss, sample_weight=tree.flatten(x)[0].shape[0])

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The total loss of a batch: that of `compile`, regularizers, and what layers added with `add_loss`.

        Args:
            x: inputs.
            y: targets.
            y_pred: outputs for these inputs.
            sample_weight: weights of the samples.
            training: whether this is a training step.
        """
        total = None if self._compile_loss is None else self._compile_loss(y, y_pred, sample_weight)
        for loss in self.losses:
            value = ops.sum(ops.cast(loss, config.floatx()))
            total = value if total is None else ops.add(total, value)
        return ops.zeros(()) if total is None else total

    def _compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        # Overrides written for older versions of Keras have no `training`.
        if "training" in inspect.signature(self.compute_loss).parameters:
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Update the metrics of `compile` with a batch; returns the values of all metrics by name."""
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """The values of all metrics, by name."""
        values: dict[str, Any] = {}
        for metric in self.metrics:
            result = metric.result()
            values.update(result if isinstance(result, dict) else {metric.name: result})
        return values

    @property
    def metrics(self) -> list[Any]:
        """The loss, the metrics of `compile`, the outputs' own losses, then those of this model and its layers."""
        found: list[Any] = []
        if self.compiled:
            if self._loss_tracker is not None:
                found.append(self._loss_tracker)
            if self._compile_metrics is not None:
                found.append(self._compile_metrics)
            if self._compile_loss is not None:
                found.extend(self._compile_loss.metrics)
        found.extend(self._metrics)
        for layer in self._flatten_layers(include_self=False):
            # A model inside has its own `compile`, which counts for nothing here.
            found.extend(layer._metrics)
        return found

    @property
    def metrics_names(self) -> list[str]:
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Set all metrics back to their beginning."""
        for metric in self.metrics:
            metric.reset_state()

    def _in_order(self, logs: dict[str, Any]) -> Any:
        """`logs` as `evaluate` returns them."""
        names: list[str] = []
        for metric in self.metrics:
            inner = metric.metrics if isinstance(metric, CompileMetrics) else [metric]
            names.extend(each.name for each in inner)
        return in_order(logs, names)
