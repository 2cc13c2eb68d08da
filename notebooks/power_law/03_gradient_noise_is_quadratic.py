# %% [markdown]
# # Is the gradient noise quadratic?
#
# The power-law dynamic of SGD starts from one assumption: near a minimum
# the covariance $C$ of the minibatch gradient is a quadratic function of
# the weights, and the coefficient of the square is the variance
# $\sigma_H$ of the per-sample curvature (statement PLD-P1). The
# evidence offered for it is a scan: move one layer of a converged network
# along a line, plot $\mathrm{Tr}\,C$, fit a parabola.
#
# Here we repeat that scan on real images and look at two questions:
# does the parabola fit (PLD-F1), and if it does, is its coefficient
# $\sigma_H$ (PLD-P1)?
#
# *Time: about half a minute on one CPU core; the full profile takes some
# minutes there, less on a GPU.*

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
from torch.nn.functional import cross_entropy, mse_loss, one_hot

from sgdtheory.estimate import Estimate
from sgdtheory.networks import datasets, models
from sgdtheory.networks.gradient_noise import covariance_scan, expansion
from sgdtheory.runs import device, profile, results

# %% tags=["parameters"]
images = 1000  # the data set, and so the population of minibatches
seed = 1       # of the random directions
step = 1e-4    # of the scan: the weights are w* + i * step
layers = profile.pick(
    quick=["conv2", "fc1"], full=["conv1", "conv2", "fc1", "fc2"]
)
draws = profile.pick(quick=1, full=3)  # random directions in each layer
where = profile.pick(quick="cpu", full=device.pick())

# %% [markdown]
# ## The network and its minimum
#
# Two convolutions of ten channels and two fully connected layers, brought
# to convergence on 1,000 FashionMNIST images by gradient descent: all
# images in every step, with momentum, down to a loss of one thousandth.
# The descent takes minutes, so that we start from a stored checkpoint,
# made by `tools/make_checkpoint_small_cnn.py`.
#
# All below is in double precision and without sampling: the covariance
# for minibatches of one image is exact for these images, and a batch of
# $b$ divides it by $b$. Only one layer moves at a time, so that all that
# lies before it is computed once.

# %%
x, y = datasets.load("fashion_mnist_small", n=images)
x, y = x.double().to(where), y.to(where)
net = models.small_cnn(seed=0)
facts = models.load_checkpoint(net, "small_cnn_fashion")
net.double().to(where)
print(f"{facts['steps']} steps, loss {facts['loss']:.1e}, "
      f"{facts['wrong']} images wrong")

# %%
START = {"conv1": 0, "conv2": 3, "fc1": 7, "fc2": 9}


def part(layer):
    """What the images become before a layer, and the network from there."""
    with torch.no_grad():
        return net[: START[layer]](x), net[START[layer] :]


def direction(layer, kind):
    """All ones, or normal draws: one number per weight of the layer."""
    size = getattr(net, layer).weight.numel()
    if kind == "ones":
        return torch.ones(size).double().to(where)
    draw = torch.Generator().manual_seed(seed + kind)
    return torch.randn(size, generator=draw).double().to(where)

# %% [markdown]
# ## The scan
#
# The direction adds the same number to every weight of the layer,
# $w^*_{\rm layer}+i\cdot{\rm step}$ with $i=-10,\dots,9$: twenty points. The
# standard errors of the fit come from leaving out one image after another.

# %%
def scan(layer, kind, step, targets=y):
    before, rest = part(layer)
    return covariance_scan(
        rest, cross_entropy, before, targets, direction(layer, kind),
        step * np.arange(-10, 10), parameters=f"{layer}.weight",
    )

# %%
def parabola(s, t):
    """Coefficient of the square, vertex, and R^2, for each column of t."""
    unit = np.abs(s).max()
    basis = np.vander(s / unit, 3)
    a, b, _ = fit = np.linalg.lstsq(basis, t, rcond=None)[0]
    left = ((t - basis @ fit) ** 2).sum(0)
    r2 = 1 - left / ((t - t.mean(0)) ** 2).sum(0)
    return np.array([a / unit**2, -b / (2 * a) * unit, r2])

# %%
def fitted(run):
    """The fit to a scan, and its jackknife standard errors."""
    left = parabola(run.distances, run.leave_one_out)
    spread = left - left.mean(1, keepdims=True)
    error = np.sqrt((1 - 1 / images) * (spread**2).sum(1))
    return parabola(run.distances, run.traces), error

# %% mystnb={"figure": {"caption": "Trace of the gradient covariance along the second convolution, and the fitted parabola.", "name": "fig-cov-scan"}, "image": {"alt": "Twenty points of the trace lie close to a parabola whose lowest point is near the minimum of the loss; the trace doubles at both ends."}}
first = scan("conv2", "ones", step)
(a, vertex, r2), error = fitted(first)
fig, ax = plt.subplots(figsize=(6, 3.6))
i = first.distances / step
ax.plot(i, first.traces, "o", label="exact")
ax.plot(i, np.polyval(np.polyfit(i, first.traces, 2), i), "k-",
        label=f"parabola, $R^2={r2:.4f}\\pm{error[2]:.4f}$\nvertex at "
              f"${vertex / step:.1f}\\pm{error[1] / step:.1f}$ steps")
ax.set(xlabel="steps from the minimum", ylabel=r"$\mathrm{Tr}\,C$")
ax.legend()
plt.show()

# %% tags=["nbval-check-output"]
fits_well = results.record(
    "PLD-F1", Estimate(r2, 0.0, images), band=(0.99, 1.0),
    name="R^2 of the parabola, conv2", jackknife=error[2])
lowest_here = results.record(
    "PLD-F1", Estimate(vertex / step, 0.0, images), band=(-2, 2),
    unit="steps", name="vertex of the parabola, conv2",
    jackknife=error[1] / step)
assert fits_well and lowest_here

# %% [markdown]
# On this line the claim holds as it was made: a parabola, its lowest point
# at the minimum. The verdicts are about these images, for which $C$ is
# exact. The standard errors, which say how far the fit depends on the
# images that happened to be drawn, are large: at a minimum that fits every
# image, a few images near the decision boundary make most of the noise.
# Of the bands in this notebook, $R^2>0.99$ was given and one half for
# cross-entropy (below) was predicted; the others were set after a first
# look at the numbers.
#
# ## Other lines, other ranges
#
# One line that fits is an example, and this one was picked, with its
# step, after a look at several layers, directions and steps. Below are the
# same range in other layers and directions, and the same line over ranges
# from a ten-thousandth to ten times as wide. Curves that are *no* parabola
# come near one: over such a range $|s|$ reaches $R^2\approx0.93$ and $s^4$
# reaches $0.92$, so that only values above $0.99$ speak for a parabola.

# %%
rows = []
for layer in layers:
    for kind in ["ones", *range(draws)]:
        if (layer, kind) in [("conv2", "ones"), ("fc2", "ones")]:
            continue  # seen above; shifts all logits alike, C is constant
        run = scan(layer, kind, step)
        (_, v, q), e = fitted(run)
        rows.append((q, e[2], v / step, e[1] / step))
        label = f"{layer} {'ones' if kind == 'ones' else 'random'}"
        print("{:13s} R^2 {:.3f} +- {:.3f}   vertex {:5.1f} +- {:.1f}"
              .format(label, *rows[-1]))
worst = min(rows)[0]

# %%
ranges = step * np.array([1e-4, 1e-2, 1, 10])
runs = [first if r == step else scan("conv2", "ones", r) for r in ranges]
fits = np.array([fitted(run)[0] for run in runs])
for r, (a, _, q) in zip(ranges, fits, strict=True):
    print(f"conv2 ones, step {r:.0e}:  R^2 {q:.4f}   square {a:.2e}")
if profile.current() == "full":
    results.save("pld-f1-scans", {"rows": np.array(rows), "fits": fits},
                 {"seed": seed, "columns": "R^2, s.e., vertex, s.e."})

# %% [markdown]
# So $R^2>0.99$ is a property of some lines and some ranges. (On the
# narrowest one the trace is nearly straight and $R^2$ says nothing.)
#
# ## What the coefficient of the square is
#
# Let $g_i(s)$ be the gradient of image $i$ at distance $s$, and
# $\mathrm{Cov}(a,b)=\frac1n\sum_i(a_i-\bar a)\cdot(b_i-\bar b)$. Then
#
# $$\mathrm{Tr}\,C(s)=\mathrm{Cov}(g,g)+2s\,\mathrm{Cov}(g,g')
# +s^2\big[\mathrm{Cov}(g',g')+\mathrm{Cov}(g,g'')\big]+O(s^3).$$
#
# PLD-P1 has the first term of the bracket, $\sigma_H$: the variance of the
# per-sample curvature. The second pairs the gradient with the *third*
# derivative of the per-sample loss. It is of the same order in $s$, so
# that going closer to the minimum does not remove it. It is zero where
# every per-sample loss is quadratic, or every $g_i$ vanishes. Automatic
# differentiation gives both exactly.

# %% mystnb={"figure": {"caption": "Coefficient of the fitted parabola in units of $\\sigma_H$, against the range of the scan.", "name": "fig-cov-coefficient"}, "image": {"alt": "For the narrowest scan the fitted coefficient meets the exact second derivative at about twice sigma_H; for wider scans it is higher, not monotonously, up to several hundred times sigma_H."}}
def exact(layer, kind, loss=cross_entropy, targets=y):
    before, rest = part(layer)
    return expansion(rest, loss, before, targets, direction(layer, kind),
                     parameters=f"{layer}.weight")


conv = exact("conv2", "ones")
fig, ax = plt.subplots(figsize=(6, 3.6))
ax.loglog(10 * ranges, fits[:, 0] / conv.sigma_H, "o-", label="fitted")
ax.axhline(conv.curvature / conv.sigma_H, color="C1", ls="--",
           label=r"exact, both terms")
ax.axhline(1, color="k", lw=1, label=r"$\sigma_H$ alone")
ax.set(xlabel="half width of the scan",
       ylabel=r"coefficient of $s^2$, over $\sigma_H$")
ax.legend()
plt.show()

# %% [markdown]
# The narrowest scan returns the exact second derivative, which is not
# $\sigma_H$ but about twice that. Wider scans return other numbers, all
# larger. The network has kinks (ReLU, max pooling), where the gradient of
# an image jumps; the first of them lies so close to the minimum that a
# scan of a hundredth of our step already meets it. Further out the loss
# grows like an exponential. The parabola has no one coefficient.

# %% tags=["nbval-check-output"]
others = results.record(
    "PLD-F1", Estimate(worst, 0.0, images), band=(-np.inf, 0.99),
    name="lowest R^2 over other layers and directions")
narrow = results.record(
    "PLD-P1", Estimate(fits[0, 0] / conv.curvature, 0.0, images),
    band=(0.999, 1.001),
    name="narrowest fit over the exact second derivative")
wide = results.record(
    "PLD-P1", Estimate(conv.sigma_H / fits[2, 0], 0.0, images),
    band=(0, 0.4), name="sigma_H over the coefficient where R^2 > 0.99")
assert others and narrow and wide

# %% [markdown]
# ## Why about one half, and two controls
#
# The cross-entropy of a well-fitted image is exponential,
# $\ell\approx e^{-m}$ with the margin $m$ linear in the last layer. Its
# gradient is $-e^{-m}\nabla m$, and each derivative along the line brings
# one more factor $-m'$: then $|g'|^2=g\cdot g''$, image by image. The two
# terms shrink together as training goes on, so that with this loss *no
# amount of convergence* makes the parabola measure $\sigma_H$: its share is
# just below one half (the square of the mean of $g'$ is taken off it). No
# kinks lie behind the last layer; we test it there, in ten random
# directions.
#
# Two controls. With a squared loss each per-sample loss is quadratic in
# the last layer, and PLD-P1 must be exact. With every fifth label changed
# the same weights are no minimum, those gradients do not vanish, and
# nothing makes the correction small.

# %%
share = Estimate.mean_of(
    [e.sigma_H / e.curvature for e in (exact("fc2", k) for k in range(10))])
square = exact("fc2", 0, mse_loss, one_hot(y, 10).double())
every = torch.arange(images, device=where)
noisy = torch.where(every % 5 == 0, (y + 1) % 10, y)
wrong = exact("fc2", 0, targets=noisy)

# %% tags=["nbval-check-output"]
half = results.record("PLD-P1", share, band=(0.4, 0.6),
                      name="share of sigma_H, cross-entropy")
all_of_it = results.record(
    "PLD-P1", Estimate(square.sigma_H / square.curvature, 0.0, images),
    band=(0.999999, 1.000001), name="share of sigma_H, squared loss")
negative = results.record(
    "PLD-P1", Estimate(wrong.third / wrong.sigma_H, 0.0, images),
    band=(-np.inf, -1), name="correction over sigma_H, labels changed")
assert half and all_of_it and negative

# %% mystnb={"figure": {"caption": "The same weights and the same $\\sigma_H$: right labels (left) and every fifth label changed (right).", "name": "fig-cov-labels"}, "image": {"alt": "Left, the trace follows an upward parabola, about twice as steep as sigma_H alone. Right, with changed labels, the trace bends downward while the sigma_H parabola is the same upward one."}}
fig, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="tight")
cases = [(exact("fc2", 0), y), (wrong, noisy)]
for ax, (e, labels) in zip(axes, cases, strict=True):
    run = scan("fc2", 0, step, targets=labels)
    s = run.distances
    bent = run.traces - e.sigma_g - 2 * e.rho * s
    ax.plot(s / step, bent, "o", label="exact")
    ax.plot(s / step, e.curvature * s**2, "k-", label="both terms")
    ax.plot(s / step, e.sigma_H * s**2, "C1--", label=r"$\sigma_H$ alone")
    ax.set(xlabel="steps")
axes[0].set_ylabel(r"$\mathrm{Tr}\,C$ without its linear part")
axes[0].legend()
plt.show()

# %% [markdown]
# ## What we found
#
# - The trace of the gradient covariance *can* look like a parabola with
#   its vertex at the minimum. Whether $R^2>0.99$ is reached depends on the
#   layer, the direction and the range.
# - Its coefficient is not $\sigma_H$. For squared loss in the last layer
#   it is, exactly. For cross-entropy at a converged network it is about
#   twice that, however small the loss; with changed labels even the sign
#   differs.
# - A $\kappa=H/(\eta\sigma_H)$ that is read off such a fit inherits the
#   error: too small by a factor of two at best, and by more for scans wide
#   enough to see.
