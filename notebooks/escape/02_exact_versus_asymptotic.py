# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # When may I use the escape formula?
#
# The escape formula (PLD-L6) says how long SGD takes over a barrier if its
# noise grows with the loss. It is an asymptotic formula: right in a limit.
# In one dimension the time can also be computed exactly, for any barrier,
# and so every question about the limit has a number for an answer.
#
# You will see a map of the formula's error, and that one number read off
# the problem decides it; what changes if "escape" means reaching the saddle
# and not crossing it; and in which sense the time is "polynomial in the
# barrier".
#
# *Time: about 10 seconds on one CPU core; the full profile, a finer map,
# takes about ten minutes there and needs no GPU.*

# %% tags=["remove-cell", "colab-setup"]
import importlib.util
import os
import subprocess
import sys

# Colab has every library that is needed: only the package itself is installed.
if sys.platform != "emscripten" and not importlib.util.find_spec("sgdtheory"):
    spec = os.environ.get("SGDTHEORY_SPEC", "")
    if not spec:
        raise ModuleNotFoundError(
            "sgdtheory is not installed; run `pip install .` in the project's "
            "folder, or set SGDTHEORY_SPEC to a wheel or a git address"
        )
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", spec]
    subprocess.run(pip, check=True)
    importlib.invalidate_caches()

# %%
import matplotlib.pyplot as plt
import mpmath as mp
import numpy as np
from scipy import integrate, sparse
from scipy.sparse.linalg import spsolve
from scipy.special import gammaln

from sgdtheory.estimate import Estimate
from sgdtheory.runs import profile, results
from sgdtheory.stochastic.first_passage import (
    log_mean_first_passage_time as log_time,
)

# %% tags=["parameters"]
points = profile.pick(quick=33, full=129)  # of the map, along each axis
cells = profile.pick(quick=20_000, full=200_000)  # of the exact solver
reading = {0: "ito", 0.5: "stratonovich", 1: "anti-ito"}

# %% [markdown]
# ## The formula and the problem
#
# The double well $L = (w^2-1)^2$ has its minimum at $a=-1$ and its saddle at
# $b=0$; $H_a=8$, $H_b=-4$ and $\Delta L=1$. The noise grows with the loss,
# $C = \sigma_g\,(1 + X L/\Delta L)$, with
# $X = 2\Delta L/(\kappa\eta\sigma_g)$. With
# the calculus index $\alpha$ (0 for Itô, 1 for anti-Itô) and
# $m = \kappa + 1 - \alpha$ the formula is
#
# $$\tau = \frac{2\pi\kappa}{(m-\frac12)\sqrt{H_a|H_b|}}\,
# (1+X)^{m-\frac12} .$$
#
# The exact time is a double integral. All our numbers are ratios
#
# $$R(m, X) = \frac{\text{exact mean time from } a}{\tau} ,$$
#
# for the first passage of the *other minimum*, $w=1$ (crossing), unless
# another target is named. The domain is open on the left.

# %%
def drift(w):
    return -4 * w * (w**2 - 1)


def ratio(m, X, target=1.0, alpha=1.0, cells=cells):
    """Exact mean time from w = -1 to the target, divided by the formula."""
    kappa = m - 1 + alpha
    exact = log_time(
        drift, lambda w: (1 + X * (w**2 - 1) ** 2) / (kappa * X), -1, target,
        convention=reading[alpha], cells=cells)
    formula = np.log(2 * np.pi * kappa / ((m - 0.5) * 32**0.5))
    return np.exp(exact - formula - (m - 0.5) * np.log1p(X))

# %% [markdown]
# ## Can the exact number be trusted?
#
# Four routes to one number, at a moderate barrier (Itô, $\kappa=2$, $X=3$):
# the package's sums in log space; two general quadratures of the double
# integral; and the backward equation $f T' + D T'' = -1$ on three grids,
# extrapolated. The last does not know the double integral. It has a
# reflecting wall at $-2$, and so has the package's number beside it.

# %%
kappa, X, m = 2.0, 3.0, 3.0


def s(w):
    """The noise C in units of its value at the minimum."""
    return 1 + X * (w**2 - 1) ** 2


def exact(wall=None):
    return np.exp(log_time(drift, lambda w: s(w) / (kappa * X), -1, 1,
                           lower=wall))

# %%
def by_quadrature(quad, infinity):
    """The double integral; ``quad`` maps a function and limits to a number."""
    below = quad(lambda z: s(z) ** -m, -infinity, -1)
    inner = lambda y: below + quad(lambda z: s(z) ** -m, -1, y)  # noqa: E731
    return kappa * X * quad(lambda y: s(y) ** (m - 1) * inner(y), -1, 1)

# %%
def backward(n, wall=-2.0, end=1.0):
    """T(-1) from the backward equation, a wall at -2, n grid cells."""
    h = (end - wall) / n
    w = wall + h * np.arange(n)
    diffuse, pull = s(w) / (kappa * X) / h**2, drift(w) / (2 * h)
    up, down = diffuse + pull, diffuse - pull
    up[0], down[0] = up[0] + down[0], 0
    A = sparse.diags([-2 * diffuse, up[:-1], down[1:]], [0, 1, -1])
    return spsolve(A.tocsc(), -np.ones(n))[n // 3]

# %%
T1, T2, T4 = (backward(n) for n in (600, 1200, 2400))
extrapolated = (T1 - 20 * T2 + 64 * T4) / 45  # h^2 and h^4 cancel

# %% [markdown]
# The first verdict is the largest relative difference. The second one is at
# a barrier of 40: there the linear system is lost in rounding, and the
# quadrature takes the largest factor, $e^{40}$, out of the integral.

# %%
def scipy_quad(f, low, high):
    return integrate.quad(f, low, high, epsabs=0, epsrel=1e-12, limit=200)[0]


def mp_quad(f, low, high):
    return mp.quad(f, [low, high])

# %% tags=["nbval-check-output"]
gaps = [by_quadrature(scipy_quad, np.inf) / exact() - 1,
        float(by_quadrature(mp_quad, mp.inf)) / exact() - 1,
        extrapolated / exact(wall=-2) - 1]
passed = results.record(
    "PLD-L6", Estimate(np.abs(gaps).max(), 0, 1), band=(0, 1e-8),
    name="relative difference of three routes from the exact time")
assert passed

# %% tags=["nbval-check-output"]
X = 100.0
m, kappa, high = 40 / np.log1p(X), 40 / np.log1p(X) - 1, 40.0
scaled = kappa * X * scipy_quad(
    lambda y: np.exp((m - 1) * np.log(s(y)) - high)
    * (scipy_quad(lambda z: s(z) ** -m, -np.inf, -1)
       + scipy_quad(lambda z: s(z) ** -m, -1, y)), -1, 1)
gap = np.expm1(np.log(exact()) - np.log(scaled) - high)
passed = results.record(
    "PLD-L6", Estimate(abs(gap), 0, 1), band=(0, 1e-8),
    name="relative difference from quadrature at a barrier of 40")
assert passed

# %% [markdown]
# ## The map
#
# The other solvers agree to more than eight digits, so we may call the
# number exact and look at $R$ everywhere. It depends on $m$ and $X$ alone:
# the three readings of the noise share one map.

# %%
m_axis = np.geomspace(0.75, 200, points)
X_axis = np.geomspace(0.05, 2e3, points)
M, XX = np.meshgrid(m_axis, X_axis, indexing="ij")
E = 2 * M * XX / (2 + XX)  # see below
R = np.array([[ratio(m, X) for X in X_axis]
              for m in profile.progress(m_axis, "rows of the map")])
if profile.current() == "full":
    results.save("pld-l6-map", {"m": m_axis, "X": X_axis, "R": R},
                 {"seed": None, "what": "exact crossing time / PLD-L6"})

# %% mystnb={"figure": {"caption": "Ratio of the exact crossing time to the formula. The dark lines are errors of 1, 5 and 20 %. On the grey line R = 1 by accident: without a barrier the formula has no meaning, and on its way to zero the ratio must pass through one. Crosses: E = 40, 9 and 3 (next section).", "name": "fig-ratio-map"}, "image": {"alt": "Map over X and m, both logarithmic. The ratio is near one in the upper part, above one in a band across the middle and falls to zero in the lower left corner. Lines of equal error fall from the upper left and become level for large X, and lie on the crosses."}}
fig, ax = plt.subplots(figsize=(6.4, 4.6), facecolor="white")
shade = ax.pcolormesh(X_axis, m_axis, R, cmap="PuOr", vmin=0, vmax=2,
                      shading="gouraud")
fig.colorbar(shade, label="R, exact time / formula (no unit)")
error = np.where(E > 1.8, R - 1, np.nan)
lines = ax.contour(X_axis, m_axis, error, [0.01, 0.05, 0.2], colors="k",
                   linestyles=[":", "--", "-"])
for level, style, words in zip([40, 9, 3], [":", "--", "-"],
                               ["1 %", "5 %", "20 %"], strict=True):
    ax.plot([], [], style, color="k", label=words)
    ax.plot(X_axis[::3], level / 2 * (1 + 2 / X_axis[::3]), "x", ms=4,
            color="#0072B2")
ax.contour(X_axis, m_axis, R, [1], colors="#666666", linewidths=1)
ax.set(xscale="log", yscale="log", xlabel=r"$X = C_b/C_a - 1$ (no unit)",
       ylabel=r"$m = \kappa + 1 - \alpha$ (no unit)", ylim=(0.75, 200))
ax.legend(frameon=False, title="error", ncol=3, loc="upper right")
plt.show()

# %% mystnb={"figure": {"caption": "The same map from a stored run of the full profile, where there is one."}, "image": {"alt": "Finer map of the ratio over X and m: near one in the upper part, above one in a band across the middle, zero in the lower left corner."}}
stored = results.load("pld-l6-map")
if stored is None:
    print("No stored full-size result.")
else:
    fine = [stored.arrays[key] for key in ("X", "m", "R")]
    fig, ax = plt.subplots(figsize=(6.4, 4.6), facecolor="white")
    shade = ax.pcolormesh(*fine, cmap="PuOr", vmin=0, vmax=2)
    fig.colorbar(shade, label="R, full profile (no unit)")
    ax.set(xscale="log", yscale="log", xlabel="$X$", ylabel="$m$")
    plt.show()

# %% [markdown]
# ## One number decides
#
# Where the error is small, theory gives it. For this well
#
# $$R = 1 + \frac1m\Big(\frac3{16} + \frac3{8X}\Big) + O(m^{-2})
# = 1 + \frac{3}{8E} + \dots ,\qquad E = \frac{2mX}{2+X} .$$
#
# $E$ has a plain meaning. Let $\bar D$ be the *mean of the diffusion at the
# bottom and at the saddle*, $\bar D = \frac{\eta}{4}(C_a + C_b)$. Then
# $E = \frac m\kappa\,\Delta L/\bar D$. For constant noise it is Kramers'
# barrier $2\Delta L/(\eta\sigma_g)$, and $3/(8E)$ is the correction to
# Kramers' formula. One would expect points of equal $E$ to part where
# the error is large and the next orders count. They hardly do.

# %% mystnb={"figure": {"caption": "The excess of the exact time over the formula for every point of the map with E above 2, against E. Barriers with X from 0.05 to 2,000 fall on one curve.", "name": "fig-one-number"}, "image": {"alt": "Log-log plot of the excess against E: points of three kinds, for small, middle and large X, lie on one curve that falls like one over E and approaches the dashed line three over eight E from above."}}
fig, ax = plt.subplots(figsize=(6.4, 4), facecolor="white")
for k, (low, high) in enumerate([(0, 0.7), (0.7, 30), (30, np.inf)]):
    part = (XX >= low) & (XX < high) & (E > 2) & (E < 300)
    ax.loglog(E[part], R[part] - 1, "os^"[k], mfc="none", ms=4 + k,
              color=["#0072B2", "#D55E00", "#009E73"][k],
              label=["X < 0.7", "0.7 < X < 30", "X > 30"][k])
grid = np.geomspace(2, 300)
ax.plot(grid, 3 / (8 * grid), "k--", label="first correction, 3/(8E)")
ax.set(xlabel=r"$E = 2mX/(2+X)$ (no unit)", ylabel=r"$R - 1$ (no unit)")
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
passed = []
for E0, band in [(10, 0.05), (50, 0.01)]:
    worst = np.abs(R[(E >= E0)] - 1).max()
    passed.append(results.record(
        "PLD-L6", Estimate(worst, 0, 1), band=(0, band),
        name=f"largest error of the formula where E is at least {E0}"))
assert all(passed)

# %% tags=["nbval-check-output"]
passed = []
for E0, band in [(5, 0.2), (200, 0.01)]:
    excess = np.array([E0 * (ratio(E0 * (0.5 + 1 / X), X) - 1)
                       for X in (0.1, 1, 10, 1000)])
    passed.append(results.record(
        "PLD-L6", Estimate(np.ptp(excess) / excess.mean(), 0, 1),
        name=f"spread of R - 1 at E = {E0}, X from 0.1 to 1000",
        band=(0, band)))
passed.append(results.record(
    "PLD-L6", Estimate(excess.mean() * 8 / 3, 0, 1), band=(1, 1.02),
    name="excess at E = 200 in units of 3/(8E)"))
assert all(passed)

# %% [markdown]
# (The two levels of $E$ were chosen after a coarse look at the map.)
#
# Another well has other factors. In general
#
# $$R = 1 + \frac{c_a + (1 + X)\,c_b}{m X} + \dots ,\qquad
# c = \Delta L\,\Big(\frac{5\,L^{(3)\,2}}{24\,|L''|^3}
# - \frac{L^{(4)}}{8\,L''|L''|}\Big)\ \text{ at } a \text{ and } b:$$
#
# the error made at the bottom is measured with the noise at the bottom, that
# made at the saddle with the noise at the saddle. In our quartic
# $c_a=c_b=\frac3{16}$, in a cosine $\frac14$, and one number $E$ is enough.
# In a tilted well they differ: the error keeps its size but depends a little
# on $X$. Below: $E\,(R-1)$ at $E=20$, in three wells.

# %%
# L, -L', then a, b, c, H_a, |H_b| and the wall (a cosine goes on for ever)
wells = {
    "quartic": (lambda w: (w**2 - 1) ** 2, drift, -1, 0, 1, 8, 4, None),
    "cosine": (lambda w: np.cos(w) / 2, lambda w: np.sin(w) / 2,
               -np.pi, 0, np.pi, 0.5, 0.5, -2 * np.pi),
    "tilted quartic": (
        lambda w: (w**2 - 1) ** 2 + 0.3 * (w - w**3 / 3),
        lambda w: -(w**2 - 1) * (4 * w - 0.3),
        -1, 0.075, 1, 8.6, 4 - 0.3**2 / 4, None),
}

# %%
def in_well(well, m, X, target="cross"):
    """Exact time / formula in a well of the list (anti-Itô, kappa = m)."""
    L, f, a, b, c, H_a, H_b, wall = wells[well]
    barrier = L(b) - L(a)
    exact = log_time(
        f, lambda w: (barrier + X * (L(w) - L(a))) / (m * X), a,
        c if target == "cross" else b, lower=wall, convention="anti-ito")
    formula = np.log(2 * np.pi * m / ((m - 0.5) * (H_a * H_b) ** 0.5))
    return np.exp(exact - formula - (m - 0.5) * np.log1p(X))

# %% tags=["nbval-check-output"]
print("E (R - 1) at E = 20   X = 0.1      1      10     1000")
for well in wells:
    row = [20 * (in_well(well, 20 * (2 + X) / (2 * X), X) - 1)
           for X in (0.1, 1, 10, 1000)]
    print(f"{well:20s}", *(f"{value:8.3f}" for value in row))

# %%
tilted = np.polynomial.Polynomial([1, 0.3, -2, -0.1, 1])
c = [(tilted(0.075) - tilted(-1))
     * (5 * tilted.deriv(3)(w) ** 2 / 24 / abs(tilted.deriv(2)(w)) ** 3
        - sign * tilted.deriv(4)(w) / 8 / tilted.deriv(2)(w) ** 2)
     for w, sign in ((-1, 1), (0.075, -1))]

# %% tags=["nbval-check-output"]
gaps = []
for X in (0.3, 3, 100):
    m1, m2 = 100 * (2 + X) / X, 200 * (2 + X) / X
    # Richardson: the next order cancels.
    found = (2 * m2 * (in_well("tilted quartic", m2, X) - 1)
             - m1 * (in_well("tilted quartic", m1, X) - 1))
    gaps.append(abs(found * X / (c[0] + (1 + X) * c[1]) - 1))
passed = results.record(
    "PLD-L6", Estimate(max(gaps), 0, 1), band=(0, 1e-3),
    name="relative gap of the first correction in a tilted well")
assert passed

# %% [markdown]
# ## Large $X$ at fixed $\kappa$
#
# The limit $\eta\to0$ at fixed $\kappa$ sends $X$ to infinity and leaves $m$
# where it is. $E$ then stops at $2m$, and $R$ stops too, at a constant that
# is not one (PLD-X5). In this well it is
#
# $$R_\infty(m) = \frac{\sqrt2\,\Gamma(m+\frac12)\,\Gamma(2m-1)}
# {\Gamma(m)\,\Gamma(2m-\frac12)} .$$
#
# The power of $1+X$ is right, the factor before it is not.

# %% mystnb={"figure": {"caption": "The ratio along lines of constant m. Thick: exact. Thin and dashed: the first correction. Dots on the right: the limit of infinite X.", "name": "fig-cuts"}, "image": {"alt": "Four curves of the ratio against X, for m from 1 to 20. All rise from small values, pass a maximum above one and become level, each at the height of a dot on the right edge; the higher m, the closer to one. Dashed lines join the curve of m = 20 at X of about one."}}
def limit(m):
    return np.sqrt(2) * np.exp(gammaln(m + 0.5) + gammaln(2 * m - 1)
                               - gammaln(m) - gammaln(2 * m - 0.5))


fig, ax = plt.subplots(figsize=(6.4, 4), facecolor="white")
colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"]
for m, colour in zip([1, 1.5, 3, 20], colours, strict=False):
    ax.semilogx(X_axis, [ratio(m, X) for X in X_axis], color=colour, lw=2)
    ax.plot(X_axis, 1 + (3 / 16 + 3 / (8 * X_axis)) / m, "--", lw=1,
            color=colour)
    ax.plot(4e3, limit(m), "o", color=colour)
    ax.text(6e3, limit(m), f"m = {m}", color=colour, va="center")
ax.set(xlabel=r"$X = C_b/C_a - 1$ (no unit)", ylim=(0, 1.8),
       xlim=(0.04, 6e4), ylabel="R, exact time / formula (no unit)")
plt.show()

# %% tags=["nbval-check-output"]
gap = max(abs(ratio(m, 1e6, cells=1_000_000) / limit(m) - 1)
          for m in (1.5, 2, 3, 5))
passed = results.record(
    "PLD-X5", Estimate(gap, 0, 1), band=(0, 1e-3),
    name="relative distance of R at X = 1e6 from its limit")
three = [ratio(2.5, 30, alpha=alpha) for alpha in reading]
passed &= results.record(
    "PLD-L6", Estimate(np.ptp(three), 0, 1), band=(0, 1e-8),
    name="spread of R between the three readings at one m")
assert passed

# %% [markdown]
# ## Reach or cross?
#
# A path on the saddle falls back half of the time. So the time to *reach*
# the saddle is half the time to cross it, if the barrier is high. How high?
# In a symmetric well the difference from one half dies exponentially. In a
# tilted one the two sides of the saddle differ, so do the two chances, and
# one half is approached only like $1/\sqrt E$.

# %% mystnb={"figure": {"caption": "How far the ratio of the time to reach the saddle and the time to cross is from one half (X = 3). Exponentially close in the symmetric wells; slow in the tilted one.", "name": "fig-reach-cross"}, "image": {"alt": "Semi-logarithmic plot against E: the distance from one half falls along straight lines from 0.1 to below one in a million for the quartic and the cosine, while for the tilted quartic it first falls and then stays near one percent, beside a dotted line."}}
Es = np.linspace(1, 20, 20)
far = {well: np.array([
    abs(in_well(well, E * 5 / 6, 3, "reach") / in_well(well, E * 5 / 6, 3)
        - 0.5) for E in Es]) for well in wells}
fig, ax = plt.subplots(figsize=(6.4, 3.8), facecolor="white")
for k, well in enumerate(wells):
    ax.semilogy(Es, far[well], "os^"[k], color=colours[k], ms=4, label=well,
                mfc="none")
ax.plot(Es[8:], far["tilted quartic"][-1] * (Es[8:] / 20) ** -0.5, "k:",
        label=r"$1/\sqrt{E}$")
ax.set(xlabel=r"$E = 2mX/(2+X)$ (no unit)",
       ylabel="| reach / cross - 1/2 |")
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
half = [ratio(m, X, target=0) / ratio(m, X)
        for m, X in [(50, 1), (10, 10), (6, 1000)]]
passed = [results.record(
    "PLD-L6", Estimate(max(half, key=lambda h: abs(h - 0.5)), 0, 1),
    band=(0.499, 0.501), name="reach / cross, three high barriers")]
low = ratio(1.5, 0.5, target=0) / ratio(1.5, 0.5)
passed.append(results.record(
    "PLD-L6", Estimate(low, 0, 1), band=(0, 0.45),
    name="reach / cross without a barrier, m = 1.5, X = 0.5"))
assert all(passed)

# %% tags=["nbval-check-output"]
gap = [abs(in_well("tilted quartic", m, 3, "reach")
           / in_well("tilted quartic", m, 3) - 0.5) for m in (200, 800)]
passed = results.record(
    "PLD-L6", Estimate(np.log(gap[1] / gap[0]) / np.log(4), 0, 1),
    band=(-0.52, -0.48), name="power of E in |reach / cross - 1/2|, tilted")
assert passed

# %% [markdown]
# ## The limit of constant noise
#
# For $\kappa\to\infty$ at fixed $\kappa X$ the noise becomes constant and
# the formula becomes Kramers' (PLD-TAB1), with
# $E = 2\Delta L/(\eta\sigma_g)$.

# %%
def constant_noise(E):
    """log of the exact crossing time at constant D = 1/E."""
    return log_time(drift, lambda w: 1 / E + 0 * w, -1, 1)


def kramers(E):
    """Exact crossing time at constant D = 1/E, over Kramers's formula."""
    return np.exp(constant_noise(E) - E) * 32**0.5 / (2 * np.pi)

# %% tags=["nbval-check-output"]
print("   E   R exact   1 + 3/(8E)")
for E in (5, 10, 20, 40):
    print(f"{E:4d} {kramers(E):9.4f} {1 + 3 / (8 * E):11.4f}")
second = [(kramers(E) - 1 - 3 / (8 * E)) * E**2 for E in (50, 100)]
passed = results.record(
    "PLD-TAB1", Estimate(second[1] / second[0], 0, 1), band=(0.9, 1.1),
    name="what the first correction leaves at E = 100 and 50, times E^2")
assert passed

# %% [markdown]
# ## "Polynomial in the barrier"
#
# Constant noise: the time is exponential in the barrier. Noise that grows
# with the loss: a power of it. Both are true, of a family of wells with
# fixed $\kappa$, $\eta$, $\sigma_g$ and curvatures, in which the barrier
# grows with the square of the width.

# %%
def time(kappa, X, alpha=0.0):
    """H_a times the exact crossing time; L in units in which X = L_b."""
    log_formula = np.log(16 * np.pi * kappa / (kappa + 0.5 - alpha)
                         / 32**0.5) + (kappa + 0.5 - alpha) * np.log1p(X)
    return ratio(kappa + 1 - alpha, X, alpha=alpha) * np.exp(log_formula)

# %% mystnb={"figure": {"caption": "Exact crossing time against the height of the barrier at fixed curvature. With constant noise the time is exponential; with noise that grows with the loss it is a power, of exponent kappa in the anti-Itô reading less one half, and one more for SGD.", "name": "fig-barrier-height"}, "image": {"alt": "Log-log plot: the curve of constant noise bends upwards and leaves the figure; the Itô and anti-Itô curves become straight lines that lie on thin guide lines of slope 2.5 and 1.5."}}
heights = np.geomspace(1, 1000, 25)
fig, ax = plt.subplots(figsize=(6.4, 4), facecolor="white")
low = heights[heights < 20]
ax.loglog(low, [8 * np.exp(constant_noise(2 * X)) for X in low], "--",
          color="#999999", label="constant")
for k, alpha in enumerate([0.0, 1.0]):
    T = np.array([time(2, X, alpha) for X in heights])
    ax.plot(heights, T, ["o", "s"][k], mfc="none", color=colours[k],
            label=["growing, SGD (Itô)", "growing, anti-Itô"][k])
    slope = 2.5 - alpha
    ax.plot(heights, T[-1] * (heights / 1000) ** slope, "k:", lw=1)
ax.set(xlabel=r"barrier $\Delta L$ (units of $\kappa\eta\sigma_g/2$)",
       ylabel=r"$H_a\,\times$ mean time", ylim=(3, 1e10))
ax.legend(frameon=False, title="noise")
plt.show()

# %% [markdown]
# One experiment does not give this power: *to lower the learning rate*. If
# the data fix $\sigma_g$ and $\sigma_H$, then $X$ stays and
# $\kappa = H/(\eta\sigma_H)$ grows like $1/\eta$. The time is then
# exponential in $1/\eta$ for both kinds of noise; only the barrier differs,
# $\ln(1+X)$ where constant noise has $X$.

# %% mystnb={"figure": {"caption": "Exact crossing time against 1/eta at fixed noise of the data, X = 3. Both kinds of noise give straight lines on this semi-logarithmic plot: exponentials, of different rate.", "name": "fig-learning-rate"}, "image": {"alt": "Semi-logarithmic plot of time against one over eta: two straight lines, the one of constant noise steeper by a factor of about two."}}
rates = np.arange(1.0, 11)
fig, ax = plt.subplots(figsize=(6.4, 3.8), facecolor="white")
ax.semilogy(rates, [8 * np.exp(constant_noise(3 * k)) for k in rates],
            "s--", color="#999999", label="constant")
ax.plot(rates, [time(k, 3.0) for k in rates], "o-", color=colours[0],
        label="growing with the loss (Itô)")
ax.set(xlabel=r"$1/\eta$ (units of $\sigma_H/H$, so that it is $\kappa$)",
       ylabel=r"$H_a\,\times$ mean time")
ax.legend(frameon=False, title="noise")
plt.show()

# %% tags=["nbval-check-output"]
power = np.log(time(2, 3e4) / time(2, 1e4)) / np.log(3)
passed = [results.record(
    "PLD-L6", Estimate(power, 0, 1), band=(2.49, 2.51),
    name="power of the barrier, Itô, kappa = 2")]
rate = np.log(time(60, 3.0) / time(40, 3.0)) / 20
passed.append(results.record(
    "PLD-L6", Estimate(rate / np.log(4), 0, 1), band=(0.99, 1.01),
    name="rate of log time in 1/eta over ln(1+X), X = 3"))
assert all(passed)

# %% [markdown]
# ## What to remember
#
# - Take the barrier in units of the mean diffusion at bottom and saddle:
#   $E\approx\Delta L/\bar D$. From $E=10$ on the formula is right within 5 %
#   in a symmetric well, from 50 on within 1 %. Below 3 do not use it, even
#   where it happens to fit.
# - At fixed $\kappa$ that number stops at $2m$: no learning rate is small
#   enough to make the factor right, only the power.
# - It is the time to *cross*. To *reach* the saddle takes half of it: up to
#   an exponentially small rest in a symmetric well, and up to one like
#   $1/\sqrt E$ where the saddle is lopsided ($L'''(b) \ne 0$).
# - Polynomial in the height of the barrier, exponential in $1/\eta$.
