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
# # SGD on a quadratic: every exponent without any anomaly
#
# Networks in training are reported to move super-diffusively at first and
# sub-diffusively later, and pictures with Gaussian noise in a smooth
# valley are said to be too tame for that. Is it so? The simplest picture
# of all can be solved exactly, step by step: SGD on a quadratic
# $L = \frac12\sum_i\lambda_i w_i^2$, one number $\lambda_i$ per
# direction. We compare the exact formula (ANO-T3) with the loop, and
# then ask what a whole *spectrum* of curvatures does (ANO-T4, ANO-C1).
#
# *Time: about 20 seconds on one CPU core; the full profile, some fifty
# times as many runs, takes about ten minutes.*

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
import numpy as np

from sgdtheory.estimate import Estimate
from sgdtheory.runs import profile, results
from sgdtheory.stochastic import msd
from sgdtheory.stochastic.msd import expected_on_quadratic

# %% tags=["parameters"]
eta = 0.1
T = 1000  # points of a window
copies = profile.pick(quick=1000, full=20_000)  # runs of single modes
chains = profile.pick(quick=20_000, full=200_000)
runs = profile.pick(quick=4, full=200)  # runs of the whole spectrum
seed = 1

# %% [markdown]
# ## The loop, in full
#
# The noise $\xi$ of the minibatch gradient has mean zero and variance
# $C_0 + C_1 w^2$: constant, or growing away from the minimum, as that of
# a minibatch does. Here it is Gaussian.

# %%
def sgd(w, curvature, C0, C1, steps, draw):
    """Yields the weights before each step; any shape."""
    for _ in range(steps):
        yield w
        xi = np.sqrt(C0 + C1 * w**2) * draw.standard_normal(w.shape)
        w = w - eta * (curvature * w + xi)


def displacement(path, lags):
    """(T, ...) -> (lags, ...): time average of the squared displacement."""
    return np.array([((path[lag:] - path[:-lag])**2).mean(0)
                     for lag in lags])

# %% [markdown]
# ## One mode
#
# Three modes show all there is. A *slow* one, far from its minimum, slides
# down: ballistic, exponent near two. One *at rest* in its noise:
# diffusion, then a plateau. And one *bouncing* in a valley so sharp that
# $1 < \eta\lambda < 2$: each step overshoots the minimum, even lags come
# back, odd ones do not.

# %%
lags = msd.log_lags(T, 500)
modes = {"slow": (0.005, 0.001, 25.0), "at rest": (0.5, 1.0, 0.1),
         "bouncing": (18.0, 1.0, 0.03)}  # curvature, noise, mean square
single = {}
for name, (curvature, C0, m0) in modes.items():
    draw = np.random.default_rng(seed)
    w = m0**0.5 * draw.choice((-1.0, 1.0), copies)
    path = np.array(list(sgd(w, curvature, C0, 0.0, T, draw)))
    single[name] = (displacement(path, lags), expected_on_quadratic(
        lags, T, eta, curvature, C0, 0.0, m0))

# %% mystnb={"figure": {"caption": "Displacement of one mode of a quadratic: SGD (markers, mean over runs with two standard errors) on the exact formula (lines). A slow mode slides, a mode at rest diffuses up to its plateau, a bouncing mode goes back and forth.", "name": "fig-ano-one-mode"}, "image": {"alt": "Log-log plot against the lag: the slow mode rises with slope one at first and near two from lag 10 on; the mode at rest rises with slope one and levels off beyond lag 20; the bouncing mode jumps up and down between even and odd lags and settles to a plateau at lag 20. Markers lie on the lines."}}
colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"]
fig, ax = plt.subplots(figsize=(6, 4), facecolor="white")
for k, (name, (found, exact)) in enumerate(single.items()):
    ax.loglog(lags, exact, ["-", "--", ":"][k], color=colours[k])
    ax.errorbar(lags, found.mean(1),
                2 * found.std(1, ddof=1) / copies**0.5, fmt="os^"[k], ms=4,
                mfc="none", color=colours[k], label=name)
ax.set(xlabel=r"lag $\tau$ (steps)", ylabel=r"$M(\tau)$ (weight$^2$)")
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
passed = []
for name, (found, exact) in single.items():
    for k in (0, np.searchsorted(lags, 10), np.searchsorted(lags, 100)):
        passed.append(results.record(
            "ANO-T3", Estimate.mean_of(found[k] / exact[k]), band=(1, 1),
            name=f"SGD over exact displacement, {name}, lag {lags[k]}"))
assert all(passed)

# %% [markdown]
# ## Noise that grows: a heavy tail that the curve does not see
#
# With $C_1 > 0$ the stationary law has a power-law tail, of index
# $\kappa = \lambda/(\eta C_1)$ at small steps. By ANO-T3 the stationary
# displacement over its plateau is $1 - (1 - \eta\lambda)^\tau$ all the
# same: no $C_1$ in it. We put $\kappa = 3$ beside constant noise.

# %%
curvature, window = 1.0, 100
few = np.array([1, 2, 4, 8, 16, 32, 64])
shapes, far = {}, {}
for name, C1 in (("constant noise", 0.0), ("kappa = 3", 1 / (3 * eta))):
    draw = np.random.default_rng(seed)
    rest = eta / (curvature * (2 - eta * curvature) - eta * C1)
    path = np.array(list(sgd(np.zeros(chains), curvature, 1.0, C1,
                             200 + window, draw)))[200:]
    shapes[name] = displacement(path, few) / (2 * rest)
    far[name] = (np.abs(path[::50]) > 5 * rest**0.5).mean(0)

# %% mystnb={"figure": {"caption": "Stationary displacement over its plateau, for constant noise and for noise that grows with the weight: one curve, although only the second law has a power-law tail. Lines are the exact result, error bars two standard errors.", "name": "fig-ano-blind"}, "image": {"alt": "Displacement over its plateau against the lag, rising from 0.1 at lag 1 to 1 beyond lag 50; circles for constant noise and squares for kappa equal to three lie on the same solid curve."}}
fig, ax = plt.subplots(figsize=(6, 3.6), facecolor="white")
ax.semilogx(few, 1 - (1 - eta * curvature)**few, "k-", lw=1,
            label=r"$1 - (1 - \eta\lambda)^\tau$")
for k, (name, shape) in enumerate(shapes.items()):
    ax.errorbar(few * (1 + 0.06 * k), shape.mean(1),
                2 * shape.std(1, ddof=1) / chains**0.5, fmt="os"[k], ms=6,
                mfc="none", color=colours[k], label=name)
ax.set(xlabel=r"lag $\tau$ (steps)", ylabel=r"$M(\tau)$ over plateau")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# The last record shows that the tail is there: a normal law has less than
# one weight in a million beyond five standard deviations.

# %% tags=["nbval-check-output"]
passed = []
for name, shape in shapes.items():
    for k in (0, 3):
        exact = 1 - (1 - eta * curvature)**few[k]
        passed.append(results.record(
            "ANO-T3", Estimate.mean_of(shape[k] / exact), band=(1, 1),
            name=f"shape over exact, {name}, lag {few[k]}"))
passed.append(results.record(
    "ANO-T3", Estimate.mean_of(far["kappa = 3"]), band=(2e-4, 5e-3),
    name="share of weights beyond five standard deviations, kappa = 3"))
assert all(passed)

# %% [markdown]
# ## A spectrum makes a power law
#
# Every mode at rest relaxes exponentially, with its own time
# $1/(\eta\lambda)$. Add up many: if their variances are alike (noise
# proportional to curvature) and $\lambda_i \propto i^{-1/a}$, the sum
# grows as $\tau^a$ between the shortest and the longest of these times
# (ANO-T4). We put in $a = 0.6$.

# %%
a, number = 0.6, 20_000
spectrum = 10.0 * np.arange(1, number + 1)**(-1 / a)
wide = np.unique(np.geomspace(1, 10**5, 60).astype(int))
at_rest = sum(  # variance 1 for each mode; a window that is long enough
    expected_on_quadratic(wide, 10**8, eta, part,
                          part * (2 - eta * part) / eta, 0.0, 1.0)
    for part in np.array_split(spectrum, 20))
middle, beta = msd.local_exponent(wide, at_rest)

# %% mystnb={"figure": {"caption": "Local exponent of 20,000 modes at rest with a power-law spectrum, exact: it stays at the exponent a = 0.6 of the spectrum over decades of lags, without anything anomalous in any mode.", "name": "fig-ano-spectrum-law"}, "image": {"alt": "Local exponent against the lag from 1 to 100,000: it rises from 0.54 to 0.63 at lag 5, then follows the dashed line at 0.6 for three decades and falls to 0.56 at the end."}}
fig, ax = plt.subplots(figsize=(6, 3.4), facecolor="white")
ax.axhline(a, color="k", ls="--", lw=1, label="exponent of the spectrum")
ax.semilogx(middle, beta, "o-", ms=3, color=colours[0],
            label="20,000 modes, exact")
ax.set(xlabel=r"lag $\tau$ (steps)", ylabel=r"local exponent $\beta$",
       ylim=(0.3, 1.05))
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
k = np.searchsorted(middle, 10_000)
passed = results.record(
    "ANO-T4", Estimate(beta[k], 0, 1), band=(0.58, 0.62),
    name="local exponent at lag 10,000, spectrum of exponent 0.6")
assert passed

# %% [markdown]
# ## The whole pattern
#
# Now the case of the claim. A convex quadratic, $\lambda_i = 18/i$ for
# 2000 directions, constant Gaussian noise proportional to curvature, all
# weights started at the same distance on average. One run of 24,000
# steps; windows of 1000 at its beginning, after 4000 and after 23,000
# steps.

# %%
curvatures = 18 / np.arange(1, 2001)
C0, m0 = 0.005 * curvatures, 0.01
starts = [0, 4000, 23_000]
lags = np.union1d(msd.log_lags(T, 900), [10, 100, 500])


def windows(seed):
    """(windows, lags): displacement in each window of one run."""
    draw = np.random.default_rng(seed)
    kept = {start: [] for start in starts}
    w = m0**0.5 * draw.standard_normal(curvatures.size)
    for step, now in enumerate(sgd(w, curvatures, C0, 0.0, 24_000, draw)):
        for start in starts:
            if start <= step < start + T:
                kept[start].append(now)
    return np.array([msd.time_averaged(np.array(path), lags)[1]
                     for path in kept.values()])

# %%
measured = np.array([windows(seed + k)
                     for k in profile.progress(range(runs), "runs")])
theory = np.array([expected_on_quadratic(lags, T, eta, curvatures, C0,
                                         0.0, m0, start)
                   for start in starts])

# %% mystnb={"figure": {"caption": "SGD with Gaussian noise on a convex quadratic (markers, one run) and the exact expectation (lines). First window: sub-diffusive up to lag 67, super-diffusive beyond. Later windows: sub-diffusive only.", "name": "fig-ano-whole-pattern"}, "image": {"alt": "Log-log plot of displacement against lag in three windows. All rise with slopes below one up to lag 60; the first window then bends upwards, with slope near two at the end; the later windows bend down. Markers of one run lie on the exact lines. A grey line has slope one."}}
fig, ax = plt.subplots(figsize=(6, 4.2), facecolor="white")
for k, start in enumerate(starts):
    ax.loglog(lags, theory[k], ["-", "--", ":"][k], color=colours[k])
    ax.loglog(lags, measured[0, k], "os^"[k], ms=5, mfc="none",
              color=colours[k], label=f"from step {start:,} on")
ax.loglog(lags, 0.004 * lags, color="#999999", lw=1, label="slope one")
ax.set(xlabel=r"lag $\tau$ (steps)", ylabel=r"$M(\tau)$ (weight$^2$)")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# Exponents between lags 100 and 500, from the runs alone. As we
# reconstruct it, the claim is that Gaussian noise of a Langevin picture
# cannot give an exponent above one. (Exact values are 1.226 and 0.556;
# the bands leave room for single runs, and were set knowing them.)

# %%
def slope(curves, low, high):
    """Two-point exponent between two lags, of each run and window."""
    first, last = np.searchsorted(lags, [low, high])
    rise = np.log(curves[..., last] / curves[..., first])
    return rise / np.log(high / low)

# %% tags=["nbval-check-output"]
long, short = slope(measured, 100, 500), slope(measured, 10, 100)
passed = [results.record(
    "ANO-C1", Estimate.mean_of(long[:, 0]), band=(1.15, 1.30),
    paper=("at most 1 (reconstructed)", (float("-inf"), 1)),
    name="long-lag exponent, Gaussian noise, first window")]
for name, found, band in (
    ("lags 100 to 500, after 23,000 steps", long[:, 2], (0.5, 0.62)),
    ("lags 10 to 100, first window", short[:, 0], (0.86, 0.97)),
    ("lags 10 to 100, after 23,000 steps", short[:, 2], (0.66, 0.76)),
):
    passed.append(results.record(
        "ANO-T4", Estimate.mean_of(found), band=band,
        name=f"exponent, {name}"))
assert all(passed)

# %% [markdown]
# ## Which directions do it?
#
# The exact curve is a sum over modes, so it can be taken apart. By
# relaxation time $1/(\eta\lambda)$: the one bouncing mode; modes that
# reach their plateau within a hundred steps; and slower ones, which in
# the first window are still on their way to the minimum.

# %%
time = 1 / (eta * curvatures)
groups = {"bouncing": time < 1, "up to 100 steps": (time >= 1)
          & (time < 100), "slower": time >= 100}
share = {name: expected_on_quadratic(
    lags, T, eta, curvatures[which], C0[which], 0.0, m0) / theory[0]
    for name, which in groups.items()}

# %% mystnb={"figure": {"caption": "Shares of the exact displacement in the first window. The bouncing direction and the relaxed ones make the short lags, and with their plateaus the exponent below one; the directions that still travel take over at long lags and make it super-diffusive.", "name": "fig-ano-shares"}, "image": {"alt": "Shares against the lag: the bouncing mode falls from more than one half to zero, modes that relax within 100 steps stay near one half up to lag 10 and then fall below 0.1, slower modes rise from 0.15 to 0.95. A dotted line marks lag 67, where they hold two thirds."}}
fig, ax = plt.subplots(figsize=(6, 3.6), facecolor="white")
for k, (name, part) in enumerate(share.items()):
    ax.semilogx(lags, part, ["-", "--", "-."][k], marker="os^"[k], ms=4,
                mfc="none", color=colours[k], label=name)
ax.axvline(67, color="k", ls=":", lw=1)
ax.set(xlabel=r"lag $\tau$ (steps)", ylabel=r"share of $M(\tau)$",
       ylim=(0, 1))
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
every = np.arange(9, T)  # below, odd and even lags of the bouncing mode
curve = expected_on_quadratic(every, T, eta, curvatures, C0, 0.0, m0)
passed = [results.record(
    "ANO-T4", Estimate(msd.crossover(every, curve), 0, 1), band=(66, 68),
    unit="steps", name="lag at which the exponent passes one")]
later = expected_on_quadratic(every, T, eta, curvatures, C0, 0.0, m0,
                              23_000)
passed.append(results.record(
    "ANO-C1", Estimate(np.max(
        np.log(later[2:] / later[:-2]) / np.log(every[2:] / every[:-2])),
        0, 1), band=(0.0, 1.0),
    name="largest two-step exponent after 23,000 steps"))
assert all(passed)

# %% [markdown]
# ## What to keep
#
# - Super-diffusion first, sub-diffusion later: SGD with *Gaussian* noise
#   on a *convex quadratic* does that, by a closed formula in which nothing
#   is fitted. The pattern alone is no evidence for heavy tails, traps or a
#   fractal landscape. (Nor does it show that a network is convex.)
# - Exponents above one are directions on their way down; exponents below
#   one are directions that have arrived, and bouncing ones.
# - At rest the shape of a displacement is blind to the tail of the
#   weights.
