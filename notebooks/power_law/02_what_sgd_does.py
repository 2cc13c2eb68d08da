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
# # What SGD does
#
# Three stationary laws compete for one weight near its minimum: they
# differ only in the exponent, $\kappa$ (anti-Itô), $\kappa + \frac12$
# (Stratonovich) and $\kappa + 1$ (Itô). A formula cannot settle which
# of them is the law *of SGD*. Running it can.
#
# Here we run the recursion itself, in several forms, and put each
# beside the three laws (PLD-X1). Then we look at the tail: its exact
# exponent (PLD-X2), and a case where even the Itô exponent is not that
# of SGD (PLD-X3).
#
# *Time: about 15 seconds on one CPU core; the full profile, ten million
# chains of 30,000 steps, is meant for a GPU: minutes there.*

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
from sgdtheory.runs import device, profile, results
from sgdtheory.stochastic.distributions import power_law
from sgdtheory.stochastic.linear_sgd import (
    kesten_exponent,
    kesten_exponent_least_squares,
)

# %% tags=["parameters"]
chains = profile.pick(quick=40_000, full=10_000_000)
where = profile.pick(quick="cpu", full=device.pick())
# Learning rate times curvature: its bias must hide below the noise.
eps = profile.pick(quick=0.01, full=0.001)
steps = round(30 / eps)  # of each chain, thirty relaxation times
seed = 1

# %% [markdown]
# ## The recursion, in full
#
# In units of the curvature ($H = 1$) and of $s_0 =
# \sqrt{\sigma_g/\sigma_H}$ two numbers are left, $\varepsilon = \eta H$
# and $\kappa = H/(\eta\sigma_H)$, and one step of SGD is
#
# $$w' = w - \varepsilon w + \sqrt{\varepsilon/\kappa}\,
# \sqrt{1 + w^2}\;\xi \qquad\text{(Gaussian noise)}$$
#
# $$w' = (1 - \eta h)\,w - \eta g \qquad\text{(random coefficients)}$$
#
# If $(h, g)$ is Gaussian these are one and the same chain (PLD-X1). The
# third variant adds the drift that the anti-Itô reading has and SGD has
# not; the fourth draws $h$ from two points only.

# %%
def run(chain, kappa, steps=steps, seed=seed):
    """The weights of all chains after ``steps`` steps from w = 0."""
    draw = torch.Generator(where).manual_seed(seed)
    w = torch.zeros(chains, device=where)
    scale = (eps / kappa) ** 0.5
    for _ in range(steps):
        xi = torch.empty_like(w).normal_(generator=draw)
        if chain in ("Gaussian noise", "anti-Itô drift added"):
            pull = eps if chain == "Gaussian noise" else eps - eps / kappa
            w = w - pull * w + scale * torch.sqrt(1 + w * w) * xi
        else:
            h = torch.empty_like(w).normal_(generator=draw)
            h = h.sign() if chain == "two-point h" else h
            w = w - (eps + scale * h) * w - scale * xi
    return w.double().cpu().numpy()

# %%
cases = [
    ("Gaussian noise", 1.0),
    ("random coefficients", 1.0),
    ("two-point h", 1.0),
    ("anti-Itô drift added", 1.0),
    ("Gaussian noise", 2.0),
    ("random coefficients", 2.0),
]
weights = {
    case: run(*case, seed=seed + k) for k, case in enumerate(cases)
}

# %% [markdown]
# ## Which law?
#
# The Kolmogorov-Smirnov (KS) distance is the largest gap between the
# distribution of the simulated weights and that of a law. Below
# $1.36/\sqrt n$ it is what chance alone makes in 95 runs of 100.

# %%
def ks(sample, law):
    """Largest gap between empirical and claimed distribution function."""
    F, n = law.cdf(np.sort(sample)), len(sample)
    return max((np.arange(1, n + 1) / n - F).max(),
               (F - np.arange(n) / n).max())


readings = ["ito", "stratonovich", "anti-ito"]
level = 1.358 / chains**0.5
distance = {
    case: [ks(w, power_law(case[1], 1, 1, convention=c)) for c in readings]
    for case, w in weights.items()
}

# %% mystnb={"figure": {"caption": "Distance of each simulated chain from the three laws. Every form of SGD lies at the Itô law, left of the 5 % level; only the chain with the anti-Itô drift put in by hand lies at the anti-Itô law.", "name": "fig-which-law"}, "image": {"alt": "Dot plot with a logarithmic axis: for SGD chains the Itô marker is left of the dashed 5 percent level and the other two far right; for the chain with added drift the anti-Itô marker is on the left."}}
fig, ax = plt.subplots(figsize=(7, 3.6), facecolor="white")
for k, name in enumerate(["Itô", "Stratonovich", "anti-Itô"]):
    x = [distance[case][k] for case in cases]
    ax.plot(x, range(len(cases)), "os^"[k], ms=9, label=name,
            color=["#0072B2", "#999999", "#D55E00"][k])
ax.axvline(level, ls="--", color="k", lw=1, label="5 % level")
ax.set(xscale="log", xlabel="KS distance (no unit)",
       yticks=range(len(cases)),
       yticklabels=[rf"{c}, $\kappa$ = {k:g}" for c, k in cases])
ax.invert_yaxis()
ax.grid(axis="y", alpha=0.3)
ax.legend(ncol=4, loc="lower center", bbox_to_anchor=(0.3, 1),
          frameon=False)
fig.tight_layout()
plt.show()

# %% [markdown]
# The verdict line uses a plain number, the probability of a weight
# beyond $3 s_0$. The Itô law says 0.0138 at $\kappa = 1$, the anti-Itô law
# 0.205, fifteen times more. The bands allow for the finite $\varepsilon$.

# %% tags=["nbval-check-output"]
passed = []
for case in cases[:4]:
    beyond = Estimate.mean_of(np.abs(weights[case]) > 3)
    band = (0.012, 0.016) if case != cases[3] else (0.198, 0.212)
    passed.append(results.record(
        "PLD-X1", beyond, name=f"P(|w| > 3 s0), {case[0]}", band=band))
assert all(passed)

# %% mystnb={"figure": {"caption": "The tail of SGD at kappa = 1 (dots: one chain in two forms) on the Itô law. The anti-Itô law is too heavy by far.", "name": "fig-sgd-tail"}, "image": {"alt": "Log-log plot of survival probability against distance: simulated points of both chains lie on the solid Itô line of slope minus three; the dashed anti-Itô line of slope minus one lies far above."}}
fig, ax = plt.subplots(figsize=(6.4, 4), facecolor="white")
x = np.geomspace(0.3, 30, 60)
for name, convention, style, colour in [
    ("Itô", "ito", "-", "#0072B2"),
    ("Stratonovich", "stratonovich", ":", "#666666"),
    ("anti-Itô", "anti-ito", "--", "#D55E00"),
]:
    law = power_law(1, 1, 1, convention=convention)
    ax.loglog(x, 2 * law.sf(x), style, color=colour, label=f"{name} law")
for case, mark in zip(cases[:2], "ox", strict=True):
    size = np.sort(np.abs(weights[case]))
    p = 1 - np.searchsorted(size, x[::3]) / chains
    keep = p * chains > 20
    ax.plot(x[::3][keep], p[keep], mark, color="k", mfc="none",
            label=f"SGD, {case[0]}")
ax.set(xlabel=r"distance from the minimum, $x/s_0$ (no unit)",
       ylabel=r"$P(|w| > x)$", ylim=(1e-5, 1.2))
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# ## The exact exponent
#
# By the theorem of Kesten and Goldie $P(|w| > x) \sim c\,x^{-a}$ at
# *every* learning rate, where $a$ is the root of
#
# $$\mathrm{E}\,|1 - \eta h|^a = 1 .$$
#
# For Gaussian $h$ the root can be computed to ten digits. As
# $\varepsilon \to 0$ it tends to $2\kappa + 1$, the index of the Itô law;
# the first correction is $(\kappa - 1)\,\varepsilon$ (PLD-X2).

# %%
rates = [0.5, 0.1, 0.01, 0.001]
print("kappa |" + "".join(f"  eps={e:<6g}" for e in rates) + "  2 kappa + 1")
for kappa in (0.75, 1, 2, 5):
    row = "".join(f"{kesten_exponent(e, kappa):12.5f}" for e in rates)
    print(f"{kappa:5g} |{row}{2 * kappa + 1:13g}")

# %% tags=["nbval-check-output"]
slope = (kesten_exponent(0.001, 2) - 5) / 0.001
passed = results.record(
    "PLD-X2", Estimate(slope, 0.0, 1), band=(0.98, 1.02),
    name="slope of the exponent in eps at kappa = 2")
assert passed

# %% [markdown]
# ### Do not read the exponent off a Hill plot
#
# The Hill estimator takes the $k$ largest values and averages
# $\log(|w|_{(i)}/|w|_{(k)})$. It knows only pure powers, and the law of SGD
# is a power of $1 + w^2$: the estimate drifts with $k$ and stays *below*
# the true exponent unless $k$ is so small that noise takes over. Read as
# evidence it would speak for the wrong law.

# %%
size = np.sort(np.abs(weights["Gaussian noise", 2.0]))[::-1]
largest = np.unique(np.geomspace(30, chains // 10, 40).astype(int))
logs = np.cumsum(np.log(size))
hill = largest / (logs[largest - 1] - largest * np.log(size[largest]))
exact = kesten_exponent(eps, 2.0)

# %% mystnb={"figure": {"caption": "The Hill estimate from simulated SGD at kappa = 2 against the number of largest values used, with two standard errors. It has no plateau at the exact exponent.", "name": "fig-hill"}, "image": {"alt": "Hill estimate falling as the number of order statistics grows from thirty to thousands, crossing below the horizontal line of the exact exponent five and passing three, the anti-Itô value."}}
fig, ax = plt.subplots(figsize=(6.4, 3.6), facecolor="white")
ax.fill_between(largest, hill * (1 - 2 / largest**0.5),
                hill * (1 + 2 / largest**0.5), color="#56B4E9", alpha=0.4)
ax.semilogx(largest, hill, color="#0072B2", label="Hill estimate")
ax.axhline(exact, color="k", label="exact exponent")
ax.axhline(3, color="#D55E00", ls="--", label="anti-Itô index")
ax.set(xlabel="number of largest values used",
       ylabel="tail exponent (no unit)", ylim=(1.5, 8))
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Least squares: not even the Itô exponent
#
# Real curvature is not Gaussian. For linear regression with inputs
# $x \sim N(0, 1)$ and a batch of $b$, $h = \chi^2_b/b$: skewed, with rare
# large values. These make the tail, and a Gaussian of the same variance
# gets them wrong *at leading order*: as $\eta \to 0$ the exponent is
# $1.7956\,b/\eta$ where the Itô equation says $b/\eta$ (PLD-X3). At large
# rates it errs to the other side: the true tail is the heavier one.

# %%
print("  b     eta   SGD, exact   Ito equation")
for b, eta in [(1, 0.01), (1, 0.1), (1, 0.3), (2, 0.3), (6, 1.5)]:
    exact = kesten_exponent_least_squares(eta, b)
    print(f"{b:3d}  {eta:6g} {exact:12.4f} {b / eta + 1:14.4f}")

# %%
def least_squares(eta, batch, steps, seed):
    """Weights of SGD on y = noise, every step a fresh batch."""
    draw = torch.Generator(where).manual_seed(seed)
    w = torch.zeros(5 * chains, device=where)
    for _ in range(steps):
        gradient = 0
        for _ in range(batch):
            x = torch.empty_like(w).normal_(generator=draw)
            noise = torch.empty_like(w).normal_(generator=draw)
            gradient = gradient + x * (x * w - noise) / batch
        w = w - eta * gradient
    return w.double().cpu().numpy()


far = np.abs(least_squares(1.5, 6, steps=80, seed=seed))

# %% [markdown]
# Take a batch of six at learning rate 1.5, where $\kappa=2$. The exact
# exponent is 2: SGD has infinite variance. Itô, Stratonovich and anti-Itô
# say 5, 4 and 3. The simulated tail decides, and so does its slope between
# 5 and 20.

# %% mystnb={"figure": {"caption": "SGD on least squares, batch 6, learning rate 1.5. The simulated tail falls with the exact Kesten exponent, and with none of the three readings of the stochastic differential equation.", "name": "fig-least-squares-tail"}, "image": {"alt": "Log-log survival function of simulated least-squares SGD: the points follow a solid guide line of slope minus two, while the curves of the Ito, Stratonovich and anti-Ito laws fall off with slopes minus five, four and three far below them."}}
x = np.geomspace(0.1, 100, 31)
p = 1 - np.searchsorted(np.sort(far), x) / len(far)
keep = p * len(far) > 20
fig, ax = plt.subplots(figsize=(6.4, 4), facecolor="white")
ax.loglog(x[keep], p[keep], "o", color="k", mfc="none", label="SGD")
ax.plot(x[14:], np.mean(far > 5) * (x[14:] / 5) ** -2, color="#0072B2",
        label="exact exponent 2, through SGD at 5")
for k, reading in enumerate(readings):  # kappa = b/(2 eta), sigma_H = 2/b
    law = power_law(2, 1 / 6, 2 / 6, convention=reading)
    ax.plot(x, 2 * law.sf(x), ["--", "-.", ":"][k], color="#D55E00",
            label=f"law read as {reading}, exponent {5 - k}")
ax.set(xlabel=r"distance from the minimum, $x$ (units of label noise)",
       ylabel=r"$P(|w| > x)$", ylim=(1e-6, 1.5))
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
near, rare = np.sum(far > 5), np.sum(far > 20)
slope = np.log(near / rare) / np.log(4)
stderr = np.sqrt(1 / rare - 1 / near) / np.log(4)
passed = results.record(
    "PLD-X3", Estimate(slope, stderr, len(far)), band=(1.8, 2.2),
    name="tail slope of SGD on least squares, batch 6, rate 1.5")
assert passed

# %% [markdown]
# A sharper test than any tail slope is the variance, where it exists. For
# SGD it is $\eta\sigma^2/(b(2 - \eta) - 2\eta)$ at every learning rate: 3/11
# at $\eta = 0.3$ and batch 1. The Itô equation gives 3/14.

# %% tags=["nbval-check-output"]
square = least_squares(0.3, 1, steps=60, seed=seed + 1) ** 2
passed = results.record(
    "PLD-X3", Estimate.mean_of(square), band=(0.27, 0.2755),
    name="variance of SGD on least squares")
assert passed

# %% [markdown]
# ## What to remember
#
# - SGD is Itô: three forms of the recursion, at two $\kappa$, one law,
#   exponent $\kappa + 1$.
# - The tail exponent of a linear recursion is a root that can be
#   computed; it needs neither a limit nor a fit.
# - The stochastic differential equation knows only the variance of the
#   curvature. Where large $h$ are rare and decisive, the tail of SGD is
#   its own, however small the learning rate.
