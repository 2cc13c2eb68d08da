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
# # The paper's toy: who leaves, and which way
#
# SGD leaves a sharp minimum more often than Langevin dynamics with the
# same noise *at* the minimum; noise that grows with the distance catches up.
# The power-law paper shows this on a loss of two weights (its section 5.2),
# as evidence for its theory of escape over a barrier.
#
# We repeat the experiment. The order of the dynamics comes out as claimed
# (PLD-EXP52). Then we ask what it is evidence for: which way do the runs
# leave, what does the theory say about these very coefficients, and is the
# noise of SGD here what the model says it is?
#
# *Time: about 15 seconds on one CPU core; the full profile takes half a
# minute there, less on a GPU.*

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

from sgdtheory.checks.escape.toy import Toy, fitted_growth, slope
from sgdtheory.estimate import Estimate
from sgdtheory.runs import device, profile, results
from sgdtheory.stochastic.first_passage import log_mean_first_passage_time

# %% tags=["parameters"]
repeats = profile.pick(quick=1000, full=10_000)
data_sets = profile.pick(quick=8, full=20)  # in the test of the data
parts = profile.pick(quick=[1, 2, 4, 8, 16], full=[1, 2, 4, 8, 16, 32])
where = profile.pick(quick="cpu", full=device.pick())
data_seed, seed = 110, 1
eta, steps, wall = 0.025, 500, 3.5
grid = [0, 1, 2, 4, 8, 16, 32]  # lambda_1

# %% [markdown]
# ## The toy
#
# As we reconstruct it, the loss of one sample $x\in\mathbb{R}^2$ is
# $\ell(w-x)$ with $\ell(v) = 15\sum_j |v_j-1|^{5/2}\,|v_j+1|^3$, and $L$
# is the mean over $n$ draws $x_i\sim N(0,\,0.01\,I_2)$. The coordinates do
# not feel each other. Each has a minimum near $-1$, one near $+1$, and
# between them a barrier of height 15.
#
# - **SGD**: from the minimum $w^*$ near $(-1,-1)$, $\eta = 0.025$, batch 1,
#   500 steps. A run *leaves* if a coordinate becomes positive.
# - **Model**: $w' = w - \eta g(w) + \eta\lambda_2
#   \sqrt{1+\lambda_1(w-w^*)^2}\odot\xi$ with standard normal $\xi$, where
#   $2\lambda_2^2$ is the trace of SGD's covariance at $w^*$. Langevin is
#   $\lambda_1 = 0$.
#
# Not known to us: $n$, the batch, the start, the values of $\lambda_1$.
# The package's `slope` is the derivative of one term of $\ell$, and `Toy`
# a data set with its minimum. We take $n = 500$, samples with
# replacement and the minimum found numerically, and keep
# $|w_j|\le 3.5$, since $|g|$ grows like $|w|^{4.5}$.

# %%
toy = Toy(data_seed)
x, w_star = toy.x, toy.minimum
for name, w in [("(-1, -1)", w_star), ("(+1, +1)", 0.97)]:
    ahead, behind = (slope(w + h - x).mean() for h in (1e-4, -1e-4))
    H = (ahead - behind) / 2e-4
    print(f"near {name}: H = {H:.0f}, eta H = {eta * H:.2f}")
print(f"lambda_2 = {toy.sigma_g ** 0.5:.1f}")

# %% [markdown]
# Two warnings already. Near $(-1,-1)$ $\eta H$ is about one: gradient
# descent reaches the minimum in *one step*, and no differential equation
# describes that. Near $(+1,+1)$ it is above two: gradient descent itself is
# unstable there, and leaving is no matter of noise. We stay on the left.
#
# ## The loops
#
# A dynamic is a function `move(w, draw, k)`. One loop runs them all, and
# notes for each exit where the weight was one step before.

# %%
points, star = (torch.tensor(a, device=where) for a in (x, w_star))


def sgd(loss=1.0, batch=1):
    def move(w, draw, k):
        i = torch.randint(len(x), (batch, len(w)), generator=draw,
                          device=where)
        return w - eta * loss * slope(w - points[i]).mean(0)

    return move

# %%
at = np.linspace(-wall, wall, 7001)
table = np.stack([slope(at[:, None] - c).mean(1) for c in x.T], 1)
g_table = torch.tensor(table, device=where)


def g(w):
    """The full gradient, from its table."""
    place = (w + wall) * 1000
    i = place.long().clamp(max=6999)
    low, high = g_table.gather(0, i), g_table.gather(0, i + 1)
    return low + (place - i) * (high - low)

# %%
def model(growth, loss=1.0):
    def move(w, draw, k):
        xi = torch.randn(w.shape, generator=draw, device=where,
                         dtype=w.dtype)
        noise = (toy.sigma_g * (1 + growth * (w - star) ** 2)).sqrt() * xi
        return w - eta * loss * (g(w) - noise)

    return move

# %%
def run(move, repeats=repeats, path=None):
    """Which runs left; the offset from w* one step before each exit."""
    draw = torch.Generator(where).manual_seed(seed)
    w = star.repeat(repeats, 1)
    gone, before = torch.zeros_like(w[:, 0], dtype=bool), []
    for k in range(steps):
        new = move(w, draw, k)
        out = (new > 0) & ~gone[:, None]
        before.append((w - star)[out])
        gone |= out.any(1)
        w = new.clamp(-wall, wall)
        if path is not None:
            path.append(w.cpu().numpy())
    return gone.cpu().numpy(), torch.cat(before).cpu().numpy()

# %% mystnb={"figure": {"caption": "The training loss, and the last steps of three SGD runs before they leave. Crosses: the exits.", "name": "fig-toy-surface"}, "image": {"alt": "Contour map of the loss with four minima near plus and minus one in each coordinate. Three SGD paths jitter about the lower left minimum, step out to the far left or far bottom, and from there jump across the barrier in a single long step."}}
path = [np.tile(w_star, (3, 1))]
run(sgd(), 3, path)
path = np.array(path)
axis = np.linspace(-1.7, 1.4, 120)
height = [15 * np.mean(np.abs(v - 1) ** 2.5 * np.abs(v + 1) ** 3, 1)
          for v in (axis[:, None] - c for c in x.T)]
fig, ax = plt.subplots(figsize=(5.6, 5), facecolor="white")
ax.contourf(axis, axis, np.log10(height[0] + height[1][:, None]), 20,
            cmap="Greys", alpha=0.7)
for k, colour in enumerate(["#0072B2", "#D55E00", "#009E73"]):
    last = np.argmax((path[:, k] > 0).any(1))
    tail = path[max(0, last - 12):last + 1, k]
    ax.plot(*tail.T, ".-", color=colour, lw=1)
    ax.plot(*tail[-1], "X", color=colour, ms=10)
ax.set(xlabel="weight $w_1$", ylabel="weight $w_2$", aspect="equal",
       xlim=(-1.7, 1.4), ylim=(-1.7, 1.4))
plt.show()

# %% [markdown]
# ## The experiment
#
# Runs alone would leave us with sampling errors. For the model there is an
# exact route beside them: its coordinates are independent chains with
# normal steps, so that the probability of being still inside follows from
# applying the chain's kernel 500 times, an integral over 300 Gauss points
# (`Toy.out`). The lines below are exact, the points are runs.

# %%
losses = [1.0, 0.9]
toys = {c: Toy(data_seed, c) for c in losses}
exact = np.array([[toys[c].out(k) for k in grid] for c in losses])
sgd_runs = {c: run(sgd(c)) for c in losses}
model_runs = {(k, c): run(model(k, c)) for c in losses for k in grid}
rate = {key: gone.mean() for key, (gone, _) in
        (sgd_runs | model_runs).items()}

# %%
def wilson(p, n=repeats, z=1.96):
    """Distances from p down and up to the ends of its 95 % interval."""
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = np.sqrt(p * (1 - p) / n + (z / n / 2) ** 2) * z / (1 + z * z / n)
    return np.maximum([p - middle + half, middle + half - p], 0)

# %% mystnb={"figure": {"caption": "Share of runs that leave within 500 steps, for the loss and for 0.9 times the loss: the model against the growth of its noise (points: runs with 95 % intervals; lines: exact), and SGD (stars, at the right).", "name": "fig-toy-success"}, "image": {"alt": "Two rising curves of the share that leaves against lambda 1, one for the full loss and a lower one for the loss times 0.9; simulated points lie on the exact lines. The stars of SGD at the right are near one for both losses, far above Langevin at the left on the flatter loss."}}
fig, ax = plt.subplots(figsize=(6.4, 4.2), facecolor="white")
for c, line, colour, style in zip(losses, exact, ["#0072B2", "#D55E00"],
                                  ["o-", "s--"], strict=True):
    p = np.array([rate[k, c] for k in grid])
    ax.plot(range(7), line, style[1:], color=colour)
    ax.errorbar(range(7), p, wilson(p), fmt=style[0], color=colour,
                capsize=3, label=f"model, loss times {c:g}")
    ax.errorbar(7.5 + c, rate[c], wilson(rate[c])[:, None], fmt="*",
                ms=12, color=colour, label=f"SGD, loss times {c:g}")
ax.set(xticks=[*range(7), 8.45], ylim=(-0.02, 1.04),
       xticklabels=["0\nLangevin", *grid[1:], "SGD"],
       xlabel=r"growth of the noise, $\lambda_1$",
       ylabel="share of runs that leave")
ax.legend(frameon=False, loc="center", bbox_to_anchor=(0.64, 0.3))
plt.show()

# %% [markdown]
# As we reconstruct it, the paper reads four things off this figure: more
# growth, more exits; the model can do as well as SGD; Langevin cannot; all
# are slower to leave the flatter minimum. All four are there. The bands
# were set after a look at other data sets, before this one was drawn.
#
# Two remarks. The exact curve is continuous and rises from below SGD to
# above it, so that some $\lambda_1$ *must* meet SGD: the second point is no
# test of the model. And a factor 0.9 on every per-sample loss multiplies
# gradient and noise alike: "flatter" is here the same recursion with $\eta$
# ten percent smaller.

# %% tags=["nbval-check-output"]
def judge(value, band, name):
    if not isinstance(value, Estimate):
        value = Estimate(value, 0.0, 1)
    return results.record("PLD-EXP52", value, band=band, name=name)


def less(p, q):
    """p - q, for two shares of runs."""
    error = ((p * (1 - p) + q * (1 - q)) / repeats) ** 0.5
    return Estimate(p - q, error, repeats)


assert all([
    judge(np.diff(exact[1]).min(), (0, np.inf),
          "smallest rise with lambda_1"),
    judge(toys[0.9].out(128) - rate[0.9], (0, np.inf),
          "model with lambda_1 = 128 less SGD, flatter loss"),
    judge(less(rate[0.9], rate[0, 0.9]), (0.5, 1),
          "SGD less Langevin, flatter loss"),
    judge(less(rate[0, 1.0], rate[0, 0.9]), (0.02, 1),
          "Langevin less Langevin on the flatter loss"),
])

# %% [markdown]
# ## How much of it is the data set?
#
# $\lambda_2$ and $g$ come from $n$ random points. The chain has no sampling
# error, so that the spread in the next figure is the data's alone.

# %%
sizes = [100, 500, 5000]
by_data = {(n, k): [Toy(data_seed + s, 1.0, n).out(k)
                    for s in range(data_sets)]
           for n in sizes for k in (0, 8)}

# %% mystnb={"figure": {"caption": "Exact share that leaves, full loss, on different data sets of three sizes. Each point is one data set.", "name": "fig-toy-data"}, "image": {"alt": "Strip plot. With 100 samples the points of Langevin are scattered over most of the range from zero to one, with 500 samples still over about half of it, with 5000 much less. The points for lambda 1 equal to 8 lie higher and are scattered as well."}}
fig, ax = plt.subplots(figsize=(6, 3.8), facecolor="white")
for (n, k), p in by_data.items():
    place = sizes.index(n) + (0.12 if k else -0.12)
    ax.plot(place + np.linspace(-0.06, 0.06, data_sets), p,
            "^" if k else "o", color="#D55E00" if k else "#0072B2",
            mfc="none", label=rf"$\lambda_1 = {k}$" if n == 100 else None)
ax.set(xticks=range(3), xticklabels=sizes, ylim=(-0.02, 1.02),
       xlabel="samples in the data set, $n$",
       ylabel="share of runs that leave")
ax.legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# A success rate here is a number about one data set: fix its seed, or show
# the spread. Only the *order* of the dynamics is the same on all of them.

# %% tags=["nbval-check-output"]
langevin = np.array(by_data[500, 0])
assert judge(np.ptp(langevin), (0.2, 1),
             "spread of Langevin over data sets of 500")
assert judge((np.array(by_data[500, 8]) - langevin).min(), (0, 1),
             "smallest gain from lambda_1 = 8 over these data sets")

# %% [markdown]
# ## The way out
#
# Where was a run one step before it left? A path over the barrier comes
# from just below zero: an offset of about $+0.9$ from the minimum.

# %% mystnb={"figure": {"caption": "Left: one gradient step without noise; from below about -1.35 it leads over the barrier. Right: where the runs were one step before they left.", "name": "fig-toy-way-out"}, "image": {"alt": "Left, the next weight against the weight: flat near the minimum at minus one, turning up steeply on the far left where it crosses zero near minus 1.35. Right, histograms of the offset from the minimum one step before the exit: almost all of SGD and of Langevin is left of zero, on the side away from the barrier."}}
fig, (ax, side) = plt.subplots(1, 2, figsize=(8.4, 3.7), layout="tight",
                               facecolor="white")
w = np.linspace(-1.6, 0.05, 200)
ax.plot(w, w - eta * slope(w[:, None] - x[:, 0]).mean(1), color="#0072B2",
        label="next weight")
ax.plot(w, w, ":", color="#666666", label="no change")
ax.axhspan(0, 2, color="#D55E00", alpha=0.15)
ax.set(xlabel="weight $w_1$", ylabel=r"$w_1-\eta g_1(w_1)$",
       ylim=(-1.6, 2))
ways = {"SGD": sgd_runs[1.0][1], "Langevin": model_runs[0, 1.0][1]}
for k, (name, offsets) in enumerate(ways.items()):
    side.hist(offsets, np.linspace(-0.8, 1, 37), density=True, lw=1.8,
              ls=["-", "--"][k], histtype="step", label=name,
              color=["#0072B2", "#D55E00"][k])
side.set(xlabel="offset from $w^*$ one step before", ylabel="density")
for each in (ax, side):
    each.legend(frameon=False, loc="lower right" if each is ax else None)
plt.show()

# %% [markdown]
# Nearly all came from the *other side*. The far wall is steep: a kick of
# $-0.35$, some three standard deviations of one Langevin step, and the next
# gradient step carries the weight across. SGD needs less, since a sample
# far out in the data adds its own offset. Hardly a run climbs the barrier.

# %% tags=["nbval-check-output"]
assert all([judge(Estimate.mean_of(offsets < 0), (0.8, 1),
                  f"share of exits from the far side, {name}")
            for name, offsets in ways.items()])

# %% [markdown]
# ## The equation, and its step
#
# The theory of this chapter is about the Itô equation $dw = -g\,dt +
# \sqrt{\eta C}\,dB$. The model is its Euler scheme with a step as long as
# $\eta$. So keep the equation, $\eta = 0.025$ in its noise, and divide the
# *step*. What belongs to the equation stays; an overshoot does not.

# %%
scanned = [0, 8, 32, 128]
by_step = {k: np.array([toy.out(k, p) for p in parts]) for k in scanned}


def equation(growth, j):
    """log of the exact mean time to reach 0 in the Itô equation."""
    return log_mean_first_passage_time(
        lambda w: -np.interp(w, at, table[:, j]),
        lambda w: eta / 2 * toy.sigma_g
        * (1 + growth * (w - w_star[j]) ** 2),
        w_star[j], 0.0, lower=-wall, cells=20_000)

# %% mystnb={"figure": {"caption": "Exact share that leaves in the same time when each step of the model is divided. Dotted: the Itô equation. The leftmost points are the toy.", "name": "fig-toy-step"}, "image": {"alt": "Log-log plot against the number of parts of a step. Langevin falls by four orders of magnitude at two parts and then out of the figure; lambda 1 equal to 8 falls to its dotted limit near ten to the minus five, 32 to a limit near ten percent; 128 stays near one."}}
fig, ax = plt.subplots(figsize=(6.4, 4.2), facecolor="white")
for k, mark, colour in zip(scanned, "os^D",
                           ["#0072B2", "#D55E00", "#009E73", "#CC79A7"],
                           strict=True):
    keep = by_step[k] > 1e-9  # below: rounding
    ax.loglog(np.array(parts)[keep], by_step[k][keep], mark + "-",
              color=colour, label=rf"$\lambda_1 = {k}$")
    hazard = np.exp([-equation(k, j) for j in (0, 1)]).sum()
    ax.axhline(-np.expm1(-steps * eta * hazard), ls=":", color=colour)
ax.set(xlabel="parts of each step", ylabel="share of runs that leave",
       ylim=(1e-9, 3), xticks=parts, xticklabels=parts)
ax.minorticks_off()
ax.legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# Half a step, and Langevin's exits are gone. Only where the noise grows so
# fast that the equation has hardly a barrier left ($\lambda_1 = 128$) does
# the toy show what the equation says.

# %% tags=["nbval-check-output"]
assert judge(1 - by_step[0][1] / by_step[0][0], (0.99, 1),
             "share of Langevin's exits that half steps take away")
assert judge(by_step[128][1] / by_step[128][0], (0.9, 1),
             "the same exits at lambda_1 = 128, half steps over full")

# %% [markdown]
# Where exactly does theory fail? The table has the mean number of steps of
# one coordinate, as a power of ten: in the toy; in the equation, solved
# exactly; and by the asymptotic formula of PLD-L6 in Itô form for first
# reach (Kramers' for $\lambda_1 = 0$), with
# $\kappa = H/(\eta\lambda_1\lambda_2^2)$ and $X = 2\lambda_1\Delta L/H$.

# %%
def formula(growth):
    """log of half the crossing time; X and kappa from H_a, H_b, dL."""
    w = np.linspace(-1.1, 0.3, 14_001)
    slopes = np.interp(w, at, table[:, 0])
    a, b = np.searchsorted(w, w_star[0]), np.argmax((w > -0.5) & (slopes < 0))
    H, H_b = np.abs(np.gradient(slopes, w)[[a, b]])
    dL, prefactor = np.trapezoid(slopes[a:b], w[a:b]), np.pi / (H * H_b)**0.5
    if growth == 0:
        return np.log(prefactor) + 2 * dL / (eta * toy.sigma_g)
    kappa, X = H / (eta * growth * toy.sigma_g), 2 * growth * dL / H
    front = np.log(prefactor * kappa / (kappa + 0.5))
    return front + (kappa + 0.5) * np.log1p(X)

# %%
print("log10 of the mean number of steps\n"
      "lambda_1   toy   equation   formula")
for k in scanned:
    kernel = toy.kernels(k)[0]
    one = np.ones(len(kernel))
    mean = np.linalg.solve(np.eye(len(one)) - kernel, one)[-1]
    logs = [np.log(mean), *(v - np.log(eta)
                            for v in (equation(k, 0), formula(k)))]
    print("{:8d} {:5.1f} {:10.1f} {:9.1f}".format(
        k, *(v / np.log(10) for v in logs)))

# %% [markdown]
# The formula is near the equation, although its hypothesis ($C$ a function
# of $L$) is not met, and the saddle lies a little beyond zero. What fails is
# the step from the *equation* to the recursion: for Langevin by nineteen
# powers of ten.
#
# ## Is SGD's noise what the model says?
#
# The model takes the covariance at $w^*$ times $1+\lambda_1u^2$. We can
# compute SGD's, exactly for these data, and fit $\lambda_1$.

# %%
u = np.linspace(-0.4, 0.9, 131)
inner = np.abs(u) < 0.301
own, r2 = fitted_growth(u[inner], toy.trace(u[inner]), 2 * toy.sigma_g)

# %% mystnb={"figure": {"caption": "Trace of SGD's covariance on the line from the far wall over the minimum (offset 0) towards the barrier, and the fitted form of the model.", "name": "fig-toy-noise"}, "image": {"alt": "On the far side, left of zero, the trace rises steeply by two orders of magnitude. On the side of the barrier it rises and falls, between a tenth of and twice the value at the minimum. The fitted symmetric parabola misses both sides."}}
fig, ax = plt.subplots(figsize=(6.4, 3.9), facecolor="white")
ax.semilogy(u, toy.trace(u) / (2 * toy.sigma_g), color="#0072B2",
            label="SGD, exact for these data")
ax.semilogy(u, 1 + own * u**2, "--", color="#D55E00",
            label=rf"fit within 0.3, $R^2 = {r2:.2f}$")
ax.semilogy(u, 1 + 32 * u**2, ":", color="#009E73",
            label=r"$\lambda_1 = 32$")
ax.axvline(0, color="#666666", lw=1)
ax.set(xlabel="offset from the minimum, both weights, $u$",
       ylabel=r"$\mathrm{Tr}\,C(u)/\mathrm{Tr}\,C(0)$")
ax.legend(frameon=False, fontsize=9)
plt.show()

# %% [markdown]
# No parabola: a wall of noise on the far side, and on the way to the
# barrier no growth to speak of. The one number of the fit is an average of
# two unlike sides.
#
# A quantitative test, then. Take SGD's *own* $\lambda_1$ from the fit and
# compare rates where they are not all near one: on smaller multiples of the
# loss. Third in the figure is normal noise with SGD's exact variance at each
# point: if that failed too, the *shape* of the noise would matter, which no
# covariance knows.

# %%
multiples = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
smaller = [Toy(data_seed, c) for c in multiples]
left = np.array([run(sgd(c))[0].mean() for c in multiples])
models = {
    r"model, SGD's own $\lambda_1$": [t.out(own) for t in smaller],
    "normal noise, SGD's variance": [t.out(None) for t in smaller],
    r"model, $\lambda_1 = 32$": [t.out(32) for t in smaller],
    "Langevin": [t.out(0) for t in smaller],
}

# %% mystnb={"figure": {"caption": "Share that leaves against the multiple of the loss (which is a multiple of the learning rate): SGD with 95 % intervals, and four models, exact.", "name": "fig-toy-own"}, "image": {"alt": "SGD falls from one to a few percent as the loss is multiplied by 0.5. The model with SGD's own lambda 1 stays near one, normal noise with SGD's variance falls later than SGD, the model with lambda 1 equal to 32 and Langevin fall much earlier."}}
fig, ax = plt.subplots(figsize=(6.4, 4), facecolor="white")
ax.errorbar(multiples, left, wilson(left), fmt="k*-", ms=10, capsize=3,
            label="SGD")
for (name, p), style, colour in zip(
        models.items(), ["o-", "s--", "^:", "D-."],
        ["#D55E00", "#CC79A7", "#009E73", "#0072B2"], strict=True):
    ax.plot(multiples, p, style, color=colour, mfc="none", label=name)
ax.set(xlabel="multiple of the loss", ylim=(-0.02, 1.04),
       ylabel="share of runs that leave")
ax.invert_xaxis()
ax.legend(frameon=False, fontsize=9, ncol=2, loc="lower center",
          bbox_to_anchor=(0.5, 1))
plt.show()

# %% tags=["nbval-check-output"]
own_rate, gaussian = (np.array(p)[4] for p in list(models.values())[:2])
assert judge(1 - r2, (0.5, 1), "1 - R^2 of the model's form of the noise")
assert judge(less(own_rate, left[4]), (0.5, 1),
             "model with SGD's own growth less SGD, loss times 0.6")
assert judge(less(gaussian, left[4]), (0.1, 1),
             "normal noise with SGD's variance less SGD, loss times 0.6")

# %%
if profile.current() == "full":
    results.save("pld-exp52-toy", {
        "lambda_1": np.array(grid), "losses": np.array(losses),
        "exact": exact, "sgd": np.array([rate[c] for c in losses]),
        "model": np.array([[rate[k, c] for k in grid] for c in losses]),
        "parts": np.array(parts), "scanned": np.array(scanned),
        "by_step": np.array(list(by_step.values())),
        "multiples": np.array(multiples), "sgd_of_multiples": left,
        "models_of_multiples": np.array(list(models.values())),
    }, {"seed": seed, "data_seed": data_seed, "repeats": repeats,
        "models": list(models)})

# %% [markdown]
# With the growth that its noise has, the model leaves far too often; with
# $\lambda_1 = 32$, which looked right on the full loss, far too rarely.
# Even the exact covariance does not do: one sample's gradient is no normal
# variable (PLD-E2 asks for large batches). No single $\lambda_1$ serves all
# learning rates.
#
# ## Other choices
#
# What the source leaves open, on 0.7 times the loss: the way of sampling;
# and on the full loss: the batch.

# %%
def fresh(w, draw, k):
    drawn = torch.randn(w.shape, generator=draw, device=where,
                        dtype=w.dtype) / 10
    return w - eta * 0.7 * slope(w - drawn)


shuffle = torch.Generator(where).manual_seed(seed)
order = torch.rand(steps, repeats, generator=shuffle,
                   device=where).argsort(0)


def one_pass(w, draw, k):
    return w - eta * 0.7 * slope(w - points[order[k]])


for name, move in [("with replacement", sgd(0.7)), ("one pass", one_pass),
                   ("fresh samples", fresh), ("full, batch 1", sgd()),
                   ("full, batch 2", sgd(batch=2)),
                   ("full, batch 4", sgd(batch=4))]:
    print(f"{name:17s} {run(move)[0].mean():.2f}")

# %% [markdown]
# One pass through the data in random order is not the same as drawing with
# replacement, nor as samples that never come twice. At batch 4 the noise of
# a step is half as large, and next to no run leaves.

# %% [markdown]
# ## What to remember
#
# - The four qualitative claims hold, with the constants as we reconstruct
#   them, on every data set that we tried.
# - They are not about barriers. At $\eta H\approx1$ runs leave by one
#   overshoot from the far wall; with half steps of the same equation
#   constant noise hardly leaves at all.
# - A time to escape in a toy is a test of the theory only where it survives
#   a smaller step.
# - Rates depend on the data set, and on the learning rate so steeply that
#   a curve of success against a parameter can be made to meet any target.
