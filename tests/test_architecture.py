"""The sources keep to the design: who may name whom, how long a file may be, where a name is listed."""

from __future__ import annotations

import ast
import pathlib
import re
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "keraburn"
CRATE = ROOT / "src"

# Lowest first; those of one line may name each other, as long as no circle arises.
PYTHON_LAYERS = [
    {"_core", "_names", "_deferred", "_vulkan"},
    {
        "config",
        "devices",
        "tree",
        "dtypes",
        "dtype_policies",
        "half",
        "tensor",
        "trace",
        "recorder",
        "variable",
        "stateless",
        "rematerialization",
        "switches",
        "export",
    },
    {"ops", "random", "tape"},
    {"registry"},
    {"activations", "initializers", "regularizers", "constraints", "losses", "metrics", "optimizers"},
    {"backend"},
    {"data"},
    {"utils"},
    {"layers"},
    {"saving", "callbacks"},
    {"training"},
    {"models"},
    {"applications", "datasets", "mixed_precision", "preprocessing", "wrappers", "legacy"},
    # The package's own head, and the faces that show it under other names.
    {""},
    {"keras", "tf"},
]

# `engine` is `ops/engine`: burn's operations, which tensors on devices other than the CPU need too.
RUST_LAYERS = [
    {"error", "guard", "dtype", "device", "shape"},
    {"kernels", "text"},
    {"engine"},
    {"tensor"},
    {"ops"},
    {"graph"},
    {"train"},
    {"py"},
]
MAY_NAME_PYO3 = {"py", "lib"}
MAY_NAME_BURN = {"device", "engine"}

MOST_LINES = 500


def python_files() -> list[pathlib.Path]:
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 30, f"found only {len(files)} files below {PACKAGE}"
    return files


def rust_files() -> list[pathlib.Path]:
    files = sorted(CRATE.rglob("*.rs"))
    assert len(files) > 20, f"found only {len(files)} files below {CRATE}"
    return files


def layer_of(name: str, layers: list[set[str]]) -> int:
    found = [level for level, names in enumerate(layers) if name in names]
    assert found, f"'{name}' has no place in the order of the design"
    return found[0]


# --- Python ---------------------------------------------------------------------------------------------------------


def module_name(path: pathlib.Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module: str) -> str:
    """`keraburn.layers.dense` belongs to `layers`; the package's own head to the empty name."""
    return [*module.split("."), ""][1]


MODULES = {module_name(path) for path in PACKAGE.rglob("*.py")} | {"keraburn._core"}


def imported_modules(node: ast.stmt) -> list[str]:
    """Modules of our own that one import statement names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.split(".")[0] == "keraburn"]
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "keraburn":
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in MODULES else str(node.module) for name in inner]
    return []


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def run_time_imports(path: pathlib.Path) -> list[str]:
    """What a module imports when it is itself imported; names for type checkers do not count."""
    found: list[str] = []

    def visit(node: ast.AST) -> None:
        if is_for_types_only(node):
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.extend(imported_modules(node))
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def test_python_names_only_what_lies_below():
    wrong, seen = [], 0
    for path in python_files():
        module = module_name(path)
        level = layer_of(part_of(module), PYTHON_LAYERS)
        for name in run_time_imports(path):
            seen += 1
            if layer_of(part_of(name), PYTHON_LAYERS) > level:
                wrong.append(f"{module} imports {name}")
    assert seen > 100
    assert not wrong, "\n".join(wrong)


def test_no_circle_of_python_modules():
    graph = {module_name(path): set(run_time_imports(path)) for path in python_files()}
    assert sum(map(len, graph.values())) > 100
    done: set[str] = set()

    def circle(module: str, above: tuple[str, ...]) -> tuple[str, ...] | None:
        if module in above:
            return (*above[above.index(module) :], module)
        if module in done:
            return None
        for name in sorted(graph.get(module, ())):
            # A package's head lists its files; a file that names its own package means another file of it.
            if name != module and (found := circle(name, (*above, module))):
                return found
        done.add(module)
        return None

    for module in sorted(graph):
        found = circle(module, ())
        assert found is None, " -> ".join(found or ())


def test_no_import_of_our_own_inside_a_function():
    functions, wrong = 0, []
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                functions += 1
                imports = [inner for inner in ast.walk(node) if isinstance(inner, (ast.Import, ast.ImportFrom))]
                wrong += [f"{path.relative_to(ROOT)}:{inner.lineno}" for inner in imports if imported_modules(inner)]
    assert functions > 300
    assert not wrong, "\n".join(wrong)


def test_what_is_imported_at_start_is_numpy_and_the_standard_library(run_python):
    printed = run_python(
        "-c",
        "import sys, numpy; before = set(sys.modules); import keraburn\n"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))",
    )
    loaded = set(printed.split())
    assert "keraburn" in loaded
    heavy = {"h5py", "scipy", "pandas", "IPython", "rich", "matplotlib", "tensorflow", "jax", "torch", "keras"}
    assert not loaded & heavy
    assert not loaded & {"asyncio", "multiprocessing", "unittest", "http", "email"}


def is_deferred(node: ast.stmt) -> bool:
    """Whether a block's imports are put off until their names are used."""
    return isinstance(node, ast.With) and ast.unparse(node.items[0].context_expr) == "_deferred.Imports(globals())"


def public_members(head: pathlib.Path) -> Iterator[str]:
    for outer in ast.parse(head.read_text(encoding="utf-8")).body:
        for node in outer.body if is_deferred(outer) else [outer]:
            if isinstance(node, ast.ImportFrom):
                yield from (alias.asname or alias.name for alias in node.names)


@pytest.mark.parametrize("package", ["layers", "losses", "metrics", "optimizers", "callbacks", "ops"])
def test_a_name_is_listed_once(package):
    names = list(public_members(PACKAGE / package / "__init__.py"))
    assert len(names) > 3
    assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})


def test_all_layers_are_exported():
    from keraburn import layers

    shown = {name for name in dir(layers) if not name.startswith("_") and callable(getattr(layers, name))}
    assert len(shown) > 100
    assert shown == set(layers.__all__)


def test_deferred_names_are_left_alone_by_their_heads():
    """A head that used one would not find it, and a file of that name would stand in its place."""
    wrong, seen = [], 0
    for path in python_files():
        package, code = module_name(path), ast.parse(path.read_text(encoding="utf-8"))
        used = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)}
        for block in filter(is_deferred, code.body):
            for node in block.body:
                assert isinstance(node, ast.ImportFrom), f"{path}:{node.lineno} only imports names"
                for alias in node.names:
                    seen += 1
                    name = alias.asname or alias.name
                    is_hidden = f"{package}.{name}" in MODULES - {f"{node.module}.{alias.name}"}
                    wrong += [f"{package}: {name}"] if name in used or is_hidden else []
    assert seen > 300
    assert not wrong, "\n".join(wrong)


# --- Rust -----------------------------------------------------------------------------------------------------------


def rust_part(path: pathlib.Path) -> str:
    parts = path.relative_to(CRATE).with_suffix("").parts
    return "engine" if parts[:2] == ("ops", "engine") else parts[0]


def rust_code(path: pathlib.Path) -> str:
    """The source without comments, strings and unit tests."""
    text = path.read_text(encoding="utf-8").split("#[cfg(test)]")[0]
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(?:\\.|[^"\\])*"', '""', text)


def crate_names(code: str) -> set[str]:
    """The crate's own parts that the code names: `crate::x` and `crate::{x::.., y}`."""
    code = re.sub(r"\bcrate::ops::engine\b", "crate::engine", code)
    names = set(re.findall(r"\bcrate::(\w+)", code))
    for group in re.findall(r"\bcrate::\{(.*?)\};", code, flags=re.DOTALL):
        while "{" in group:
            group = re.sub(r"\{[^{}]*\}", "", group)
        names |= set(re.findall(r"(?:^|,)\s*(\w+)", group))
    return names


def test_rust_names_only_what_lies_below():
    wrong, seen = [], 0
    for path in rust_files():
        part = rust_part(path)
        if part == "lib":
            continue
        for name in crate_names(rust_code(path)):
            seen += 1
            if layer_of(name, RUST_LAYERS) > layer_of(part, RUST_LAYERS):
                wrong.append(f"{path.relative_to(ROOT)} names crate::{name}")
    assert seen > 100
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [(r"\b(?:pyo3|numpy)::", MAY_NAME_PYO3), (r"\bburn\w*::", MAY_NAME_BURN)],
    ids=["pyo3", "burn"],
)
def test_who_may_name_an_engine(pattern, allowed):
    naming = {path: rust_part(path) for path in rust_files() if re.search(pattern, rust_code(path))}
    assert naming, f"nothing matches {pattern}"
    wrong = [str(path.relative_to(ROOT)) for path, part in naming.items() if part not in allowed]
    assert not wrong, "\n".join(wrong)


# --- Both -----------------------------------------------------------------------------------------------------------


def test_files_stay_readable():
    files = [*python_files(), *rust_files(), *sorted((ROOT / "tests").rglob("*.py"))]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert sum(lengths.values()) > 5000
    too_long = {name: length for name, length in lengths.items() if length > MOST_LINES}
    assert not too_long


def test_every_operation_of_the_core_is_used():
    used, endings = set(), set()
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[-1], ast.Constant):
                endings.add(node.values[-1].value)
    # A name may be put together: `f"{cell}_result"`.
    used |= {name + ending for name in used for ending in endings if ending.startswith("_")}
    registered = registered_operations()
    assert len(registered) > 80
    # That a name occurs does not prove that it is reached; one that occurs nowhere is reached by nobody.
    assert not registered - used, sorted(registered - used)


def registered_operations() -> set[str]:
    from keraburn import _core

    return set(_core.operations())
