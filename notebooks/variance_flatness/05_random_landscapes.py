# %% [markdown]
# # Random landscapes: the mean field of the minibatches
#
# Every minibatch has a loss function of its own. Feng and Tu explain the
# noise of SGD by an ensemble of them: along one direction
#
# $$L^\mu(\theta)=L^\mu_{\min}\,e^{m^\mu(\theta-\theta^\mu)^2/2},$$
#
# lowest values, places and curvatures being independent normal numbers (as
# we reconstruct it). We average this ensemble exactly (IVF-E9 to IVF-E12),
# see where the average does not exist, see what the linear velocity leaves
# out, and then ask the minibatches of a small network.
#
# *Time: about ten seconds on one CPU core. The full profile (MNIST,
# 784-50-50-10, the source's window of ten epochs) has not been run; we
# expect a few minutes on a GPU.*

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
from scipy.optimize import brentq
from torch.nn.functional import cross_entropy

from sgdtheory.estimate import Estimate
from sgdtheory.networks import datasets
from sgdtheory.runs import device, profile, results
from sgdtheory.stochastic import random_landscape

# %% tags=["parameters"]
data = profile.pick(quick="digits", full="mnist")
width, batch, eta = profile.pick(quick=(30, 10, 0.02), full=(50, 50, 0.1))
warm, window = profile.pick(quick=(30, 7), full=(50, 10))
ranks = profile.pick(
    quick=[2, 3, 5, 8, 12, 18, 27, 40, 60, 80],
    full=list(np.unique(np.geomspace(2, 1000, 40).astype(int))))
batches, seed = 400, 0
where = profile.pick(quick="cpu", full=device.pick())

# %% [markdown]
# ## One curvature: exact
#
# All members have the curvature $m=4$ and the lowest value one; their places
# have the standard deviation $\sigma_\theta=0.2$. The mean is a landscape of
# the same form, with $1/\bar M = 1/m-\sigma_\theta^2$: sharper, and higher
# at its bottom, than its members (IVF-E10).

# %%
m, sigma = 4.0, 0.2
rng = np.random.default_rng(seed)
places = sigma * rng.standard_normal(200_000)
theta = np.linspace(-1.1, 1.1, 111)
member = random_landscape.minibatch_loss(theta, 1.0, places[:12, None], m)
mean = random_landscape.mean_loss(theta, m, sigma)

# %% mystnb={"figure": {"caption": "Twelve minibatch landscapes of one curvature and their exact mean; bars: width at e times the lowest value.", "name": "fig-ivf-members-and-mean"}, "image": {"alt": "Twelve grey curves of equal shape, shifted to left and right, and their mean, a blue curve that lies higher at the bottom and is narrower. A horizontal bar marks the width of the mean, a longer one that of a member."}}
fig, ax = plt.subplots(figsize=(6, 3.8), facecolor="white", layout="tight")
ax.semilogy(theta, member.T, color="#999999", lw=0.8)
ax.semilogy(theta, mean, color="#0072B2", lw=2.5, label="mean, exact")
F_mean = random_landscape.flatness(m, sigma)
for F, low, colour, style, label in (
        (F_mean, mean.min(), "#0072B2", "|-", r"width $F$ of the mean"),
        (np.sqrt(8 / m), 1.0, "#D55E00", "|--", "width of a member")):
    ax.plot([-F / 2, F / 2], 2 * [np.e * low], style, color=colour, ms=12,
            lw=1.5, label=label)
ax.set(xlabel=r"$\theta$ (weight units)", ylabel="loss", ylim=(0.9, 30))
ax.legend(loc="upper center")
plt.show()

# %% tags=["nbval-check-output"]
drawn = (random_landscape.minibatch_loss(0.6, 1.0, places, m)
         / random_landscape.mean_loss(0.6, m, sigma))
exact = results.record(
    "IVF-E10", Estimate.mean_of(drawn), band=(1, 1),
    name="sampled over exact mean loss, one curvature")
sharper = results.record(
    "IVF-E10", Estimate(F_mean**2 / (8 / m - 8 * sigma**2), 0, 1),
    band=(1 - 1e-9, 1 + 1e-9),
    name="squared flatness of the mean over F_mu^2 - 8 sigma^2")
assert exact and sharper

# %% [markdown]
# ## Normal curvatures: no mean at all
#
# Now let the curvature be normal too, mean $\bar m$, variance $s^2$.
# Averaged over $m$ at the distance $u=|\theta-\theta^\mu|$ the loss grows
# like $e^{\bar mu^2/2+s^2u^4/8}$, and the normal density of the places falls
# only like $e^{-u^2/2\sigma_\theta^2}$. The integral diverges for every
# $s>0$ (IVF-E9). How far out this happens depends on two numbers,
# $\bar m\sigma_\theta^2$ and $s\sigma_\theta^2$: with $z=u/\sigma_\theta$
# the logarithm of the integrand is
# $-(1-\bar m\sigma_\theta^2)\,z^2/2+(s\sigma_\theta^2)^2z^4/8$.

# %%
def log_integrand(z, m_s2, s_s2):
    return -(1 - m_s2) * z**2 / 2 + s_s2**2 * z**4 / 8


def turns_up(m_s2, s_s2):
    """Distance, in sigma, beyond which the integrand grows."""
    return np.sqrt(2 * np.clip(1 - m_s2, 0, None)) / s_s2

# %% mystnb={"figure": {"caption": "What is to be averaged over the places of the minima: it always turns up in the end.", "name": "fig-ivf-integrand"}, "image": {"alt": "Logarithm of the integrand against the distance in standard deviations. With little spread of the curvature it falls below minus twenty and turns up only at ten standard deviations; with a spread like that of networks it hardly falls and turns up before two."}}
fig, ax = plt.subplots(figsize=(6, 3.6), facecolor="white", layout="tight")
z = np.linspace(0, 16, 400)
for m_s2, s_s2, colour, line in ((0.16, 0.13, "#0072B2", "-"),
                                 (0.5, 0.13, "#009E73", "-."),
                                 (0.7, 0.45, "#D55E00", "--")):
    label = (rf"$\bar m\sigma_\theta^2={m_s2}$, "
             rf"$s\,\sigma_\theta^2={s_s2}$")
    ax.plot(z, log_integrand(z, m_s2, s_s2), line, color=colour, label=label)
    turn = turns_up(m_s2, s_s2)
    ax.plot(turn, log_integrand(turn, m_s2, s_s2), "o", color=colour)
ax.set(xlabel=r"distance $u/\sigma_\theta$", ylabel="log of the integrand",
       ylim=(-24, 8))
ax.legend(loc="lower left", fontsize=8)
plt.show()

# %% [markdown]
# With little spread the turn is so far out that no sample ever sees it: the
# sample mean looks well behaved and belongs to no mean. That is why
# `random_landscape.mean_loss` refuses instead of sampling. With a bounded
# law of the curvature there is a mean, and for small $s$ the expansion of
# IVF-E10; but the curvature of its logarithm is no longer one number.

# %%
s_m = np.array([0.0, 0.6, 1.2, 2.0])
pairs = [m + s * np.array([-1, 1]) for s in s_m]
room = 1 - m * sigma**2
second = m / room + 3 * s_m**2 * sigma**2 / (2 * room**3)
print("spread s   F of the mean    F from the expansion (two curvatures)")
for s, pair, bent in zip(s_m, pairs, second, strict=True):
    F = random_landscape.flatness(pair, sigma)
    print(f"{s:5.1f} {F:15.4f} {np.sqrt(8 / bent):15.4f}")

# %% [markdown]
# The width at $e$ times the lowest value is narrower than the curvature at
# the bottom says: the quartic term, absent from an inverse-Gaussian form.
#
# ## What the linear velocity leaves out
#
# The velocity of the weights on one minibatch is $-\alpha\,\partial_\theta
# L^\mu$. Its linear form $-\alpha L_{\min}m(\theta-\theta^\mu)$ drops the
# exponential factor. At $\theta=0$ the mean square is then too small by
# $(1-2m\sigma_\theta^2)^{3/2}$ (IVF-E12), and at $m\sigma_\theta^2=1/2$ it
# misses that the exact one is infinite.

# %%
shares = np.linspace(0.005, 0.49, 80)
ratio = [random_landscape.gradient_moments(0.0, x / sigma**2, sigma)[1]
         / (x / sigma) ** 2 for x in shares]
factor = [random_landscape.mean_loss(0.0, x / sigma**2, sigma)
          for x in shares]

# %%
def gradients(x):
    """Slopes at theta = 0 over their linear size, squared."""
    loss = random_landscape.minibatch_loss(0.0, 1.0, places, x / sigma**2)
    return (places / sigma * loss) ** 2

# %% mystnb={"figure": {"caption": "What linearising drops at the bottom of the landscape: mean square of the velocity, and mean of the factor itself.", "name": "fig-ivf-linearised"}, "image": {"alt": "The exact mean square over the linearised one rises from one, to 1.78 at 0.16, and without bound towards one half. Sampled points follow it up to 0.22. The mean factor rises slowly to 1.4."}}
fig, ax = plt.subplots(figsize=(6, 3.8), facecolor="white", layout="tight")
ax.semilogy(shares, ratio, color="#0072B2", label="mean square, exact")
ax.semilogy(shares, factor, "-.", color="#009E73",
            label="mean of the factor")
for x in (0.04, 0.1, 0.16, 0.22):
    got = Estimate.mean_of(gradients(x))
    ax.errorbar(x, got.value, 4 * got.stderr, fmt="o", color="#D55E00",
                label="sampled, 4 s.e." if x == 0.04 else None)
ax.axhline(1, color="k", lw=0.8, ls=":", label="linearised")
ax.axvline(0.5, color="#999999", lw=1, ls="--")
ax.set(xlabel=r"$m\,\sigma_\theta^2$", ylabel="exact over linearised",
       ylim=(0.8, 300))
ax.legend(loc="upper left")
plt.show()

# %% tags=["nbval-check-output"]
x = m * sigma**2
square = results.record(
    "IVF-E12", Estimate.mean_of(gradients(x)),
    band=((1 - 2 * x) ** -1.5,) * 2,
    name="mean square of the velocity over the linearised one, at 0.16")
lost = results.record(
    "IVF-E11", Estimate.mean_of(
        random_landscape.minibatch_loss(0.0, 1.0, places, m)),
    band=((1 - x) ** -0.5,) * 2, name="mean of the dropped factor, at 0.16")
assert square and lost

# %% [markdown]
# ## Minibatches of a network
#
# How large is $m\sigma_\theta^2$ in a network? We train an
# inputs-30-30-10 network without biases, and go on with the hidden layer
# alone while its weights are recorded at every step. As in the source the
# directions are principal components of that window.

# %%
x, y = (z.to(where) for z in datasets.load(data))
x, n = x.flatten(1), len(y)
draw = torch.Generator().manual_seed(seed)
W = [(torch.randn(a, b, generator=draw) * (2 / a) ** 0.5).to(where)
     for a, b in ((x.shape[1], width), (width, width), (width, 10))]


def logits(x):
    return ((x @ W[0]).relu() @ W[1]).relu() @ W[2]

# %%
def epoch(layers):
    """One epoch of SGD on these layers; yields after every step."""
    chosen = [W[k].requires_grad_() for k in layers]
    for i in torch.randperm(n, generator=draw).to(where).split(batch):
        loss = cross_entropy(logits(x[i]), y[i])
        slopes = torch.autograd.grad(loss, chosen)
        with torch.no_grad():
            for w, g in zip(chosen, slopes, strict=True):
                w -= eta * g
        yield

# %%
for _ in profile.progress(range(warm), "warm-up"):
    for _ in epoch([0, 1, 2]):
        pass
W = [w.detach() for w in W]
path = torch.stack([W[1].detach().cpu().flatten().clone()
                    for _ in range(window) for _ in epoch([1])]).double()
centre = path.mean(0)
spread = (path - centre).T @ (path - centre) / len(path)
variances, axes = torch.linalg.eigh(spread)
variances, axes = variances.flip(0), axes.flip(1)

# %% [markdown]
# Along a direction the losses of all samples give those of any minibatch.

# %%
hidden = (x @ W[0]).relu().double()
before = hidden @ centre.view(width, width).to(where)
last = W[2].double()


@torch.no_grad()
def losses(rank, theta):
    """Loss of every sample at each theta, shape (points, samples)."""
    step = hidden @ axes[:, rank - 1].view(width, width).to(where)
    rows = [cross_entropy((before + t * step).relu() @ last, y,
                          reduction="none") for t in theta]
    return torch.stack(rows).cpu().numpy()

# %%
def reach(rank, sign):
    """Where the mean loss is e times that at the centre."""
    def above(t):
        ends = losses(rank, [0.0, sign * t]).mean(1)
        return np.log(ends[1] / ends[0]) - 1

    far = 0.1
    while above(far) < 0:
        far *= 1.6
    return brentq(above, 0, far, xtol=1e-3 * far)

# %%
def minibatches(size):
    """Members of `batches` random minibatches, without replacement."""
    return np.array([rng.permutation(n)[:size] for _ in range(batches)])


def measured(rank, members):
    left, right = reach(rank, -1), reach(rank, 1)
    theta = np.linspace(-left, right, 31)
    every = losses(rank, theta)
    mine = np.array([every[:, i].mean(1) for i in members])
    return left + right, theta, mine, random_landscape.fit(theta, mine)


sizes = (batch, 5 * batch)
found = {size: [measured(rank, minibatches(size)) for rank in ranks]
         for size in sizes}

# %% mystnb={"figure": {"caption": "Losses of eight minibatches along one principal direction (points) and the parabolas through their logarithms.", "name": "fig-ivf-minibatch-losses"}, "image": {"alt": "Eight sets of points, each close to a parabola on a logarithmic axis. The parabolas differ in height by more than a factor ten, and in place and width too. A thick line, the loss of all samples, has its minimum near zero."}}
F, theta, mine, fitted = found[batch][4]
fig, ax = plt.subplots(figsize=(6, 3.8), facecolor="white", layout="tight")
inside = np.abs(fitted.place) < F / 2
some = np.flatnonzero(inside)[:8]
for k, colour in zip(some, 2 * ["#0072B2", "#D55E00", "#009E73", "#CC79A7"],
                     strict=True):
    parabola = random_landscape.minibatch_loss(
        theta, np.exp(fitted.log_L_min[k]), fitted.place[k], fitted.m[k])
    ax.semilogy(theta, mine[k], ".", ms=4, color=colour)
    ax.semilogy(theta, parabola, color=colour)
ax.semilogy(theta, losses(ranks[4], theta).mean(1), "k", lw=2.5,
            label="all samples")
ax.set(xlabel=rf"$\theta$ along component {ranks[4]} (weight units)",
       ylabel="loss")
ax.legend()
plt.show()

# %% [markdown]
# The form holds well. What of the ensemble? A curvature near zero throws
# its minimum far out, so that the spread of the places is taken from
# quantiles (half the distance from the 16th to the 84th per cent).

# %%
def numbers(F, theta, mine, fitted):
    """F, m, s, sigma, share of m > 0, correlation of m and ln L_min."""
    low, high = np.nanquantile(fitted.place, [0.16, 0.84])
    inside = np.abs(fitted.place) < F / 2
    both = np.corrcoef(fitted.m[inside], fitted.log_L_min[inside])[0, 1]
    return (F, fitted.m.mean(), fitted.m.std(), (high - low) / 2,
            np.mean(fitted.m > 0), both)


tables = {size: np.array([numbers(*one) for one in found[size]]).T
          for size in sizes}
confined = {size: t[1] * t[3] ** 2 for size, t in tables.items()}
predicted = {size: np.sqrt(8 * np.clip(1 / t[1] - t[3] ** 2, 0, None)) / t[0]
             for size, t in tables.items()}
small, large = sizes
F, m_, s_, sigma_, lowest, together = tables[small]

# %% mystnb={"figure": {"caption": "Flatness predicted by the mean field, from the measured curvatures and places of the minibatches, over the measured one.", "name": "fig-ivf-predicted-flatness"}, "image": {"alt": "Predicted over measured flatness against m sigma squared, ten directions each. The larger minibatches gather below 0.2 with ratios just below one. The smaller ones reach far to the right, where the ratio falls, steeply towards m sigma squared equal to one."}}
fig, ax = plt.subplots(figsize=(6, 3.6), facecolor="white", layout="tight")
for size, colour, marker in zip(sizes, ("#D55E00", "#0072B2"), "os",
                                strict=True):
    ax.plot(confined[size], predicted[size], marker, color=colour,
            label=f"minibatches of {size}")
ax.axhline(1, color="k", lw=0.8, ls=":")
ax.axvline(0.5, color="#999999", lw=1, ls="--",
           label="no mean square beyond")
ax.axvline(1, color="#999999", lw=1, label="no mean beyond")
ax.set(xlabel=r"$\bar m\,\sigma_\theta^2$", ylim=(-0.05, 1.25),
       ylabel="predicted / measured flatness")
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# Minibatches of a few dozen samples out of 1,500 are alike, $m\sigma_\theta^2$
# is small and the prediction $F^2=8(1/\bar m-\sigma_\theta^2)$ is good.
# For small minibatches it is not: there the literal formula has two nearly
# equal terms to subtract, and along some directions no mean square exists,
# or hardly a mean. The bands from here on were set with two other seeds.

# %% tags=["nbval-check-output"]
good = results.record(
    "IVF-E10", Estimate(predicted[large].mean(), 0, 1), band=(0.85, 1.1),
    paper=("one", (0.9, 1.1)),
    name="predicted over measured flatness, large minibatches, mean")
bad = results.record(
    "IVF-E10", Estimate(predicted[small].min(), 0, 1), band=(0, 0.8),
    paper=("one", (0.9, 1.1)),
    name="predicted over measured flatness, small minibatches, worst")
assert good and bad

# %% tags=["nbval-check-output"]
turn = turns_up(confined[small], s_ * sigma_**2)
convex = results.record(
    "IVF-E9", Estimate(lowest.min(), 0, batches), band=(0.8, 1),
    name="share of minibatches with a lowest point, least of all directions")
near = results.record(
    "IVF-E9", Estimate(turn.min(), 0, 1), band=(0, 4),
    name="distance, in sigma, at which the normal average turns up, least")
apart = results.record(
    "IVF-E9", Estimate(np.median(np.abs(together)), 0, 1), band=(0, 0.7),
    paper=("independent", (0, 0.2)),
    name="correlation of curvature and log lowest value, median size")
assert convex and near and apart

# %% [markdown]
# With the measured spreads the integrand of the normal average turns up
# within a few $\sigma_\theta$: here the divergence is no matter of far
# tails. (The share of minibatches with a lowest point depends on how far
# out the parabola is fitted: here up to $e$ times the lowest loss.)
#
# ## Velocities
#
# $\Delta$, the mean square of one step along the component, falls with
# flatness. Is this the mean field, $\Delta\propto m^2\sigma_\theta^2$? If
# every length of the landscape grows with $F$, then $m\propto F^{-2}$,
# $\sigma_\theta\propto F$ and $\Delta\propto F^{-2}$ whatever the
# landscape (IVF-E12).

# %%
steps = (path @ axes[:, [rank - 1 for rank in ranks]]).diff(dim=0)
Delta = (steps**2).mean(0).numpy()


def slope(quantity):
    return np.polyfit(np.log(F), np.log(quantity), 1)[0]

# %% mystnb={"figure": {"caption": "Curvature and place (left), and velocities (right), against the flatness of the direction.", "name": "fig-ivf-scaling"}, "image": {"alt": "On double logarithmic axes curvatures fall with a slope close to minus two and places rise with a slope somewhat below one. The mean square of a step falls a little more steeply than the dotted line of slope minus two."}}
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="tight")
fig.set_facecolor("white")
left.loglog(F, m_, "o", color="#0072B2", label=r"$\bar m$")
left.loglog(F, 8 / F**2, ":", color="#0072B2", label=r"$8/F^2$")
left.loglog(F, sigma_, "^", color="#D55E00", label=r"$\sigma_\theta$")
left.loglog(F, 0.3 * F, "--", color="#D55E00", label=r"$0.3\,F$")
right.loglog(F, Delta, "s", color="#009E73", label=r"$\Delta$, measured")
right.loglog(F, Delta[0] * (F / F[0]) ** -2, "k:", label="slope -2")
left.set(xlabel="flatness $F$ (weight units)",
         ylabel=r"$\bar m$ and $\sigma_\theta$")
right.set(xlabel="flatness $F$ (weight units)", ylabel="mean square of a step")
for ax in (left, right):
    ax.set_xticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
    ax.minorticks_off()
    ax.set_xlim(0.8 * F.min(), 1.2 * F.max())
    ax.legend()
plt.show()

# %% tags=["nbval-check-output"]
factor = [np.nanquantile(one[3].m * one[3].place**2 / 2, 0.9)
          for one in found[small]]
falls = results.record(
    "IVF-E12", Estimate(-slope(Delta), 0, 1), band=(1.8, 3.5),
    paper=("lost; falls with flatness", (0, np.inf)),
    name="exponent of the velocity variance in flatness")
beyond = results.record(
    "IVF-E12", Estimate(np.mean(confined[small] >= 0.5), 0, len(ranks)),
    band=(0.1, 1), name="share of directions without a mean square")
dropped = results.record(
    "IVF-E11", Estimate(np.exp(max(factor)), 0, 1), band=(1.3, np.inf),
    paper=("one: dropped", (0.9, 1.1)),
    name="dropped factor, ninth decile, largest of all directions")
assert falls and beyond and dropped

# %% [markdown]
# Both exponents of the landscape are near what scaling asks for, and the
# velocities fall somewhat faster than $F^{-2}$: in the flattest of these
# directions $\sigma_\theta$ no longer keeps up with $F$.
#
# ## What we found
#
# - For one curvature the mean field is exact: the mean landscape is sharper
#   than its members, $F^2=F_\mu^2-8\sigma_\theta^2$.
# - Under literal Gaussian averaging the reconstructed expression diverges
#   for any spread of the curvature; in the small network this happens within
#   a few $\sigma_\theta$.
# - The linear velocity misses a factor that is infinite from
#   $m\sigma_\theta^2=1/2$ on. Small minibatches are there.
# - Curvature and lowest value of a minibatch are not independent here.
# - That velocities fall with flatness is reproduced. The mean field adds
#   little to what scaling says; and it says nothing of the variance of the
#   weights themselves, which needs the time over which velocities are
#   correlated (IVF-E13).
