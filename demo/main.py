"""Three networks trained on real data that ships with scikit-learn; `make demo` runs this.

Each one learns from four fifths of the rows, watches a part of those for validation, and is judged on the fifth that it
never saw. The program ends with an error if a result misses its target.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

STARTED = time.perf_counter()
import keraburn as keras  # noqa: E402  the time that this import takes is part of the report
from keraburn.keras import layers  # noqa: E402

IMPORTED = time.perf_counter()

from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402


@dataclass
class Result:
    """One row of the closing table."""

    task: str
    rows: int
    held_out: int
    measure: str
    value: float
    target: float
    seconds: float
    steps: int

    @property
    def reached(self) -> bool:
        return self.value >= self.target


def headline(text: str) -> None:
    print(f"\n== {text} ==\n", flush=True)


def train(model: keras.Sequential, x: np.ndarray, y: np.ndarray, **options: object) -> tuple[float, int]:
    """Fit with a tenth of the rows for validation; the seconds it took and the steps it made."""
    start = time.perf_counter()
    history = model.fit(x, y, validation_split=0.1, **options)
    return time.perf_counter() - start, len(history.epoch) * history.params["steps"]


def digits() -> Result:
    headline("Handwritten digits: 8x8 grey pictures, ten classes")
    pictures, labels = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(
        (pictures / 16).astype("float32"), labels, test_size=0.2, stratify=labels, random_state=7
    )
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    model.summary()
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=2e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    seconds, steps = train(model, x, y, epochs=30, batch_size=32)
    scores = model.evaluate(x_test, y_test)
    wrong = np.flatnonzero(model.predict(x_test, verbose=0).argmax(axis=1) != y_test)
    print(f"{len(wrong)} of {len(y_test)} held-out digits were read wrongly.")
    return Result("digits", len(x), len(x_test), "accuracy", scores.accuracy, 0.97, seconds, steps)


def tumours() -> Result:
    headline("Breast tumours: thirty measurements of a biopsy, benign or malignant")
    measurements, benign = load_breast_cancer(return_X_y=True)
    x, x_test, y, y_test = train_test_split(measurements, benign, test_size=0.2, stratify=benign, random_state=7)
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    x, x_test = (x - mean) / deviation, (x_test - mean) / deviation
    model = keras.Sequential(
        [
            keras.Input((30,)),
            layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-3)),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="tumours",
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=3e-3), loss="binary_crossentropy", metrics=["accuracy"])
    seconds, steps = train(model, x, y, epochs=25, batch_size=32)
    scores = model.evaluate(x_test, y_test)
    malignant = y_test == 0
    recognised = (model.predict(x_test, verbose=0)[:, 0] < 0.5) & malignant
    print(f"{recognised.sum()} of {malignant.sum()} malignant tumours were recognised.")
    return Result("tumours", len(x), len(x_test), "accuracy", scores.accuracy, 0.95, seconds, steps)


def diabetes() -> Result:
    headline("Diabetes: how far the illness went in a year, from ten measurements")
    measurements, progress = load_diabetes(return_X_y=True, scaled=False)
    x, x_test, y, y_test = train_test_split(measurements, progress, test_size=0.2, random_state=7)
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    x, x_test = (x - mean) / deviation, (x_test - mean) / deviation
    centre, spread = y.mean(), y.std()
    model = keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-2)),
            layers.Dropout(0.2),
            layers.Dense(1),
        ],
        name="diabetes",
    )
    model.compile(optimizer=keras.optimizers.AdamW(learning_rate=3e-3), loss="huber", metrics=["mae"])
    seconds, steps = train(model, x, (y - centre) / spread, epochs=40, batch_size=32)
    predicted = model.predict(x_test, verbose=0)[:, 0] * spread + centre
    guess = np.abs(y_test - centre).mean()
    print(f"Mean error {np.abs(predicted - y_test).mean():.1f}; always answering the mean would give {guess:.1f}.")
    explained = 1 - ((predicted - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
    return Result("diabetes", len(x), len(x_test), "R squared", float(explained), 0.30, seconds, steps)


def table(results: list[Result]) -> None:
    headline("Results on rows that the networks never saw")
    columns = ("task", "rows", "held out", "measure", "result", "target", "training", "steps", "us/step")
    print("{:<10}{:>6}{:>10}  {:<10}{:>8}{:>8}{:>10}{:>7}{:>9}".format(*columns))
    for r in results:
        mark = "" if r.reached else "  missed"
        print(
            f"{r.task:<10}{r.rows:>6}{r.held_out:>10}  {r.measure:<10}{r.value:>8.3f}{r.target:>8.2f}"
            f"{r.seconds:>8.2f} s{r.steps:>7}{r.seconds / r.steps * 1e6:>9.0f}{mark}"
        )
    print(
        f"\nkeraburn {keras.__version__}: imported in {(IMPORTED - STARTED) * 1e3:.0f} ms; "
        f"everything took {time.perf_counter() - STARTED:.1f} s. Times include validation and the progress display."
    )


def main() -> int:
    keras.utils.set_random_seed(1)
    tasks: list[Callable[[], Result]] = [digits, tumours, diabetes]
    results = [task() for task in tasks]
    table(results)
    return 0 if all(result.reached for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
