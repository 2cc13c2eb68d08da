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
# # Primer: seven pictures
#
# Brownian motion, the Itô integral, Fokker-Planck, stationary laws, first
# passage, heavy tails, minibatch sampling: what the book takes for
# granted, one picture each, and beside each picture one number that theory
# fixes and a simulation could have missed (statements FND-12, FND-13,
# FND-4, FND-5, FND-10, FND-14, FND-2).
#
# *Time: about fifteen seconds on one CPU core; a minute or two in the
# full profile, also on the CPU.*

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
from scipy.linalg import expm

from sgdtheory.estimate import Estimate
from sgdtheory.runs import profile, results
from sgdtheory.stochastic import langevin, passage, stationary
from sgdtheory.stochastic.first_passage import mean_first_passage_time

# %% tags=["parameters"]
many = profile.pick(quick=4_000, full=20_000)  # paths or repetitions
seed = 7
blue, orange, green = "#0072B2", "#D55E00", "#009E73"

# %%
def axes(columns=1, **options):
    size = (6 if columns == 1 else 8, 3.8)
    fig, ax = plt.subplots(1, columns, figsize=size, layout="tight",
                           facecolor="white", **options)
    for a in np.atleast_1d(ax):
        a.spines[["top", "right"]].set_visible(False)
    return ax

# %% [markdown]
# ## 1. Brownian motion
#
# Add up independent normal steps of variance $\mathrm{d}t$. The sum has
# the variance $t$, so it spreads as $\sqrt t$. It has no slope: over a short
# piece of time it moves by $\sqrt{\mathrm{d}t}$, much more than
# $\mathrm{d}t$.

# %% mystnb={"figure": {"caption": "Twelve Brownian paths, and the bands of one and two standard deviations, which grow as the square root of time.", "name": "fig-primer-brownian"}, "image": {"alt": "Twelve jagged paths that start at zero and spread to the right; most stay inside a parabola-shaped band of one standard deviation, nearly all inside the band of two."}}
rng = np.random.default_rng(seed)
n = 1_000  # steps in the time 1
dB = rng.standard_normal((many, n)) / np.sqrt(n)
t = np.arange(n + 1) / n
B = np.concatenate([np.zeros((many, 1)), dB.cumsum(1)], axis=1)
ax = axes()
for k in (2, 1):
    ax.fill_between(t, -k * t**0.5, k * t**0.5, color=blue, alpha=0.15,
                    lw=0, label=f"± {k} standard deviation{'s'[:k - 1]}")
ax.plot(t, B[:12].T, lw=0.7, color="black", alpha=0.7)
ax.set(xlabel="time $t$", ylabel="position $B_t$", xlim=(0, 1))
ax.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# The squares of the steps add up to $t$, path by path: their sum has the
# variance $2t^2/n$ only (FND-12). We measure that variance in units of
# $2/n$.

# %% tags=["nbval-check-output"]
Q = (dB**2).sum(1)
scatter = Estimate.mean_of((Q - 1) ** 2 * n / 2)
passed = results.record(
    "FND-12", scatter, band=(1, 1),
    name="variance of the sum of squares, over 2t²/n")
assert passed

# %% [markdown]
# ## 2. The integral of B against itself
#
# $\sum B\,\mathrm{d}B$ along one path. In each piece $B$ may be taken at
# the start, in the middle or at the end. For a smooth path the three sums
# would agree. Here they part, by $t/2$ each (FND-13).

# %% mystnb={"figure": {"caption": "The same path and the same sum, with the integrand taken at the start, in the middle and at the end of each small step. Dashed: the limits (B² - t)/2, B²/2 and (B² + t)/2; what is left between a sum and its limit shrinks as the steps get finer.", "name": "fig-primer-integral"}, "image": {"alt": "Three jagged curves that start together at zero and separate steadily: the anti-Itô sum on top, Stratonovich in the middle, Itô below, each with a dashed curve almost exactly on it."}}
readings = {1.0: ("anti-Itô", green), 0.5: ("Stratonovich", orange),
            0.0: ("Itô", blue)}
sums = {a: ((B[:, :-1] + a * dB) * dB).cumsum(1) for a in readings}
ax = axes()
for a, (name, colour) in readings.items():
    ax.plot(t[1:], sums[a][1], color=colour, lw=1.6, label=name)
    limit = B[1] ** 2 / 2 + (a - 0.5) * t
    ax.plot(t, limit, "--", color="black", lw=0.7)
ax.set(xlabel="time $t$", ylabel=r"$\sum B\,\mathrm{d}B$", xlim=(0, 1))
ax.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# Only the Itô sum has mean zero: what is added knows nothing of the step
# to come. The mean of the anti-Itô sum at $t=1$ is 1.

# %% tags=["nbval-check-output"]
means = {a: Estimate.mean_of(s[:, -1]) for a, s in sums.items()}
verdicts = [results.record("FND-13", means[a], band=(a, a),
                           name=f"mean of the {readings[a][0]} sum at t = 1")
            for a in readings]
assert all(verdicts)

# %% [markdown]
# ## 3. Fokker-Planck: many walkers as one density
#
# Let $\mathrm{d}x=f\,\mathrm{d}t+\sqrt{2D}\,\mathrm{d}B$ in a double
# well, $f=x-x^3$. A cloud of walkers starts at the right. Its density obeys
# an equation without randomness, $\dot p=-J'$ with $J=fp-(Dp)'$ (FND-4). On
# a grid that is a matrix, and its exponential carries the density through
# time.

# %%
D, width = 0.3, 0.05
edges = np.arange(-2.5, 2.5 + width / 2, width)
x = (edges[1:] + edges[:-1]) / 2
f = (edges - edges**3)[1:-1]  # between the cells
right = np.diag(D / width - f / 2, 1)[:-1]
left = np.hstack([np.diag(D / width + f / 2), np.zeros((len(f), 1))])
J = left - right  # the flux between neighbours, from p of the cells
rate = -np.diff(np.vstack([0 * x, J, 0 * x]), axis=0) / width

# %% mystnb={"figure": {"caption": "A cloud of walkers in a double well at three times: histograms of the walkers and, as lines, the solution of the Fokker-Planck equation.", "name": "fig-primer-fokker-planck"}, "image": {"alt": "Three pairs of a histogram and a line that agree: a narrow peak at one, then a wider peak with a tail to the left, then two peaks of which the right one is still higher."}}
times = (0.1, 1.0, 4.0)
clouds = langevin.simulate(
    lambda u: u - u**3, D, 1.0, 0.002, 2_000, paths=10 * many, seed=seed,
    save_every=50)[..., 0].numpy()
p0 = np.exp(-((x - 1) ** 2) / (4 * D * 0.002))
densities = [expm(rate * time) @ p0 / p0.sum() / width for time in times]
ax = axes()
for time, p, colour in zip(times, densities, (blue, orange, green),
                           strict=True):
    ax.hist(clouds[round(time / 0.1) - 1], edges, density=True,
            color=colour, alpha=0.3)
    ax.plot(x, p, color=colour, label=f"t = {time:g}")
ax.set(xlabel="position $x$", ylabel="probability density")
ax.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# The share of walkers that have come over to the left by $t=4$: counted,
# and from the density. The grid and the steps have errors of some tenths
# of a per cent; the band, 2 per cent, leaves room for them.

# %% tags=["nbval-check-output"]
counted = Estimate.mean_of(clouds[-1] < 0)
share = densities[-1][x < 0].sum() * width
passed = results.record(
    "FND-4", Estimate(counted.value / share, counted.stderr / share,
                      counted.n),
    band=(0.98, 1.02),
    name="walkers on the other side, over Fokker-Planck")
assert passed

# %% [markdown]
# ## 4. Stationary laws: no force, and yet not uniform
#
# A ring, no force at all, $f=0$, and a noise that is strong on one side.
# Where is the walker found? For Itô the density is $p\propto1/D$ (FND-5,
# which needs no wall here, since $1/D$ closes on the ring without a flux):
# the walker leaves noisy places faster than it leaves quiet ones. The
# other readings say $1/\sqrt D$ and uniform.

# %% mystnb={"figure": {"caption": "Walkers on a ring without any force: a histogram of an Itô ensemble, and the stationary laws of the three readings. Grey: the strength of the noise.", "name": "fig-primer-stationary"}, "image": {"alt": "A histogram with a high peak in the middle of the ring, where the grey curve of the noise strength has its minimum. The Itô line lies on the histogram; the Stratonovich line is a lower bump; the anti-Itô line is flat."}}
def strength(u):
    cos = torch.cos if isinstance(u, torch.Tensor) else np.cos
    return 1 + 0.8 * cos(u)


ring = langevin.simulate(
    lambda u: 0 * u, strength, np.pi, 0.005, 3_000, paths=5 * many,
    seed=seed + 1)[:, 0].numpy() % (2 * np.pi)
angle = np.linspace(0, 2 * np.pi, 201)
ax = axes()
ax.hist(ring, 40, density=True, color="#BFC7D1", label="walkers (Itô)")
for key, name, style, colour in (
        ("ito", "Itô", "-", blue), ("stratonovich", "Stratonovich", "--",
                                    orange), ("anti-ito", "anti-Itô", ":",
                                              green)):
    p = stationary.density(lambda u: 0 * u, strength, angle, key)
    ax.plot(angle, p, style, color=colour, lw=2, label=name)
ax.plot(angle, strength(angle) / 10, color="#999999", label="$D/10$")
ax.set(xlabel="angle", ylabel="probability density", ylim=(0, 0.8))
ax.legend(frameon=False, ncols=2, loc="upper left")
plt.show()

# %% [markdown]
# Half of the ring is quiet, $D<1$. The share of walkers there is
# $\frac12+\frac1\pi\arcsin0.8$ for $p\propto1/D$, four fifths and not one
# half. The steps are small, and their error is far below one per cent.

# %% tags=["nbval-check-output"]
quiet = Estimate.mean_of(np.cos(ring) < 0)
expected = 0.5 + np.arcsin(0.8) / np.pi
passed = results.record(
    "FND-5", Estimate(quiet.value / expected, quiet.stderr / expected,
                      quiet.n),
    band=(0.98, 1.02), name="share in the quiet half, over Itô's law")
assert passed

# %% [markdown]
# ## 5. First passage
#
# How long until a walker from the left well, at $-1$, first comes to the
# top at 0? A few are quick; most wait for a rare sequence of kicks. The
# mean is a double integral, exact for any force (FND-10). Between two steps
# a path may touch the top unseen; a correction takes care of that.

# %% mystnb={"figure": {"caption": "First-passage times from the bottom of a well to the top of its barrier: share of walkers still under way. Dashed: an exponential with the exact mean.", "name": "fig-primer-first-passage"}, "image": {"alt": "On a logarithmic axis the share of walkers that have not arrived falls along a straight line, on the dashed exponential, from one to less than one in a hundred."}}
weak = 0.08  # the barrier is 1/4: three times D
passages = passage.first_passage_times(
    lambda u: u - u**3, weak, -1.0, 0.0, 0.01, paths=3 * many, seed=seed + 2,
    max_steps=100_000)
exact = mean_first_passage_time(lambda u: u - u**3, lambda u: weak + 0 * u,
                                -1.0, 0.0)
late = np.linspace(0, 5 * exact, 200)
late = late[late <= passages.max_time]
ax = axes()
ax.semilogy(late, passages.survival(late), color=blue, label="walkers")
ax.semilogy(late, np.exp(-late / exact), "--", color="black",
            label="exponential, exact mean")
ax.set(xlabel="time", ylabel="share still under way", ylim=(0.004, 1.2))
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# The mean of the walkers' times over the double integral. Its standard
# error is about one per cent. Kramers' formula for *crossing* would be off
# by a factor of two: it counts the walkers that go down on the far side.

# %% tags=["nbval-check-output"]
mean = passages.mean()
passed = results.record(
    "FND-10", Estimate(mean.value / exact, mean.stderr / exact, mean.n),
    band=(0.96, 1.04), name="mean first-passage time, over the integral")
assert passed

# %% [markdown]
# ## 6. Heavy tails
#
# Draws with $P(r>x)=x^{-a}$. The index $a$ says which moments exist: only
# those of order below $a$ (FND-14). A sample always has a variance. Watch
# what it does as the sample grows.

# %% mystnb={"figure": {"caption": "Mean square of the first N draws, over the true value where there is one (left, index 5) and in plain units where there is none (right, index 1.5). Four samples each.", "name": "fig-primer-tails"}, "image": {"alt": "Left: four curves that settle at one. Right: four curves that jump upwards at single draws, sink in between, and grow on the whole, without ever settling."}}
N = np.arange(1, 100_001)
left, right = axes(2)
for ax, a, unit in ((left, 5.0, 5 / 3), (right, 1.5, 1.0)):
    draws = rng.pareto(a, (4, N.size)) + 1
    running = (draws**2).cumsum(1) / N / unit
    ax.set_prop_cycle(color=[blue, orange, green, "#CC79A7"])
    ax.plot(N[9:], running[:, 9:].T, lw=1.2)
    ax.set(xscale="log", xlabel="number of draws $N$", title=f"index {a:g}")
left.set(ylabel="mean square of $N$ draws", ylim=(0, 2))
right.set(yscale="log")
plt.show()

# %% [markdown]
# The largest of $N$ draws is of the size $N^{1/a}$: it stays below that
# value in the share $1/e$ of all samples. For $a<2$ its square is larger
# than $N$: one draw outweighs the rest.

# %% tags=["nbval-check-output"]
size = 1_000
top = np.array([rng.pareto(1.5, size).max() + 1 for _ in range(many)])
below = Estimate.mean_of(top <= size ** (1 / 1.5))
passed = results.record("FND-14", below, band=(0.33, 0.41),
                        name="largest of N below N^(1/a)")
assert passed

# %% [markdown]
# ## 7. Minibatches
#
# A batch is a sample from a finite set of $n$ numbers. Its mean scatters
# with the variance $\Sigma/b$ if drawn with replacement. Without, a factor
# $(n-b)/(n-1)$ makes the noise end where the batch is the whole set (FND-2).

# %% mystnb={"figure": {"caption": "Variance of the mean of a minibatch from 100 numbers, measured (points, two standard errors) and exact (lines).", "name": "fig-primer-minibatch"}, "image": {"alt": "On logarithmic axes the points with replacement follow a straight falling line; those without replacement follow it at first and then bend down steeply towards a batch of one hundred."}}
n = 100
values = rng.standard_normal(n)
values = (values - values.mean()) / values.std()  # Σ = 1
sizes = np.array([1, 2, 5, 10, 20, 50, 80, 95])
order = rng.permuted(np.tile(values, (many, 1)), axis=1)
drawn = rng.choice(values, (many, n))
exact_law = {"with": 1 / sizes, "without": (n - sizes) / (n - 1) / sizes}
seen = {name: [Estimate.mean_of(sample[:, :b].mean(1) ** 2) for b in sizes]
        for name, sample in (("with", drawn), ("without", order))}
ax = axes()
for name, style, colour in (("with", "o-", blue), ("without", "s-", orange)):
    ax.plot(sizes, exact_law[name], style[1:], color=colour)
    ax.errorbar(sizes, [e.value for e in seen[name]],
                [2 * e.stderr for e in seen[name]], fmt=style[0],
                color=colour, capsize=3, label=f"{name} replacement")
ax.set(xscale="log", yscale="log", xlabel="batch size $b$",
       ylabel=r"variance of the batch mean, $\Sigma=1$")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# Without replacement, half of the set in a batch leaves half of the noise.

# %% tags=["nbval-check-output"]
half = seen["without"][list(sizes).index(50)]
verdicts = [results.record("FND-2", half, band=(50 / 99 / 50, 50 / 99 / 50),
                           name="variance at half of the set, without"),
            max(abs(e.z(v)) for kind in seen for e, v in
                zip(seen[kind], exact_law[kind], strict=True)) < 4]
assert all(verdicts)

# %% [markdown]
# ## What to keep
#
# Noise moves by $\sqrt{\mathrm{d}t}$, so squares of steps count and the
# place where an amplitude is evaluated matters. Densities, stationary laws
# and mean times follow from equations without randomness. A survival
# index below two means that no sample, however large, shows "the"
# variance. And a batch is a sample from a finite set.
