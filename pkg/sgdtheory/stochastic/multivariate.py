"""The power law of SGD in d dimensions, for commuting curvature and noise."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from sgdtheory import _validate


def _positive_definite(name: str, value) -> np.ndarray:
    matrix = _validate.covariance(name, value)
    spectrum = np.linalg.eigvalsh(matrix)
    if spectrum[0] <= 1e-14 * spectrum[-1]:
        raise ValueError(
            f"{name} must be positive definite, got smallest eigenvalue {spectrum[0]:g}; "
            "project on the directions with curvature and noise"
        )
    return matrix


@dataclass(frozen=True, eq=False)
class multivariate_power_law:
    """Stationary law in d dimensions (PLD-T4), a multivariate Student t.

    ``p(u) ∝ [1 + u^T H Sigma_g^-1 u / (eta kappa)]^-m``, ``m = kappa + 1 - alpha``, for the
    drift ``-H u`` and the noise ``C(u) = Sigma_g (1 + u^T H Sigma_g^-1 u / (eta kappa))``.
    The flux vanishes exactly when H and Sigma_g commute.  The exponent does not depend
    on d; degrees of freedom ``nu = 2m - d``, shape ``(eta kappa / nu) Sigma_g H^-1``.

    ``H``, ``Sigma_g``: (d, d), positive definite; ``kappa > 0`` and ``eta > 0``.

    Raises
    ------
    ValueError
        H and Sigma_g do not commute, ``m <= d/2`` (no norm), shapes differ, not positive
        definite, NaN, unknown convention.
    """

    kappa: float
    H: np.ndarray
    Sigma_g: np.ndarray
    eta: float
    convention: str = "ito"

    def __post_init__(self) -> None:
        alpha = _validate.convention(self.convention)
        kappa = _validate.positive("kappa", self.kappa)
        eta = _validate.positive("eta", self.eta)
        H = _positive_definite("H", self.H)
        Sigma_g = _positive_definite("Sigma_g", self.Sigma_g)
        if H.shape != Sigma_g.shape:
            raise ValueError(
                f"H and Sigma_g must have one shape, got {H.shape} and {Sigma_g.shape}; "
                "both are (d, d)"
            )
        swap = np.abs(H @ Sigma_g - Sigma_g @ H).max()
        scale = np.linalg.norm(H, 2) * np.linalg.norm(Sigma_g, 2)
        if swap > 1e-10 * scale:
            raise ValueError(
                f"H and Sigma_g must commute, got a commutator of {swap / scale:.2g} relative "
                "size; otherwise the stationary state carries a current and this is not its law"
            )
        if kappa + 1 - alpha <= len(H) / 2:
            raise ValueError(
                f"kappa must be > {len(H) / 2 - 1 + alpha:g} for a normalisable density in "
                f"{len(H)} dimensions, {self.convention} convention, got {kappa:g}; "
                "use a larger kappa"
            )
        H, Sigma_g = H.copy(), Sigma_g.copy()
        H.flags.writeable = Sigma_g.flags.writeable = False
        for name, value in dict(kappa=kappa, eta=eta, H=H, Sigma_g=Sigma_g).items():
            object.__setattr__(self, name, value)

    @property
    def d(self) -> int:
        """Number of dimensions."""
        return len(self.H)

    @property
    def m(self) -> float:
        """Exponent of the density, ``kappa + 1 - alpha``."""
        return self.kappa + 1 - _validate.convention(self.convention)

    @property
    def nu(self) -> float:
        """Degrees of freedom ``2m - d``; the survival index of ``|u|``."""
        return 2 * self.m - self.d

    @property
    def shape(self) -> np.ndarray:
        """Shape matrix ``(eta kappa / nu) Sigma_g H^-1``, (d, d)."""
        ratio = np.linalg.solve(self.H, self.Sigma_g)
        return self.eta * self.kappa / self.nu * (ratio + ratio.T) / 2

    def logpdf(self, u) -> np.ndarray:
        """Logarithm of the density; ``u`` is (..., d), the result (...)."""
        u = _validate.finite("u", u)
        if u.ndim == 0 or u.shape[-1] != self.d:
            raise ValueError(
                f"u must have shape (..., {self.d}), got {u.shape}; put coordinates last"
            )
        root = np.linalg.cholesky(self.shape)
        z = np.linalg.solve(root, u.reshape(-1, self.d).T)
        form = (z * z).sum(0).reshape(u.shape[:-1])
        norm = gammaln(self.m) - gammaln(self.nu / 2) - self.d / 2 * np.log(np.pi * self.nu)
        return (norm - np.log(np.diag(root)).sum() - self.m * np.log1p(form / self.nu))[()]

    def cov(self) -> np.ndarray:
        """Covariance ``eta kappa / (2m - d - 2) Sigma_g H^-1``, (d, d).

        Raises ``ValueError`` unless ``2m > d + 2``.
        """
        if self.nu <= 2:
            least = self.kappa + 1 - self.nu / 2
            raise ValueError(
                f"the covariance exists for kappa > {least:g} in {self.d} dimensions, "
                f"{self.convention} convention, got {self.kappa:g}; use a larger kappa"
            )
        return self.nu / (self.nu - 2) * self.shape

    def rvs(self, size: int, seed) -> np.ndarray:
        """Independent draws, (size, d); ``seed`` is required."""
        rng = _validate.generator(seed)
        size = _validate.count("size", size, minimum=0)
        normal = rng.standard_normal((size, self.d)) @ np.linalg.cholesky(self.shape).T
        return normal / np.sqrt(rng.chisquare(self.nu, (size, 1)) / self.nu)
