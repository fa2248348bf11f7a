"""Gradients of what has run: `GradientTape`."""

from keraburn.tape.gradient_tape import GradientTape as GradientTape
