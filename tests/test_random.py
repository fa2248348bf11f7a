import math

import numpy as np
import pytest

from keraburn import Variable, ops, random, trace, utils

N = 40_000


def moments(values):
    return float(np.mean(values)), float(np.std(values))


DRAWS = {
    "normal": lambda seed: random.normal((3, 5), seed=seed),
    "uniform": lambda seed: random.uniform((3, 5), seed=seed),
    "truncated_normal": lambda seed: random.truncated_normal((3, 5), seed=seed),
    "randint": lambda seed: random.randint((3, 5), 0, 1_000_000, seed=seed),
    "categorical": lambda seed: random.categorical(np.zeros((3, 50), np.float32), 5, seed=seed),
    "shuffle": lambda seed: random.shuffle(np.arange(50), seed=seed),
    "dropout": lambda seed: random.dropout(np.ones((10, 10), np.float32), 0.5, seed=seed),
    "gamma": lambda seed: random.gamma((3, 5), 2.0, seed=seed),
    "beta": lambda seed: random.beta((3, 5), 2.0, 3.0, seed=seed),
    "binomial": lambda seed: random.binomial((3, 50), 10, 0.5, seed=seed),
}


@pytest.mark.parametrize("name", DRAWS)
def test_seeds(name, device):
    draw = DRAWS[name]
    first = draw(7).numpy()
    np.testing.assert_array_equal(first, draw(7).numpy())
    assert (first != draw(8).numpy()).any()
    seeds = random.SeedGenerator(7)
    np.testing.assert_array_equal(first, draw(seeds).numpy())
    assert (first != draw(seeds).numpy()).any()
    utils.set_random_seed(3)
    default = draw(None).numpy()
    assert (default != draw(None).numpy()).any()
    utils.set_random_seed(3)
    np.testing.assert_array_equal(default, draw(None).numpy())


@pytest.mark.parametrize("name", DRAWS)
def test_a_compiled_function_draws_anew_at_each_run(name):
    seeds = random.SeedGenerator(7)
    compiled = trace.Compiled(lambda: DRAWS[name](seeds), [])
    first, second = compiled().numpy(), compiled().numpy()
    np.testing.assert_array_equal(first, DRAWS[name](7).numpy())
    assert (first != second).any()
    eager = random.SeedGenerator(7)
    DRAWS[name](eager)
    np.testing.assert_array_equal(second, DRAWS[name](eager).numpy())
    assert seeds.state.numpy().tolist() == [7, 2]


def test_normal(device):
    mean, deviation = moments(random.normal((N,), mean=2.0, stddev=3.0, seed=1))
    assert mean == pytest.approx(2.0, abs=0.06)
    assert deviation == pytest.approx(3.0, abs=0.06)
    assert random.normal((2,), dtype="float64", seed=1).dtype == "float64"


def test_uniform(device):
    values = random.uniform((N,), -1.0, 3.0, seed=1).numpy()
    assert values.min() >= -1.0
    assert values.max() < 3.0
    assert moments(values) == pytest.approx((1.0, 4 / math.sqrt(12)), abs=0.03)
    counts = np.histogram(values, 10)[0]
    assert abs(counts - N / 10).max() < 5 * math.sqrt(N / 10)


def test_truncated_normal(device):
    values = random.truncated_normal((N,), mean=1.0, stddev=2.0, seed=1).numpy()
    assert abs(values - 1).max() <= 4.0
    assert moments(values) == pytest.approx((1.0, 2 * 0.87962566), abs=0.04)


def test_randint(device):
    values = random.randint((N,), -3, 4, seed=1)
    assert values.dtype == "int32"
    counts = np.bincount(values.numpy() + 3)
    assert counts.size == 7
    assert abs(counts - N / 7).max() < 5 * math.sqrt(N / 7)
    wide = random.randint((N,), 0, 2**31, dtype="int64", seed=1).numpy()
    assert wide.mean() == pytest.approx(2**30, rel=0.02)
    assert random.randint((3,), 0, 9, dtype="uint8", seed=1).dtype == "uint8"


def test_categorical(device):
    chances = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]])
    with np.errstate(divide="ignore"):
        drawn = random.categorical(np.log(chances).astype(np.float32), N, seed=1)
    assert drawn.shape == (2, N)
    assert drawn.dtype == "int32"
    for row, expected in zip(drawn.numpy(), chances, strict=True):
        np.testing.assert_allclose(np.bincount(row, minlength=3) / N, expected, atol=0.02)


def test_shuffle(device):
    x = np.arange(12).reshape(6, 2)
    rows = random.shuffle(x, seed=1).numpy()
    assert sorted(rows.tolist()) == x.tolist()
    assert rows.tolist() != x.tolist()
    columns = random.shuffle(x, axis=1, seed=4).numpy()
    assert np.sort(columns, 1).tolist() == x.tolist()


def test_dropout(device):
    x = np.ones((200, 200), np.float32)
    values = random.dropout(x, 0.3, seed=1).numpy()
    assert set(np.unique(values)) == {np.float32(0), np.float32(1 / 0.7)}
    assert values.mean() == pytest.approx(1.0, abs=0.02)
    rows = random.dropout(x, 0.3, noise_shape=(None, 1), seed=1).numpy()
    assert (rows == rows[:, :1]).all()
    assert (random.dropout(x, 0.0).numpy() == x).all()
    assert (random.dropout(x, 1.0).numpy() == 0).all()


@pytest.mark.parametrize("alpha", [0.4, 1.0, 3.5])
def test_gamma(alpha):
    mean, deviation = moments(random.gamma((N,), alpha, seed=1))
    assert mean == pytest.approx(alpha, rel=0.04)
    assert deviation == pytest.approx(math.sqrt(alpha), rel=0.04)


def test_beta_and_binomial():
    values = random.beta((N,), 2.0, 3.0, seed=1).numpy()
    assert moments(values) == pytest.approx((0.4, 0.2), abs=0.01)
    counts = random.binomial((2, N), np.array([[4], [10]]), 0.3, seed=1).numpy()
    np.testing.assert_allclose(counts.mean(1), [1.2, 3.0], atol=0.04)
    np.testing.assert_allclose(counts.var(1), [0.84, 2.1], atol=0.08)


def test_different_draws_of_one_generator_are_independent():
    seeds = random.SeedGenerator(1)
    a, b = random.normal((N,), seed=seeds).numpy(), random.normal((N,), seed=seeds).numpy()
    neighbour = random.normal((N,), seed=2).numpy()
    assert abs(np.corrcoef([a, b, neighbour]) - np.eye(3)).max() < 0.02


def test_seed_generators():
    seeds = random.SeedGenerator(42)
    assert isinstance(seeds.state, Variable)
    assert not seeds.state.trainable
    assert seeds.state.dtype == "int64"
    assert seeds.next().numpy().tolist() == [42, 0]
    assert seeds.next().numpy().tolist() == [42, 1]
    assert seeds.get_config()["seed"] == 42
    assert random.SeedGenerator.from_config(seeds.get_config()).next().numpy().tolist() == [42, 0]
    assert random.SeedGenerator().get_config()["seed"] is None
    with pytest.raises(ValueError, match=r"seed=1\.5"):
        random.SeedGenerator(1.5)
    with pytest.raises(ValueError, match="extra"):
        random.SeedGenerator(1, extra=2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: random.normal((2,), seed="a"), "seed=a"),
        (lambda: random.uniform((2,), dtype="int32"), "dtype=int32"),
        (lambda: random.randint((2,), 0, 3, dtype="float32"), "dtype=float32"),
        (lambda: random.randint((2,), 3, 3), "minval=3"),
        (lambda: random.dropout(np.ones(3), 1.5), r"rate=1\.5"),
        (lambda: random.categorical(np.ones(3), 2), "two dimensions"),
        (lambda: random.normal((2, -1)), "shape"),
    ],
)
def test_errors_say_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_dropout_mask_is_the_same_forward_and_backward():
    x = ops.ones((50,))
    seeds = random.SeedGenerator(3)

    def step(x):
        dropped = random.dropout(x, 0.5, seed=seeds)
        return dropped, trace.gradients(ops.sum(dropped), [x])[0]

    value, gradient = trace.Compiled(step, [x])(x)
    np.testing.assert_array_equal(value.numpy(), gradient.numpy())


def test_the_first_seeding_of_a_process_is_as_any_other(run_python):
    code = (
        "import keraburn as keras\n"
        "for _ in range(2):\n"
        "    keras.utils.set_random_seed(3)\n"
        "    values = keras.initializers.GlorotUniform()((2, 2)), keras.random.uniform((2,))\n"
        "    print([value.numpy().tolist() for value in values])"
    )
    first, second = run_python("-c", code).splitlines()
    assert first == second
