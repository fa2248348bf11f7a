"""Layers that read sequences step by step."""

from __future__ import annotations

from keraburn import _deferred

with _deferred.Imports(globals()):
    from keraburn.layers.recurrent.bidirectional import Bidirectional
    from keraburn.layers.recurrent.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
    from keraburn.layers.recurrent.gru import GRU, GRUCell
    from keraburn.layers.recurrent.lstm import LSTM, LSTMCell
    from keraburn.layers.recurrent.rnn import RNN
    from keraburn.layers.recurrent.simple import SimpleRNN, SimpleRNNCell
    from keraburn.layers.recurrent.stacked import StackedRNNCells
    from keraburn.layers.recurrent.time_distributed import TimeDistributed
