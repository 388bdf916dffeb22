"""Steady noise of a given spectrum, made where the device's filters work: in the frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, tau
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array

if TYPE_CHECKING:
    from cardioprint.simulate.backend import Backend
    from cardioprint.simulate.draws import Draws

BAND = 40.0
"""Hertz from zero in which the size of white noise is stated."""

WANDER_CORNER = 0.2
"""Hertz above which wander falls as 1/f^4: skin and electrodes drift over seconds, and next to
nothing is left where the T wave is (`bw` of NSTDB, Moody 1984)."""

EDGE = 2.0
"""Seconds at both ends that are continued by reflection, so that a filter does not see a jump
where the record begins."""


@dataclass(frozen=True, kw_only=True)
class Bins:
    """The frequencies of a signal that was continued at both ends.

    Attributes:
        count: Samples of the signal.
        edge: Samples added at each end.
        total: Samples of the transform.
        hertz: Shape (frequency,).
        rate: Hertz of the signal.
        b: Where the arrays live.
    """

    count: int
    edge: int
    total: int
    hertz: Array
    rate: float
    b: Backend

    @classmethod
    def of(cls, count: int, rate: float, b: Backend) -> Bins:
        """Return those of a signal of `count` samples at `rate` hertz."""
        edge = min(round(EDGE * rate), count - 1)
        total = fast_length(count + 2 * edge)
        hertz = b.to_float(b.arange(total // 2 + 1)) * (rate / total)
        return cls(count=count, edge=edge, total=total, hertz=hertz, rate=rate, b=b)

    def transform(self, signal: Array) -> Array:
        """Return the spectrum of signals (..., time), continued by reflection, shape (..., f).

        Between the two continuations, where the transform closes its circle, the signal is held.
        """
        xp = self.b.xp
        left = _flipped(signal[..., 1 : self.edge + 1], self.b)
        right = _flipped(signal[..., -self.edge - 1 : -1], self.b)
        more = self.total - self.count - 2 * self.edge
        held = right[..., -1:] + 0 * signal[..., :more]
        return xp.fft.rfft(xp.concat((signal, right, held, left), axis=-1))

    def signal(self, spectrum: Array) -> Array:
        """Return signals from their spectra, without the continuations."""
        return self.b.xp.fft.irfft(spectrum, n=self.total)[..., : self.count]

    def noise(self, density: Array, phase: Array) -> Array:
        """Return the spectrum of noise with random phases.

        Args:
            density: Power by frequency, unit^2 a hertz, shape (..., frequency).
            phase: Radians, same shape.
        """
        xp = self.b.xp
        size = xp.sqrt(density * (0.5 * self.total * self.rate))
        return size * xp.cos(phase) + 1j * (size * xp.sin(phase))

    def phases(self, draws: Draws, name: str, *shape: int) -> Array:
        """Return random phases, shape (person, *shape, frequency)."""
        return tau * draws.uniform(f"device {name} phase", *shape, len(self.hertz))


def fast_length(count: int) -> int:
    """Return the next length that is a product of 2, 3 and 5, for which transforms are fast."""
    while True:
        rest = count
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return count
        count += 1


def sensor(hertz: Array, corner: float, exponent: float) -> Array:
    """Return the density of unit white noise in `BAND` that turns to 1/f^exponent at a corner."""
    low = hertz.clip(0.05, 1e9)
    return (1 + (corner / low) ** exponent) / BAND


def wander(hertz: Array) -> Array:
    """Return the density of slow wander of unit SD."""
    slow = hertz * hertz + WANDER_CORNER * WANDER_CORNER
    return (4 * WANDER_CORNER**3 / pi) / (slow * slow)


def muscle(hertz: Array) -> Array:
    """Return the density of muscle noise of unit SD below 60 Hz: broad, from 10 Hz up."""
    return hertz**2 / (hertz**2 + 10.0**2) / 46.0


def swings(hertz: Array) -> Array:
    """Return the density of swings in the band of the QRS, of unit SD: an electrode that moves."""
    return hertz**2 / (hertz**2 + 1.0) / (hertz**3 + 3.0**3) * 11.2


def shaking(hertz: Array) -> Array:
    """Return the density of a moved PPG sensor, of unit SD: 1/f to 1/f^2 is usual."""
    return hertz**2 / (hertz**2 + 0.3**2) / (hertz**2 + 0.5**2) * 0.51


def lowpass(hertz: Array, corner: Array) -> Array:
    """Return the gain of a fourth-order Butterworth low-pass; (person,) and (frequency,) -> both.

    Zero phase: real devices are causal, and what they delay belongs to the device's delay.
    """
    x = (hertz[None, :] / corner[:, None]) ** 2
    x = x * x
    return 1 / (1 + x * x) ** 0.5


def highpass(hertz: Array, corner: Array) -> Array:
    """Return the complex gain of one causal pole, as an amplifier's coupling; shapes as above."""
    f, fc = hertz[None, :], corner[:, None]
    size = f / (f * f + fc * fc)
    return size * f + 1j * (size * fc)


def _flipped(x: Array, b: Backend) -> Array:
    return x[..., ::-1] if b.is_numpy else x.flip(-1)
