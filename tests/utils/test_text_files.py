"""Text files in folders as data sets."""

from __future__ import annotations

import pytest

import keraburn as keras

read = keras.utils.text_dataset_from_directory


@pytest.fixture
def folder(tmp_path):
    for name in ("pos", "neg"):
        (tmp_path / name / "sub").mkdir(parents=True)
        for number in range(10):
            (tmp_path / name / f"{number}.txt").write_text(f"{name} {number} é", encoding="utf-8")
        (tmp_path / name / "sub" / "x.TXT").write_text("deep")
        (tmp_path / name / "other.md").write_text("not a text file")
    (tmp_path / ".hidden").mkdir()
    return tmp_path


def all_of(data):
    texts, labels = [], []
    for batch, label in data:
        texts += batch.numpy().tolist()
        labels += label.numpy().tolist()
    return texts, labels


def test_files_are_sorted_and_labelled(folder, capsys):
    data = read(folder, shuffle=False, batch_size=8)
    assert capsys.readouterr().out == "Found 22 files belonging to 2 classes.\n"
    assert data.class_names == ["neg", "pos"]
    assert len(data) == 3
    texts, labels = all_of(data)
    assert texts[:2] == [b"neg 0 \xc3\xa9", b"neg 1 \xc3\xa9"]
    assert texts[10] == b"deep"
    assert labels == [0] * 11 + [1] * 11
    assert (next(iter(data))[1].dtype, next(iter(data))[1].shape) == ("int32", (8,))


def test_every_pass_is_shuffled_anew(folder):
    data = read(folder, seed=1, verbose=False)
    first, second = all_of(data), all_of(data)
    assert sorted(first[0]) == sorted(second[0])
    assert first[0] != second[0]
    for text, label in zip(*first, strict=True):
        assert text == b"deep" or text.startswith(b"pos" if label else b"neg")


@pytest.mark.parametrize(
    ("mode", "shape", "dtype"), [("binary", (22, 1), "float32"), ("categorical", (22, 2), "float32")]
)
def test_label_modes(folder, mode, shape, dtype):
    _, labels = next(iter(read(folder, label_mode=mode, batch_size=22, verbose=False)))
    assert (labels.shape, labels.dtype) == (shape, dtype)
    assert labels.numpy().sum() == (11 if mode == "binary" else 22)


def test_texts_alone_and_single_ones(folder):
    data = read(folder, labels=None, shuffle=False, verbose=False)
    assert data.class_names is None
    assert next(iter(data)).shape == (22,)
    text, label = next(iter(read(folder, batch_size=None, max_length=7, shuffle=False, verbose=False)))
    assert (text.numpy(), label.shape) == (b"neg 0 \xc3", ())
    data = read(folder, format="grain", max_length=7, shuffle=False, verbose=False)
    assert next(iter(data))[0][0] == "neg 0 é"


def test_parts(folder, capsys):
    both = read(folder, validation_split=0.25, subset="both", seed=3)
    assert capsys.readouterr().out.splitlines()[1:] == ["Using 17 files for training.", "Using 5 files for validation."]
    parts = [all_of(data)[0] for data in both]
    alone = [all_of(read(folder, validation_split=0.25, subset=s, seed=3))[0] for s in ("training", "validation")]
    assert [sorted(part) for part in parts] == [sorted(part) for part in alone]
    assert len(parts[0]) == 17
    assert both[1].class_names == ["neg", "pos"]
    # The files that Keras holds out for this seed.
    assert sorted(parts[1]) == HELD_OUT


HELD_OUT = [b"deep", b"deep", b"neg 0 \xc3\xa9", b"neg 3 \xc3\xa9", b"neg 8 \xc3\xa9"]


def test_given_labels(folder):
    given = list(range(22))
    data = read(folder, labels=given, seed=1, verbose=False)
    assert given == list(range(22))
    assert len(data.class_names) == 22
    texts, labels = all_of(data)
    order = dict(zip(labels, texts, strict=True))
    assert order[0] == b"neg 0 \xc3\xa9"
    assert read(folder, class_names=["pos", "neg"], verbose=False).class_names == ["pos", "neg"]


def test_training(folder):
    data = read(folder, label_mode="binary", batch_size=4, verbose=False)
    words = keras.layers.TextVectorization(max_tokens=30, output_mode="multi_hot")
    words.adapt(data.map(lambda text, label: text))
    assert words.get_vocabulary()[1:3] in (["é", "pos"], ["é", "neg"])
    model = keras.Sequential([keras.Input((1,), dtype="string"), words, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(data, verbose=0, shuffle=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [1]}, r"len\(labels\) is 1 while we found 22 files"),
        ({"labels": "x"}, "should be a list/tuple of integer labels"),
        ({"labels": [1, 2], "class_names": ["a"]}, "You can only pass `class_names` if"),
        ({"labels": None, "class_names": ["a"]}, "When `labels=None`"),
        ({"class_names": ["zzz"]}, r"Expected: \['neg', 'pos'\] \(or a subset of it\)"),
        ({"class_names": ["pos"], "label_mode": "binary"}, "there must be exactly 2 class_names"),
        ({"label_mode": "x"}, "`label_mode` argument must be one of"),
        ({"format": "x"}, "`format` should be either"),
        ({"validation_split": 2, "subset": "both", "seed": 1}, "must be between 0 and 1"),
        ({"subset": "both"}, "If `subset` is set, `validation_split` must be set"),
        ({"validation_split": 0.2, "subset": "training"}, "you must provide a `seed`"),
        ({"validation_split": 0.2, "subset": "x", "seed": 1}, "`subset` must be either"),
        ({"validation_split": 0.01, "subset": "validation", "seed": 1}, "No text files found"),
    ],
)
def test_mistakes(folder, arguments, message):
    with pytest.raises(ValueError, match=message):
        read(folder, verbose=False, **arguments)


def test_no_files(tmp_path):
    with pytest.raises(ValueError, match="No text files found"):
        read(tmp_path, verbose=False)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nowhere")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.txt").write_bytes(b"\xff")
    with pytest.raises(ValueError, match="is not UTF-8"):
        next(iter(read(tmp_path, format="grain", verbose=False)))
