"""A number from a finite sample, with its own standard error."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A stochastic result: ``value`` with standard error ``stderr`` from ``n`` draws.

    The standard error is always taken from the sample itself.  Comparison with
    theory goes through :meth:`z`, never through a fixed tolerance.

    Raises
    ------
    ValueError
        ``stderr`` negative or NaN, or ``n`` below 1.
    """

    value: float
    stderr: float
    n: int

    def __post_init__(self) -> None:
        if not self.stderr >= 0:
            raise ValueError(
                f"stderr must be >= 0, got {self.stderr}; "
                "estimate it from the sample (n >= 2 finite draws)"
            )
        if self.n != self.n or self.n < 1:
            raise ValueError(f"n must be >= 1, got {self.n}; count the draws used")

    @classmethod
    def mean_of(cls, sample) -> "Estimate":
        """Sample mean with standard error ``s / sqrt(n)``; ``sample`` is 1-D."""
        import numpy as np

        x = np.asarray(sample, dtype=float).ravel()
        if x.size < 2 or not np.isfinite(x).all():
            raise ValueError(
                f"a mean with standard error needs >= 2 finite draws, got {x.size} draws "
                f"of which {int(np.isfinite(x).sum())} finite; draw more or drop bad paths"
            )
        return cls(float(x.mean()), float(x.std(ddof=1) / math.sqrt(x.size)), int(x.size))

    def z(self, reference: float) -> float:
        """Standardised difference ``(value - reference) / stderr``."""
        difference = self.value - reference
        if self.stderr == 0:
            return 0.0 if difference == 0 else math.copysign(math.inf, difference)
        return difference / self.stderr

    def interval(self, sigmas: float = 1.96) -> tuple[float, float]:
        """``value -/+ sigmas * stderr``; 1.96 is the two-sided 95 % normal interval."""
        return self.value - sigmas * self.stderr, self.value + sigmas * self.stderr

    def __str__(self) -> str:
        if not (math.isfinite(self.value) and 0 < self.stderr < math.inf):
            return f"{self.value:g} ± {self.stderr:g} (n = {self.n})"
        digits = max(0, 1 - math.floor(math.log10(self.stderr)))
        if digits > 8:
            return f"{self.value:.8g} ± {self.stderr:.2g} (n = {self.n})"
        return f"{self.value:.{digits}f} ± {self.stderr:.{digits}f} (n = {self.n})"


class Censored(RuntimeError):
    """An ensemble of first-passage times was stopped before every path arrived.

    Carries what is known: ``finished`` of ``total`` paths, and ``lower_bound``, the
    mean of the stopped times (a lower bound of the mean first-passage time).
    """

    def __init__(self, finished: int, total: int, lower_bound: float):
        self.finished, self.total, self.lower_bound = finished, total, lower_bound
        super().__init__(
            f"all {total} paths must reach the target, {finished} did; the mean is above "
            f"{lower_bound:g}; raise max_steps or move the target closer"
        )


#: Gates of every numeric check, in standard errors: a claim is accepted up to the
#: first, a mutant counts as rejected only from the second on.
ACCEPT, REJECT = 4.0, 8.0


@dataclass(frozen=True)
class Comparison:
    """A claimed number beside one found on an independent route.

    ``scale`` is the standard error of a sampled number, or a quarter of the tolerance
    of an exact one, so that one pair of gates serves both: accepted at
    ``|pull| <= 4``, rejected at ``|pull| >= 8``, undecided between.  Without a finite
    scale nothing is accepted.
    """

    what: str
    claimed: float
    found: float
    scale: float
    sampled: bool

    @property
    def pull(self) -> float:
        """``(claimed - found) / scale``; infinite where one of the three is no number."""
        difference = self.claimed - self.found
        if math.isnan(difference) or not math.isfinite(self.scale):
            return math.inf
        if self.scale == 0:
            return 0.0 if difference == 0 else math.copysign(math.inf, difference)
        return difference / self.scale

    @property
    def accepted(self) -> bool:
        return abs(self.pull) <= ACCEPT

    @property
    def rejected(self) -> bool:
        return abs(self.pull) >= REJECT


def compare(what: str, claimed, found, *, rtol: float = 1e-8, atol: float = 0.0) -> Comparison:
    """Compare a claimed number with an :class:`Estimate` or with an exact number.

    An Estimate is judged by its own standard error.  An exact number is judged by
    ``atol + rtol * |found|``; a tolerance looser than 1e-8 needs a reason beside it.
    """
    if isinstance(found, Estimate):
        return Comparison(what, float(claimed), found.value, found.stderr, True)
    tolerance = atol + rtol * abs(float(found))
    return Comparison(what, float(claimed), float(found), tolerance / ACCEPT, False)
