"""HDF5 files, read with distrust and written in one go, by Python alone."""

from __future__ import annotations

from keraburn.saving.hdf5.limits import check_expansion
from keraburn.saving.hdf5.reader import Dataset, File, Group
from keraburn.saving.hdf5.store import Reader, Stored, Writer, get_array, get_group
from keraburn.saving.hdf5.writer import MOST_ATTRIBUTE, NewDataset, NewFile, NewGroup
