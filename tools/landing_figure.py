"""Draw the figure of the landing page, book/_static/landing.svg: seeded, same bytes every time.

Left: a million SGD chains with random slope and curvature, against the three readings of
the noise.  Right: the tail of least-squares SGD, against Kesten's exponent.
"""

from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from sgdtheory.stochastic.distributions import power_law  # noqa: E402
from sgdtheory.stochastic.linear_sgd import kesten_exponent_least_squares  # noqa: E402

TARGET = Path(__file__).parents[1] / "book" / "_static" / "landing.svg"
BLUE, ORANGE, GREEN, INK = "#0072B2", "#D55E00", "#009E73", "#222222"
READINGS = {
    "ito": (BLUE, "-", "Itô"),
    "stratonovich": (GREEN, "--", "Stratonovich"),
    "anti-ito": (ORANGE, "-.", "anti-Itô"),
}
CHAINS = 1_000_000


def quadratic_chains(kappa: float, eta_H: float, rng) -> np.ndarray:
    """Chains w' = (1 - eta h) w - eta g, sigma_g = sigma_H = 1, ten relaxation times long."""
    eta = (eta_H / kappa) ** 0.5
    H = eta * kappa
    w = np.zeros(CHAINS, dtype=np.float32)
    for _ in range(int(10 / eta_H)):
        h = H + rng.standard_normal(CHAINS, dtype=np.float32)
        g = rng.standard_normal(CHAINS, dtype=np.float32)
        w += -eta * (h * w + g)
    return w.astype(float)


def least_squares_chains(eta: float, batch: int, steps: int, rng) -> np.ndarray:
    """Least squares with x ~ N(0, 1) and unit label noise, every step a fresh batch."""
    w = np.zeros(CHAINS, dtype=np.float32)
    for _ in range(steps):
        gradient = np.zeros(CHAINS, dtype=np.float32)
        for _ in range(batch):
            x = rng.standard_normal(CHAINS, dtype=np.float32)
            gradient += x * (x * w - rng.standard_normal(CHAINS, dtype=np.float32))
        w -= eta / batch * gradient
    return w.astype(float)


def three_readings(ax, rng) -> None:
    kappa = 1.0
    w = quadratic_chains(kappa, 0.05, rng)
    edges = np.linspace(-9, 9, 73)
    mass = np.histogram(w, edges)[0] / (len(w) * np.diff(edges))
    u = np.linspace(-9, 9, 600)
    for convention, (colour, style, label) in READINGS.items():
        law = power_law(kappa, 1.0, 1.0, convention=convention)
        ax.semilogy(u, law.pdf(u), style, color=colour, lw=2, label=label)
    ax.semilogy((edges[1:] + edges[:-1]) / 2, mass, "o", ms=3.2, color=INK, label="SGD")
    ax.set(xlabel="distance from the minimum $u$", ylabel="density", xlim=(-9, 9),
           ylim=(2e-5, 1), title="one SGD, three readings of its noise")  # fmt: skip
    ax.legend(frameon=False, loc="upper right", fontsize=9)


def least_squares_tail(ax, rng) -> None:
    eta, batch = 1.5, 6
    w = np.sort(np.abs(least_squares_chains(eta, batch, 80, rng)))
    survival = 1 - np.arange(len(w)) / len(w)
    points = len(w) - np.geomspace(30, 0.9 * len(w), 50).astype(int)
    exact = kesten_exponent_least_squares(eta, batch)
    x = np.geomspace(0.1, w[-30], 200)
    for convention, (colour, style, label) in READINGS.items():
        law = power_law(batch / (2 * eta), 1 / batch, 2 / batch, convention=convention)
        ax.loglog(x, 2 * law.sf(x), style, color=colour, lw=2,
                  label=f"{label}, exponent {law.survival_index:.0f}")  # fmt: skip
    anchor = int(len(w) * (1 - 1e-3))
    x = np.geomspace(w[anchor] / 12, w[-30], 50)
    ax.loglog(x, survival[anchor] * (x / w[anchor]) ** -exact, ":", color="#CC3377", lw=2.4,
              label=f"Kesten's equation, {exact:.0f}")  # fmt: skip
    ax.loglog(w[points], survival[points], "o", ms=3.2, color=INK, label="SGD")
    ax.set(xlabel="$x$", ylabel="$P(|u| > x)$", ylim=(1e-5, 1.5),
           title="least squares: no reading has this tail")  # fmt: skip
    ax.legend(frameon=False, loc="upper right", fontsize=9)


def main() -> None:
    rng = np.random.default_rng(20)
    plt.rcParams.update({"svg.hashsalt": "sgdtheory", "font.size": 10, "axes.titlesize": 11})
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.9), layout="constrained")
    three_readings(axes[0], rng)
    least_squares_tail(axes[1], rng)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(TARGET, metadata={"Date": None})


if __name__ == "__main__":
    main()
