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
# # A clock that counts loss
#
# For a squared loss the gradient of a sample is its residual times a
# feature: where the loss is large, so is the noise. Here we see
#
# - how exactly the noise of linear regression follows the loss, and that
#   the answer hangs on one number of the feature, its kurtosis (LOG-3);
# - that on a clock which counts loss instead of steps this noise is
#   constant, and SGD slides on $\log L$ instead of $L$ (LOG-4);
# - that a histogram over one clock falls by one power of $L$ faster than
#   a histogram over the other.
#
# Each band says what would refute the claim, and shuts out the rival. The
# test of the clock at exit was redesigned, and its band set again, after
# first runs had shown how much a path oversteps between two steps.
#
# *Time: about 15 seconds on one CPU core; the full profile takes a few
# minutes there, or half a minute on a GPU.*

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
from scipy.optimize import brentq

from sgdtheory.estimate import Estimate
from sgdtheory.runs import device, profile, results
from sgdtheory.stochastic.first_passage import mean_exit_time
from sgdtheory.stochastic.langevin import simulate

# %% tags=["parameters"]
samples = profile.pick(quick=400_000, full=40_000_000)
chains = profile.pick(quick=20_000, full=1_000_000)
dt = profile.pick(quick=0.002, full=0.0005)  # of the differential equation
where = profile.pick(quick="cpu", full=device.pick())
T = 0.5  # eta h / b: how strong the noise is
seed = 1

# %% [markdown]
# ## The noise of linear regression
#
# One weight, at a distance $v$ from its best value; feature $x$ with
# $\mathrm{E}x^2 = h$, label noise $\zeta$ of variance $\sigma^2$. The
# gradient of one sample is $x\,(xv - \zeta)$. From the second and fourth
# moment of $x$ its covariance, for a batch of $b$, is
#
# $$b\,C = h\sigma^2 + (K - 1)\,h^2v^2 , \qquad
# K = \mathrm{E}x^4/(\mathrm{E}x^2)^2 .$$
#
# The rule "$C = (2L/b)\,H$" says $h\sigma^2 + h^2v^2$, for
# $2L = \sigma^2 + hv^2$. It is right for kurtosis $K = 2$, and for no
# other. Three features of the same variance tell the story:

# %%
draw = np.random.default_rng(seed)
laws = {
    "plus or minus one, K = 1": draw.choice([-1.0, 1.0], samples),
    "zero or ±√2, K = 2": draw.choice([-1, 0, 0, 1], samples) * 2**0.5,
    "Gaussian, K = 3": draw.standard_normal(samples),
}
label_noise = draw.standard_normal(samples)


def noise(x, v):
    """Variance of a sample's gradient at distance v, h = sigma = 1."""
    g = x * (x * v - label_noise)
    return Estimate.mean_of((g - g.mean()) ** 2)

# %%
distances = np.linspace(0, 3, 7)
measured = {
    name: [noise(x, v) for v in distances] for name, x in laws.items()
}
print("b C at v = 3   decoupled   all terms")
for K, name in enumerate(laws, 1):
    print(f"{name:26s} {1 + 9:3d} {1 + (K - 1) * 9:11d}")

# %% mystnb={"figure": {"caption": "Measured variance of a sample's gradient (dots) for three features of one variance but different kurtosis. The decoupled form (dashed) is one curve for all of them; the formula with every term (lines) follows each.", "name": "fig-kurtosis"}, "image": {"alt": "Gradient variance against distance from the minimum: flat at one for the plus or minus one feature, on the dashed decoupled curve up to ten for kurtosis two, and twice as steep, up to nineteen, for the Gaussian feature."}}
fig, ax = plt.subplots(figsize=(6.4, 4), facecolor="white")
v = np.linspace(0, 3, 61)
colours = ["#0072B2", "#009E73", "#D55E00"]
for K, (name, found) in enumerate(measured.items(), 1):
    ax.plot(v, 1 + (K - 1) * v**2, color=colours[K - 1])
    ax.errorbar(distances, [e.value for e in found],
                [2 * e.stderr for e in found], fmt="os^"[K - 1],
                color=colours[K - 1], label=name)
ax.plot(v, 1 + v**2, "k--", lw=2, zorder=0, label="decoupled, 2Lh")
ax.set(xlabel=r"distance from the minimum, $v$ (units of $\sigma/\sqrt{h}$)",
       ylabel=r"noise $b\,C$ (units of $h\sigma^2$)")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# The part that grows, divided by $h^2v^2$, should be $K - 1$: zero, one
# and two. The decoupled form says one each time, so the first and third
# band shut it out.

# %% tags=["nbval-check-output"]
passed = []
for K, name in enumerate(laws, 1):
    at_3 = measured[name][-1]
    growth = Estimate((at_3.value - 1) / 9, at_3.stderr / 9, at_3.n)
    passed.append(results.record(
        "LOG-3", growth, name=f"growth of the noise, feature {name}",
        band=(K - 1 - 0.1, K - 1 + 0.1)))
assert all(passed)

# %% [markdown]
# ## Two dimensions: noise has a direction
#
# For Gaussian features in any dimension (Isserlis' theorem for fourth
# moments), with $A = \mathrm{E}xx^T$,
#
# $$b\,C = 2LA + \nabla L\,\nabla L^T .$$
#
# Two of the neglected terms are $+2\nabla L\,\nabla L^T$ and $-\nabla
# L\,\nabla L^T$: they do not cancel, and the noise along $\nabla L$ is
# larger than across. With $A = 1$ the excess over $|\nabla L|^2$ is one.

# %% tags=["nbval-check-output"]
x = draw.standard_normal((2, samples))
v = np.array([2.0, 0.0])
g = x * (x.T @ v - label_noise)
spread = (g - g.mean(axis=1, keepdims=True)) ** 2
excess = Estimate.mean_of((spread[0] - spread[1]) / (v @ v))
passed = results.record(
    "LOG-3", excess, band=(0.9, 1.1),
    name="noise along the gradient minus noise across it")
assert passed

# %% [markdown]
# ## Two clocks
#
# Now take noise proportional to the loss as *given*, as the theory does:
#
# $$\mathrm{d}w = -L'\,\mathrm{d}t +
# \sqrt{2T L}\,\mathrm{d}B, \qquad T = \eta h/b .$$
#
# Read the same path on the clock $\mathrm{d}\tau = L\,\mathrm{d}t$. In a
# tick of the new clock the drift is $-L'/L$, the slope of $\log L$, and
# the variance of the kick is $2T$, whatever $L$. The loss may be any
# positive function; ours has two wells, and from their floor to the top
# between them it grows fivefold.

# %%
def L(w):
    return 0.25 + (w**2 - 1) ** 2


def slope(w):
    return 4 * w * (w**2 - 1)


def one_path(steps, w=1.0):
    """Points of one path, and both clocks there."""
    kicks = np.random.default_rng(seed + 1).standard_normal(steps)
    path, tau = [w], [0.0]
    for xi in kicks:
        tau.append(tau[-1] + L(w) * dt)
        w = w - slope(w) * dt + np.sqrt(2 * T * L(w) * dt) * xi
        path.append(w)
    return dt * np.arange(steps + 1), np.array(tau), np.array(path)


t, tau, path = one_path(round(16 / dt))

# %% mystnb={"figure": {"caption": "One path on two clocks, coloured where the loss is above 0.75. The same points in the same order; on the clock that counts loss the stretches of high loss take more room, and the path shakes equally everywhere.", "name": "fig-two-clocks"}, "image": {"alt": "Two panels with the same jagged path of the weight, which goes from near one to near minus one: against time the marked stretches of high loss are narrow, against the loss clock they are visibly wider."}}
fig, axes = plt.subplots(2, 1, figsize=(7, 4.8), facecolor="white")
high = np.where(L(path) > 0.75, path, np.nan)
for ax, clock, name in zip(
    axes, (t, tau), (r"$t$", r"$\tau = \int L\,\mathrm{d}t$"), strict=True
):
    ax.plot(clock, path, color="#999999", lw=0.6)
    ax.plot(clock, high, color="#D55E00", lw=0.9)
    ax.set(xlabel=f"clock {name} (no unit)", ylabel="weight $w$",
           xlim=(0, clock[-1]))
fig.tight_layout()
plt.show()

# %% [markdown]
# The size of the kicks makes it visible: the squared step per tick of
# the old clock grows with the loss, per tick of the new clock it does
# not.

# %% mystnb={"figure": {"caption": "Mean squared kick of many paths per unit of each clock, in bins of the loss. It follows the loss on the old clock and is the constant 2T on the new one.", "name": "fig-kicks"}, "image": {"alt": "Log-log plot against the loss from one quarter to eight: circles rise with slope one along a dashed line, squares stay on a horizontal line at one."}}
def step_from(w, ticks):
    return simulate(lambda w: -slope(w), lambda w: T * L(w), w, ticks, 1,
                    paths=len(w), seed=seed + 2).numpy()


start = np.linspace(-2, 2, 100_000)[:, None]
kick = step_from(start, dt) - start + slope(start) * dt
loss = L(start).ravel()
edges = np.geomspace(0.25, 8, 11)
in_bin = [(loss >= a) & (loss < b)
          for a, b in zip(edges[:-1], edges[1:], strict=True)]
at = [loss[k].mean() for k in in_bin]
per_t = [(kick[k] ** 2).mean() / dt for k in in_bin]
per_tau = [(kick[k, 0] ** 2 / loss[k]).mean() / dt for k in in_bin]
fig, ax = plt.subplots(figsize=(6.4, 3.6), facecolor="white")
ax.loglog(at, per_t, "o", color="#0072B2", label="per unit of $t$")
ax.loglog(at, per_tau, "s", color="#D55E00", label=r"per unit of $\tau$")
ax.plot(edges, 2 * T * edges, "--", color="#0072B2", label="$2TL$")
ax.axhline(2 * T, color="#D55E00", ls=":", label="$2T$")
ax.set(xlabel="loss $L$ (no unit)",
       ylabel="squared kick\nper unit of a clock")
ticks = [0.25, 0.5, 1, 2, 4, 8]
ax.set_xticks(ticks, map(str, ticks))
ax.set_yticks(ticks, map(str, ticks))
ax.minorticks_off()
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Two histograms
#
# A point is seen on the new clock $L$ times as long as on the old one,
# so $p = \tilde p/L$. On the new clock, where the noise is constant, the
# law is Boltzmann's, $\tilde p \propto e^{-\log L/T} = L^{-1/T}$; hence
# $p \propto L^{-(1 + 1/T)}$. To test this we do *not* reweight one run:
# we simulate each equation by itself, and fit $p \propto L^{-\phi}$ to
# each by maximum likelihood. With $T = 1/2$ the exponents should be 3
# and 2. Had the noise been read as Stratonovich, the first would be 2.5.

# %%
spread_out = dict(paths=chains, seed=seed + 3, device=where)
steps = round(10 / dt)
runs = {
    "clock t": simulate(lambda w: -slope(w), lambda w: T * L(w), 1.0, dt,
                        steps, **spread_out),
    "clock τ": simulate(lambda w: -slope(w) / L(w),
                        lambda w: T + 0 * w, 1.0, dt, steps, **spread_out),
}
weights = {name: run.cpu().numpy().ravel() for name, run in runs.items()}

# %%
grid = np.linspace(-30, 30, 60_001)


def mean_log(phi):
    """Mean and variance of log L under the law L^-phi."""
    p = L(grid) ** -phi / (L(grid) ** -phi).sum()
    mean = p @ np.log(L(grid))
    return mean, p @ (np.log(L(grid)) - mean) ** 2


def exponent(w):
    """Most likely phi, with its standard error."""
    found = np.log(L(w)).mean()
    phi = brentq(lambda phi: mean_log(phi)[0] - found, 0.7, 20)
    return Estimate(phi, (mean_log(phi)[1] * len(w)) ** -0.5, len(w))


phi = {name: exponent(w) for name, w in weights.items()}

# %% mystnb={"figure": {"caption": "Density of the weight against the loss, both logarithmic, from separate simulations of the two equations. On the clock t the slope is -(1 + 1/T) = -3, on the clock that counts loss -1/T = -2.", "name": "fig-histograms"}, "image": {"alt": "Log-log plot of density against loss between one quarter and eight: circles along a steeper solid line of slope minus three, squares along a dashed line of slope minus two."}}
fig, ax = plt.subplots(figsize=(6.4, 4), facecolor="white")
bins = np.linspace(0, 1.95, 27)
middle, width = (bins[:-1] + bins[1:]) / 2, bins[1]
for (name, w), power, mark, line, colour in zip(
    weights.items(), (1 + 1 / T, 1 / T), "os", ("-", "--"),
    ("#0072B2", "#D55E00"), strict=True,
):
    count = np.histogram(np.abs(w), bins)[0]
    norm = (L(grid) ** -power).sum() * (grid[1] - grid[0])
    density = count / (len(w) * 2 * width)
    enough = count > 4
    error = 2 * density / np.sqrt(np.maximum(count, 1))
    ax.errorbar(L(middle)[enough], density[enough], error[enough],
                fmt=mark, color=colour, label=name)
    z = np.geomspace(0.25, 8)
    ax.loglog(z, z**-power / norm, line, color=colour,
              label=rf"$L^{{-{power:g}}}$")
ax.set(xlabel="loss $L$ (no unit)", ylabel="density of the weight, $p(w)$",
       ylim=(1e-4, 3))
ax.set_xticks(ticks, map(str, ticks))
ax.minorticks_off()
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
old, new = phi["clock t"], phi["clock τ"]
difference = Estimate(
    old.value - new.value, np.hypot(old.stderr, new.stderr), chains)
passed = [
    results.record("LOG-4", old, band=(2.9, 3.1),
                   name="exponent of the histogram over t, T = 1/2"),
    results.record("LOG-4", new, band=(1.9, 2.1),
                   name="exponent of the histogram over the loss clock"),
    results.record("LOG-4", difference, band=(0.85, 1.15),
                   name="difference of the two exponents"),
]
assert all(passed)

# %% [markdown]
# ## The clock at an exit
#
# A second test needs no stationary law. Start at the left minimum and
# stop when the path leaves $(-1.4, -0.6)$. The reading of the new clock
# at that moment, an integral of $L$ along the *old* process, must be the
# mean exit time of the *new* process, which is known exactly. Beside it:
# the time itself, and a clock that counts $\sqrt L$.
#
# A path can leave and come back between two points of the simulation.
# To leading order this is put right by moving the ends inward by 0.5826
# typical kicks; without it all readings come out far too long.

# %%
def readings(paths):
    """Three clocks, t, τ and one of √L, when each path leaves."""
    kicks = np.random.default_rng(seed + 4)
    w, clocks = np.full(paths, -1.0), np.zeros((3, paths))
    inside, tick = np.arange(paths), dt / 4
    low, high = (end + side * 0.5826 * np.sqrt(2 * T * L(end) * tick)
                 for end, side in ((-1.4, 1), (-0.6, -1)))
    while inside.size:
        z = w[inside]
        loss = L(z)
        clocks[:, inside] += tick * np.stack([0 * z + 1, loss, loss**0.5])
        xi = kicks.standard_normal(inside.size)
        w[inside] = z - slope(z) * tick + np.sqrt(2 * T * loss * tick) * xi
        inside = inside[(w[inside] > low) & (w[inside] < high)]
    return [Estimate.mean_of(clock) for clock in clocks]

# %%
exact = mean_exit_time(
    lambda w: -slope(w) / L(w), lambda w: T + 0 * w, -1.0, (-1.4, -0.6))
ratios = [Estimate(e.value / exact, e.stderr / exact, e.n)
          for e in readings(chains)]
for name, ratio in zip(("t", "loss", "root"), ratios, strict=True):
    print(f"clock {name:4s}: reading over exact, new clock {ratio.value:.1f}")

# %% tags=["nbval-check-output"]
time, reading, root = ratios
passed = results.record(
    "LOG-4", reading, band=(0.96, 1.04),
    name="reading of the loss clock over exact exit time")
rivals = time.interval(4)[0] > 1.04 and root.interval(4)[0] > 1.04
print("the other two clocks are outside this band:", rivals)
assert passed and rivals

# %% [markdown]
# ## When the clock stops
#
# The new clock needs loss to count. Without a floor, $L = hw^2/2$, the
# loss goes to zero and the clock stops: all of $t > 0$ is used up at a
# finite reading $\tau_\infty$, whose mean is $L_0/(2h - \eta h^2/b)$.
# It is finite only for $\eta h < 2b$. This process can be drawn without
# error: $\log w$ is a Brownian motion with drift.

# %%
weak, tick = 0.25, 0.01  # eta h / b, and h times a step
kicks = np.random.default_rng(seed + 5)
log_loss, final = np.zeros(chains), np.zeros(chains)
curves = []
for _ in range(round(12 / tick)):
    before = np.exp(log_loss)
    xi = kicks.standard_normal(chains)
    log_loss += -(2 + weak) * tick + 2 * np.sqrt(weak * tick) * xi
    final += tick * (before + np.exp(log_loss)) / 2
    curves.append(final[:8].copy())

# %% mystnb={"figure": {"caption": "Reading of the loss clock for eight paths in a quadratic well without a floor, in units of L0/h. It stops; the dashed line is the exact mean of the last reading.", "name": "fig-clock-stops"}, "image": {"alt": "Eight rising curves of the new clock against time, each levelling off before time four, at different heights between one third and two; a dashed horizontal line at 0.571."}}
fig, ax = plt.subplots(figsize=(6.4, 3.6), facecolor="white")
ax.plot(tick * np.arange(1, len(curves) + 1), curves, color="#0072B2",
        lw=0.9)
ax.axhline(1 / (2 - weak), color="k", ls="--", label="exact mean")
ax.set(xlabel="time $ht$ (no unit)", xlim=(0, 5),
       ylabel=r"new clock $h\tau/L_0$ (no unit)")
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
last = Estimate.mean_of(final * (2 - weak))
passed = results.record(
    "LOG-4", last, band=(0.97, 1.03),
    name="last reading of the clock over its exact mean")
assert passed

# %% [markdown]
# ## What to remember
#
# - "Noise proportional to the loss" is exact for a feature of kurtosis
#   two. For Gaussian features the part that grows is twice as large, for
#   features of one size it is absent.
# - Given such noise, a clock that counts loss turns it into constant
#   noise on $\log L$: same path, other time.
# - Exponents of histograms over the two clocks differ by one. A claim
#   about "the" stationary exponent must say which clock.
