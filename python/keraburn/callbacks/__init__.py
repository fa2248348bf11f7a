"""Callbacks: what is told how training goes, and may step in."""

from __future__ import annotations

from keraburn import _deferred
from keraburn.callbacks.callback import Callback as Callback
from keraburn.callbacks.callback_list import CallbackList as CallbackList
from keraburn.callbacks.history import History as History

with _deferred.Imports(globals()):
    from keraburn.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
    from keraburn.callbacks.csv_logger import CSVLogger as CSVLogger
    from keraburn.callbacks.early_stopping import EarlyStopping as EarlyStopping
    from keraburn.callbacks.lambda_callback import LambdaCallback as LambdaCallback
    from keraburn.callbacks.learning_rate import LearningRateScheduler as LearningRateScheduler
    from keraburn.callbacks.learning_rate import ReduceLROnPlateau as ReduceLROnPlateau
    from keraburn.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
    from keraburn.callbacks.orbax_checkpoint import OrbaxCheckpoint as OrbaxCheckpoint
    from keraburn.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
    from keraburn.callbacks.remote_monitor import RemoteMonitor as RemoteMonitor
    from keraburn.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
    from keraburn.callbacks.tensorboard import TensorBoard as TensorBoard
    from keraburn.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN
