"""What SimpleRNN, LSTM and GRU share: a cell of their own, whose arguments are theirs."""

from __future__ import annotations

from typing import Any

from keraburn import regularizers
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.recurrent.rnn import RNN


def delegated(name: str) -> Any:
    """A property that is the cell's attribute of that name."""
    return property(lambda self: getattr(self.cell, name), doc=f"The cell's `{name}`.")


def check_cudnn(value: Any) -> Any:
    """An argument `use_cudnn`, which has no effect here.

    Raises:
        ValueError: if it is not one of those that Keras takes.
    """
    if value not in ("auto", True, False):
        raise ValueError(
            "Invalid valid received for argument `use_cudnn`. Expected one of {'auto', True, False}. "
            f"Received: use_cudnn={value}"
        )
    return value


class BuiltinRNN(RNN):
    """A recurrent layer that is configured with its cell's arguments.

    Args:
        cell: the cell.
        **kwargs: arguments of RNN.
    """

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    units = delegated("units")
    activation = delegated("activation")
    use_bias = delegated("use_bias")
    kernel_initializer = delegated("kernel_initializer")
    recurrent_initializer = delegated("recurrent_initializer")
    bias_initializer = delegated("bias_initializer")
    kernel_regularizer = delegated("kernel_regularizer")
    recurrent_regularizer = delegated("recurrent_regularizer")
    bias_regularizer = delegated("bias_regularizer")
    kernel_constraint = delegated("kernel_constraint")
    recurrent_constraint = delegated("recurrent_constraint")
    bias_constraint = delegated("bias_constraint")
    dropout = delegated("dropout")
    recurrent_dropout = delegated("recurrent_dropout")

    def get_config(self) -> dict[str, Any]:
        own = super().get_config()
        del own["cell"]
        inner = self.cell.get_config()
        return {
            **inner,
            **own,
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        # The way of plain layers: everything is an argument.
        return super(RNN, cls).from_config(config)
