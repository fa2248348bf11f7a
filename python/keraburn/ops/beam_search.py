"""The most probable label sequences of connectionist temporal classification, among those of the best prefixes.

Source: Hannun et al., 2014, "First-pass large vocabulary continuous speech recognition", arXiv:1408.2873.
"""

from __future__ import annotations

import numpy as np

# For each prefix: the logarithms of its probability with a blank as the last step, and with its last label.
Beam = dict[tuple[int, ...], "tuple[float, float]"]
_NOTHING = (-np.inf, -np.inf)


def _extended(beam: Beam, logs: np.ndarray, mask: int) -> Beam:
    """All prefixes one step later."""
    found: Beam = {}

    def reach(prefix: tuple[int, ...], with_blank: float, with_label: float) -> None:
        blank, label = found.get(prefix, _NOTHING)
        found[prefix] = (float(np.logaddexp(blank, with_blank)), float(np.logaddexp(label, with_label)))

    for prefix, (blank, label) in beam.items():
        either = float(np.logaddexp(blank, label))
        for kind, log in enumerate(logs.tolist()):
            if kind == mask:
                reach(prefix, either + log, -np.inf)
            elif prefix and prefix[-1] == kind:
                # Without a blank between them, equal labels are one.
                reach(prefix, -np.inf, label + log)
                reach((*prefix, kind), -np.inf, blank + log)
            else:
                reach((*prefix, kind), -np.inf, either + log)
    return found


def _ranked(beam: Beam, count: int) -> list[tuple[tuple[int, ...], float]]:
    totals = [(prefix, float(np.logaddexp(*parts))) for prefix, parts in beam.items()]
    return sorted(totals, key=lambda item: -item[1])[:count]


def beam_search(
    logs: np.ndarray, lengths: np.ndarray, beam_width: int, top_paths: int, mask: int
) -> tuple[np.ndarray, np.ndarray]:
    """The best label sequences of each row, and the logarithms of their probabilities.

    Args:
        logs: logarithms of probabilities, shape `(batch, steps, classes)`.
        lengths: steps of each row, shape `(batch,)`; the first step always counts.
        beam_width: how many prefixes are kept after each step.
        top_paths: how many sequences are wanted.
        mask: the class that means no label.

    Returns:
        Labels, int32 of shape `(top_paths, batch, steps)`, filled up with -1, and shape `(batch, top_paths)`.
    """
    batch, steps, _ = logs.shape
    paths = np.full((top_paths, batch, steps), -1, np.int32)
    scores = np.full((batch, top_paths), -np.inf)
    for row in range(batch):
        beam: Beam = {(): (0.0, -np.inf)}
        for step in range(min(steps, max(1, int(lengths[row])))):
            beam = _extended(beam, logs[row, step], mask)
            kept = _ranked(beam, beam_width)
            beam = {prefix: beam[prefix] for prefix, _ in kept}
        for place, (prefix, score) in enumerate(_ranked(beam, top_paths)):
            paths[place, row, : len(prefix)] = prefix
            scores[row, place] = score
    return paths, scores
