"""Helpers around models: seeds, labels, sequences, progress bars, and names for saving."""

from __future__ import annotations

from keraburn import _deferred
from keraburn.backend import is_keras_tensor as is_keras_tensor
from keraburn.config import clear_session as clear_session
from keraburn.data.packing import pack_x_y_sample_weight as pack_x_y_sample_weight
from keraburn.data.packing import unpack_x_y_sample_weight as unpack_x_y_sample_weight
from keraburn.data.py_dataset import PyDataset as PyDataset
from keraburn.dtypes import standardize_dtype as standardize_dtype
from keraburn.random import set_seed as set_random_seed
from keraburn.registry import CustomObjectScope as CustomObjectScope
from keraburn.registry import custom_object_scope as custom_object_scope
from keraburn.registry import deserialize_keras_object as deserialize_keras_object
from keraburn.registry import get_custom_objects as get_custom_objects
from keraburn.registry import get_registered_name as get_registered_name
from keraburn.registry import get_registered_object as get_registered_object
from keraburn.registry import register_keras_serializable as register_keras_serializable
from keraburn.registry import serialize_keras_object as serialize_keras_object
from keraburn.switches import disable_interactive_logging as disable_interactive_logging
from keraburn.switches import enable_interactive_logging as enable_interactive_logging
from keraburn.switches import is_interactive_logging_enabled as is_interactive_logging_enabled

with _deferred.Imports(globals()):
    from keraburn.data.splitting import split_dataset as split_dataset
    from keraburn.data.timeseries import timeseries_dataset_from_array as timeseries_dataset_from_array
    from keraburn.utils import bounding_boxes as bounding_boxes
    from keraburn.utils import legacy as legacy
    from keraburn.utils.config import Config as Config
    from keraburn.utils.download import get_file as get_file
    from keraburn.utils.drawing import model_to_dot as model_to_dot
    from keraburn.utils.drawing import plot_model as plot_model
    from keraburn.utils.image_files import image_dataset_from_directory as image_dataset_from_directory
    from keraburn.utils.images import array_to_img as array_to_img
    from keraburn.utils.images import img_to_array as img_to_array
    from keraburn.utils.images import load_img as load_img
    from keraburn.utils.images import save_img as save_img
    from keraburn.utils.numbers import normalize as normalize
    from keraburn.utils.numbers import to_categorical as to_categorical
    from keraburn.utils.progbar import Progbar as Progbar
    from keraburn.utils.sequences import pad_sequences as pad_sequences
    from keraburn.utils.sources import get_source_inputs as get_source_inputs
    from keraburn.utils.text_files import text_dataset_from_directory as text_dataset_from_directory

# The name that it had in Keras 2.
Sequence = PyDataset
