"""Data made ready for models."""

from __future__ import annotations

from keraburn import _deferred

with _deferred.Imports(globals()):
    from keraburn.data.timeseries import timeseries_dataset_from_array as timeseries_dataset_from_array
    from keraburn.preprocessing import image as image
    from keraburn.preprocessing import sequence as sequence
    from keraburn.preprocessing import text as text
    from keraburn.utils.image_files import image_dataset_from_directory as image_dataset_from_directory
    from keraburn.utils.text_files import text_dataset_from_directory as text_dataset_from_directory
