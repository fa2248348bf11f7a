"""What layers of strings and hashes are compared on, and Keras's own answers.

Keras needs TensorFlow for these layers, so its answers are kept in `text_facts.json`. Written anew by
`python tests/layers/text_cases.py`, run where Keras 3.15.1 and TensorFlow are.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np

FACTS = pathlib.Path(__file__).with_name("text_facts.json")

LETTERS = ["a", "b", "c"]
NUMBERS = [12, 36, 1138]
UNICODE = ["Ä É ÄB c\u00a0d e\u3000f g\x0bh\x1ci\x85j", "", "it's A-b  C!", "ΑΣ İ 中文, „x“ \t\n"]
TEXTS = ["a b b z", "c", ""]
ROWS = [["a", "z", "a"], ["b", "c", ""]]
CORPUS = ["b a c", "c b z y", "b b", "The the THE", "ä Ä. é"]
CROSSED = [
    ["A", "B", "A", "B", "A"],
    np.array([101, 101, 101, 102, 102]),
]
WORDS = ["foo", "bar", "x", "y", "z", "w", "a much longer word that goes on and on, up to more than sixty-four bytes"]
TF_IDF = {"output_mode": "tf_idf", "idf_weights": [0.5, 1.0, 2.0]}
MODES = ("int", "one_hot", "multi_hot", "count")

# Class, arguments, what it is adapted to, what it is called on.
CASES = [
    *(("TextVectorization", {"standardize": how}, UNICODE, [UNICODE]) for how in (None, "lower", "strip_punctuation")),
    ("TextVectorization", {}, UNICODE, [UNICODE, [["a"], ["It's"]], "its ab", []]),
    ("TextVectorization", {"split": "character"}, ["a b\u00e9", "", "ab"], [["abé?", ""]]),
    ("TextVectorization", {"ngrams": 2}, ["a b c", "a", "b c"], [["a b c d", "a", ""]]),
    ("TextVectorization", {"ngrams": (3, 1)}, ["a b c d", "a b", ""], [["a b c d e", "b a"]]),
    ("TextVectorization", {"split": None, "ngrams": 2}, [["a", "b c"], ["d", "e"]], [[["a", "b c"], ["e", "d"]]]),
    *(
        ("TextVectorization", {"output_mode": mode, "vocabulary": LETTERS}, None, [TEXTS, "a b", [["a b"], ["c z"]]])
        for mode in ("int", "multi_hot", "count")
    ),
    ("TextVectorization", {"output_mode": "one_hot", "vocabulary": LETTERS}, None, [["a b", "c z"]]),
    ("TextVectorization", {"vocabulary": LETTERS, **TF_IDF}, None, [TEXTS]),
    ("TextVectorization", {"output_mode": "tf_idf"}, CORPUS, [["b b a q", "the"]]),
    ("TextVectorization", {"output_mode": "tf_idf", "max_tokens": 9, "pad_to_max_tokens": True}, CORPUS, [["b q"]]),
    ("TextVectorization", {"output_mode": "multi_hot", "max_tokens": 4}, CORPUS, [["b c a q"]]),
    ("TextVectorization", {"max_tokens": 5}, CORPUS, [CORPUS]),
    ("TextVectorization", {"output_sequence_length": 3, "vocabulary": LETTERS}, None, [["a b", "c a c a"], []]),
    ("TextVectorization", {"split": None, "vocabulary": ["a b", "c"]}, None, [["a b", "c", ""], [["a b"], ["x"]]]),
    (
        "TextVectorization",
        {"split": None, "vocabulary": ["a b", "c"], "output_sequence_length": 3},
        None,
        [[["a b", "c"], ["", "x"]]],
    ),
    *(
        (
            "StringLookup",
            {"vocabulary": LETTERS, "output_mode": mode},
            None,
            # With three dimensions Keras's vectors have another shape than it says.
            ["a", ["a", "z"], ROWS, [["a"], ["b"]], *([[ROWS, ROWS]] if mode in ("int", "one_hot") else [])],
        )
        for mode in MODES
    ),
    ("StringLookup", {"vocabulary": LETTERS, **TF_IDF}, None, [ROWS]),
    ("StringLookup", {"vocabulary": LETTERS, "num_oov_indices": 3}, None, [WORDS]),
    ("StringLookup", {"vocabulary": LETTERS, "num_oov_indices": 3, "salt": [1, 2]}, None, [WORDS]),
    ("StringLookup", {"vocabulary": LETTERS, "num_oov_indices": 5, "salt": 7}, None, [WORDS]),
    ("StringLookup", {"vocabulary": LETTERS, "num_oov_indices": 0}, None, [LETTERS]),
    ("StringLookup", {"vocabulary": LETTERS, "mask_token": "", "num_oov_indices": 2}, None, [ROWS]),
    ("StringLookup", {"vocabulary": LETTERS, "mask_token": "", "output_mode": "count"}, None, [ROWS]),
    ("StringLookup", {"vocabulary": ["", "[UNK]", "a"], "mask_token": ""}, None, [ROWS]),
    (
        "StringLookup",
        {"vocabulary": LETTERS, "output_mode": "multi_hot", "max_tokens": 7, "pad_to_max_tokens": True},
        None,
        [ROWS],
    ),
    ("StringLookup", {}, ["b", "a", "b", "c", "z", "é", "É"], [["b", "é", "q"]]),
    ("StringLookup", {"max_tokens": 3, "mask_token": "c"}, [["b", "a"], ["b", "c"], ["c", "[UNK]"]], [ROWS]),
    ("StringLookup", {"output_mode": "tf_idf"}, [["b", "a"], ["b", "c"], ["b", "b"]], [ROWS]),
    *(
        ("IntegerLookup", {"vocabulary": NUMBERS, "output_mode": mode}, None, [[[12, 36, 5], [1138, 5, 5]], 12])
        for mode in MODES
    ),
    ("IntegerLookup", {"vocabulary": NUMBERS, "num_oov_indices": 3}, None, [[12, 1, 2, 3, 4, 5, -1, -2]]),
    *(
        (
            "IntegerLookup",
            {"vocabulary": NUMBERS, "num_oov_indices": 4, "oov_method": "farmhash", "salt": salt},
            None,
            [[12, 1, 2, 3, 4, 5, -1, -2, 2**40]],
        )
        for salt in (None, 7, [3, 4])
    ),
    ("IntegerLookup", {"vocabulary": NUMBERS, "mask_token": 0}, None, [[12, 0, 2]]),
    ("IntegerLookup", {"vocabulary": NUMBERS, "mask_token": 0, "invert": True}, None, [[0, 1, 2, 3, 4, 9]]),
    ("IntegerLookup", {"vocabulary": NUMBERS, **TF_IDF}, None, [[[12, 12], [36, 0]]]),
    ("IntegerLookup", {}, [[5, 5, 6], [7, 7, -1]], [[5, 6, 7, 8]]),
    ("IntegerLookup", {"output_mode": "tf_idf", "max_tokens": 4}, [[5, 5, 6], [7, 7, 1], [1, 2, 3]], [[[5, 6, 9]]]),
    *(("Hashing", {"num_bins": bins}, None, [WORDS, [["A"], ["B"]], [[1, -5], [0, 7]]]) for bins in (3, 1000, 2**40)),
    ("Hashing", {"num_bins": 3, "mask_value": ""}, None, [[["A"], ["B"], [""], ["C"], ["D"]]]),
    ("Hashing", {"num_bins": 10, "mask_value": 0}, None, [[0, 1, 2]]),
    ("Hashing", {"num_bins": 1, "mask_value": ""}, None, [["a", ""]]),
    ("Hashing", {"num_bins": 100, "salt": [133, 137]}, None, [WORDS, [1, 2]]),
    ("Hashing", {"num_bins": 100, "salt": 133, "dtype": "int32"}, None, [WORDS]),
    ("Hashing", {"num_bins": 1001}, None, [np.array([1.7, -2.2]), np.array([True, False])]),
    *(
        ("Hashing", {"num_bins": 4, "output_mode": mode}, None, [ROWS, [["a"], ["b"]], ["a", "b"]])
        for mode in MODES[1:]
    ),
    ("HashedCrossing", {"num_bins": 5}, None, [CROSSED]),
    ("HashedCrossing", {"num_bins": 5, "output_mode": "one_hot"}, None, [CROSSED]),
    ("HashedCrossing", {"num_bins": 1000}, None, [[[["A"], ["B"]], [["x"], ["y"]], np.array([[1], [-2]])], ["a", "b"]]),
    ("HashedCrossing", {"num_bins": 1000003}, None, [[np.array([1, 2]), np.array([3, 4])]]),
]


def name_of(case):
    return f"{case[0]}-{json.dumps(case[1], ensure_ascii=True)}"


def answers(layers, case):
    """Vocabulary, config and outputs of a case, as plain data."""
    name, arguments, corpus, inputs = case
    layer = getattr(layers, name)(**arguments)
    if corpus is not None:
        layer.adapt(corpus)
    found = {"config": {key: value for key, value in layer.get_config().items() if key not in ("name", "dtype")}}
    if hasattr(layer, "get_vocabulary"):
        found["vocabulary"] = [term if isinstance(term, str) else int(term) for term in layer.get_vocabulary()]
    found["outputs"] = []
    for each in inputs:
        output = layer(each)
        if hasattr(output, "to_tensor"):
            output = output.to_tensor()
        output = np.asarray(output)
        found["outputs"].append([str(output.dtype), list(output.shape), output.tolist()])
    # As JSON has it.
    return json.loads(json.dumps(found))


if __name__ == "__main__":
    import keras

    FACTS.write_text(json.dumps({name_of(case): answers(keras.layers, case) for case in CASES}, indent=0) + "\n")
