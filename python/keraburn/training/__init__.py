"""Training: what `compile`, `fit`, `evaluate` and `predict` do."""

from keraburn.training.trainer import Trainer as Trainer
