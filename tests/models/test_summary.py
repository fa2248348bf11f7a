import numpy as np
import pytest

import keraburn as keras
from keraburn import layers


def text_of(model, **arguments):
    found = []
    model.summary(print_fn=found.append, **arguments)
    return found[0]


def test_table(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    keras.utils.clear_session()
    model = keras.Sequential([keras.Input((2,)), layers.Dense(64, activation="relu"), layers.Dense(1)])
    assert text_of(model) == (
        'Model: "sequential"\n'
        "┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓\n"
        "┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃\n"
        "┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩\n"
        "│ dense (Dense)                   │ (None, 64)             │           192 │\n"
        "├─────────────────────────────────┼────────────────────────┼───────────────┤\n"
        "│ dense_1 (Dense)                 │ (None, 1)              │            65 │\n"
        "└─────────────────────────────────┴────────────────────────┴───────────────┘\n"
        " Total params: 257 (1.00 KB)\n"
        " Trainable params: 257 (1.00 KB)\n"
        " Non-trainable params: 0 (0.00 B)\n"
    )


def test_optimizer_is_counted_once_it_is_built():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 2)), np.zeros((4, 1)), verbose=0)
    assert " Total params: 11 (" in text_of(model)
    assert " Optimizer params: 8 (" in text_of(model)


def test_unbuilt_layers():
    text = text_of(keras.Sequential([layers.Dense(3), layers.Dropout(0.2)]))
    assert "?" in text
    assert "0 (unbuilt)" in text


def test_printed(capsys):
    keras.Sequential([keras.Input((2,)), layers.Dense(1)]).summary()
    assert "Total params: 3 (12.00 B)" in capsys.readouterr().out


def test_too_narrow():
    with pytest.raises(ValueError, match="Insufficient console width"):
        text_of(keras.Sequential([keras.Input((2,)), layers.Dense(1)]), line_length=10)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [(["a"], "length 2"), ([1, 2], "string type only"), (["a", "zzz"], "do not match")],
)
def test_layer_range_mistakes(bounds, message):
    with pytest.raises(ValueError, match=message):
        text_of(keras.Sequential([keras.Input((2,)), layers.Dense(1, name="a")]), layer_range=bounds)


def test_layer_range():
    model = keras.Sequential([keras.Input((2,)), *(layers.Dense(1, name=name) for name in "abcd")])
    text = text_of(model, layer_range=["b", "c"])
    assert "b (Dense)" in text
    assert "c (Dense)" in text
    assert "a (Dense)" not in text
