"""Data sets: what every method gives, that nothing is done before it is asked for, and that every pass starts anew."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import keraburn as keras
from keraburn.data import AUTOTUNE, Dataset, TensorSpec, experimental

X = np.arange(30, dtype="float32").reshape(10, 3)
Y = np.arange(10)


def values(dataset):
    """The elements with lists in place of arrays."""

    def plain(element):
        if isinstance(element, str):
            return element
        if isinstance(element, tuple):
            return tuple(map(plain, element))
        if isinstance(element, dict):
            return {key: plain(item) for key, item in element.items()}
        return element.tolist()

    return [plain(element) for element in dataset.as_numpy_iterator()]


def test_rows_of_arrays():
    data = Dataset.from_tensor_slices((X, {"label": Y}))
    assert values(data)[1] == ([3.0, 4.0, 5.0], {"label": 1})
    assert len(data) == data.cardinality() == data.cardinality().numpy() == 10
    assert data.element_spec == (TensorSpec((3,), "float32"), {"label": TensorSpec((), "int64")})
    assert np.shares_memory(next(data.as_numpy_iterator())[0], X)
    assert bool(Dataset.range(0))
    assert "10 elements" in repr(data)


def test_lists_are_arrays_of_the_default_types():
    assert Dataset.from_tensor_slices([1, 2]).element_spec == TensorSpec((), "int32")
    assert Dataset.from_tensor_slices([[1.0], [2.0]]).element_spec == TensorSpec((1,), "float32")
    assert Dataset.from_tensor_slices(np.ones(2)).element_spec == TensorSpec((), "float64")
    assert Dataset.from_tensor_slices(["a", "bc"]).element_spec == TensorSpec((), "string")


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_columns_of_tables(package):
    frames = pytest.importorskip(package)
    frame = frames.DataFrame({"size": [1.5, 2.5], "city": ["Rome", "Oslo"], "rooms": [2, 3]})
    columns = {name: frame[name] for name in frame.columns}
    data = Dataset.from_tensor_slices((columns, frame["rooms"]))
    assert values(data)[1] == ({"size": 2.5, "city": "Oslo", "rooms": 3}, 3)
    batch, _ = next(iter(data.batch(2)))
    assert (batch["size"].shape, batch["city"].shape) == ((2,), (2,))
    table = Dataset.from_tensor_slices(frame[["size", "rooms"]])
    assert values(table) == [[1.5, 2.0], [2.5, 3.0]]


def test_users_see_tensors():
    x, y = next(iter(Dataset.from_tensor_slices((X, Y)).batch(4)))
    assert isinstance(x, keras.Tensor)
    assert (x.shape, x.dtype, y.dtype) == ((4, 3), "float32", "int64")
    np.testing.assert_array_equal(x.numpy(), X[:4])
    text = next(iter(Dataset.from_tensor_slices(["a", "bc"]).batch(2)))
    assert text.numpy().tolist() == [b"a", b"bc"]


def test_types_that_tensors_do_not_have_are_widened_for_users():
    data = Dataset.from_tensor_slices(np.ones(2, "int16"))
    assert next(iter(data)).dtype == "int32"
    assert next(data.as_numpy_iterator()).dtype == "int16"


@pytest.mark.parametrize(
    ("dataset", "expected", "cardinality"),
    [
        (lambda: Dataset.range(3), [0, 1, 2], 3),
        (lambda: Dataset.range(2, 9, 3), [2, 5, 8], 3),
        (lambda: Dataset.range(5).batch(2), [[0, 1], [2, 3], [4]], 3),
        (lambda: Dataset.range(5).batch(2, drop_remainder=True), [[0, 1], [2, 3]], 2),
        (lambda: Dataset.range(5).take(2), [0, 1], 2),
        (lambda: Dataset.range(2).take(-1), [0, 1], 2),
        (lambda: Dataset.range(5).skip(3), [3, 4], 2),
        (lambda: Dataset.range(5).skip(7), [], 0),
        (lambda: Dataset.range(2).repeat(2), [0, 1, 0, 1], 4),
        (lambda: Dataset.range(2).repeat().take(3), [0, 1, 0], 3),
        (lambda: Dataset.range(5).shard(2, 1), [1, 3], 2),
        (lambda: Dataset.range(5).filter(lambda x: x % 2 == 0), [0, 2, 4], -2),
        (lambda: Dataset.range(3).map(lambda x: x * 2), [0, 2, 4], 3),
        (lambda: Dataset.range(2).concatenate(Dataset.range(2)), [0, 1, 0, 1], 4),
        (lambda: Dataset.range(2).enumerate(5), [(5, 0), (6, 1)], 2),
        (lambda: Dataset.range(4).batch(2).unbatch(), [0, 1, 2, 3], -2),
        (lambda: Dataset.zip((Dataset.range(3), Dataset.range(5, 7))), [(0, 5), (1, 6)], 2),
        (lambda: Dataset.zip(Dataset.range(1), Dataset.range(1)), [(0, 0)], 1),
        (lambda: Dataset.zip({"a": Dataset.range(1)}), [{"a": 0}], 1),
        (lambda: Dataset.from_tensors([1, 2]), [[1, 2]], 1),
        (lambda: Dataset.range(3).prefetch(2), [0, 1, 2], 3),
        (lambda: Dataset.range(3).prefetch(0), [0, 1, 2], 3),
        (lambda: Dataset.range(3).map(lambda x: x).cache(), [0, 1, 2], 3),
        (lambda: Dataset.range(2).flat_map(lambda x: Dataset.range(x + 1)), [0, 0, 1], -2),
        (lambda: Dataset.range(3).apply(lambda data: data.take(1)), [0], 1),
        # What TensorFlow gives.
        (
            lambda: Dataset.range(4).interleave(lambda x: Dataset.from_tensors(x).repeat(5), 2, 3),
            [0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 2, 2, 3, 3],
            -2,
        ),
        (lambda: Dataset.range(4).interleave(Dataset.range, 3, 2), [0, 0, 1, 0, 1, 2], -2),
        (
            lambda: Dataset.range(7).window(3, shift=2, stride=2).flat_map(lambda part: part.batch(3)),
            [[0, 2, 4], [2, 4, 6], [4, 6], [6]],
            -2,
        ),
        (
            lambda: Dataset.range(10).window(3, shift=5).flat_map(lambda part: part.batch(3)),
            [[0, 1, 2], [5, 6, 7]],
            -2,
        ),
        (
            lambda: Dataset.range(5).window(3, 1, drop_remainder=True).flat_map(lambda part: part.batch(3)),
            [[0, 1, 2], [1, 2, 3], [2, 3, 4]],
            -2,
        ),
    ],
)
def test_methods(dataset, expected, cardinality):
    data = dataset()
    assert values(data) == expected
    assert values(data) == expected, "a second pass"
    assert data.cardinality() == experimental.cardinality(data) == cardinality


def test_batches_are_the_same_whether_rows_are_gathered_or_stacked():
    rows = Dataset.from_tensor_slices((X, Y)).skip(1).repeat(2)
    stacked = rows.map(lambda x, y: (x, y))
    assert values(rows.batch(4)) == values(stacked.batch(4))
    assert rows.batch(4).element_spec == stacked.batch(4).element_spec
    assert rows.batch(4).element_spec[0] == TensorSpec((None, 3))
    assert rows.batch(4, drop_remainder=True).element_spec[0] == TensorSpec((4, 3))


def test_lengths_that_are_not_known():
    with pytest.raises(TypeError, match="infinite"):
        len(Dataset.range(2).repeat())
    with pytest.raises(TypeError, match="unknown"):
        len(Dataset.range(2).filter(lambda x: True))
    assert Dataset.range(2).repeat().batch(3).cardinality() == experimental.INFINITE_CARDINALITY
    assert Dataset.range(0).repeat().cardinality() == 0


def test_shuffled_elements():
    data = Dataset.range(100).shuffle(100, seed=1)
    first, second = values(data), values(data)
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second != list(range(100))
    again = Dataset.range(100).shuffle(100, seed=1)
    assert values(again) == first
    fixed = Dataset.range(100).shuffle(100, seed=1, reshuffle_each_iteration=False)
    assert values(fixed) == values(fixed)
    # With a small buffer no element comes long before its turn.
    near = values(Dataset.range(100).shuffle(5))
    assert sorted(near) == list(range(100))
    assert all(value - place <= 5 for place, value in enumerate(near))
    keras.utils.set_random_seed(3)
    one = values(Dataset.range(50).shuffle(50))
    keras.utils.set_random_seed(3)
    assert values(Dataset.range(50).shuffle(50)) == one


def test_orders_are_uniform():
    counts = np.zeros((4, 4))
    for seed in range(200):
        for place, value in enumerate(values(Dataset.range(4).shuffle(4, seed=seed))):
            counts[place, value] += 1
    assert counts.min() > 25
    assert counts.max() < 80


def test_functions_take_the_parts_of_tuples_and_give_any_structure():
    data = Dataset.from_tensor_slices((X, Y)).batch(5)
    assert values(data.map(lambda x, y: {"x": x[0], "y": (y, 1)}))[0]["y"] == ([0, 1, 2, 3, 4], 1)
    assert values(Dataset.from_tensor_slices({"a": Y}).map(lambda row: row["a"] + 1))[:2] == [1, 2]
    assert values(Dataset.range(2).map(lambda x: [x, x + 1])) == [[0, 1], [1, 2]]
    layer = keras.layers.Rescaling(0.5)
    np.testing.assert_allclose(values(data.map(lambda x, y: (layer(x), y)))[0][0], X[:5] / 2)


def slowly(x):
    time.sleep(0.02)
    return x + 1


@pytest.mark.parametrize("parallel", [1, 3, AUTOTUNE])
def test_parallel_functions_keep_the_order_and_end_their_threads(parallel):
    before = threading.active_count()
    data = Dataset.range(12).map(slowly, num_parallel_calls=parallel)
    assert values(data) == list(range(1, 13))
    partial = iter(data)
    next(partial)
    del partial
    assert threading.active_count() == before


def test_parallel_functions_run_side_by_side():
    lock, running, most = threading.Lock(), [0], [0]

    def busy(x):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.02)
        with lock:
            running[0] -= 1
        return x

    values(Dataset.range(8).map(busy, num_parallel_calls=4))
    assert most[0] > 1


def test_errors_in_functions_reach_the_user():
    def fail(x):
        if x == 2:
            raise KeyError("two")
        return x

    for data in (
        Dataset.range(4).map(fail),
        Dataset.range(4).map(fail, num_parallel_calls=2),
        Dataset.range(4).map(fail).prefetch(2),
        Dataset.range(99)
        .map(slowly, num_parallel_calls=3)
        .map(lambda x: fail(x - 1), num_parallel_calls=2)
        .prefetch(1),
        Dataset.zip((Dataset.range(99).prefetch(2), Dataset.range(4).map(fail))),
        Dataset.range(1).concatenate(Dataset.range(99).prefetch(2).map(fail)).repeat().shuffle(2),
    ):
        before = threading.active_count()
        with pytest.raises(KeyError, match="two") as caught:
            list(data)
        # The error is still at hand, and with it all that it passed through.
        assert caught.value is not None
        assert threading.active_count() == before


def test_prefetching_runs_ahead_and_ends_with_its_reader():
    made = []

    def note(x):
        made.append(int(x))
        return x

    before = threading.active_count()
    reader = iter(Dataset.range(50).map(note).prefetch(4))
    next(reader)
    deadline = time.monotonic() + 5
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert 4 <= len(made) <= 6
    del reader
    assert threading.active_count() == before


def test_nothing_runs_before_it_is_asked_for():
    data = Dataset.range(3).map(lambda x: 1 / 0).batch(2).prefetch(1)
    with pytest.raises(ZeroDivisionError):
        next(iter(data))


def test_a_cache_keeps_what_a_whole_pass_gave():
    made = []
    data = Dataset.range(3).map(lambda x: made.append(int(x)) or x).cache()
    next(iter(data))
    assert made == [0]
    assert values(data) == values(data) == [0, 1, 2]
    assert made == [0, 0, 1, 2]


def test_padded_batches():
    def rows():
        yield from ([1], [1, 2], [1, 2, 3])

    data = Dataset.from_generator(rows, output_signature=TensorSpec((None,), "int32"))
    assert values(data.padded_batch(2)) == [[[1, 0], [1, 2]], [[1, 2, 3]]]
    assert values(data.padded_batch(3, padded_shapes=[4], padding_values=7)) == [
        [[1, 7, 7, 7], [1, 2, 7, 7], [1, 2, 3, 7]]
    ]
    pairs = data.map(lambda x: (x, x[0]))
    assert values(pairs.padded_batch(2, ([None], []), (5, 0)))[0] == ([[1, 5], [1, 2]], [1, 1])
    with pytest.raises(ValueError, match="padded_shapes=\\[2\\]"):
        values(data.padded_batch(3, padded_shapes=[2]))


def test_generators():
    def count(stop):
        for i in range(int(stop)):
            yield i, [i, i]

    data = Dataset.from_generator(count, output_types=("float32", "int64"), output_shapes=((), (2,)), args=(3,))
    assert values(data)[2] == (2.0, [2, 2])
    assert data.element_spec == (TensorSpec((), "float32"), TensorSpec((2,), "int64"))
    assert len(values(data)) == 3, "a second pass calls the generator again"
    with pytest.raises(TypeError, match=r"shape \(2,\)"):
        values(Dataset.from_generator(count, output_types=("int32", "int32"), output_shapes=((), (3,)), args=(3,)))
    with pytest.raises(TypeError, match="does not fit"):
        values(Dataset.from_generator(count, output_types=("int32",) * 3, args=(3,)))
    with pytest.raises(TypeError, match="callable"):
        Dataset.from_generator(count(3))


def test_sampling_from_several():
    parts = [Dataset.range(50), Dataset.range(100, 150)]
    mixed = values(Dataset.sample_from_datasets(parts, [0.9, 0.1], seed=1))
    assert sorted(mixed) == [*range(50), *range(100, 150)]
    assert sum(value < 100 for value in mixed[:20]) > 12
    shorter = values(Dataset.sample_from_datasets(parts, seed=1, stop_on_empty_dataset=True))
    assert 50 <= len(shorter) < 100


def test_names_of_files(tmp_path):
    for name in ("b.txt", "a.txt", "c.csv"):
        (tmp_path / name).touch()
    found = values(Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False))
    assert [name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1] for name in found] == ["a.txt", "b.txt"]
    assert sorted(values(Dataset.list_files([str(tmp_path / "*")], seed=1)))[:2] == found
    with pytest.raises(ValueError, match="No files matched"):
        Dataset.list_files(str(tmp_path / "*.png"))


def test_reductions_and_single_elements():
    assert int(Dataset.range(5).reduce(0, lambda total, x: total + x)) == 10
    assert int(Dataset.range(1).get_single_element()) == 0
    with pytest.raises(ValueError, match="Received: several"):
        Dataset.range(2).get_single_element()


@pytest.mark.parametrize(
    ("call", "quoted"),
    [
        (lambda: Dataset.from_tensor_slices((X, Y[:3])), r"\(3,\)"),
        (lambda: Dataset.from_tensor_slices(1), r"\(\)"),
        (lambda: Dataset.range(3).batch(0), "batch_size=0"),
        (lambda: Dataset.range(3).batch(2.5), "batch_size=2.5"),
        (lambda: Dataset.range(3).shuffle(0), "buffer_size=0"),
        (lambda: Dataset.range(3).prefetch(-3), "buffer_size=-3"),
        (lambda: Dataset.range(3).shard(2, 2), "index=2"),
        (lambda: Dataset.range(3).window(0), "size=0"),
        (lambda: Dataset.range(3).cache("file"), "'file'"),
        (lambda: Dataset.zip((Dataset.range(3), [1])), r"\[1\]"),
        (lambda: values(Dataset.range(3).unbatch()), r"\(\)"),
        (lambda: values(Dataset.range(3).flat_map(lambda x: x)), "array"),
        (lambda: Dataset.range(0).element_spec, "without elements"),
        (lambda: values(Dataset.range(3).map(lambda x: np.ones(int(x))).batch(2)), "padded_batch"),
        (lambda: values(Dataset.range(3).map(lambda x: None)), "None"),
    ],
)
def test_wrong_calls(call, quoted):
    with pytest.raises((ValueError, TypeError), match=quoted):
        call()


def test_a_loop_of_ones_own():
    import keraburn as tf

    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    y = x.sum(1, keepdims=True)
    pipeline = Dataset.from_tensor_slices((x, y)).shuffle(64, seed=1).batch(16).prefetch(AUTOTUNE)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    optimizer, mean = keras.optimizers.Adam(0.1), keras.metrics.Mean()

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(inputs, training=True) - targets))
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )
        mean.update_state(loss)

    history = []
    for _ in range(20):
        mean.reset_state()
        for inputs, targets in pipeline:
            step(inputs, targets)
        history.append(float(mean.result()))
    assert history[-1] < 0.05 * history[0]


def test_the_names_of_tensorflow():
    import keraburn as tf

    assert tf.data.Dataset is Dataset
    assert tf.data.AUTOTUNE == tf.data.experimental.AUTOTUNE == -1
    assert keras.tf.data.Dataset is Dataset
