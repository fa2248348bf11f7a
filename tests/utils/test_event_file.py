"""Event files are what TensorBoard itself writes and reads."""

from __future__ import annotations

import numpy as np
import pytest

from keraburn.utils import event_file
from keraburn.utils.event_file import EventFile, encode_png


def events(folder):
    """The events in a folder's one file."""
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    (path,) = folder.iterdir()
    assert path.name.startswith("events.out.tfevents.")
    return list(loader.EventFileLoader(str(path)).Load())


def test_the_file_begins_with_its_version(tmp_path):
    file = EventFile(str(tmp_path / "new" / "folder"))
    file.flush()
    assert not (tmp_path / "new").exists()
    file.scalar("a", 1.0, 0)
    file.flush()
    first, second = events(tmp_path / "new" / "folder")
    assert first.file_version == "brain.Event:2"
    assert first.wall_time <= second.wall_time
    assert second.step == 0


def test_scalars_are_those_of_tensorboard(tmp_path):
    summary = pytest.importorskip("tensorboard.plugins.scalar.summary_v2")
    file = EventFile(str(tmp_path))
    for step, value in ((1, 0.25), (2**40, float("nan")), (-3, 1e30)):
        file.scalar("loss/täg", value, step)
    file.flush()
    found = events(tmp_path)[1:]
    assert [event.step for event in found] == [1, 2**40, -3]
    for event, value in zip(found, (0.25, float("nan"), 1e30), strict=True):
        expected = summary.scalar_pb("loss/täg", value)
        expected.value[0].metadata.data_class = 1
        # As texts, in which NaN equals itself.
        assert str(plain(event.summary)) == str(plain(expected))


def plain(summary):
    """A summary with its tensor as an array, as protobuf has several ways to hold one."""
    util = pytest.importorskip("tensorboard.util.tensor_util")
    (value,) = summary.value
    return (
        value.tag,
        value.metadata.plugin_data.plugin_name,
        value.metadata.plugin_data.content,
        value.metadata.data_class,
        util.make_ndarray(value.tensor).tolist(),
    )


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(size=(7, 50)).astype("float32"),
        np.zeros((3, 2)),
        np.full(4, -2.5),
        np.arange(1000),
        np.array([]),
        np.array([True, False]),
    ],
    ids=["normal", "zeros", "equal", "integers", "empty", "booleans"],
)
def test_histograms_are_those_of_tensorboard(tmp_path, values):
    summary = pytest.importorskip("tensorboard.plugins.histogram.summary_v2")
    file = EventFile(str(tmp_path))
    file.histogram("weights", values, 3)
    file.flush()
    (event,) = events(tmp_path)[1:]
    expected = summary.histogram_pb("weights", values)
    expected.value[0].metadata.data_class = 2
    assert event.step == 3
    found, expected = plain(event.summary), plain(expected)
    assert found[:4] == expected[:4]
    np.testing.assert_allclose(found[4], expected[4], rtol=1e-12)


def test_a_histogram_leaves_out_what_is_not_finite(tmp_path):
    file = EventFile(str(tmp_path))
    file.histogram("weights", np.array([0.0, 1.0, np.nan, np.inf, -np.inf]), 0)
    file.flush()
    buckets = np.array(plain(events(tmp_path)[1].summary)[4])
    assert buckets.shape == (30, 3)
    assert buckets[:, 2].sum() == 2


def test_without_the_package_the_error_says_what_to_install(tmp_path, monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ImportError, match="pip install tensorboard"):
        EventFile(str(tmp_path)).scalar("a", 1.0, 0)


def test_texts_are_those_of_tensorboard(tmp_path):
    summary = pytest.importorskip("tensorboard.plugins.text.summary_v2")
    file = EventFile(str(tmp_path))
    file.text("note", "**wörds**", 1)
    file.flush()
    (event,) = events(tmp_path)[1:]
    expected = summary.text_pb("note", "**wörds**")
    expected.value[0].metadata.data_class = 2
    assert plain(event.summary) == plain(expected)


def test_images(tmp_path):
    plugin = pytest.importorskip("tensorboard.plugins.image.metadata")
    file = EventFile(str(tmp_path))
    pixels = np.linspace(-0.5, 1.5, 4 * 2 * 5 * 3).reshape(4, 2, 5, 3)
    file.images("picture", pixels, 0)
    file.flush()
    (event,) = events(tmp_path)[1:]
    tag, name, content, data_class, parts = plain(event.summary)
    assert (tag, name, data_class) == ("picture", "images", 3)
    assert plugin.parse_plugin_metadata(content).version == 0
    # The width, the height and no more than three pictures.
    assert parts[:2] == [b"5", b"2"]
    assert len(parts) == 5
    for part, picture in zip(parts[2:], pixels, strict=False):
        np.testing.assert_array_equal(decoded(part), np.floor(np.clip(picture * 255.5, 0, 255)))


def decoded(png):
    import io

    image = pytest.importorskip("PIL.Image")
    with image.open(io.BytesIO(png)) as opened:
        array = np.asarray(opened)
    return array if array.ndim == 3 else array[..., None]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pictures_are_read_back(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels)).astype("uint8")
    np.testing.assert_array_equal(decoded(encode_png(pixels)), pixels)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((2, 2), "uint8"), np.zeros((2, 2, 5), "uint8"), np.zeros((2, 2, 1)), np.zeros((0, 2, 1), "uint8")],
)
def test_other_arrays_are_no_pictures(pixels):
    with pytest.raises(ValueError, match="A picture should have shape"):
        encode_png(pixels)


def test_much_is_written_without_being_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(event_file, "_MOST_WAITING", 1000)
    file = EventFile(str(tmp_path))
    for step in range(30):
        file.scalar("a", step, step)
    assert len(events(tmp_path)) > 10
    file.flush()
    assert [event.step for event in events(tmp_path)[1:]] == list(range(30))
