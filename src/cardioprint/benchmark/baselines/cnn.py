"""A small supervised network, trained on the same split as every probe.

A one-dimensional ResNet (He et al. 2016; Wang, Yan & Oates 2017 for time series) of some 80
thousand weights: what labels alone teach, without pretraining. A fifth of the training people
decides which of its passes is kept; nobody else is looked at. Its training is short and meant to
be: the learning rate falls to zero within a fixed number of steps. Three times as many, with half
the windows each and at twice the time resolution, gained nothing on the rhythm task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cardioprint.benchmark import probes
from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Signals, usable
from cardioprint.errors import RecordError
from cardioprint.signal.preparation import MODALITIES, Preparation

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

Task = Literal["labels", "classes", "number"]
"""Independent 0/1 labels; one class of several (one column each); numbers."""


ABOUT = (
    "The CNN is small and trained briefly: a residual network of some 80 thousand weights, one "
    "seed, at most 300 steps of up to 64 windows a fold, of which the pass that does best on a "
    "fifth of the training people is kept."
)
"""What a report has to say of it."""


FEWEST, SMALL = 10, 16
"""Steps of a pass, where they still hold so many windows: with four, of 64 windows, the network of
the hypertension task stops before it has learnt anything."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the network is trained."""

    epochs: int = 40
    """Most passes over the training windows."""
    steps: int = 300
    """Most steps: passes are fewer where there are many windows."""
    patience: int = 8
    """Passes without a better loss on the inner people before it stops."""
    batch: int = 64
    """Windows in a step; fewer where a pass would have fewer than `FEWEST` steps."""
    rate: float = 3e-3
    """Peak learning rate of AdamW, reached at a third and then annealed (Smith 2018)."""
    decay: float = 1e-2
    """Weight decay."""
    dropout: float = 0.2
    """Before the last layer."""
    widths: tuple[int, ...] = (24, 24, 48, 48)
    """Channels of the residual blocks; each halves the rate, after a first layer that quarters
    it."""
    shift: float = 0.5
    """Seconds by which a training window is moved at random."""
    seed: int = 0
    """Of weights, order, shifts and the inner split."""

    def __post_init__(self) -> None:
        if min(self.epochs, self.steps, self.patience, self.batch, *self.widths) < 1:
            raise ValueError("epochs, steps, patience, batch and widths must be at least 1")

    def passes(self, windows: int) -> int:
        """Return the most passes over so many windows."""
        return max(min(self.epochs, self.steps // self.parts(windows)), 1)

    def parts(self, windows: int) -> int:
        """Return the steps of a pass."""
        return max(windows // self.batch, min(windows // SMALL, FEWEST), 1)

    def peak(self, windows: int) -> float:
        """Return the highest learning rate: less for smaller steps (Krizhevsky 2014)."""
        return self.rate * min(windows / self.parts(windows) / self.batch, 1.0) ** 0.5


class SupervisedCNN:
    """A learner: fit it on training folds, predict the others.

    Windows pass cardioprint's own preparation (125 Hz, 10 s, mean 0 and SD 1; what was not
    measured is 0). The modalities are its channels.

    Args:
        task: What the targets are.
        training: How it is trained.
        preparation: How windows are prepared.
    """

    name = "supervised CNN"

    def __init__(
        self,
        task: Task = "labels",
        training: Training | None = None,
        preparation: Preparation | None = None,
    ):
        self.task: Task = task
        self.training = training or Training()
        self.preparation = preparation or Preparation()
        self.model: nn.Module | None = None
        self.losses: tuple[float, ...] = ()
        self._use: list[str] = []
        self._centre, self._spread = np.zeros(0), np.ones(0)

    def fit(
        self, signals: Signals, target: NDArray[np.floating], subject: NDArray
    ) -> SupervisedCNN:
        """Return the network trained on these windows.

        Args:
            signals: Training windows.
            target: Shape (window, output).
            subject: Person of each window; at least five.

        Raises:
            RecordError: A target is missing, or too few windows hold any signal.
        """
        made = SupervisedCNN(self.task, self.training, self.preparation)
        made._use = usable(signals, ("ecg", "ppg"), self.name)
        target = np.asarray(target, np.float64).reshape(len(signals), -1)
        if not np.isfinite(target).all():
            raise RecordError(
                "a target is missing",
                source=self.name,
                field="target",
                fix="leave such windows out",
            )
        if self.task == "number":
            made._centre, made._spread = target.mean(axis=0), target.std(axis=0) + 1e-9
            target = (target - made._centre) / made._spread
        x, seen = made._inputs(signals)
        inner, held = inner_split(target, subject, self.task, self.training.seed)
        inner, held = inner[seen[inner]], held[seen[held]]
        if not len(inner) or not len(held):
            raise RecordError(
                f"{seen.sum()} windows hold a signal: nothing to train on, or nothing to stop by",
                source=self.name,
                fix="give windows of more people",
            )
        made._train(x, target.astype(np.float32), inner, held)
        return made

    def predict(self, signals: Signals) -> NDArray[np.float64]:
        """Return probabilities, or numbers, shape (window, output); NaN if nothing was measured.

        Raises:
            ValueError: It was not fitted.
        """
        import torch

        if self.model is None:
            raise ValueError("fit on training windows first")
        x, seen = self._inputs(signals)
        with torch.no_grad():
            parts = [self.model(part) for part in torch.from_numpy(x).split(256)]
        out = torch.cat(parts).double()
        if self.task == "number":
            found = out.numpy() * self._spread + self._centre
        else:
            found = (out.sigmoid() if self.task == "labels" else out.softmax(dim=1)).numpy()
        return np.where(seen[:, None], found, np.nan)

    def _inputs(self, signals: Signals) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return (prepared samples, shape (window, channel, time); which windows hold any)."""
        for m in self._use:
            signals.take(m, self.name)
        rows = [MODALITIES.index(m) for m in self._use]
        windows = prepared.windows_of(signals, self._use, self.preparation)
        return windows.samples[:, rows], np.any(windows.valid[:, rows], axis=(1, 2))

    def _train(self, x: NDArray, y: NDArray, inner: NDArray, held: NDArray) -> None:
        """Train on the windows of `inner`; keep the weights that do best on those of `held`."""
        import torch
        from torch.nn import functional

        t = self.training
        measure = {
            "labels": functional.binary_cross_entropy_with_logits,
            "classes": functional.cross_entropy,
            "number": functional.mse_loss,
        }[self.task]
        inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
        parts, passes, rate = t.parts(len(inner)), t.passes(len(inner)), t.peak(len(inner))
        reach = round(t.shift * self.preparation.sampling_rate)
        rng = np.random.default_rng(t.seed)
        with torch.random.fork_rng():
            torch.manual_seed(t.seed)
            model = network(x.shape[1], y.shape[1], t.widths, t.dropout)
            optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=t.decay)
            course = torch.optim.lr_scheduler.OneCycleLR(
                optimiser, rate, total_steps=passes * parts + 1, pct_start=0.33
            )
            losses, kept = [], model.state_dict()
            for _ in range(passes):
                model.train()
                for part in np.array_split(rng.permutation(inner), parts):
                    moved = shifted(inputs[part], rng.integers(-reach, reach + 1, len(part)))
                    optimiser.zero_grad()
                    measure(model(moved), targets[part]).backward()
                    optimiser.step()
                    course.step()
                model.eval()
                with torch.no_grad():
                    losses.append(float(measure(model(inputs[held]), targets[held])))
                if losses[-1] == min(losses):
                    kept = {k: v.clone() for k, v in model.state_dict().items()}
                elif len(losses) - 1 - int(np.argmin(losses)) >= t.patience:
                    break
        model.load_state_dict(kept)
        self.model, self.losses = model.eval(), tuple(losses)


def inner_split(
    target: NDArray, subject: NDArray, task: Task, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (windows to train on, windows to stop by): no person is in both."""
    label = None if task == "number" else np.unique(target, axis=0, return_inverse=True)[1].ravel()
    return next(probes.grouped_folds(np.asarray(subject), 5, seed, label))


def shifted(x: Tensor, by: NDArray[np.int64]) -> Tensor:
    """Return windows moved by so many samples each; zeros come in at the end."""
    import torch

    out = torch.zeros_like(x)
    n = x.shape[-1]
    for i, d in enumerate(by.tolist()):
        if d >= 0:
            out[i, :, d:] = x[i, :, : n - d]
        else:
            out[i, :, :d] = x[i, :, -d:]
    return out


def network(channels: int, outputs: int, widths: tuple[int, ...], dropout: float) -> nn.Module:
    """Return the residual network: (batch, channel, time) -> (batch, output)."""
    from torch import nn

    from cardioprint.benchmark.baselines.residual import PooledMeanMax, ResidualBlock

    layers: list[Any] = [
        nn.Conv1d(channels, widths[0], 15, stride=4, padding=7, bias=False),
        nn.BatchNorm1d(widths[0]),
        nn.ReLU(),
    ]
    for before, after in zip((widths[0], *widths[:-1]), widths, strict=True):
        layers.append(ResidualBlock(before, after))
    tail = [PooledMeanMax(), nn.Dropout(dropout), nn.Linear(2 * widths[-1], outputs)]
    return nn.Sequential(*layers, *tail)
