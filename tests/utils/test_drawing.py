import os
import stat
import sys

import pytest

import keraburn as keras


@pytest.fixture
def model():
    x = keras.Input((2,), name="x")
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="<in&side>")], name="inner")
    return keras.Model(x, keras.layers.Dense(1, name="out")(inner(x)), name="whole")


@pytest.fixture
def graphviz(tmp_path, monkeypatch):
    """A program in the place of Graphviz's: it writes its arguments and what it is given."""
    program = tmp_path / "bin" / "dot"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:], sys.stdin.read())\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


def test_text(model):
    text = keras.utils.model_to_dot(model, expand_nested=True, dpi=80).to_string()
    assert text.startswith('digraph G {\n  rankdir="TB";\n  concentrate=true;\n  dpi="80";')
    assert 'subgraph "cluster_inner" {' in text
    assert "&lt;in&amp;side&gt;" in text
    assert text.count("->") == 2
    assert text.count("{") == text.count("}")
    assert keras.utils.model_to_dot(model, subgraph=True).to_string().startswith('subgraph "cluster_whole"')


def test_files(model, tmp_path, graphviz, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    for name, wanted in (("a.png", "-Tpng"), ("a.svg", "-Tsvg"), ("plain", "-Tpng")):
        assert keras.utils.plot_model(model, tmp_path / name) is None
        written = (tmp_path / name).read_text()
        assert written.startswith(f"['{wanted}'] digraph G")
    keras.utils.plot_model(model, str(tmp_path / "a.dot"))
    assert (tmp_path / "a.dot").read_text().startswith("digraph G")


def test_pictures_for_notebooks(model, tmp_path, graphviz):
    display = pytest.importorskip("IPython.display")
    assert isinstance(keras.utils.plot_model(model, tmp_path / "a.jpg"), display.Image)


def test_without_graphviz(model, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImportError, match=r"You must install graphviz .* for `plot_model` to work"):
        keras.utils.plot_model(model, tmp_path / "a.png")
    monkeypatch.setitem(sys.modules, "IPython.core.magics.namespace", sys)
    assert keras.utils.plot_model(model, tmp_path / "a.png") is None
    assert "You must install graphviz" in capsys.readouterr().out
    with pytest.raises(ValueError, match="has not yet been built"):
        keras.utils.plot_model(keras.Sequential([keras.layers.Dense(1)]))


def test_what_cannot_be_drawn(model, tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('no such format')\n")
    program.chmod(0o755)
    with pytest.raises(OSError, match="Graphviz could not draw the model: no such format"):
        keras.utils.model_to_dot(model).create(prog=str(program), format="xyz")


def test_sources():
    a, b = keras.Input((2,)), keras.Input((2,))
    c = keras.layers.Dense(2)(a) + b
    assert [x is y for x, y in zip(keras.utils.get_source_inputs(c * a), (a, b), strict=True)] == [True, True]
    assert keras.utils.get_source_inputs(a) == [a]
    assert keras.utils.is_keras_tensor(c)
    assert not keras.utils.is_keras_tensor(keras.ops.ones(()))
