"""Stationary laws of SGD with quadratic gradient noise.

Itô equation ``dw = -H u dt + sqrt(eta C(u)) dB``, ``C = sigma_g + 2 rho u + sigma_H u^2``,
``kappa = H / (eta sigma_H)``; calculus index alpha; ``m = kappa + 1 - alpha``.
"""

from dataclasses import dataclass, field

import numpy as np

from sgdtheory import _validate
from sgdtheory.stochastic import pearson_angle
from sgdtheory.stochastic.multivariate import multivariate_power_law
from sgdtheory.stochastic.student_t import StudentTFit, fit_student_t

__all__ = [
    "StudentTFit",
    "fit_student_t",
    "kappa_from_nu",
    "multivariate_power_law",
    "power_law",
]


def _log1p_square(y: np.ndarray) -> np.ndarray:
    """``log(1 + y^2)`` without overflow."""
    r = np.abs(y)
    return np.where(r < 1e8, np.log1p(np.minimum(r, 1e8) ** 2), 2 * np.log(np.maximum(r, 1e8)))


def kappa_from_nu(nu: float, convention: str = "ito") -> float:
    """kappa of a Student-t fit with ``nu`` degrees of freedom: ``(nu - 1)/2 + alpha``.

    From ``nu = 2m - 1`` and ``m = kappa + 1 - alpha`` (PLD-C3): the same data give a kappa
    larger by exactly 1 when they are read as anti-Itô instead of Itô.

    Raises
    ------
    ValueError
        ``nu <= 0`` or an unknown convention.
    """
    nu = _validate.positive("nu", nu, "a Student t has nu > 0 degrees of freedom")
    return (nu - 1) / 2 + _validate.convention(convention)


@dataclass(frozen=True)
class power_law:
    """Stationary Pearson type IV law of one weight (PLD-T2; Student t at rho = 0, PLD-C3).

    ``p(u) ∝ C(u)^-m exp(2 kappa rho/Delta arctan((sigma_H u + rho)/Delta))`` with
    ``m = kappa + 1 - alpha`` and ``Delta^2 = sigma_g sigma_H - rho^2``; ``u`` is the distance
    from the minimum.  Zero flux: ``(log p)' = -2 kappa sigma_H u / C - (1 - alpha) C'/C``.

    ``sf`` and ``cdf`` are accurate to 1e-10 relative, in the far tails too (kappa <= 1e4).
    ``P(|u| > x)`` falls like ``x^-survival_index``, p like ``|u|^-density_exponent``.

    Raises
    ------
    ValueError
        ``sigma_g`` or ``sigma_H`` not > 0, ``rho^2 >= sigma_g sigma_H``, ``kappa`` at or
        below ``alpha - 1/2`` (no norm), NaN, unknown convention.
    """

    kappa: float
    sigma_g: float
    sigma_H: float
    rho: float = 0.0
    convention: str = "ito"
    alpha: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        alpha = _validate.convention(self.convention)
        values = {
            "kappa": _validate.real("kappa", self.kappa),
            "sigma_g": _validate.positive("sigma_g", self.sigma_g),
            "sigma_H": _validate.positive("sigma_H", self.sigma_H),
            "rho": _validate.real("rho", self.rho),
            "alpha": alpha,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if self.kappa <= alpha - 0.5:
            other = "a larger kappa" if alpha == 0 else 'convention="ito" or a larger kappa'
            raise ValueError(
                f"kappa must be > {alpha - 0.5:g} for a normalisable density in the "
                f"{self.convention} convention, got {self.kappa:g}; use {other}"
            )
        if self.rho**2 >= self.sigma_g * self.sigma_H:
            raise ValueError(
                f"rho^2 must be < sigma_g sigma_H = {self.sigma_g * self.sigma_H:g}, got "
                f"rho = {self.rho:g}; at equality the noise vanishes at one point"
            )

    @property
    def m(self) -> float:
        """Power of 1/C in the density."""
        return self.kappa + 1 - self.alpha

    @property
    def lambda_(self) -> float:
        """Place of the least noise, ``-rho / sigma_H``."""
        return -self.rho / self.sigma_H

    @property
    def _Delta(self) -> float:
        return float(np.sqrt(self.sigma_g * self.sigma_H - self.rho**2))

    @property
    def a(self) -> float:
        """Width ``Delta / sigma_H``."""
        return self._Delta / self.sigma_H

    @property
    def nu(self) -> float:
        """Skewness parameter of the Pearson IV form, ``-2 kappa rho / Delta``."""
        return -2 * self.kappa * self.rho / self._Delta + 0.0

    @property
    def density_exponent(self) -> float:
        """``2m``: p(u) falls like ``|u|^-2m``."""
        return 2 * self.m

    @property
    def survival_index(self) -> float:
        """``2m - 1``: ``P(|u| > x)`` falls like ``x^-(2m-1)``; moments below it exist."""
        return 2 * self.m - 1

    def _y(self, u) -> np.ndarray:
        return (_validate.points("u", u) - self.lambda_) / self.a

    def logpdf(self, u):
        """Logarithm of the density at ``u`` (any shape)."""
        y = self._y(u)
        norm = pearson_angle.log_norm(self.m, self.nu) - np.log(self.a)
        return (norm - self.m * _log1p_square(y) - self.nu * np.arctan(y))[()]

    def pdf(self, u):
        """Density at ``u`` (any shape), per unit of weight."""
        return np.exp(self.logpdf(u))

    def sf(self, u):
        """P(w - w* > u), any shape."""
        return pearson_angle.sf(self._y(u), self.m, self.nu)[()]

    def cdf(self, u):
        """P(w - w* <= u), any shape."""
        return pearson_angle.sf(-self._y(u), self.m, -self.nu)[()]

    def ppf(self, q):
        """The ``u`` with ``cdf(u) = q``; ``q`` in [0, 1], any shape."""
        q = _validate.points("q", q)
        if ((q < 0) | (q > 1)).any():
            raise ValueError(f"q must lie in [0, 1], got {q.min():g} to {q.max():g}; clip it")
        return (self.lambda_ + self.a * pearson_angle.ppf(q, self.m, self.nu))[()]

    def moment(self, n: int) -> float:
        """``E u^n`` from the closed recursion of the stationary generator.

        ``sigma_H (2 kappa - 2 alpha - n + 1) M_n = (n-1) sigma_g M_{n-2}
        + 2 rho (n - 1 + alpha) M_{n-1}``.  Raises ``ValueError`` unless ``n < 2m - 1``.
        """
        n = _validate.count("n", n, minimum=0)
        if n >= self.survival_index:
            raise ValueError(
                f"E u^{n} exists for kappa > {self.alpha + (n - 1) / 2:g} in the "
                f"{self.convention} convention, got kappa = {self.kappa:g}; "
                "use a lower moment, a quantile or a larger kappa"
            )
        before, here = 0.0, 1.0
        for k in range(1, n + 1):
            rise = (k - 1) * self.sigma_g * before + 2 * self.rho * (k - 1 + self.alpha) * here
            before, here = here, rise / (self.sigma_H * (self.survival_index - k))
        return here

    def mean(self) -> float:
        """``alpha rho / (sigma_H (kappa - alpha))``; exists for ``kappa > alpha``."""
        return self.moment(1)

    def var(self) -> float:
        """``a^2 (r^2 + nu^2) / (r^2 (r - 1))``, ``r = 2(kappa - alpha)``.

        Raises ``ValueError`` unless ``kappa > alpha + 1/2``.
        """
        self.moment(2)
        r = 2 * (self.kappa - self.alpha)
        return self.a**2 * (1 + (self.nu / r) ** 2) / (r - 1)

    def std(self) -> float:
        """Square root of :meth:`var`."""
        return float(np.sqrt(self.var()))

    def rvs(self, size, seed) -> np.ndarray:
        """Exact independent draws of ``u``; ``size`` an int or shape, ``seed`` required."""
        rng, size = _validate.generator(seed), _validate.shape("size", size)
        if self.nu:
            y = pearson_angle.rvs(int(np.prod(size)), self.m, self.nu, rng).reshape(size)
        else:
            degrees = self.survival_index
            y = rng.standard_t(degrees, size) / np.sqrt(degrees)
        return self.lambda_ + self.a * y
