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
# # One landscape, every theory
#
# Five theories say how SGD moves near a minimum. They differ in what they
# take its noise to be, and in how they read it. Here all of them meet *one*
# problem, the smallest that is real: linear regression with a noisy label,
#
# $$L(v) = L_* + \tfrac h2 v^2 ,$$
#
# trained by minibatch SGD. No stochastic equation is simulated: the dots
# are the algorithm, the lines are what each theory says of it. The lines
# are computed from the formulas of the statements themselves, so that the
# figures cannot disagree with the book.
#
# *Time: about 15 seconds on one CPU core; the full profile, smaller steps
# and fifty times as many runs, is meant for a GPU: some minutes there.*

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
import math

import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
import torch
from scipy.integrate import quad
from scipy.optimize import brentq

from sgdtheory.estimate import Estimate
from sgdtheory.runs import device, profile, results
from sgdtheory.stochastic.first_passage import mean_exit_time
from sgdtheory.stochastic.recursion_exit import mean_exit_steps
from sgdtheory.theory import catalog
from sgdtheory.theory.anisotropic import symbols as ani

# %% tags=["parameters"]
rate = profile.pick(quick=0.01, full=0.002)  # eta, with h = 1
walkers = profile.pick(quick=20_000, full=1_000_000)
leavers = profile.pick(quick=12_000, full=200_000)
plane_rate = profile.pick(quick=0.002, full=0.0005)
plane_walkers = profile.pick(quick=25_000, full=1_000_000)
where = profile.pick(quick="cpu", full=device.pick())
seed = 11

# %% [markdown]
# ## Five noises
#
# Feature $x \sim N(0, h)$, label without any relation to it. A batch of $b$
# fresh samples has a gradient of mean $hv$ and variance
# $C = \frac1b\,[2 L_* h + (K-1) h^2 v^2]$, exactly, with the kurtosis
# $K = 3$ of the feature (LOG-M1). The theories:
#
# 1. **Constant noise**: $C(0)$ everywhere. The law is Gaussian (FND-8).
# In one dimension there is nothing to align with, so this is also what the
# anisotropic theory says (ANI-4).
# 2. **Power-law dynamic**, $C = \sigma_g + \sigma_H v^2$ with the exact
# coefficients; the law is $C^{-(\kappa+1)}$ (PLD-C3).
# 3. The same with **the paper's reading** of the noise, as we reconstruct
# it: anti-Itô, $C^{-\kappa}$.
# 4. **Logarithmic landscape**, $C = \frac{2h}{b} L$: the law is
# $L^{-(1 + b/\eta h)}$ (LOG-5).
# 5. The same with **the exact covariance** (LOG-5, second half).
#
# `part` looks up the right side of a formula in a statement.

# %%
def part(id, left, **values):
    """Right side of the first formula with this left side, numbers in."""
    claim = catalog.get(id).claim.values()
    found = next(c.rhs for c in claim if str(c.lhs) == left)
    return found.subs({s: values[s.name] for s in found.free_symbols
                       if s.name in values})

# %%
v = sp.Symbol("v", real=True)
well = {"h": 1.0, "L_{*}": 0.5, "K": 3, "beta": 1, "n": 1}

# %%
def power_law(alpha, **setting):
    """PLD-C3 with the noise of LOG-M1."""
    noise = {"sigma_g": part("LOG-M1", "sigma_g", **setting),
             "sigma_H": part("LOG-M1", r"\sigma_{H,K}", **setting)}
    kappa = part("LOG-M1", r"\kappa_{K}", **setting)
    m = part("PLD-C3", "m", alpha=alpha, kappa=kappa)
    return part("PLD-C3", r"p_\alpha(u)", m=m, u=v, **noise)

# %%
def laws(eta, b):
    """Stationary density of v in each theory, up to a factor."""
    s = {**well, "eta": eta, "b": b}
    C = part("LOG-M1", "sigma_g", **s)
    V = part("FND-8", r"V_{\mathrm{SDE}}", C=C, **s)
    log = part("LOG-5", "p(w)", phi=part("LOG-5", "phi", **s))
    q = part("LOG-5", "q", **s)
    return {
        "constant noise": sp.exp(-(v**2) / (2 * V)),
        "power law, anti-Itô": power_law(1, **s),
        "log landscape": log.replace(sp.Function("L"),
                                     lambda w: (1 + v**2) / 2),
        "power law, Itô": power_law(0, **s),
        "log landscape, exact C": part("LOG-5", r"p_\beta(r)", q=q, r=v,
                                       **s),
    }

# %%
def tail(law):
    """z -> P(excess loss > z L*), from a density of v; z = v^2 here."""
    p = sp.lambdify(v, law)
    whole = quad(p, 0, 1)[0] + quad(p, 1, np.inf)[0]
    return np.vectorize(lambda z: quad(p, z**0.5, np.inf)[0] / whole)

# %% [markdown]
# ## Plain SGD cannot tell
#
# At $\eta h = 0.01$ and a batch of one all five are nearly Gaussian. The
# excess loss $z = (L - L_*)/L_*$ that is exceeded once in a thousand looks,
# in that case and with $b/(\eta h) = 2$:

# %%
def rare(law):
    """The z that is exceeded with probability 1/1000."""
    beyond = tail(law)
    return np.exp(brentq(lambda y: beyond(np.exp(y)) - 1e-3, -5, 14))


plain, strong = laws(0.01, 1.0), laws(0.01, 0.02)
print(f"{'once in a thousand, z':24}{'b = 1':>9}{'b = 1/50':>11}")
for name in plain:
    print(f"{name:24}{rare(plain[name]):9.3f}{rare(strong[name]):11.4g}")

# %% [markdown]
# The theories part where $b/(\eta h)$ is of the order of one. A large
# $\eta$ leads there, but then no stochastic equation holds. **Noise
# enhancement** leads there at small steps: two batches with weights $a$ and
# $1 - a$ have the noise of a batch $b/F$, $F = a^2 + (1-a)^2$ (ENH-5, our
# reconstruction). It is not a sixth theory of the noise but a sixth claim:
# that only $b/F$ matters. So we run it twice, with batches of one and of
# four, at the same $b/F = 2\,\eta h$.

# %%
def sample_weights(b, b_eff):
    """Weights of the 2b samples of one step."""
    a = sp.Symbol("a", positive=True)
    F = part("ENH-5", "F", a=a)
    a = max(float(root) for root in sp.solve(F - b / b_eff, a))
    return torch.tensor([a / b] * b + [(1 - a) / b] * b, device=where)

# %%
def sgd_step(w, weights, draw):
    x, y = torch.randn(2, len(weights), len(w), generator=draw,
                       device=where)
    return w - rate * (weights @ (x * (x * w - y)))

# %%
levels = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0]


def shares(b, count, seed, times=32, before=8):
    """P(z > level): the share of time of each walker beyond it."""
    draw = torch.Generator(where).manual_seed(seed)
    w = torch.zeros(count, device=where)
    level = torch.tensor(levels, device=where)[:, None]
    share, looks = torch.zeros(len(levels), count, device=where), 0
    weights = sample_weights(b, 2 * rate)
    for k in range(round(times / rate)):
        w = sgd_step(w, weights, draw)
        if k * rate > before and k % 20 == 0:
            share, looks = share + (w * w > level), looks + 1
    return [Estimate.mean_of(x / looks) for x in share.double().cpu()]

# %%
beyond = {1: shares(1, walkers, seed), 4: shares(4, walkers // 2, seed + 1)}
claimed = {name: tail(law) for name, law in laws(rate, 2 * rate).items()}
looks = {
    "constant noise": ("#999999", ":"),
    "power law, anti-Itô": ("#CC79A7", "-."),
    "log landscape": ("#D55E00", "--"),
    "power law, Itô": ("#0072B2", "-"),
    "log landscape, exact C": ("#000000", (0, (1, 4))),
}

# %% mystnb={"figure": {"caption": "The tail of the stationary law on one landscape: five theories (lines) and SGD with two mixed batches of one or of four samples (points, two standard errors). Two of the theories are one line, and SGD is on it.", "name": "fig-tail-of-all"}, "image": {"alt": "Log-log plot of the probability of an excess loss beyond z. From below: the Gaussian law falls off a cliff, the log landscape follows well above it, then the solid line of the Ito power law with black dots of the exact log landscape on it and the points of SGD, and far above the anti-Ito power law."}}
fig, ax = plt.subplots(figsize=(6.4, 4.4), facecolor="white")
z = np.geomspace(0.1, 25, 60)
for name, (colour, style) in looks.items():
    ax.loglog(z, claimed[name](z), ls=style, color=colour, label=name,
              lw=3 if "exact" in name else 1.6)
for b, mark in ((1, "o"), (4, "s")):
    ax.errorbar(levels, [e.value for e in beyond[b]], fmt=mark, ms=6 + b,
                yerr=[2 * e.stderr for e in beyond[b]], color="#009E73",
                mfc="none", label=f"SGD, 2 batches of {b}")
ax.set(xlabel="excess loss $z = (L - L_*)/L_*$ (no unit)",
       ylabel="P(excess loss $> z$)", ylim=(1e-4, 1.2))
ax.legend(frameon=False, fontsize=8)
plt.show()

# %% [markdown]
# Bands, set before this run (we knew of the same comparison in
# notebook 02, with other seeds): the exact covariance within 5 % at
# $z = 1$ and $z = 4$; each of the others refuted at $z = 4$ by a factor of
# two or more; batches of one and of four equal within 5 % at $z = 1$.

# %%
def over(found, value):
    return Estimate(found.value / value, found.stderr / value, found.n)


def at(name, z):
    return float(claimed[name](z))


def both(a, b):
    """Ratio of two independent estimates."""
    spread = math.hypot(a.stderr / a.value, b.stderr / b.value)
    return Estimate(a.value / b.value, spread * a.value / b.value, a.n)

# %% tags=["nbval-check-output"]
same = max(abs(at("power law, Itô", z) / at("log landscape, exact C", z) - 1)
           for z in levels)
passed = [results.record(
    "LOG-M1", Estimate(same, 0, 1), band=(0, 1e-6),
    name="largest difference of the two theories with the exact noise")]
for k in (2, 4):
    exact = at("power law, Itô", levels[k])
    passed.append(results.record(
        "LOG-M1", over(beyond[1][k], exact), band=(0.95, 1.05),
        name=f"P(z > {levels[k]:g}), SGD over exact covariance"))
passed.append(results.record(
    "ENH-5", both(beyond[4][2], beyond[1][2]), band=(0.95, 1.05),
    name="P(z > 1), batches of four over batches of one"))
assert all(passed)

# %% tags=["nbval-check-output"]
rest = [("LOG-5", "log landscape", (2, np.inf)),
        ("PLD-C3", "power law, anti-Itô", (0, 0.5)),
        ("ANI-4", "constant noise", (2, np.inf))]
passed = [results.record(
    id, over(beyond[1][4], at(name, 4.0)), band=band,
    name=f"P(z > 4), SGD over {name}") for id, name, band in rest]
assert all(passed)

# %% [markdown]
# None of these verdicts is on the mathematics of LOG-5 or ANI-4, which is
# right for the noise that they assume. They say that SGD does not have that
# noise here.
#
# ## How long until the loss is $c$ times the least?
#
# Start at the minimum and wait for $L = c L_*$. There is no saddle: the
# tail decides. The mean time of each theory is an exact integral, with its
# own noise. SGD makes *steps*, and steps overshoot: of the mean number of
# steps the recursion with Gaussian noise of the exact covariance can be
# solved exactly too (PLD-X4). That is the solid line; the thin one of the
# same colour is the limit $\eta \to 0$.

# %%
heights = np.array([1.25, 1.5, 2.0, 3.0, 5.0, 9.0])  # c
s = {**well, "eta": rate, "b": 2 * rate}
base = float(part("LOG-M1", "sigma_g", **s))
grown = {"constant noise": 0.0,
         "log landscape": float(part("LOG-M1", "sigma_H", **s)),
         "exact": float(part("LOG-M1", r"\sigma_{H,K}", **s))}

# %%
def waiting(growth, c, reading="ito"):
    """Exact mean time from the minimum to L = c L*."""
    end = (c - 1) ** 0.5
    return mean_exit_time(
        lambda v: -v, lambda v: rate / 2 * (base + growth * v * v), 0.0,
        (-end, end), convention=reading, cells=20_000)

# %%
def chain(c):
    """Mean time of the recursion with Gaussian noise of the exact C."""
    end = (c - 1) ** 0.5
    return rate * mean_exit_steps(
        lambda v: -rate * v,
        lambda v: rate * np.sqrt(base + grown["exact"] * v * v), 0.0,
        (-end, end))

# %%
times = {
    "constant noise": [waiting(0.0, c) for c in heights],
    "power law, anti-Itô": [waiting(grown["exact"], c, "anti-ito")
                            for c in heights],
    "log landscape": [waiting(grown["log landscape"], c) for c in heights],
    "small steps": [waiting(grown["exact"], c) for c in heights],
    "chain": [chain(c) for c in heights],
}

# %%
def first_passages(b, seed):
    """Times of SGD from the minimum to every height: (runs, heights)."""
    draw, gone = torch.Generator(where).manual_seed(seed), []
    w, level = torch.zeros(leavers, device=where), torch.tensor(
        heights - 1, device=where)
    top, inside = torch.zeros_like(w), torch.zeros(
        leavers, len(heights), device=where)
    weights = sample_weights(b, 2 * rate)
    while len(w):
        for _ in range(100):
            w = sgd_step(w, weights, draw)
            top = torch.maximum(top, w * w)
            inside += top[:, None] <= level
        left = top > level[-1]
        gone.append(inside[left])
        w, top, inside = w[~left], top[~left], inside[~left]
    return rate * (1 + torch.cat(gone).double().cpu().numpy())

# %%
waited = {b: [Estimate.mean_of(t) for t in first_passages(
    b, seed + 2 + b).T] for b in (1, 4)}
print("    c   constant  anti-Itô     log   small steps   chain")
for k, c in enumerate(heights):
    row = [times[name][k] for name in (*list(looks)[:3], "small steps")]
    print(f"{c:5.2f}{row[0]:11.4g}{row[1]:10.4g}{row[2]:8.4g}"
          f"{row[3]:14.4g}{times['chain'][k]:8.4g}")

# %% mystnb={"figure": {"caption": "Mean time from the minimum to c times the least loss. At c = 9 constant noise takes for ever, the log landscape two and a half times too long, the anti-Itô reading a sixth of the time. SGD (points, two standard errors) goes with the recursion of the exact covariance, somewhat above the limit of small steps.", "name": "fig-exit-times"}, "image": {"alt": "Log-log plot of mean time against c. The dotted line of constant noise leaves the figure at c about four; the dashed line of the log landscape, the solid line of the exact chain with the points of SGD on it, a thin line just below, and the dash-dotted anti-Ito line fan out to about 125, 44, 38 and 8 at c equal to nine."}}
fig, ax = plt.subplots(figsize=(6.4, 4.2), facecolor="white")
for name in list(looks)[:3]:
    colour, style = looks[name]
    ax.loglog(heights, times[name], ls=style, color=colour, label=name)
ax.plot(heights, times["chain"], "-", color="#0072B2",
        label="exact covariance, steps")
ax.plot(heights, times["small steps"], "-", lw=0.7, color="#0072B2",
        label=r"exact covariance, $\eta \to 0$")
for b, mark in ((1, "o"), (4, "s")):
    ax.errorbar(heights, [e.value for e in waited[b]], fmt=mark, ms=6 + b,
                yerr=[2 * e.stderr for e in waited[b]], color="#009E73",
                mfc="none", label=f"SGD, 2 batches of {b}")
ax.set(xlabel="height $c = L/L_*$ (no unit)", ylim=(0.2, 400),
       ylabel="mean time to reach it (units of $1/h$)")
ax.set_xticks(heights, [f"{c:g}" for c in heights])
ax.minorticks_off()
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# Bands, set beforehand: SGD within a tenth of the chain. Its noise is not
# Gaussian, and where steps of normal law overshoot by 0.58 of a step, steps
# with exponential tails do so by 0.71: enough to make SGD some 5 % slower
# than the chain. The other theories are refuted by a factor of two.
#
# Batches of one came out up to 9 % slower, more than that guess. If the
# shape of a step is the cause, batches of four, which are closer to
# Gaussian at the same variance (ENH-4), must be nearer to the chain. We
# added them after seeing the first: they are, within about 2 %. The band of
# the verdict that compares the two was therefore not chosen blindly.

# %% tags=["nbval-check-output"]
passed = [results.record(
    "LOG-M1", over(waited[b][k], times["chain"][k]), band=(0.9, 1.1),
    name=f"time to c = {heights[k]:g}, SGD with batches of {b} over chain "
         "of exact covariance")
    for b in (1, 4) for k in (2, 4, 5)]
passed.append(results.record(
    "LOG-M1", both(waited[4][-1], waited[1][-1]), band=(0.85, 0.99),
    name="time to c = 9, batches of four over batches of one"))
for id, name, band in [("LOG-5", "log landscape", (0, 0.5)),
                       ("PLD-C3", "power law, anti-Itô", (2, np.inf)),
                       ("ANI-4", "constant noise", (0, 0.5))]:
    passed.append(results.record(
        id, over(waited[1][-1], times[name][-1]), band=band,
        name=f"time to c = 9, SGD over {name}"))
assert all(passed)

# %% [markdown]
# ## Two dimensions: what alignment predicts
#
# One dimension was unfair to the anisotropic theory, whose subject is the
# *direction* of the noise. So take two features, $h = (1, 10)$, and the mean
# rise of the loss from the minimum, its efficiency (ANI-4):
# $\mathcal{E}(t) = \frac14\mathrm{Tr}\,[(I - e^{-2Ht})\,\Sigma]$ with
# $\Sigma = \eta C$ at the minimum. There
# $C = \frac{2 L_*}{b} H$: perfectly aligned. Beside it the same formula for
# isotropic noise of the same trace.
#
# The other theories let the noise grow. The mean rise needs only the second
# moments $M_i = \mathrm{E}\,v_i^2$, which obey a closed recursion,
#
# $$M_i' = (1 - \eta h_i)^2 M_i + \tfrac{\eta^2}{b}\,
# \big(2 \langle L\rangle h_i + \beta\, h_i^2 M_i\big) ,$$
#
# with $\beta = 0$ for noise proportional to the loss and $\beta = 1$, no
# approximation, for SGD. We take $b/(\eta h) = 5$ in the sharp direction;
# at 2 the fourth moment would not exist and error bars would mean nothing.

# %%
h = np.array([1.0, 10.0])
b_eff = 5 * plane_rate * h[1]
steps = round(3 / plane_rate)
saved = np.unique(np.geomspace(2, steps, 16).round().astype(int))
Sigma = np.array([plane_rate * float(part("LOG-M1", "sigma_g", **{
    **well, "h": curvature, "b": b_eff})) for curvature in h])

# %%
def efficiency(noise, t):
    """ANI-4, the summand of its trace over the two directions."""
    f = sp.lambdify([ani.s, ani.lam, ani.t], ani.per_eigenvalue(
        part("ANI-4", r"\mathcal{E}(t)")))
    return f(noise[0], h[0], t) + f(noise[1], h[1], t)

# %%
def moments(beta):
    """Mean rise in units of L* after each step."""
    M, rise = np.zeros(2), [0.0]
    for _ in range(steps):
        L = (1 + h @ M) / 2
        noise = (2 * L * h + beta * h**2 * M) / b_eff
        M = (1 - plane_rate * h) ** 2 * M + plane_rate**2 * noise
        rise.append(h @ M)
    return np.array(rise)

# %%
def plane_sgd(seed):
    """Mean rise of SGD, two mixed batches of one, in units of L*."""
    draw = torch.Generator(where).manual_seed(seed)
    root = torch.tensor(h, device=where).float().sqrt()
    w, rise = torch.zeros(plane_walkers, 2, device=where), []
    weights = sample_weights(1, b_eff)
    for k in range(1, steps + 1):
        gradient = torch.zeros_like(w)
        for q in weights:
            x = torch.randn(w.shape, generator=draw, device=where) * root
            y = torch.randn(len(w), generator=draw, device=where)
            gradient += q * x * ((x * w).sum(1) - y)[:, None]
        w = w - plane_rate * gradient
        if k in saved:
            rise.append(Estimate.mean_of(((root * w) ** 2).sum(1).cpu()))
    return rise


rise = plane_sgd(seed + 9)

# %% mystnb={"figure": {"caption": "Mean rise of the loss in two dimensions. Constant noise, aligned with the curvature, gives the first part of the rise of SGD; isotropic noise of the same strength lags. The plateau of SGD is a quarter above theirs: noise proportional to the loss gives half of that, the exact covariance all.", "name": "fig-efficiency-of-all"}, "image": {"alt": "Log-linear plot of mean rise against time: points of SGD on the solid line of the exact covariance up to a plateau of 0.14; dashed line of noise proportional to the loss up to 0.125; dotted lines of aligned and of isotropic constant noise, the latter lower at first, both up to 0.11."}}
fig, ax = plt.subplots(figsize=(6.4, 4.2), facecolor="white")
t = np.geomspace(2 * plane_rate, 3, 100)
k = np.arange(1, steps + 1)
for noise, style, name in [(Sigma, ":", "constant, aligned"),
                           (Sigma.mean() + 0 * h, "-.",
                            "constant, isotropic")]:
    ax.semilogx(t, 2 * efficiency(noise, t), style, color=(
        "#666666" if style == ":" else "#CC79A7"), label=name, lw=1.8)
for beta, colour, style, name in [
        (0, "#D55E00", "--", "proportional to the loss"),
        (1, "#0072B2", "-", "exact covariance")]:
    ax.plot(k * plane_rate, moments(beta)[1:], style, color=colour,
            label=name)
ax.errorbar(saved * plane_rate, [e.value for e in rise], fmt="o",
            yerr=[2 * e.stderr for e in rise], color="#009E73", mfc="none",
            label="SGD")
ax.set(xlabel=r"time $\eta k$ (units of $1/h_1$)", xlim=(t[0], 3.3),
       ylabel=r"mean rise $\mathcal{E}/L_*$ (no unit)")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# Bands, set beforehand: at $t < 0.02$ the rise of SGD is within a tenth of
# the aligned formula, which takes no account of steps of
# $\eta h_2 = 0.02$, and at least 1.4 times the isotropic one (in the limit
# $t \to 0$ it is 1.67). At the end it lies above the plateau
# of constant noise by 15 to 35 %, and the exact recursion is met within
# its error bars.

# %% tags=["nbval-check-output"]
early = int(np.searchsorted(saved * plane_rate, 0.02)) - 1
short = saved[early] * plane_rate
level = Sigma.mean() + 0 * h
passed = [results.record("ANI-4", estimate, band=band, name=name)
          for estimate, band, name in [
    (over(rise[early], 2 * efficiency(Sigma, short)), (0.9, 1.1),
     "early rise, SGD over aligned constant noise"),
    (over(rise[early], 2 * efficiency(level, short)), (1.4, 1.8),
     "early rise, SGD over isotropic constant noise"),
    (over(rise[-1], 2 * efficiency(Sigma, 3.0)), (1.15, 1.35),
     "late rise, SGD over constant noise")]]
passed.append(results.record(
    "LOG-M1", over(rise[-1], moments(1)[-1]), band=(1, 1),
    name="late rise, SGD over exact covariance"))
assert all(passed)

# %%
def table(found):
    return np.array([(e.value, e.stderr, e.n) for e in found])


if profile.current() == "full":
    results.save("log_landscape_one_framework", {
        "levels": np.array(levels), "beyond_1": table(beyond[1]),
        "beyond_4": table(beyond[4]), "heights": heights,
        "waited_1": table(waited[1]), "waited_4": table(waited[4]),
        "steps": saved, "rise": table(rise),
    }, {"seed": seed, "rate": rate, "plane_rate": plane_rate})

# %% [markdown]
# ## Who is right about what
#
# | theory | noise it assumes | right here | misses |
# |---|---|---|---|
# | 1 constant, aligned | $C(w^*)$ everywhere | early rise | tail, exits |
# | 2 power law, Itô | $\sigma_g + \sigma_H v^2$ | tail, exits | steps |
# | 3 power law, anti-Itô | the same | a power | its value, by one |
# | 4 log landscape | $\frac{2h}{b}L$ | noise follows loss | half its growth |
# | 5 exact covariance | that of 2, any $n$ | tail, exits, rise | steps |
# | enhancement | any, $b \to b/F$ | one tail for one $b/F$ | shape of a step |
#
# In words:
#
# - **Constant noise** (ANI-4) has the early rise and its order: aligned
# noise is sooner. It misses every tail, exits by orders of magnitude, and
# a fifth of the plateau.
# - **The power law** (PLD-C3) read as SGD must be is right to the size of
# the steps. It does not say where $\sigma_H$ comes from.
# - **The other reading** puts too many runs far out, and lets them leave
# six times too early.
# - **The logarithmic landscape** (LOG-5) does say where the noise comes
# from: the loss. For Gaussian features it has half of $\sigma_H$; so its
# tail is too thin and its exits are too late. With the exact covariance it
# *is* the power law (LOG-M1), and goes on to many dimensions.
# - **Enhancement** (ENH-5) brings its $b/F$ to any of them. The shape of a
# single step is not in it (ENH-4).
#
# **What to remember.** The theories do not contradict each other: they
# solve the same equation with other noises, and the noise is measurable.
# Where SGD refutes one of them it refutes its noise. Ask of a theory of
# SGD first *which $C(w)$*, then *which clock or reading*, and only then for
# its exponent.
#
# **What would refute this.** A tail of SGD off the solid line of the first
# figure while its covariance is what LOG-M1 says.
