"""Gradients of what has run: `GradientTape`; compiled functions: `function`."""

from keraburn.tape.function import Function as Function
from keraburn.tape.function import function as function
from keraburn.tape.gradient_tape import GradientTape as GradientTape
from keraburn.tape.specs import TensorSpec as TensorSpec
