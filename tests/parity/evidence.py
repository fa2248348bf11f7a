"""Which of Keras's names the tests of this folder compare: read from what they run on both packages."""

from __future__ import annotations

import ast
import importlib
import pathlib

# What stands for either package, or for a family of both: parameters and loop variables of tests.
EITHER = {"package": "", "k": "", "p": ""}
FAMILIES = {name: name for name in ("ops", "layers", "losses", "utils")} | {"sets": "datasets"}
OURS = {"keraburn"}
THEIRS = {"keras"}
# What the strings of a file's tables name.
_LAYERS = ("layers.{}",)
TABLES = {
    "test_attention": _LAYERS,
    "test_bounding_boxes": ("utils.bounding_boxes.{}",),
    "test_categories": _LAYERS,
    "test_datasets": ("datasets.{}.load_data", "datasets.{}.get_word_index"),
    "test_image_augmentations": _LAYERS,
    "test_image_colors": _LAYERS,
    "test_image_files": ("utils.{}",),
    "test_image_geometry": _LAYERS,
    "test_image_mixing": _LAYERS,
    "test_image_ops": ("ops.image.{}",),
    "test_images": _LAYERS,
    "test_initializers": ("initializers.{}", "constraints.{}", "regularizers.{}"),
    "test_inputs": ("utils.{}",),
    "test_layers": _LAYERS,
    "test_losses": ("losses.{}",),
    "test_metrics": ("metrics.{}",),
    "test_ops": ("activations.{}",),
    "test_optimizers": ("optimizers.{}", "optimizers.schedules.{}"),
    "test_recurrent": _LAYERS,
    "test_structures": ("tree.{}",),
    "test_text_layers": ("layers.{}", "utils.{}"),
    "test_transforms": ("ops.{}",),
    "test_tree": ("tree.{}",),
    "test_utils": ("utils.{}",),
}
# They hold names against each other, or look at errors alone.
NO_VALUES = {"test_names", "test_errors"}


def compared(folder: pathlib.Path) -> set[str]:
    """Dotted names without the leading package, such as `layers.Dense`."""
    files = sorted(path for path in folder.glob("test_*.py") if path.stem not in NO_VALUES)
    assert len(files) > 20
    found = {name for path in files for name in of_source(path.read_text(encoding="utf-8"), TABLES.get(path.stem, ()))}
    for stem, tables in TABLES.items():
        # Names in tables may be put together.
        cases = getattr(importlib.import_module(f"tests.parity.{stem}"), "CASES", ())
        words = {case[0] for case in cases if isinstance(case, tuple) and isinstance(case[0], str)}
        found |= {each.format(word) for each in tables for word in words}
    return found


def of_source(text: str, tables: tuple[str, ...] = ()) -> set[str]:
    """The names that a source runs on both packages.

    Args:
        text: a Python source.
        tables: what its strings name, with `{}` in the place of a string.
    """
    reader = _Reader()
    reader.visit(ast.parse(text))
    strings = {each.format(word) for each in tables for word in reader.strings}
    return reader.either | (reader.ours & reader.theirs) | strings


class _Reader(ast.NodeVisitor):
    """Chains of attributes that begin with a package, also by way of names that they are assigned to."""

    def __init__(self) -> None:
        self.either: set[str] = set()
        self.ours: set[str] = set()
        self.theirs: set[str] = set()
        self.strings: set[str] = set()
        # What a name stands for: the set that its attributes go to, and their dotted beginning.
        self.known: dict[str, tuple[set[str], str]] = {
            **{name: (self.either, place) for name, place in EITHER.items()},
            **dict.fromkeys(OURS, (self.ours, "")),
            **dict.fromkeys(THEIRS, (self.theirs, "")),
        }

    def _chain(self, node: ast.AST) -> tuple[set[str], str] | None:
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        if isinstance(node, ast.Attribute):
            if node.attr == "keras" and isinstance(node.value, ast.Name) and node.value.id == "harness":
                return self.theirs, ""
            base = self._chain(node.value)
            return None if base is None else (base[0], f"{base[1]}.{node.attr}".lstrip("."))
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name
            if node.module == "keraburn":
                self.known[name] = (self.ours, alias.name)
            elif node.module and node.module.startswith("keraburn."):
                self.known[name] = (self.ours, f"{node.module.removeprefix('keraburn.')}.{alias.name}")
                self.ours.add(self.known[name][1])

    def _in_scope(self, node: ast.FunctionDef | ast.Lambda) -> None:
        outside = dict(self.known)
        for each in [*node.args.posonlyargs, *node.args.args]:
            if each.arg in FAMILIES:
                self.known[each.arg] = (self.either, FAMILIES[each.arg])
        self.generic_visit(node)
        self.known = outside

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._in_scope(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._in_scope(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        pairs = [(target, node.value) for target in node.targets]
        if isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple):
            pairs = list(zip(node.targets[0].elts, node.value.elts, strict=False))
        for target, value in pairs:
            found = self._chain(value)
            if isinstance(target, ast.Name) and found is not None:
                self.known[target.id] = found
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        found = self._chain(node)
        if found is not None:
            found[0].add(found[1])
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value.isidentifier():
            self.strings.add(node.value)
