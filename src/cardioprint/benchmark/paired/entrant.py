"""An encoder as it takes part in the paired tasks: given what it can take, asked only once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from cardioprint.benchmark.baselines.base import Encoder, Fits
from cardioprint.benchmark.baselines.people import Demographics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.paired.stretches import Stretches
    from cardioprint.benchmark.tasks.base import Bench
    from cardioprint.signal.preparation import Prepared
    from cardioprint.types import Windows

Modalities = tuple[str, ...]


@runtime_checkable
class TakesWindows(Protocol):
    """An encoder of windows that were cut out of a record filtered whole."""

    def embed_prepared(self, windows: Windows, modalities: Modalities) -> NDArray[np.float32]:
        """Return vectors of these modalities alone, shape (window, feature)."""
        ...


@runtime_checkable
class TakesStretches(Protocol):
    """An encoder of filtered stretches in their own units."""

    def embed_stretches(
        self, stretches: Iterable[Prepared], modalities: Modalities
    ) -> NDArray[np.float32]:
        """Return vectors of these modalities alone, shape (stretch, feature)."""
        ...


@runtime_checkable
class Timing(Protocol):
    """An encoder with tokens that carry phase."""

    def timing(self, windows: Windows, modalities: Modalities) -> NDArray[np.float32]:
        """Return when the beats fall, shape (window, feature)."""
        ...


@runtime_checkable
class Reconstructs(Protocol):
    """An encoder with decoders."""

    def reconstruct(self, windows: Windows, source: str, target: str) -> NDArray[np.float32]:
        """Return the target modality made from the source, shape (window, time)."""
        ...


@runtime_checkable
class Shares(Protocol):
    """An encoder some of whose features mean the same for ECG and for PPG."""

    @property
    def shared(self) -> tuple[int, ...]:
        """Their places in a vector of either."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Entrant:
    """An encoder that takes part.

    Attributes:
        encoder: Whatever it is.
        ask: `Bench.embed`, for encoders that take windows as recorded.
    """

    encoder: Encoder
    ask: Callable[..., NDArray[np.float32]]

    @property
    def name(self) -> str:
        """Column of the report."""
        return self.encoder.name

    @property
    def kind(self) -> str:
        """What its column stands for."""
        return self.encoder.kind

    @property
    def standardise(self) -> bool:
        """Whether comparisons z-score its features over the test set first.

        A help that every encoder gets but the model under test: an untrained network has no
        running means to centre with, and hand features have units.
        """
        return self.encoder.kind != "model"

    @property
    def shared(self) -> list[int]:
        """Features that may be held against the other modality's; none: an empty list."""
        return list(self.encoder.shared) if isinstance(self.encoder, Shares) else []

    @property
    def prepared(self) -> bool:
        """Whether it takes what was filtered in a whole record."""
        return isinstance(self.encoder, TakesWindows | TakesStretches)

    @property
    def phased(self) -> bool:
        """Whether it has tokens that carry phase."""
        return isinstance(self.encoder, Timing)

    @property
    def generates(self) -> bool:
        """Whether it has decoders."""
        return isinstance(self.encoder, Reconstructs)

    def takes(self, modalities: Modalities) -> bool:
        """Return whether it has a vector for these modalities together."""
        return set(modalities) <= set(self.encoder.modalities)

    def embed(self, stretches: Stretches, modalities: Modalities) -> NDArray[np.float32]:
        """Return its vectors, shape (window, feature)."""

        def make() -> NDArray[np.float32]:
            encoder = self.encoder
            if isinstance(encoder, TakesWindows):
                return encoder.embed_prepared(stretches.windows, modalities)
            if isinstance(encoder, TakesStretches):
                # Features of both modalities stand side by side: each is computed once.
                if len(modalities) > 1:
                    return np.concatenate([self.embed(stretches, (m,)) for m in modalities], axis=1)
                return encoder.embed_stretches(stretches.filtered(), modalities)
            key = f"{stretches.key}/{stretches.digest}/{'+'.join(modalities)}"
            return self.ask(encoder, key, stretches.signals(modalities))

        return self._remembered(stretches, "embed", modalities, make)

    def timing(self, stretches: Stretches, modalities: Modalities) -> NDArray[np.float32]:
        """Return its phase-carrying tokens, shape (window, feature).

        Raises:
            TypeError: It has none: see `phased`.
        """
        encoder = self.encoder
        if not isinstance(encoder, Timing):
            raise TypeError(f"{self.name} has no tokens that carry phase")
        return self._remembered(
            stretches, "timing", modalities, lambda: encoder.timing(stretches.windows, modalities)
        )

    def reconstruct(self, stretches: Stretches, source: str, target: str) -> NDArray[np.float32]:
        """Return the target modality made from the source, shape (window, time).

        Raises:
            TypeError: It has no decoders: see `generates`.
        """
        encoder = self.encoder
        if not isinstance(encoder, Reconstructs):
            raise TypeError(f"{self.name} has no decoders")
        made = encoder.reconstruct(stretches.windows, source, target)
        # One forward pass gives all three, but its tokens are not kept for the tasks to come.
        self.embed(stretches, (source,))
        if self.phased:
            self.timing(stretches, (source,))
        return made

    def _remembered(
        self,
        stretches: Stretches,
        what: str,
        modalities: Modalities,
        make: Callable[[], NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        key = (id(self.encoder), what, modalities)
        # The encoder is kept with its vectors, so that its id cannot pass to another.
        if key not in stretches.memory:
            stretches.memory[key] = (self.encoder, make())
        return stretches.memory[key][1]


def entrants(bench: Bench) -> Sequence[Entrant]:
    """Return the encoders that can take part.

    Left out are those that look at no signal, and those that must be fitted first: all windows
    here are test windows.
    """
    return [
        Entrant(encoder=e, ask=bench.embed)
        for e in bench.encoders
        if not isinstance(e, Demographics | Fits)
    ]
