# %% [markdown]
# # The path and the landscape under it
#
# Chen, Qu and Gong read the landscape from the path of SGD: the path is
# fractal, $R^2\propto s^{2/D_f}$; the loss differs between two points
# $\Delta r$ apart by a power of $\Delta r$, as on a rough surface, and later
# not at all; the largest curvatures fall to zero.
#
# We record the path of a small network and measure all of it (ANO-F6,
# ANO-F7, ANO-N1). What is the landscape's, and what comes from the way of
# looking?
#
# *Time: about half a minute on one CPU core. The full profile, 24,500
# steps on FashionMNIST from three seeds, is meant for a GPU (not yet run;
# within an hour, we expect) and goes on after an interruption.*

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
from torch.nn.functional import cross_entropy
from torch.nn.utils import vector_to_parameters

from sgdtheory.estimate import Estimate
from sgdtheory.networks import curvature, datasets, models, trajectory
from sgdtheory.runs import device, profile, results
from sgdtheory.stochastic import fractal, msd

# %% tags=["parameters"]
data, widths, batch, eta = profile.pick(
    quick=("digits", (32, 32), 128, 0.1),
    full=("fashion_mnist", (128, 64), 1024, 0.1))
T, seeds, share = 1000, (0, 1, 2), 0.2
short, long = profile.pick(quick=(6000, 10_000), full=(24_500, 24_500))
top = profile.pick(quick=2, full=20)
where = profile.pick(quick="cpu", full=device.pick())

# %% [markdown]
# ## The run
#
# A network with two hidden layers, plain SGD. A network that fits all its
# data has no gradient noise left in the end; in the source, data
# augmentation keeps some up. Here one label in five is drawn at random
# *each time an image is used*. The loss of all data can then be averaged
# over that noise exactly.

# %%
x, y = datasets.load(data)
x, n = x.flatten(1).to(where), len(y)

# %%
def mean_loss(share):
    """Cross-entropy, averaged over labels that are random with `share`."""
    def loss(output, labels):
        log_p = output.log_softmax(1)
        right = log_p.gather(1, labels[:, None]).mean()
        return -(1 - share) * right - share * log_p.mean()
    return loss

# %%
def sgd_step(net, draw, share):
    """One step in place; returns the minibatch loss before it."""
    i = torch.randint(n, (batch,), generator=draw)
    wrong = torch.rand(batch, generator=draw) < share
    random = torch.randint(10, (batch,), generator=draw)
    labels = torch.where(wrong, random, y[i]).to(where)
    loss = cross_entropy(net(x[i.to(where)]), labels)
    gradient = torch.autograd.grad(loss, list(net.parameters()))
    with torch.no_grad():
        for w, g in zip(net.parameters(), gradient, strict=True):
            w -= eta * g
    return loss

# %% [markdown]
# `trajectory.record` calls the step and keeps two windows of $T=1000$
# points, the first and the last of the run, each as the Gram matrix of its
# weights. Weights and losses of a point belong together: all are those
# *before* the update. (The source's loop stores the loss before the update
# with the weights after it.)

# %%
def train(seed, share, steps):
    """Network, windows of its path, its weights at some steps."""
    net = models.mlp([x.shape[1], *widths, 10], seed).to(where)
    draw = torch.Generator().manual_seed(seed)
    times = [0, 100, 1000, steps - 1]
    kept = torch.stack([weights(net)] * len(times))

    def step(k):
        if k in times:
            kept[times.index(k)] = weights(net)
        return sgd_step(net, draw, share)

    windows = trajectory.record(
        net, step, steps, window=T, starts=(0, steps - T),
        full_loss=(lambda: of_all_data(net, share)) if share else None,
        state={"draw": draw, "kept": kept}, progress=profile.progress,
        facts={"seed": seed, "share": share, "eta": eta, "batch": batch},
        folder=folder and f"{folder}-{seed}-{share:g}")
    return net, windows, dict(zip(times, kept, strict=True))

# %%
def weights(net):
    return models.flatten(models.select(net)).detach().clone()


def of_all_data(net, share):
    with torch.no_grad():
        return mean_loss(share)(net(x), y.to(where))

# %%
folder = profile.pick(quick=None, full="anomalous_checkpoints/path")
noisy = [train(seed, share, short) for seed in seeds]
clean = train(seeds[0], 0.0, long)
early = [windows[0] for _, windows, _ in noisy]
late = [windows[1] for _, windows, _ in noisy]

# %% [markdown]
# ## A fractal path?
#
# $s$ is the length of the path between two points, $R$ their distance. If
# all steps had one length, $s$ would count steps and $R^2(s)$ would be the
# mean squared displacement (ANO-S6).

# %% mystnb={"figure": {"caption": "Squared distance against contour length, both in mean steps, in the first and in the last window; crosses: the mean squared displacement against the lag.", "name": "fig-ano-path"}, "image": {"alt": "Log-log plot. In the first window the squared distance rises faster than the contour length from some ten steps on, in the last window more slowly. The crosses of the mean squared displacement lie on the last curve and near the first."}}
fig, ax = plt.subplots(figsize=(6, 4), facecolor="white", layout="tight")
for window, name, colour, marker in (
        (early[0], "first window", "#D55E00", "o"),
        (late[0], "last window", "#0072B2", "s")):
    step = np.diagonal(trajectory.distances(window.gram), 1).mean()
    b = trajectory.path_scaling(window.gram)
    ax.loglog(b.centres / step, b.mean / step**2, marker, color=colour,
              mfc="none", label=name)
    lags, m = msd.from_gram(window.gram, msd.log_lags(T, 800))
    ax.loglog(lags, m / step**2, "kx", ms=4)
u = np.array([1, 800])
ax.loglog(u, u, ":", color="#999999", label="exponent 1")
ax.set(xlabel="contour length $s$ / mean step",
       ylabel="$R^2$ / mean step$^2$")
ax.legend()
plt.show()

# %%
def path_exponents(windows, low, high):
    """Of $R^2$ against s, s from `low` to `high` steps; one per run."""
    return np.array([trajectory.path_exponent(w.gram, low, high)
                     for w in windows])

# %%
def msd_exponents(windows, low, high):
    lags = np.arange(low, high + 1)
    lags = lags[np.isin(lags, msd.log_lags(T, high))]
    pairs = [msd.from_gram(w.gram, lags) for w in windows]
    return np.array([msd.exponent(a, m, points=T, low=low, high=high).value
                     for a, m in pairs])

# %%
of_path = path_exponents(late, 10, 100)
same = of_path - msd_exponents(late, 10, 100)

# %% tags=["nbval-check-output"]
fractal_path = results.record(
    "ANO-F6", Estimate.mean_of(of_path), band=(0, 0.9),
    name="exponent of R^2 against s, last window, 10 to 100 steps",
    paper=("0.75", (0.65, 0.85)))
no_news = results.record(
    "ANO-F6", Estimate.mean_of(same), band=(-0.1, 0.1),
    name="the same, less the exponent of the displacement")
far = results.record(
    "ANO-F6", Estimate.mean_of(path_exponents(early, 100, 400)),
    band=(1, 2), paper=("above 1", (1, np.inf)),
    name="exponent of R^2 against s, first window, 100 to 400 steps")
assert fractal_path and no_news and far

# %% [markdown]
# Both regimes are there; the second is subdiffusive with an exponent near
# the source's. But the path says nothing that the mean squared displacement
# had not said: the exponents are the same number, and where that comes from
# is the matter of the notebooks before this one (ANO-T3, ANO-T4).
#
# One trap: the released code counts one step too many in $s$, the one into
# the first point. Between one step and two that alone multiplies the slope
# by about $\ln 2/\ln 1.5 = 1.71$, and turns a subdiffusive start into a
# superdiffusive one.

# %%
def first_slope(window, extra=False):
    """Of mean R^2 against mean s, between one step and two."""
    R, s = map(np.array, (trajectory.distances(window.gram),
                          trajectory.contour_length(window.gram)))
    i = np.arange(1, T - 2)
    before = s[i - 1, i] if extra else 0
    rise = [np.log(np.mean(R[i, i + k] ** 2)) for k in (1, 2)]
    run = [np.log(np.mean(s[i, i + k] + before)) for k in (1, 2)]
    return (rise[1] - rise[0]) / (run[1] - run[0])

# %% tags=["nbval-check-output"]
right = results.record(
    "ANO-S6", Estimate.mean_of([first_slope(w) for w in late]),
    band=(0.6, 0.95), name="slope from one step to two, last window")
wrong = results.record(
    "ANO-S6", Estimate.mean_of([first_slope(w, True) for w in late]),
    band=(1.05, 1.6), name="the same with the extra step")
assert right and wrong

# %% [markdown]
# ## Away from the chord
#
# How far does a fragment of the path stray from its chord? For a
# self-affine path the squared distance is a fixed share of $R^2$ at every
# scale: in many dimensions $2^{-2H}-\frac14$ half-way, 1/4 for a random
# walk, 0 for a straight line (ANO-S7). Fragments of one size, as in the
# released code, cannot tell.

# %%
sizes = np.array([10, 20, 50, 100, 200, 400])


def shares(windows, size, fragments=20):
    """Mean of the squared distance over R^2; fragments at random."""
    draw, found = np.random.default_rng(size), []
    for w in windows:
        for i in draw.integers(0, T - size, fragments):
            piece = w.gram[i:i + size + 1, i:i + size + 1]
            chord = trajectory.distances(piece)[0, size]
            found.append(trajectory.transverse(piece, 0, size) / chord)
    return np.mean(np.square(found))

# %%
across = {"first window": [shares(early, k) for k in sizes],
          "last window": [shares(late, k) for k in sizes]}

# %% mystnb={"figure": {"caption": "Largest squared distance of a fragment of the path from its chord, as a share of the squared chord, against the size of the fragment.", "name": "fig-ano-chord"}, "image": {"alt": "In the last window the share stays between 0.3 and 0.5 from 10 to 400 steps, about the dotted line of a self-affine path of the same exponent. In the first window it falls from 0.5 to below 0.1: long fragments are nearly straight."}}
fig, ax = plt.subplots(figsize=(6, 3.6), facecolor="white", layout="tight")
for (name, share_of_chord), style in zip(across.items(), (
        dict(color="#D55E00", marker="o", ls="--"),
        dict(color="#0072B2", marker="s", ls="-")), strict=True):
    ax.semilogx(sizes, share_of_chord, label=name, **style)
ax.axhline(2 ** -of_path.mean() - 0.25, color="#0072B2", ls=":",
           label="self-affine, exponent of the last")
ax.axhline(0.25, color="#999999", ls="-.", label="random walk")
ax.set(xlabel="steps in the fragment", ylabel="$h^2/R^2$", ylim=(0, None))
ax.legend(fontsize=8)
plt.show()

# %%
def from_20_to_200(name):
    return Estimate(across[name][4] / across[name][1], 0, 3)

# %% tags=["nbval-check-output"]
self_affine = results.record(
    "ANO-S7", from_20_to_200("last window"), band=(0.7, 1.4),
    name="share of the chord, 200 steps over 20, last window")
straight = results.record(
    "ANO-S7", from_20_to_200("first window"), band=(0, 0.6),
    name="share of the chord, 200 steps over 20, first window")
assert self_affine and straight

# %% [markdown]
# ## Losses along the path
#
# The mean squared loss difference of pairs at distance $\Delta r$. Losses
# read on minibatches put $2\sigma_B^2$ under every point, and neighbours
# in time tell how much that is (ANO-EQ8).

# %%
def loss_scaling(window):
    """From minibatches, from all data, and the floor."""
    return (trajectory.loss_scaling(window.gram, window.loss, 16),
            trajectory.loss_scaling(window.gram, window.full_loss, 16),
            2 * trajectory.loss_noise(window.loss))


first, last = map(loss_scaling, (early[0], late[0]))

# %% mystnb={"figure": {"caption": "Mean squared loss difference against distance, in the first window (left) and the last (right): read on minibatches, and with the loss of all data.", "name": "fig-ano-losses"}, "image": {"alt": "Left: the minibatch curve is flat at the floor up to a distance near one and then joins the curve of all data, which is steeper than a straight line of exponent two at the end. Right: the minibatch curve lies on the floor everywhere, the curve of all data thousands of times lower."}}
fig, axes = plt.subplots(1, 2, figsize=(8, 3.8), sharex=True, sharey=True,
                         facecolor="white", layout="tight")
for ax, (mini, full, floor), name in zip(
        axes, (first, last), ("first window", "last window"), strict=True):
    ax.loglog(mini.centres, mini.mean, "o", color="#D55E00", mfc="none",
              label="minibatches")
    ax.loglog(full.centres, full.mean, "s-", color="#0072B2", ms=4,
              label="all data")
    ax.axhline(floor, color="k", ls=":", label=r"$2\sigma_B^2$")
    ax.set(xlabel=r"distance $\Delta r$", title=name)
u = first[1].edges[[9, 15]]
axes[0].loglog(u, 0.02 * (u / u[-1]) ** 2, "--", color="#999999",
               label="exponent 2")
axes[0].set_ylabel("mean squared loss difference")
axes[0].legend(fontsize=8)
plt.show()

# %%
def largest_decade(scaling):
    return scaling.slope(scaling.edges[-1] / 10, scaling.edges[-1])


pairs = [loss_scaling(w) for w in early]

# %% tags=["nbval-check-output"]
decade = results.record(
    "ANO-F6", Estimate.mean_of([largest_decade(m) for m, _, _ in pairs]),
    band=(1, 2.5), paper=("1.8", (1.6, 2.0)),
    name="exponent of the squared loss difference, largest decade")
steep = results.record(
    "ANO-F6", Estimate.mean_of([largest_decade(f) for _, f, _ in pairs]),
    band=(2.2, np.inf), name="the same with the loss of all data")
joined = results.record(
    "ANO-F6", Estimate.mean_of([(m.mean[-1] - floor) / f.mean[-1]
                                for m, f, floor in pairs]),
    band=(0.8, 1.25), name="minibatches less floor over all data, far end")
assert decade and steep and joined

# %%
def plateau(mini, full, floor):
    """Minibatch curve over floor; all data over minibatches."""
    some = mini.counts > 1000
    return ((mini.mean / floor)[some].mean(),
            (full.mean / mini.mean)[some].mean())


over_floor, below = np.array([plateau(*loss_scaling(w)) for w in late]).T

# %% tags=["nbval-check-output"]
flat = results.record(
    "ANO-F6", Estimate.mean_of(over_floor), band=(0.9, 1.1),
    name="squared loss difference of minibatches over floor, last window")
hidden = results.record(
    "ANO-F6", Estimate.mean_of(below), band=(0, 0.02),
    name="all data over minibatches, last window")
assert flat and hidden

# %% [markdown]
# What the source sees is reproduced, and both halves have plain causes. The
# late flat curve is the sampling noise of the loss; that of all data lies
# thousands of times lower and does rise. The early exponent, somewhat below
# 2 for minibatches, is that of the passage from the floor to the fall of
# the loss. With all data it exceeds 2, which no rough surface
# ($2H\le2$) can do. It is a network on its way down, not a sample of a
# landscape (ANO-EQ9).
#
# (The paper's bands were set beforehand. Ours for the loss differences were
# set after a look at one run.)
#
# ## The largest curvatures
#
# Eigenvalues of the Hessian of all data, by Lanczos, at four times of two
# runs: with and without label noise.

# %%
def eigenvalues(flat, share, k=top, images=slice(None)):
    """The k largest of the loss of some images at given weights."""
    net = models.mlp([x.shape[1], *widths, 10], 0).to(where).double()
    vector_to_parameters(flat.double(), net.parameters())
    a, labels = x[images].double(), y[images].to(where)
    found, _ = curvature.top_eigenpairs(
        lambda v: curvature.hessian_vector_product(
            net, mean_loss(share), a, labels, v),
        len(flat), k, seed=0, tol=1e-2, device=where)
    return found.cpu().numpy()

# %%
spectra = {run: {k: eigenvalues(w, q) for k, w in kept.items()}
           for run, q, kept in (("label noise", share, noisy[0][2]),
                                ("no label noise", 0.0, clean[2]))}

# %% mystnb={"figure": {"caption": "The largest eigenvalues of the Hessian of all data in the course of training, with and without label noise.", "name": "fig-ano-eigenvalues"}, "image": {"alt": "Both runs: the eigenvalues rise within the first hundred steps and then fall. Without label noise they go on falling to less than a tenth of their peak, with label noise they stay above a fifth."}}
fig, ax = plt.subplots(figsize=(6, 3.8), facecolor="white", layout="tight")
for (run, found), colour, marker in zip(
        spectra.items(), ("#D55E00", "#0072B2"), "os", strict=True):
    steps_at = [max(k, 10) for k in found]
    lines = ax.loglog(steps_at, list(found.values()), marker=marker,
                      ls="-" if marker == "s" else "--", color=colour)
    lines[0].set_label(run)
ax.set(xlabel="step (the first: 0)", ylabel="largest eigenvalues of $H$")
ax.legend()
plt.show()

# %%
def fallen(run):
    """Largest eigenvalue at the end over its largest value in time."""
    course = [found[0] for found in spectra[run].values()]
    return Estimate(course[-1] / max(course), 0, 1)

# %% tags=["nbval-check-output"]
without = results.record(
    "ANO-F7", fallen("no label noise"), band=(0, 0.1),
    paper=("near zero", (0, 0.1)),
    name="largest eigenvalue, end over peak, no label noise")
with_noise = results.record(
    "ANO-F7", fallen("label noise"), band=(0.1, 0.7),
    paper=("near zero", (0, 0.1)),
    name="largest eigenvalue, end over peak, label noise")
assert without and with_noise

# %% [markdown]
# The eigenvalues fall because the loss falls: the curvature of a
# cross-entropy is weighted by $p(1-p)$, which vanishes where every image is
# certain. Noise that never ends, without which the late path is not
# subdiffusive (ANO-F2), keeps them up; twice as many steps change that
# little. In this small network the two observations of the source do not
# meet in one run.
#
# The source, as we read its code, takes minibatches for the Hessian. That
# is biased upward (ANO-S8):

# %%
end = noisy[0][2][short - 1]
draw = np.random.default_rng(0)
of_batches = [eigenvalues(end, share, 1, draw.choice(n, 128))[0]
              for _ in range(6)]

# %% tags=["nbval-check-output"]
above = results.record(
    "ANO-S8",
    Estimate.mean_of(of_batches / spectra["label noise"][short - 1][0]),
    band=(1.05, 2.5), name="largest eigenvalue, 128 images over all data")
assert above

# %% [markdown]
# ## A slice of the loss
#
# The loss on a random plane through the last weights, each direction scaled
# to the filters. The source counts boxes on such a plane and finds a
# dimension of 1.8. The graph of a continuous function of two coordinates
# has at least 2; the structure function is the better measure (ANO-S9).

# %%
axis, z = trajectory.random_slice(
    noisy[0][0], mean_loss(share), x[:500], y[:500].to(where), points=65,
    seed=0)
lags = np.array([1, 2, 3, 4, 6, 8])
_, S = fractal.structure_function(z, lags)

# %% mystnb={"figure": {"caption": "Loss on a random, filter-normalised plane through the trained weights (left) and its structure function (right).", "name": "fig-ano-slice"}, "image": {"alt": "Left: smooth rounded contours around a minimum in the middle. Right: the structure function follows a straight line of exponent two."}}
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="tight")
fig.set_facecolor("white")
drawn = left.contourf(axis, axis, z.T, 20, cmap="cividis")
fig.colorbar(drawn, ax=left, label="loss")
left.set(xlabel="along $d_1$", ylabel="along $d_2$", aspect="equal")
r = lags * (axis[1] - axis[0])
right.loglog(r, S, "o", color="#0072B2", label="slice")
right.loglog(r, S[0] * lags**2, ":", color="#999999", label="exponent 2")
right.set(xlabel="distance $r$", ylabel="$S_2(r)$",
          xticks=[0.03, 0.1, 0.3], xticklabels=["0.03", "0.1", "0.3"])
right.minorticks_off()
right.legend()
plt.show()

# %% tags=["nbval-check-output"]
boxes = fractal.box_dimension(*fractal.count_graph_boxes(z))
counted = results.record(
    "ANO-N1", Estimate(boxes, 0, 65**2), band=(1.95, 2.3),
    paper=("1.8", (1.7, 1.9)), name="box dimension of a slice of the loss")
smooth = results.record(
    "ANO-N1", Estimate(fractal.log_slope(lags[:3], S[:3]), 0, 65**2),
    band=(1.8, 2.05), name="exponent of its structure function")
assert counted and smooth

# %% [markdown]
# ## What we found
#
# - The fractal path is the mean squared displacement under another name.
# - The flat loss differences of late training are minibatch noise; the
#   early exponent near 1.8 is a passage between noise and descent.
# - The largest eigenvalues fall to near zero where the loss does. With
#   noise that lasts, they do not.
# - A slice of the loss is smooth: exponent 2, dimension 2.
