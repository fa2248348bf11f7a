"""`keras.tree` beside Keras."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from typing import Any

import pytest

import keraburn
from keraburn import tree
from tests.parity.harness import keras

Pair = namedtuple("Pair", ["first", "second"])
STRUCTURES: list[Any] = [
    1,
    [1, 2],
    (1, [2, {"b": 3, "a": (4,)}]),
    {"z": [1, 2], "a": {"c": 3, "b": ()}},
    OrderedDict([("z", 1), ("a", [2, 3])]),
    Pair(1, [2, 3]),
    [],
    {},
]


@pytest.mark.parametrize("structure", STRUCTURES, ids=repr)
def test_one_structure(structure):
    theirs = keras.tree
    assert tree.is_nested(structure) == theirs.is_nested(structure)
    if not isinstance(structure, OrderedDict):
        assert tree.flatten(structure) == theirs.flatten(structure)
        assert tree.map_structure(str, structure) == theirs.map_structure(str, structure)
        assert dict(tree.flatten_with_path(structure)).keys() == dict(theirs.flatten_with_path(structure)).keys()
    leaves = list("abcdefg")[: len(tree.flatten(structure))]
    packed, expected = tree.pack_sequence_as(structure, leaves), theirs.pack_sequence_as(structure, leaves)
    assert type(packed) is type(expected)
    if not isinstance(structure, OrderedDict):
        assert packed == expected
    assert tree.lists_to_tuples(structure) == theirs.lists_to_tuples(structure)


def test_none():
    structure = [1, None, {"a": None}]
    for function in (tree.map_structure, keras.tree.map_structure):
        assert function(lambda x: x is None, structure, none_is_leaf=True) == [False, True, {"a": True}]
        assert function(lambda x: 0, structure, none_is_leaf=False) == [0, None, {"a": None}]
    assert tree.flatten_with_path(structure) == keras.tree.flatten_with_path(structure)


@pytest.mark.parametrize("top_down", [True, False])
def test_traverse(top_down):
    def change(package: Any) -> Any:
        def function(part: Any) -> Any:
            if isinstance(part, list) and len(part) == 2:
                return package.tree.MAP_TO_NONE
            return part * 10 if isinstance(part, int) else None

        return function

    structure = {"a": [1, 2], "b": (3, [4]), "c": [[5, 6], [7]]}
    ours = tree.traverse(change(keraburn), structure, top_down=top_down)
    assert ours == keras.tree.traverse(change(keras), structure, top_down=top_down)


def test_shapes_and_shallow_structures():
    shapes = {"a": (None, 3), "b": [(2,), [4, 5]]}
    assert tree.map_shape_structure(len, shapes) == keras.tree.map_shape_structure(len, shapes)
    arguments = ({"a": 0, "b": (0, 0)}, lambda x, y: [x, y], {"a": [1], "b": (2, 3)}, {"a": {}, "b": ([], 5)})
    assert tree.map_structure_up_to(*arguments) == keras.tree.map_structure_up_to(*arguments)


PAIRS = [([1, 2], [3, 4]), ([1], (1,)), ([1, 2], [1]), ({"a": 1}, {"b": 1}), ({"a": 1}, {"a": [1]}), ([1, [2]], [1, 2])]


@pytest.mark.parametrize("pair", PAIRS, ids=repr)
@pytest.mark.parametrize("name", ["assert_same_structure", "assert_same_paths"])
def test_comparisons(pair, name):
    def fits(package: Any) -> bool:
        try:
            getattr(package, name)(*pair)
        except ValueError:
            return False
        return True

    assert fits(tree) == fits(keras.tree)


def test_mistakes():
    for package in (tree, keras.tree):
        with pytest.raises(ValueError, match="at least one structure"):
            package.map_structure(len)
        with pytest.raises(ValueError, match="at least one structure"):
            package.map_structure_up_to([1], len)
        with pytest.raises(ValueError, match=r"(?i)structure|expected an instance"):
            package.map_structure_up_to([1, [2]], str, [1, 2])
        with pytest.raises((ValueError, StopIteration)):
            package.pack_sequence_as([1, 2], [1])
