"""What a set of SOPs means, indexed so that a message is compared with all.

Kernel ridge regression: each example pulls the score of its SOP towards 1 around itself and that
of all others towards 0; sentences that no SOP is about pull all towards 0. Far from everything
scores are 0. See Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, ch. 2.
To that comes the likeness to the middle of a SOP's examples, which is steadier when they are few.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livesop_bot.embeddings.embedder import Vectors
from livesop_bot.embeddings.local_model import LocalModel
from livesop_bot.evaluation.spelling import spelling

Scores = NDArray[np.float64]

BACKGROUND = Path(__file__).with_name("background.txt")
"""What people write that calls for nothing, a sentence a line."""

# All of these were chosen by how sets of 5, 10, 30 and 75 SOPs did with 3, 5 and 10 examples each;
# the figures change little when any of them is halved or doubled.
_VIEW_WEIGHTS = np.array([0.8, 0.7, 0.4, 0.5, 0.4, 0.4])
"""Of the model's five views (see local_model.Reading), and of the spelling."""
_SHARPNESS = 1.5
_NOISE = {"example": 0.1, "hint": 1.0, "background": 0.2}
"""How little a text of each kind is to be trusted; 0 would mean that it is met exactly."""
_MIDDLE = 0.5
"""The weight of the likeness to the middle of a SOP's examples."""
_SPREAD = 0.3
"""How much less is asked of SOPs whose examples lie far apart."""
_OWN_DIRECTION = 5
"""With that many SOPs, what they have in common counts as much as what all sentences have."""
_TOO_NEAR = 0.4
"""The likeness to an example from which a sentence of the background says nothing here."""
_DISMISSED = -0.5
"""The score that a dismissed message should have: low enough to outweigh its likeness."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What one SOP is about, as views: `hints` describe it, `dismissed` were taken for it."""

    examples: Vectors
    hints: Vectors
    dismissed: Vectors


class Background:
    """Views of sentences that no SOP is about."""

    def __init__(self, views: Vectors) -> None:
        self.views = views
        self.mean = _parts(views).mean(axis=0)


class SemanticIndex:
    """Scores messages against SOPs. `nothing` are views of messages that no SOP fits."""

    def __init__(self, sops: Sequence[Texts], background: Background, nothing: Vectors) -> None:
        own = np.stack([_parts(_known(sop)).mean(axis=0) for sop in sops])
        share = len(sops) / (len(sops) + _OWN_DIRECTION)
        self._centre = share * own.mean(axis=0) + (1 - share) * background.mean
        rows = [self._points(_known(sop)) for sop in sops]
        middles = np.stack([points.mean(axis=0) for points in rows])
        lengths = np.linalg.norm(middles, axis=1, keepdims=True)
        self._middles = middles / np.maximum(lengths, 1e-12)
        self._spreads = _SPREAD * lengths[:, 0]

        counts = [len(sop.examples) for sop in sops]
        self.examples = [points[:count] for points, count in zip(rows, counts, strict=True)]
        hints = [self._points(sop.hints) for sop in sops]
        known = np.concatenate([*self.examples, *hints])
        rest = self._points(background.views)
        rest = rest[(rest @ known.T).max(axis=1) < _TOO_NEAR]
        owners = np.concatenate([_owners(self.examples), _owners(hints)])
        targets = np.concatenate([np.eye(len(sops))[owners], np.zeros((len(rest), len(sops)))])
        noise = np.repeat(list(_NOISE.values()), [sum(counts), sum(map(len, hints)), len(rest)])
        self._anchors = np.concatenate([known, rest])
        self._weights = _solved(self._anchors, targets, noise)

        taken = [self._points(sop.dismissed) for sop in sops]
        if any(map(len, taken)) or len(nothing):
            # For the other SOPs a dismissed message says nothing: they keep the score they give it.
            wrong = np.concatenate([*taken, self._points(nothing)])
            kept = _kernel(wrong, self._anchors) @ self._weights
            owned = len(wrong) - len(nothing)
            kept[np.arange(owned), _owners(taken)] = _DISMISSED
            kept[owned:] = _DISMISSED
            self._anchors = np.concatenate([self._anchors, wrong])
            self._weights = _solved(
                self._anchors,
                np.concatenate([targets, kept]),
                np.concatenate([noise, np.full(len(wrong), _NOISE["example"])]),
            )

    def scores(self, views: Vectors) -> Scores:
        """A row for each message, a column for each SOP: about 1.3 for what an example says."""
        points = self._points(views)
        likeness = points @ self._middles.T - self._spreads
        found: Scores = _kernel(points, self._anchors) @ self._weights + _MIDDLE * likeness
        return found

    def nearest_example(self, views: Vectors, position: int) -> tuple[int, float] | None:
        """The example of one SOP that is nearest to any of the messages, and how near (to 1)."""
        if not len(self.examples[position]):
            return None
        likeness = (self._points(views) @ self.examples[position].T).max(axis=0)
        best = int(likeness.argmax())
        return best, float(likeness[best])

    def _points(self, views: Vectors) -> Vectors:
        parts = _parts(views) - self._centre
        parts /= np.maximum(np.linalg.norm(parts, axis=2, keepdims=True), 1e-12)
        parts *= (_VIEW_WEIGHTS / np.linalg.norm(_VIEW_WEIGHTS))[:, None]
        points: Vectors = parts.reshape(views.shape).astype(np.float32)
        return points


def background_sentences() -> Iterable[str]:
    """The bundled sentences."""
    return BACKGROUND.read_text(encoding="utf-8").splitlines()


def views_of(model: LocalModel, texts: Sequence[str]) -> Vectors:
    """What the index compares: all views of each text, side by side."""
    found: Vectors = np.concatenate(
        [model.read(texts).views, spelling(texts, model.dimensions)], axis=1
    )
    return found


def _owners(parts: Sequence[Vectors]) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(parts)), [len(points) for points in parts])


def _known(sop: Texts) -> Vectors:
    return sop.examples if len(sop.examples) else sop.hints


def _parts(views: Vectors) -> Vectors:
    width = views.shape[1] // len(_VIEW_WEIGHTS)
    return views.reshape(len(views), len(_VIEW_WEIGHTS), width)


def _kernel(a: Vectors, b: Vectors) -> Scores:
    likeness: Scores = (a @ b.T).astype(np.float64)
    found: Scores = np.exp(_SHARPNESS * (likeness - 1))
    return found


def _solved(points: Vectors, targets: Scores, noise: Scores) -> Scores:
    kernel = _kernel(points, points) + np.diag(noise)
    found: Scores = np.linalg.solve(kernel, targets).astype(np.float64)
    return found
