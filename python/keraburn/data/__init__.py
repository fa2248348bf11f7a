"""Data on its way to a model: arrays of every library, batches made in Python, and data sets."""
