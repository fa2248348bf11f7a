"""Small data sets for trying things out, fetched when they are first loaded."""

from __future__ import annotations

from keraburn import _deferred

with _deferred.Imports(globals()):
    from keraburn.datasets import boston_housing as boston_housing
    from keraburn.datasets import california_housing as california_housing
    from keraburn.datasets import cifar10 as cifar10
    from keraburn.datasets import cifar100 as cifar100
    from keraburn.datasets import fashion_mnist as fashion_mnist
    from keraburn.datasets import imdb as imdb
    from keraburn.datasets import mnist as mnist
    from keraburn.datasets import reuters as reuters
