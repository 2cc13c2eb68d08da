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
# # Heating by anisotropic noise
#
# The noise of SGD is strong in some directions and weak in others, and
# the strong ones are those in which the loss curves most. The *escaping
# efficiency* $\mathcal{E}(t) = \mathrm{E}[L(\theta_t) - L(\theta_0)]$
# measures how fast a noise lifts the loss off a minimum. Here we derive
# it, and put three noises of equal strength into one well: who is
# fastest, for how long, and what does it say about escape?
#
# You will see: an early lead that is exactly predicted (ANI-3, ANI-5), a
# common plateau in which it is lost (ANI-4), and two noises of which the
# one with the *larger* efficiency passes a barrier *less* often (ANI-2).
#
# *Time: about 15 seconds on one CPU core; the full profile, twenty to
# fifty times as many paths, is meant for a GPU.*

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
import torch

from sgdtheory.estimate import Estimate
from sgdtheory.runs import device, profile, results

# %% tags=["parameters"]
paths = profile.pick(quick=10_000, full=500_000)
quartic_paths = profile.pick(quick=400_000, full=10_000_000)
rises = profile.pick(quick=1_000_000, full=20_000_000)
where = profile.pick(quick="cpu", full=device.pick())
dt = profile.pick(quick=0.01, full=0.005)
seed = 1

# %% [markdown]
# ## From Itô's formula to a trace
#
# Take $\mathrm{d}\theta = -\nabla L\,\mathrm{d}t + \Sigma^{1/2}\,
# \mathrm{d}B$, where $\Sigma = \eta C$ and $C$ is the covariance of the
# minibatch gradient (ANI-1). In a small step the loss changes by
# $\nabla L\cdot\mathrm{d}\theta + \frac12\mathrm{d}\theta^\top H\,
# \mathrm{d}\theta$. The kick is of size $\sqrt{\mathrm{d}t}$, so that its
# square counts; on average
#
# $$\dot{\mathcal{E}} = -\mathrm{E}\,|\nabla L|^2
# + \tfrac12\,\mathrm{E}\,\mathrm{Tr}(H\Sigma) .$$
#
# At a minimum the first term vanishes: $\mathcal{E} \approx \frac t2
# \mathrm{Tr}(H\Sigma)$. In a quadratic well one can go on. The covariance
# of $\theta_t$ is $X = \int_0^t e^{-Hs}\Sigma e^{-Hs}\mathrm{d}s$, and
# under the trace the factors turn round, so that both exponentials meet:
#
# $$\mathcal{E}(t) = \tfrac12\mathrm{Tr}(HX)
# = \tfrac12\int_0^t\mathrm{Tr}(He^{-2Hs}\Sigma)\,\mathrm{d}s
# = \tfrac14\mathrm{Tr}\big[(I - e^{-2Ht})\,\Sigma\big] .$$
#
# Nothing was assumed about $\Sigma$ and $H$ commuting.

# %%
def efficiency(H, Sigma, t):
    """Closed form (ANI-4), for an array of times."""
    curvature, axes = np.linalg.eigh(H)
    noise = np.diag(axes.T @ Sigma @ axes)
    return -np.expm1(-2 * np.outer(t, curvature)) @ noise / 4

# %%
def run(H, root, dt, steps, paths, seed, save=()):
    """Losses of all paths after the steps in ``save`` and the last one.

    One step of SGD with eta = dt: the kick is eta C^(1/2) xi, which is
    sqrt(dt) Sigma^(1/2) xi.
    """
    draw = torch.Generator(where).manual_seed(seed)
    H, root = (torch.tensor(m, device=where).float() for m in (H, root))
    w = torch.zeros(paths, len(H), device=where)
    xi = torch.empty(paths, root.shape[1], device=where)
    losses = []
    for k in range(1, steps + 1):
        w = w - dt * w @ H + dt**0.5 * xi.normal_(generator=draw) @ root.T
        if k in save or k == steps:
            losses.append(((w @ H) * w).sum(1).double().cpu().numpy() / 2)
    return losses

# %% [markdown]
# ## Three noises, one strength
#
# A well in six dimensions, with curvatures from 4 down to 0.2, rotated
# at random. All noises have $\mathrm{Tr}\,\Sigma = 1$: isotropic;
# proportional to $H$, as that of SGD near the optimum of a likelihood;
# all of it along the sharpest axis, which is the maximiser of
# $\mathrm{Tr}(H\Sigma)$ (ANI-5). A fourth one lies halfway between the
# sharpest and the flattest axis: it does not commute with $H$.

# %%
curvature = np.geomspace(0.2, 4.0, 6)
rng = np.random.default_rng(seed)
axes = np.linalg.qr(rng.standard_normal((6, 6)))[0]
H = axes @ np.diag(curvature) @ axes.T
sharp, flat = axes[:, -1:], axes[:, :1]

# %%
roots = {
    "isotropic": np.eye(6) / 6**0.5,
    "like H": axes @ np.diag(np.sqrt(curvature / curvature.sum())),
    "rank one": sharp,
    "halfway": (sharp + flat) / 2**0.5,
}
Sigma = {name: root @ root.T for name, root in roots.items()}

# %%
saved = np.unique(np.geomspace(1, 12 / dt, 30).astype(int))
simulated = {
    name: [Estimate.mean_of(x) for x in run(
        H, root, dt, saved[-1], paths, seed, set(saved.tolist()))]
    for name, root in roots.items()
}

# %% mystnb={"figure": {"caption": "Mean rise of the loss for noises of equal strength, simulated (markers, two standard errors) and in closed form (lines). Aligned noise leads by a factor of almost three at first; in the end all arrive at one quarter of the trace.", "name": "fig-efficiency"}, "image": {"alt": "Log-log plot of mean loss against time: four curves rise from the left, rank-one noise highest, then noise like the Hessian, halfway noise and isotropic noise; all markers lie on their lines, the halfway curve rests at half height for a while, and all end in one dashed plateau at one quarter."}}
fig, ax = plt.subplots(figsize=(6.4, 4.2), facecolor="white")
t = np.geomspace(dt, 12, 200)
styles = zip(roots, "os^D", ["#0072B2", "#009E73", "#D55E00", "#CC79A7"],
             ["-", "--", "-.", ":"], strict=True)
for name, mark, colour, line in styles:
    rise = simulated[name]
    ax.plot(t, efficiency(H, Sigma[name], t), line, color=colour)
    ax.errorbar(saved * dt, [e.value for e in rise], mfc="none", ms=5,
                yerr=[2 * e.stderr for e in rise], fmt=mark, color=colour,
                label=name)
ax.axhline(0.25, color="k", lw=1, ls=(0, (5, 5)), label="Tr(Σ)/4")
ax.set(xscale="log", yscale="log", xlabel=r"time $t = \eta k$",
       ylabel=r"efficiency $\mathcal{E}$ (units of loss)")
ax.legend(frameon=False)
fig.tight_layout()
plt.show()

# %% [markdown]
# Three things could refute the theory here. The first step heats by
# $\frac{\eta^2}{2}\mathrm{Tr}(HC)$, so that rank-one noise must be ahead
# of isotropic noise by exactly $6\lambda_1/\mathrm{Tr}\,H = 2.78$. At the
# end that ratio must be one. And the noise that does not commute with
# $H$ must follow the same formula in between. The bands are the numbers
# with a margin of a tenth, for the finite step and for $t < \infty$.

# %%
def ratio(a, b):
    """Of two independent estimates."""
    spread = math.hypot(a.stderr / a.value, b.stderr / b.value)
    return Estimate(a.value / b.value, spread * a.value / b.value, a.n)

# %% tags=["nbval-check-output"]
one, iso = simulated["rank one"], simulated["isotropic"]
lead = 6 * curvature[-1] / curvature.sum()
middle = np.searchsorted(saved * dt, 0.3)
exact = efficiency(H, Sigma["halfway"], [saved[middle] * dt])
same = simulated["halfway"][middle]
passed = [
    results.record("ANI-5", ratio(one[0], iso[0]), band=(2.5, 3.06),
                   name="first step, rank one over isotropic"),
    results.record("ANI-4", ratio(one[-1], iso[-1]), band=(0.9, 1.1),
                   name="long time, rank one over isotropic"),
    results.record("ANI-4", ratio(same, Estimate(exact[0], 0, 1)),
                   name="noise that does not commute over closed form",
                   band=(0.9, 1.1)),
]
assert abs(lead - 2.78) < 0.005 and all(passed)

# %% [markdown]
# **What this means.** Aligned noise does not heat *more*, it heats
# *sooner*: it is at the plateau after $1/(2\lambda_1)$, and the height of
# the plateau knows neither the curvature nor the alignment. From then on
# the others catch up, each direction in its own $1/(2\lambda_i)$. How far
# ahead it is $\mathrm{Tr}(H\Sigma)$ tells only in the short time before.
#
# ## Could another noise be faster?
#
# In the eigenbasis $\mathrm{Tr}(H\Sigma) = \sum_i\lambda_i\Sigma_{ii}$ is
# an average of curvatures, with the noise as the weights: at most
# $\lambda_1$ (ANI-5). Of these random covariances none gets there.

# %%
heat = {}
for rank in (1, 3):
    B = rng.standard_normal((10_000, 6, rank))
    B /= np.linalg.norm(B, axis=(1, 2), keepdims=True)
    heat[rank] = ((H @ B) * B).sum((1, 2)) / curvature[-1]

# %% mystnb={"figure": {"caption": "Ten thousand random covariances of unit trace: how fast they heat, in units of the largest curvature. None exceeds one, the value of rank-one noise along the sharpest axis.", "name": "fig-wishart"}, "image": {"alt": "Histogram of Tr(H Sigma) over lambda one for random rank-one and rank-three noises, spread between one tenth and nine tenths, with vertical lines at isotropic noise, noise like H, and rank-one noise at one."}}
fig, ax = plt.subplots(figsize=(6.4, 3.4), facecolor="white")
ax.hist(list(heat.values()), bins=np.linspace(0, 1.05, 43), density=True,
        histtype="step", lw=1.8, color=["#D55E00", "#0072B2"],
        label=["random, rank one", "random, rank three"])
for name, line in zip(list(Sigma)[:3], [":", "--", "-"], strict=True):
    ax.axvline(np.trace(H @ Sigma[name]) / curvature[-1], color="k",
               ls=line, label=name)
ax.set(xlabel=r"$\mathrm{Tr}(H\Sigma)/(\lambda_1\mathrm{Tr}\,\Sigma)$ "
       "(no unit)", ylabel="density (no unit)")
ax.legend(frameon=False, ncol=2, loc="lower center",
          bbox_to_anchor=(0.5, 1))
fig.tight_layout()
plt.show()

# %% tags=["nbval-check-output"]
most = max(x.max() for x in heat.values())
passed = results.record(
    "ANI-5", Estimate(most, 0, 20_000), band=(0, 1),
    name="largest of 20,000 random noises, over rank one")
assert passed

# %% [markdown]
# ## Beyond the quadratic well
#
# In any other landscape the second order in time feels the fourth
# derivatives, and not the third (ANI-3):
#
# $$\mathcal{E}(t) = \tfrac t2\mathrm{Tr}(H\Sigma) + \tfrac{t^2}2\Big[
# -\mathrm{Tr}(H^2\Sigma) + \tfrac14 L_{ijkl}\Sigma_{ij}\Sigma_{kl}\Big]
# + O(t^3).$$
#
# For $L = \frac12\theta^\top H\theta + \frac14 x^3 + \frac12|\theta|^4$ the
# contraction is $4\,[(\mathrm{Tr}\,\Sigma)^2 + 2\,\mathrm{Tr}\,\Sigma^2]$.
# To see a small second order we send along each path a twin that feels
# the same kicks in the quadratic well, where we know the answer: only
# the difference of the two has to be sampled.

# %%
H_2 = np.array([[1.0, 0.3], [0.3, 0.5]])
root_2 = np.array([[1.0, 0.0], [0.4, 0.6]])
S_2 = root_2 @ root_2.T
first = np.trace(H_2 @ S_2) / 2
fourth = 4 * (np.trace(S_2) ** 2 + 2 * np.trace(S_2 @ S_2))
second = (-np.trace(H_2 @ H_2 @ S_2) + fourth / 4) / 2

# %%
def quartic(step, steps, every, paths, seed):
    """Loss of each path minus that of its twin, after some steps."""
    draw = torch.Generator(where).manual_seed(seed)
    h, root = (torch.tensor(m, device=where) for m in (H_2, root_2))
    w = torch.zeros(2, paths, 2, device=where, dtype=torch.float64)
    out = []
    for k in range(1, steps + 1):
        xi = torch.empty_like(w[0]).normal_(generator=draw)
        size, x = (w[0] ** 2).sum(1), w[0, :, 0]
        slope = w @ h
        slope[0] += 2 * size[:, None] * w[0]
        slope[0, :, 0] += 0.75 * x**2
        w = w - step * slope + step**0.5 * xi @ root.T
        if k % every == 0:
            size, x = (w[0] ** 2).sum(1), w[0, :, 0]
            loss = ((w @ h) * w).sum(-1) / 2
            out.append(loss[0] + size**2 / 2 + x**3 / 4 - loss[1])
    return torch.stack(out).cpu().numpy()

# %%
step, every = 0.001, 10
extra = quartic(step, 100, every, quartic_paths, seed)
times = step * every * np.arange(1, 11)
rise = extra.mean(1) + efficiency(H_2, S_2, times)
stderr = extra.std(1) / quartic_paths**0.5

# %% mystnb={"figure": {"caption": "Mean heating rate at a minimum with quartic walls. It starts at half the trace; its slope is that of the second order with the fourth derivatives, while the quadratic well has a slope of the other sign.", "name": "fig-second-order"}, "image": {"alt": "Plot of efficiency over time against time: simulated points start at the horizontal line of the first order and rise along the line of the second order, then bend below it, while the curve of the quadratic well falls."}}
fig, ax = plt.subplots(figsize=(6.4, 3.8), facecolor="white")
ax.errorbar(times, rise / times, yerr=2 * stderr / times, fmt="o",
            color="k", mfc="none", label="simulated, two s.e.")
t = np.linspace(1e-6, 0.1, 50)
ax.plot(t, first + 0 * t, ":", color="#666666", label="first order")
ax.plot(t, first + second * t, "-", color="#0072B2", label="second order")
ax.plot(t, efficiency(H_2, S_2, t) / t, "--", color="#D55E00",
        label="quadratic well")
ax.set(xlabel="time $t$", ylabel=r"$\mathcal{E}(t)/t$ (loss per time)")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# The verdict is on the slope of $\mathcal{E}/t$ at $t = 0$, from a
# parabola through each of twenty groups of paths. The formula says 1.93;
# without the fourth derivatives it would be $-0.81$, with twice their
# weight 4.68.

# %% tags=["nbval-check-output"]
groups = extra.reshape(10, 20, -1).mean(2) + efficiency(
    H_2, S_2, times)[:, None]
slopes = np.polynomial.polynomial.polyfit(times, groups / times[:, None], 2)
passed = results.record(
    "ANI-3", Estimate.mean_of(slopes[1] / second), band=(0.85, 1.15),
    name="second order, simulated over formula")
assert passed

# %% [markdown]
# ## Heating is not escaping
#
# Markov's inequality bounds the chance of a rise by the efficiency,
#
# $$P(L(\theta_t) - L(\theta_0) \ge \delta) \le \mathcal{E}(t)/\delta :$$
#
# from *above*. A larger efficiency loosens the bound and proves nothing.
# Take a round well, one noise along one axis and one along both. The law
# of the rise is $\mathrm{erfc}\sqrt{\delta/2\mathcal{E}_1}$ for the first
# and $e^{-\delta/\mathcal{E}_2}$ for the second (ANI-2): a mean spread
# over more directions reaches less far. We give the second noise an
# efficiency that is half as large again. At a barrier of
# $\delta = \mathcal{E}_1$ the first one escapes 0.62 times as often, at
# $12\,\mathcal{E}_1$ it escapes 1.6 times as often.

# %%
def rise_of(axes, mean, seed, step=0.1, steps=20):
    """Rises in a round well by noise along some axes, of given mean."""
    one = step / 2 * (1 - (1 - step) ** (2 * steps)) / (2 - step) / step
    root = np.eye(axes) * (mean / (axes * one)) ** 0.5
    return run(np.eye(axes), root, step, steps, rises, seed)[0]

# %%
narrow, wide = rise_of(1, 1.0, seed), rise_of(2, 1.5, seed + 1)
height = np.linspace(0.1, 12, 60)
chance = [np.mean(x[:, None] >= height[::6], axis=0)
          for x in (narrow[:200_000], wide[:200_000])]
exact = [np.array([math.erfc((x / 2) ** 0.5) for x in height]),
         np.exp(-height / 1.5)]

# %% mystnb={"figure": {"caption": "Chance of a rise above a barrier for two noises (lines exact, markers simulated) with Markov's bounds (thin). The noise with the larger efficiency is ahead at low barriers and behind at high ones; both bounds hold, and order nothing.", "name": "fig-markov"}, "image": {"alt": "Semi-logarithmic plot of escape probability against barrier height: a steep curve of the noise along two axes starts above and crosses below the flatter curve of the noise along one axis near height eight; two thin bound curves lie far above both."}}
fig, ax = plt.subplots(figsize=(6.4, 4), facecolor="white")
names = [r"one axis, $\mathcal{E} = 1$", r"two axes, $\mathcal{E} = 1.5$"]
for k, (colour, line) in enumerate([("#D55E00", "-"), ("#0072B2", "--")]):
    ax.semilogy(height, exact[k], line, color=colour, label=names[k])
    ax.plot(height[::6], np.where(chance[k] > 1e-4, chance[k], np.nan),
            "os"[k], color=colour, mfc="none")
    ax.plot(height, np.minimum(1, (1, 1.5)[k] / height), line, lw=0.8,
            color=colour, alpha=0.7)
ax.text(8, 0.2, "Markov's bounds")
ax.set(xlabel=r"height of the barrier $\delta$ (units of $\mathcal{E}_1$)",
       ylabel="chance of a rise above it", ylim=(1e-4, 1.5))
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
bound = max((np.mean(x >= h) * h / x.mean(), h)
            for x in (narrow, wide) for h in (0.5, 1, 2, 4, 8))[0]
high = [Estimate.mean_of(x >= 12) for x in (narrow, wide)]
low = [Estimate.mean_of(x >= 1) for x in (narrow, wide)]
passed = [
    results.record("ANI-2", Estimate(bound, 0, rises), band=(0, 1),
                   name="largest chance over Markov's bound"),
    results.record("ANI-2", ratio(*low), band=(0.5, 0.7),
                   name="barrier of 1, one axis over two axes"),
    results.record("ANI-2", ratio(*high), band=(1.2, 2.0),
                   name="barrier of 12, one axis over two axes"),
]
assert all(passed)

# %% [markdown]
# ## The recursion and its equation
#
# For the recursion itself the sum over $k$ steps is as simple (ANI-4):
#
# $$\mathcal{E}_k = \tfrac\eta2\,\mathrm{Tr}\big[(I - (I - \eta H)^{2k})
# (2I - \eta H)^{-1}C\big].$$
#
# Its plateau does know the curvature: it is $2/(2 - \eta\lambda)$ times
# that of the SDE, twice at $\eta\lambda = 1$, where the walk forgets its
# past in every step, and unbounded at the edge of stability.

# %%
rates = (0.2, 1.0, 1.5)


def recursion(rate, k):
    """Efficiency for curvature 1 and Sigma = eta C = 1."""
    return (1 - (1 - rate) ** (2 * np.asarray(k))) / (2 - rate) / 2

# %%
kicked = {
    rate: [Estimate.mean_of(x) for x in run(
        np.eye(1), np.eye(1), rate, 30, 20 * paths, seed, set(range(30)))]
    for rate in rates
}

# %% mystnb={"figure": {"caption": "The recursion at three learning rates (markers simulated, thin lines the closed form) and its SDE. Small steps stay near the equation; large ones heat to a higher plateau at once.", "name": "fig-discrete"}, "image": {"alt": "Plot of efficiency over plateau of the equation against time: circles for the small rate follow the solid curve to one, squares at rate one jump to two at once, triangles at rate 1.5 climb to four within a few steps."}}
fig, ax = plt.subplots(figsize=(6.4, 3.8), facecolor="white")
t = np.linspace(0, 6, 100)
ax.plot(t, -np.expm1(-2 * t), "k-", label="SDE")
for rate, mark, colour in zip(
        rates, "os^", ["#0072B2", "#009E73", "#D55E00"], strict=True):
    k = np.arange(1, int(6 / rate) + 1)
    ax.plot(rate * k, 4 * recursion(rate, k), ":", color=colour)
    ax.errorbar(rate * k, [4 * kicked[rate][i - 1].value for i in k],
                yerr=[8 * kicked[rate][i - 1].stderr for i in k], fmt=mark,
                color=colour, mfc="none", label=rf"$\eta\lambda = {rate}$")
ax.set(xlabel=r"time $\eta k$ (units of $1/\lambda$)",
       ylabel=r"$\mathcal{E}$ (units of $\mathrm{Tr}(\Sigma)/4$)")
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
passed = [
    results.record(
        "ANI-4", ratio(kicked[rate][-1], Estimate(0.25, 0, 1)),
        band=(0.97 * plateau, 1.03 * plateau),
        name=f"plateau over that of the SDE at eta lambda = {rate:g}")
    for rate, plateau in ((1.0, 2), (1.5, 4))
]
assert all(passed)

# %% [markdown]
# ## What to remember
#
# - $\mathrm{Tr}(H\Sigma)$ is the rate at which noise heats a minimum at
#   first; at given $\mathrm{Tr}\,\Sigma$ it is largest for noise along
#   the sharpest axis.
# - In a quadratic well the lead shrinks from $1/(2\lambda_1)$ on and is
#   gone when the flattest axis is warm, after $1/(2\lambda_d)$: every
#   noise of the same trace ends at the same mean loss.
# - Neither commuting matrices nor a small learning rate are needed for a
#   closed form; but at finite $\eta\lambda$ it is another one.
# - The efficiency bounds the chance of escape from above. It does not
#   rank noises by how often they escape.
