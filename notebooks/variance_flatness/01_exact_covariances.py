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
# # Exact covariances of SGD in a quadratic
#
# How far does SGD spread around a minimum? In a quadratic this has exact
# answers in discrete time: no stochastic equation, no small steps. Drawn
# with replacement, a mode of curvature $\lambda$ spreads as
# $\eta C/[\lambda(2 - \eta\lambda)]$. Drawn *without* replacement, flat
# modes spread by $\eta^2 C (M+1)/6$ and know nothing of their curvature.
#
# We derive the formulas, run SGD beside them, and show where a computer
# loses their digits. Everything is in units of $\eta^2 C$ with
# $h = \eta\lambda$; $M$ is the number of minibatches in an epoch.
#
# *Time: about 15 seconds on one CPU core; the full profile (25 times as
# many chains, longer epochs, flatter modes) some minutes on a GPU.*

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
import sympy as sp
import torch

from sgdtheory.estimate import Estimate
from sgdtheory.runs import device, profile, results
from sgdtheory.stochastic import linear_sgd

# %% tags=["parameters"]
chains = profile.pick(quick=2000, full=50_000)
M = profile.pick(quick=40, full=200)  # minibatches in an epoch
smallest = profile.pick(quick=3e-3, full=3e-4)  # flattest mode, h
where = profile.pick(quick="cpu", full=device.pick())
seed = 1

# %% [markdown]
# ## With replacement: square one step
#
# Along an eigenvector of the Hessian $u' = (1 - h)u - \xi$ with a noise
# $\xi$ drawn anew. Square, average, and ask that the mean square stays
# the same: $X = (1-h)^2 X + 1$. With momentum there are three such
# equations, for $u^2$, $uv$ and $v^2$.

# %%
h, mu, X, Y, Z = sp.symbols("h mu X Y Z", positive=True)
u, v, xi = sp.symbols("u v xi")
mean = {u**2: X, u * v: Y, v**2: Z, xi**2: 1, u * xi: 0, v * xi: 0}

# %%
def stationary(u_next, v_next):
    """Mean squares that one step leaves alone."""
    moved = (u_next**2, u_next * v_next, v_next**2)
    lines = [sp.expand(new).subs(mean) - old
             for new, old in zip(moved, (X, Y, Z), strict=True)]
    return sp.solve(lines, [X, Y, Z], dict=True)[0]

# %% tags=["nbval-check-output"]
heavy = mu * v - h * u - xi
nesterov = mu * v - h * (u + mu * v) - xi
for name, v_next in (("heavy ball", heavy), ("Nesterov", nesterov)):
    found = stationary(u + v_next, v_next)
    stored = found[X] + 2 * mu * found[Y] + mu**2 * found[Z]
    print(f"{name}: E u^2 =", sp.factor(found[X]))
    print("   without momentum:", sp.factor(found[X].subs(mu, 0)))
    print("   E (u + mu v)^2 =", sp.factor(stored))

# %% [markdown]
# (IVF-LYAP1, IVF-HB1, IVF-NAG1.) Mind the last line: PyTorch's
# `nesterov=True` stores $u + \mu v$, not $u$.
#
# ## Without replacement: the noises of an epoch sum to zero
#
# $M$ noises of mean square $C$ that sum to zero have the covariance
# $-C/(M-1)$, whatever the order. So within an epoch the past *tells*
# something of the next noise: after $k$ steps $u$ holds
# $S_1(k) = 1 + a + \dots + a^{k-1}$ of it, $a = 1 - h$, and
#
# $$X_{k+1} = a^2 X_k + 1 - \frac{2a}{M-1}\,S_1(k).$$
#
# Sum this over an epoch, at whose end $X_M = X_0$.

# %% tags=["nbval-check-output"]
a, m = 1 - h, sp.Symbol("M", positive=True, integer=True)
told = (m - (1 - a**m) / (1 - a)) / (1 - a)  # sum of S_1(k), k < M
average = (1 - 2 * a / (m * (m - 1)) * told) / (1 - a**2)
for size in (2, 3, 7):
    plain = sum(sum(a**j for j in range(k)) for k in range(size))
    assert sp.simplify(told.subs(m, size) - plain) == 0
for size in (2, 10, 1200):
    flat = sp.limit(sp.cancel(average.subs(m, size)), h, 0)
    print(f"M = {size}: flat limit {flat}, (M + 1)/6 ="
          f" {sp.Rational(size + 1, 6)}")

# %% [markdown]
# ## SGD itself
#
# Minibatches with fixed noises, many chains, many curvatures at once. An
# order is drawn for each epoch, or once for all, or a minibatch for each
# step. Nothing below knows a formula.

# %%
curvatures = np.geomspace(smallest, 1.5, 8)
noise = torch.linspace(-1, 1, M, dtype=torch.float64) ** 3
noise = ((noise - noise.mean()) / noise.std(correction=0)).to(where)

# %%
def orders(scheme, draw):
    """Which minibatch each chain sees in each step of an epoch."""
    if scheme == "with replacement":
        return torch.randint(M, (chains, M), generator=draw, device=where)
    return torch.rand(chains, M, generator=draw, device=where).argsort(1)

# %%
def sgd(scheme, mu=0.0, h=curvatures, seed=seed):
    """u at every step of the last epoch: (M + 1, curvatures, chains)."""
    draw = torch.Generator(where).manual_seed(seed)
    h = torch.tensor(h, device=where)[:, None]
    u = torch.zeros(len(h), chains, dtype=torch.float64, device=where)
    v, order = torch.zeros_like(u), orders(scheme, draw)
    for epoch in range(round(5 * (1 - mu) / (h.min().item() * M)) + 2):
        if scheme != "shuffle once" and epoch:
            order = orders(scheme, draw)
        path = [u]
        for k in range(M):
            v = mu * v - (h * u + noise[order[:, k]])
            u = u + v
            path.append(u)
    return torch.stack(path).cpu().numpy()

# %%
schemes = ("with replacement", "fresh orders", "shuffle once")
paths = {s: sgd(s) for s in profile.progress(schemes, "schemes")}
exact = {
    "with replacement": linear_sgd.mode_variance,
    "fresh orders": lambda h: linear_sgd.epoch_variance(h, M),
    "shuffle once": lambda h: linear_sgd.shuffle_once_variance(h, M),
}


def measured(path, at=slice(1, None)):
    """Mean square over these steps, chain by chain."""
    return [Estimate.mean_of(row) for row in (path[at] ** 2).mean(0)]

# %% mystnb={"figure": {"caption": "Variance of SGD in one mode against its curvature, minibatches drawn in three ways; lines are the exact formulas, marks are runs with two standard errors. In sharp modes the three agree; in flat ones only draws with replacement spread like one over the curvature. Read at the ends of epochs the variance even falls.", "name": "fig-ivf-three-ways"}, "image": {"alt": "Log-log plot: the curve with replacement falls as one over h; fresh orders level off near seven towards flat modes, shuffling once at half of that; the curve read at epoch ends bends down towards flat modes. Marks lie on all four lines."}}
fig, ax = plt.subplots(figsize=(6.4, 4.4), facecolor="white")
fine = np.geomspace(smallest / 3, 1.9, 300)
styles = zip(schemes, "os^", ("#0072B2", "#D55E00", "#009E73"),
             ("-", "--", "-."), strict=True)
for scheme, mark, colour, line in styles:
    ax.plot(fine, exact[scheme](fine), line, color=colour)
    found = measured(paths[scheme])
    ax.errorbar(curvatures, [e.value for e in found],
                [2 * e.stderr for e in found], fmt=mark, color=colour,
                mfc="none", label=scheme)
ends = measured(paths["fresh orders"], [M])
ax.plot(fine, linear_sgd.phase_variance(fine, M), ":", color="#CC79A7")
ax.errorbar(curvatures, [e.value for e in ends],
            [2 * e.stderr for e in ends], fmt="D", color="#CC79A7",
            mfc="none", label="fresh orders, read at epoch ends")
ax.axvline(3 / M, color="#999999", lw=1)
ax.text(3.2 / M, 0.2, r"$h = 3/M$", color="#555555")
ax.set(xscale="log", yscale="log", ylim=(0.1, None),
       xlabel=r"curvature $h = \eta\lambda$ (no unit)",
       ylabel=r"variance in units of $\eta^2 C$")
ax.legend(frameon=False, fontsize=9)
plt.show()

# %% [markdown]
# The formulas are exact, so every mark must lie on its line within the
# error bars. A formula of the wrong scheme is off by factors in the
# flattest mode.

# %% tags=["nbval-check-output"]
passed = []
for id, scheme in (("IVF-LYAP1", "with replacement"),
                   ("IVF-RR1", "fresh orders"), ("IVF-SO1", "shuffle once")):
    for k in (0, 3, 7):
        e = measured(paths[scheme])[k]
        theory = exact[scheme](curvatures[k])
        passed.append(results.record(
            id, Estimate(e.value / theory, e.stderr / theory, e.n),
            name=f"variance over formula, {scheme}, mode {k + 1} of 8",
            band=(1, 1)))
assert all(passed)

# %% [markdown]
# ## Through the epoch
#
# In a flat mode an epoch is a bridge: the noises sum to zero, so the walk
# comes back to where it began, $X_k \to k(M-k)/(M-1)$ (IVF-RR2). Whoever
# saves the weights once per epoch sees the pillars, not the bridge.

# %% mystnb={"figure": {"caption": "Variance at each step of an epoch for three modes, fresh orders: lines from the formula, marks from runs. The flattest mode returns almost to a point at the boundary of the epoch, the next one part of the way, and the sharp one has forgotten where the epoch began.", "name": "fig-ivf-bridge"}, "image": {"alt": "Variance against the step within the epoch. The flattest mode makes an arch from nearly zero up to about ten and back; a middle mode rises early to six and falls back to two and a half; the sharp mode stays level near two."}}
fig, ax = plt.subplots(figsize=(6.2, 3.6), facecolor="white")
steps = np.arange(M + 1)
for k, mark, line, colour in ((0, "o", "-", "#0072B2"),
                              (3, "^", "-.", "#009E73"),
                              (5, "s", "--", "#D55E00")):
    theory = [linear_sgd.phase_variance(curvatures[k], M, i) for i in steps]
    ax.plot(steps, theory, line, color=colour)
    some = steps[::M // 10]
    found = [measured(paths["fresh orders"], [i])[k] for i in some]
    ax.errorbar(some, [e.value for e in found],
                [2 * e.stderr for e in found], fmt=mark, color=colour,
                mfc="none", label=f"h = {curvatures[k]:.3f}")
ax.plot(steps, steps * (M - steps) / (M - 1), ":", color="k",
        label="bridge, $h = 0$")
ax.set(xlabel="step of the epoch", ylabel=r"variance in units of $\eta^2 C$")
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
passed = []
for k, phase in ((0, M), (0, M // 2), (3, M), (3, M // 2)):
    e = measured(paths["fresh orders"], [phase])[k]
    theory = linear_sgd.phase_variance(curvatures[k], M, phase)
    passed.append(results.record(
        "IVF-RR2", Estimate(e.value / theory, e.stderr / theory, e.n),
        name=f"variance over formula, phase {phase} of {M}, mode {k + 1}",
        band=(1, 1)))
assert all(passed)

# %% [markdown]
# ## Momentum
#
# PyTorch's own optimizer, noise drawn anew at each step, $\mu = 0.9$.

# %%
beta = 0.9
kinds = {"heavy-ball": {}, "ema": {"dampening": beta},
         "nesterov-stored": {"nesterov": True}}


def torch_sgd(options, h):
    """The weights that the optimizer stores, three times 1/h later."""
    draw = torch.Generator(where).manual_seed(seed + 10)
    w = torch.zeros(len(h), chains, dtype=torch.float64, device=where)
    sgd = torch.optim.SGD([w.requires_grad_()], lr=1.0, momentum=beta,
                          **options)
    scale = torch.tensor(h, device=where)[:, None]
    for _ in range(round(3 / h.min())):
        w.grad = scale * w.detach() + torch.randn(
            w.shape, generator=draw, dtype=w.dtype, device=where)
        sgd.step()
    return w.detach().cpu().numpy()

# %%
some = np.geomspace(smallest, 1.2, 6)
with_momentum = {k: measured(torch_sgd(options, some)[None], [0])
                 for k, options in kinds.items()}
reshuffled = measured(sgd("fresh orders", beta, some))

# %% mystnb={"figure": {"caption": "Momentum 0.9: lines are exact, marks are runs of torch.optim.SGD and, for the lowest line, of the loop above. Averaged gradients (dampening) behave like plain SGD in flat modes; heavy ball and Nesterov are ten times as wide there. In sharp modes it matters which of Nesterov's two weights was stored.", "name": "fig-ivf-momentum"}, "image": {"alt": "Log-log plot of variance times h against h. Heavy ball and Nesterov start near five and separate for h above a tenth; averaged gradients and the dashed plain SGD start near one half; heavy ball with fresh orders falls towards flat modes."}}
fig, ax = plt.subplots(figsize=(6.4, 4.2), facecolor="white")
fine = np.geomspace(smallest / 2, 1.3, 200)
looks = zip(kinds, "os^", ("#0072B2", "#009E73", "#D55E00"),
            ("-", "-.", "--"), strict=True)
for kind, mark, colour, line in looks:
    ax.plot(fine, fine * linear_sgd.mode_variance(fine, beta, kind), line,
            color=colour)
    e = with_momentum[kind]
    ax.errorbar(some, [x * f.value for x, f in zip(some, e, strict=True)],
                [2 * x * f.stderr for x, f in zip(some, e, strict=True)],
                fmt=mark, color=colour, mfc="none", label=kind)
other = linear_sgd.mode_variance(fine, beta, "nesterov")
ax.plot(fine, fine * other, ":", color="k", label="Nesterov, not stored")
ax.plot(fine, 1 / (2 - fine), color="#999999", label="no momentum")
ax.plot(fine, fine * linear_sgd.epoch_variance(fine, M, beta), ls=(0, (5, 1)),
        color="#CC79A7")
ax.errorbar(some, [x * f.value for x, f in zip(some, reshuffled, strict=True)],
            [2 * x * f.stderr for x, f in zip(some, reshuffled, strict=True)],
            fmt="D", color="#CC79A7", mfc="none",
            label="heavy ball, fresh orders")
ax.set(xscale="log", yscale="log", xlabel=r"curvature $h = \eta\lambda$",
       ylabel=r"$h\,\times$ variance / $\eta^2 C$")
ax.legend(frameon=False, fontsize=8, ncol=2)
plt.show()

# %% tags=["nbval-check-output"]
passed = []
ids = {"heavy-ball": "IVF-HB1", "ema": "IVF-EMA1",
       "nesterov-stored": "IVF-NAG1"}
for kind, id in ids.items():
    for k in (0, 5):
        e = with_momentum[kind][k]
        theory = linear_sgd.mode_variance(some[k], beta, kind)
        passed.append(results.record(
            id, Estimate(e.value / theory, e.stderr / theory, e.n),
            name=f"PyTorch's variance over formula, {kind}, mode {k + 1}",
            band=(1, 1)))
for k in (0, 5):
    e, theory = reshuffled[k], linear_sgd.epoch_variance(some[k], M, beta)
    passed.append(results.record(
        "IVF-RR3", Estimate(e.value / theory, e.stderr / theory, e.n),
        name=f"variance over formula, epochs and momentum, mode {k + 1}",
        band=(1, 1)))
assert all(passed)

# %% [markdown]
# ## Where epochs take over
#
# The two ends, $M/[6(1-\mu)^2]$ and $1/[2h(1-\mu)]$, meet at
# $h^* = 3(1-\mu)/M$ (IVF-XO1). Measured in units of the flat end, long
# epochs have one curve for every $M$ and $\mu$.

# %% mystnb={"figure": {"caption": "Exact variance over its flat limit for epochs of three lengths, with and without momentum, against curvature in units of the epoch: they fall onto one curve; only 300 batches at momentum 0.9 are too few, and ten per cent low. The crossover at 3 is slow; there the variance is 0.54 of either end.", "name": "fig-ivf-crossover"}, "image": {"alt": "Log-log plot of marks for six combinations of epoch length and momentum, on one solid curve, one set slightly below it at the left, that is one at the left and falls as three over x at the right; a thin vertical line marks x equal to three."}}
fig, ax = plt.subplots(figsize=(6, 3.8), facecolor="white")
x = np.geomspace(0.05, 100, 200)
ax.loglog(x, 3 / x * (1 - 2 * (x - 1 + np.exp(-x)) / x**2), "k-",
          label="long epochs (IVF-XO1)")
ax.loglog(x, np.minimum(1, 3 / x), ":", color="#999999", label="both ends")
marks = zip([(m, b) for b in (0.0, 0.9) for m in (300, 3000, 30000)],
            "os^Dv+", strict=True)
for (size, b), mark in marks:
    at = np.geomspace(0.06, 80, 9) * 1.1 ** (size > 300)
    found = linear_sgd.epoch_variance(at * (1 - b) / size, size, b)
    ax.loglog(at, found * 6 * (1 - b)**2 / size, mark, mfc="none",
              color="#0072B2" if b == 0 else "#D55E00",
              label=rf"$M = {size}$, $\mu = {b:g}$")
ax.axvline(3, color="#999999", lw=1)
ax.set(xlabel=r"$x = hM/(1-\mu)$", ylabel="variance over its flat limit")
ax.legend(frameon=False, fontsize=8)
plt.show()

# %% [markdown]
# ## A window that is too short
#
# A trajectory is looked at for $T$ steps. About its own mean the spread in
# the window is $\frac{T-1}{T}\Phi_T(a)/(1-a^2)$: the same function again,
# because taking out a mean makes $T$ numbers sum to zero (IVF-WIN1). For
# $h \ll 3/T$ it is $(T^2-1)/(6T)$: a random walk, no curvature in it.

# %%
def windows(h, T):
    """Variance in a window, chain by chain; it starts stationary."""
    draw = torch.Generator(where).manual_seed(seed + 20)
    u = torch.randn(chains, generator=draw, device=where,
                    dtype=torch.float64) / (h * (2 - h))**0.5
    path = []
    for _ in range(T):
        path.append(u)
        kick = torch.randn(chains, generator=draw, device=where,
                           dtype=torch.float64)
        u = u - (h * u + kick)
    return torch.stack(path).var(0, correction=0).cpu().numpy()

# %% tags=["nbval-check-output"]
T, passed = 200, []
for mode in (0.002, 0.02, 0.2):
    theory = linear_sgd.white_window_variance(mode, T)
    passed.append(results.record(
        "IVF-WIN1", Estimate.mean_of(windows(mode, T) / theory),
        name=f"variance in a window of {T} steps over formula, h = {mode}",
        band=(1, 1)))
assert all(passed)

# %% [markdown]
# ## Noise that grows with the error
#
# Linear regression on one weight draws its curvature anew as well:
# $\operatorname{E}u^2 = \eta s^2/(B[2 - \eta A(1 + 2/B)])$, which diverges
# at $\eta A = 2/(1 + 2/B)$ while the mean still converges (IVF-MUL1).

# %%
def regression(eta, B, steps=80):
    draw = torch.Generator(where).manual_seed(seed + 30)
    w = torch.zeros(20 * chains, dtype=torch.float64, device=where)
    for _ in range(steps):
        x, error = torch.randn(2, B, *w.shape, generator=draw,
                               dtype=w.dtype, device=where)
        w = w - eta * (x * (x * w - error)).mean(0)
    return w.cpu().numpy() ** 2

# %% tags=["nbval-check-output"]
passed = []
for eta, B in ((0.1, 1), (0.3, 4)):
    theory = linear_sgd.regression_variance(eta, 1.0, 1.0, B)
    passed.append(results.record(
        "IVF-MUL1", Estimate.mean_of(regression(eta, B) / theory),
        name=f"mean square error over formula, rate {eta}, batch {B}",
        band=(1, 1)))
assert all(passed)

# %% [markdown]
# ## Digits lost
#
# In flat modes the closed forms subtract numbers that agree in almost all
# digits: of the sixteen that a computer carries, at $h = 10^{-6}$ and
# $M = 1200$ reshuffling keeps about seven and shuffling once three; a
# little further left nothing is left. The package uses a series for the
# one, and sums frequencies for the other.

# %%
def closed_forms(h, M):
    """Fresh orders, and one order, as printed."""
    a = 1 - h
    sums = 2 * a * (M * (1 - a) - 1 + a**M) / (M * (M - 1) * (1 - a)**2)
    orbit = M * (1 + a**M) / ((1 - a * a) * (1 - a**M)) - 1 / (1 - a)**2
    return [(1 - sums) / (1 - a * a), orbit / (M - 1)]

# %%
size, tiny = 1200, np.geomspace(1e-9, 1, 46) * 0.999
with mp.workdps(60):
    truth = np.array([[float(f) for f in closed_forms(mp.mpf(float(x)), size)]
                      for x in tiny]).T
lost = np.abs(np.array(closed_forms(tiny, size)) / truth - 1)
ours = [linear_sgd.epoch_variance(tiny, size),
        linear_sgd.shuffle_once_variance(tiny, size)]
kept = np.abs(np.array(ours) / truth - 1).max(0)

# %% mystnb={"figure": {"caption": "Relative error in double precision of the closed forms for fresh orders and for one order, and the larger of the two errors of the package's functions, for 1200 minibatches. In the flattest modes of a network the printed formulas return noise.", "name": "fig-ivf-digits"}, "image": {"alt": "Log-log plot of relative error against h. The errors of the two closed forms grow from 1e-15 at h of one to more than one at the left, shuffling once earlier, near 1e-7, and fresh orders near 1e-8; that of the package stays below 1e-13 everywhere."}}
fig, ax = plt.subplots(figsize=(6, 3.8), facecolor="white")
floor = 1e-17
ax.loglog(tiny, np.maximum(lost[1], floor), "^-.", color="#009E73", ms=4,
          label="closed form, shuffle once")
ax.loglog(tiny, np.maximum(lost[0], floor), "o-", color="#D55E00", ms=4,
          label="closed form, fresh orders")
ax.loglog(tiny, np.maximum(kept, floor), "s--", color="#0072B2", ms=4,
          label="package, worse of the two")
ax.axhline(1, color="#999999", lw=1)
ax.set(xlabel=r"curvature $h = \eta\lambda$", ylabel="relative error")
ax.legend(frameon=False)
plt.show()

# %% tags=["nbval-check-output"]
for name, error in (("fresh orders", lost[0]), ("shuffle once", lost[1])):
    print(f"closed form, {name}: nothing left below h = 1e-8:",
          bool(error[tiny < 1e-8].max() > 1))
print("package: ten digits kept:", bool(kept.max() < 1e-10))
assert lost[:, tiny < 1e-8].max() > 1 and kept.max() < 1e-10

# %%
if profile.current() == "full":
    found = {s: measured(paths[s]) for s in schemes}
    results.save("ivf_exact_covariances", {
        "h": curvatures, **{s.replace(" ", "_"): np.array(
            [(e.value, e.stderr, e.n) for e in rows])
            for s, rows in found.items()},
    }, {"seed": seed, "chains": chains, "M": M})

# %% [markdown]
# ## What to remember
#
# - In a quadratic the variance of SGD is known exactly, for every step
#   size, with momentum, and for three ways of drawing minibatches.
# - With replacement a mode spreads like $C/\lambda$; drawn in epochs, a
#   mode with $h \ll 3(1-\mu)/M$ spreads like $C$ alone, and read at the
#   ends of epochs like $C\lambda$.
# - A window of $T$ steps does the same to a mode with $h \ll 3/T$.
# - Say which variable, which phase and which window was measured, before
#   reading a law off it.
#
# **What would refute this.** A mark off its line by more than its error
# bar allows.
