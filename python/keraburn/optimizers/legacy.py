"""The names of Keras 2's second set of optimizers; they are the same classes here."""

from __future__ import annotations

from keraburn.optimizers.adagrad import Adagrad as Adagrad
from keraburn.optimizers.adam import Adam as Adam
from keraburn.optimizers.ftrl import Ftrl as Ftrl
from keraburn.optimizers.optimizer import Optimizer as Optimizer
from keraburn.optimizers.rmsprop import RMSprop as RMSprop
from keraburn.optimizers.sgd import SGD as SGD
