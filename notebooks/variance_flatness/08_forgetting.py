# %% [markdown]
# # Forgetting, and what holds a first task
#
# A network that learns a second task forgets the first. Feng and Tu
# hold it back with the landscape: they penalise displacements along the
# principal components of the first training, each by its own flatness,
# $\Lambda\sum_{i\le N_c}[(w-w_1)\cdot p_i]^2/F_i^2$ (LDC; IVF-E14, as we
# reconstruct it). They report that it beats elastic weight consolidation
# (EWC, with a diagonal Fisher matrix), and that few directions suffice.
#
# Is that so, and why (IVF-F4)? What would refute it: a sum of test errors
# no lower than that of diagonal EWC. What would explain it: EWC with the
# *whole* Fisher matrix being as good.
#
# *Time: about fifteen seconds on one CPU core. The full profile, MNIST
# and 784-50-50-10 with five seeds, also with five against five digits, is
# meant for a GPU (not yet run).*

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
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.nn.functional import cross_entropy

from sgdtheory.estimate import Estimate
from sgdtheory.networks import continual, curvature, datasets, models, training
from sgdtheory.runs import device, profile, results
from sgdtheory.stochastic import fluctuations

# %% tags=["parameters"]
name, width, B = profile.pick(quick=("digits", 30, 20),
                              full=("mnist", 50, 50))
seeds = profile.pick(quick=range(6), full=range(5))
warm, steps, epochs = profile.pick(quick=(1320, 800, 10),
                                   full=(24000, 4800, 2))
counts = profile.pick(quick=(3, 9, 22, 45, 90),
                      full=(10, 25, 60, 125, 250, 500, 1000, 2000))
per_decade = profile.pick(quick=2, full=3)  # strengths
folder = profile.pick(quick=None, full=f"results/ivf-f4-{name}")
where = profile.pick(quick="cpu", full=device.pick())
eta, d = 0.1, width**2

# %% [markdown]
# ## Protocol
#
# 1. All layers learn all ten classes. Then the input and the output layer
#    are frozen, and the hidden layer is drawn anew.
# 2. The hidden layer learns classes 0 and 1. The second half of this
#    training is the window of the principal components.
# 3. It learns 2 and 3, by SGD and a penalty. The softmax has ten classes
#    throughout: "ten-way".
#
# Of the small digits every other image is for tests, 177 for each task.

# %%
def split():
    """Training and test set."""
    parts = [datasets.load(name, part) for part in ("train", "test")]
    if name == "digits":
        x, y = (torch.cat(both) for both in zip(*parts, strict=True))
        parts = (x[:1760:2], y[:1760:2]), (x[1::2], y[1::2])
    return [(x.flatten(1).to(where, torch.float64), y.to(where))
            for x, y in parts]

# %%
def of(classes, data, whole=1):
    """The samples of some classes, a multiple of `whole` of them."""
    x, y = data
    kept = torch.isin(y, torch.tensor(classes, device=where))
    n = int(kept.sum()) // whole * whole
    return x[kept][:n], y[kept][:n]

# %%
data, tests = split()
data = data[0][: len(data[1]) // B * B], data[1][: len(data[1]) // B * B]

# %%
common = dict(eta=eta, batch_size=B, progress=folder is not None)


def kept(stage):
    return folder and f"{folder}/{stage}"

# %%
sizes = [data[0].shape[1], width, width, 10]
nets = [models.mlp(sizes, s, bias=False).to(where).double() for s in seeds]
everything = training.train(nets, cross_entropy, *data, steps=warm,
                            seeds=seeds, checkpoint=kept("all"), **common)

# %%
fresh = [models.mlp([width, width], s + 100, bias=False).fc1.weight.detach()
         for s in seeds]
start = {**everything.weights,
         "fc2.weight": torch.stack(fresh).to(where).double()}

# %%
def learn(classes):
    """The first task: the run, and the Fisher matrix of each seed."""
    x, y = of(classes, data, B)
    run = training.train(
        nets[0], cross_entropy, x, y, steps=steps, parameters="fc2",
        seeds=[s + 200 for s in seeds], start=start,
        record=training.Record("fc2", after=steps // 2),
        checkpoint=kept(f"first-{len(classes)}"), **common)
    fisher = [curvature.fisher(run.model(s), x, parameters="fc2")
              for s in range(len(seeds))]
    return run, torch.stack(fisher)

# %% [markdown]
# ## The second task
#
# All penalties have one form, $\frac12\sum_i k_i(d\cdot p_i)^2$, with
# $d = w - w_1$. After each step of SGD on the second task the displacement
# along $p_i$ is divided by $1 + \eta k_i$: this *proximal* step is stable
# for any strength, the gradient step only for $\eta k_i < 2$ (IVF-E14).
# Seeds and settings are trained side by side, weights `(S, K, d)`.

# %%
@dataclass
class Sequence:
    """A first task learned, a second to come."""

    first: tuple
    second: tuple
    run: training.Run

# %%
def logits(tasks, w, x):
    """(S, K, n, 10) for hidden weights (S, K, d)."""
    W1, W3 = (tasks.run.weights[f"fc{k}.weight"].mT for k in (1, 3))
    h = (x @ W1).relu()[:, None]
    W2 = w.unflatten(-1, (width, width)).mT
    return (h @ W2).relu() @ W3[:, None]

# %%
def error(tasks, w, classes, among=range(10)):
    """Share of wrong answers (S, K), of the classes `among`."""
    x, y = of(classes, tests)
    among = torch.tensor(list(among), device=where)
    answers = among[logits(tasks, w, x)[..., among].argmax(-1)]
    return (answers != y).double().mean(-1).cpu().numpy()

# %%
def train(tasks, penalty):
    """Weights (S, K, d) after the second task."""
    x, y = of(tasks.second, data, B)
    centre = tasks.run.weights["fc2.weight"].flatten(1)[:, None]
    w = centre.expand(-1, penalty.stiffness.shape[-2], -1)
    draw = torch.Generator().manual_seed(7)
    for _ in profile.progress(range(epochs), "second task"):
        for i in torch.randperm(len(y), generator=draw).split(B):
            w = w.detach().requires_grad_()
            f = logits(tasks, w, x[i])
            targets = y[i].expand(f.shape[:-1]).flatten()
            loss = cross_entropy(f.flatten(0, 2), targets, reduction="sum")
            (g,) = torch.autograd.grad(loss / B, w)
            w = penalty.proximal_step(w.detach() - eta * g, centre, eta)
    return w

# %%
def errors(tasks, label, penalty):
    """Errors (3, S, K): first task, second, first among its classes."""
    stored = f"ivf-f4-{name}-{len(tasks.first)}-{label.replace(' ', '-')}"
    if folder and (old := results.load(stored)) is not None:
        return old.arrays["errors"]
    w = train(tasks, penalty)
    asked = (tasks.first,), (tasks.second,), (tasks.first, tasks.first)
    found = np.array([error(tasks, w, *classes) for classes in asked])
    if folder:
        results.save(stored, {"errors": found}, {"seed": list(seeds)})
    return found

# %% [markdown]
# ## The methods
#
# None; $L^2$, which knows nothing of a landscape; EWC with the diagonal of
# the Fisher matrix, and with the whole of it; LDC with $F$ from the
# curvature along each principal component (IVF-E7), and with $F$ from its
# variance through $\sigma^2\propto F^{-\psi}$ for several $\psi$. And as a
# null model, LDC in random directions.

# %%
def grid(low, high):
    return np.logspace(low, high, (high - low) * per_decade + 1)

# %%
def landscape(run, fisher):
    """Principal components (S, m, d), curvature and variance along each."""
    found = [fluctuations.principal_components(w.numpy())
             for w in run.trajectory]
    m = min(len(c.variances) for c in found)
    p = torch.tensor(np.stack([c.directions[:m] for c in found])).to(where)
    H = ((p @ fisher) * p).sum(-1).clamp(min=1e-12)
    variance = np.stack([c.variances[:m] for c in found])
    return p, H, torch.tensor(variance).to(where)

# %%
def flatness(variance, psi, H):
    """F with variance = F^-psi, in units in which mean 1/F^2 = mean H."""
    F = variance ** (-1 / psi)
    return F * ((1 / F**2).mean(-1) / H.mean(-1))[:, None].sqrt()

# %%
def without_window(p, H, fisher):
    """Penalties that use no principal components."""
    draw = torch.Generator().manual_seed(8)
    anywhere = torch.randn(p.mT.shape, generator=draw, dtype=p.dtype)
    anywhere = torch.linalg.qr(anywhere.to(where)).Q.mT
    diagonal = fisher.diagonal(dim1=1, dim2=2)
    return {"none": continual.l2(d).at([0]),
            "L2": continual.l2(d).at(grid(-2, 1)),
            "diagonal EWC": continual.ewc_diagonal(diagonal).at(grid(1, 5)),
            "whole EWC": continual.ewc(fisher).at(grid(1, 5)),
            "random": continual.ldc(anywhere, H**-0.5).at(grid(1, 5))}

# %%
def with_window(p, H, variance):
    """LDC and locks, for each number of directions; LDC for each psi."""
    penalties, m, strengths = {}, p.shape[1], grid(1, 5)
    for psi in (2, 4, 8):
        ldc = continual.ldc(p, flatness(variance, psi, H))
        penalties[f"LDC psi {psi}"] = ldc.at(grid(1, 7))
    ldc, lock = continual.ldc(p, H**-0.5), continual.hard_lock(p)
    for n in [n for n in counts if n < m] + [m]:
        penalties[f"LDC {n}"] = ldc.at(strengths, [n] * len(strengths))
        penalties[f"lock {n}"] = lock.at([1.0], [n])
    return penalties

# %%
def compare(first, second):
    """Errors of every method at every strength."""
    run, fisher = learn(first)
    p, H, variance = landscape(run, fisher)
    penalties = without_window(p, H, fisher) | with_window(p, H, variance)
    found = {}
    for label, q in penalties.items():
        q = continual.Penalty(q.stiffness.to(where), q.directions)
        found[label] = errors(Sequence(first, second, run), label, q)
    return found

# %%
found = compare((0, 1), (2, 3))
held = [int(k.split()[1]) for k in found if k.startswith("lock")]

# %% mystnb={"figure": {"caption": "Test error of the second task against that of the first, mean over seeds, along the strengths of each method.", "name": "fig-ivf-forgetting-trade"}, "image": {"alt": "Log-log plot. Without a penalty the first task is nearly lost. With growing strength every curve moves left, to fewer errors in the first task, and then up. The curves of LDC and of EWC with the whole matrix come nearest to the corner of few errors in both; those of L2 and diagonal EWC stay away from it; LDC in random directions does nothing."}}
fig, ax = plt.subplots(figsize=(6, 4.8), facecolor="white",
                       layout="constrained")
styles = {"none": ("k", "*"), "L2": ("#999999", "v"),
          "diagonal EWC": ("#D55E00", "s"), "whole EWC": ("#009E73", "^"),
          f"LDC {held[-1]}": ("#0072B2", "o"), "random": ("#CC79A7", "x")}
for label, (colour, marker) in styles.items():
    one, two, _ = np.maximum(found[label].mean(1), 1e-3)
    said = f"LDC, $N_c={held[-1]}$" if "LDC" in label else label
    ax.loglog(one, two, "-", marker=marker, color=colour, label=said,
              ms=12 if label == "none" else 5)
ax.set(xlabel=r"error $\epsilon_1$ of the first task",
       ylabel=r"error $\epsilon_2$ of the second task")
ticks = [0.02, 0.05, 0.1, 0.2, 0.5]
ax.set_yticks(ticks, [str(t) for t in ticks])
ax.yaxis.set_minor_formatter("")
fig.legend(fontsize=8, ncols=3, loc="outside upper center")
plt.show()

# %% [markdown]
# For a single number, the sum $\epsilon_1+\epsilon_2$. The strength has to
# be chosen; to choose it by the number that is reported would favour
# methods with many settings. So for each seed we take the strength that
# was best for the *other* seeds. Errors in the comparisons below are
# those of paired differences over seeds.

# %%
def best(label):
    """Sum of errors of each seed, at the strength best for the others."""
    sums = found[label][:2].sum(0)
    others = sums.sum(0) - sums
    return sums[np.arange(len(sums)), others.argmin(1)]


few = next(n for n in held if 10 * n >= d)  # a tenth of the weights
ldc, diagonal, whole = map(
    best, (f"LDC {held[-1]}", "diagonal EWC", "whole EWC"))

# %% tags=["nbval-check-output"]
free, two_way = found["none"][0].ravel(), found["none"][2].ravel()
forgets = results.record(
    "IVF-F4", Estimate.mean_of(free), band=(0.3, 1),
    name="error in the first task after the second, no penalty",
    paper=("lost; forgets", (0.1, 1)))
ten_way = results.record(
    "IVF-F4", Estimate.mean_of(two_way), band=(0, 0.1),
    name="the same with its two classes only")
assert forgets and ten_way

# %% tags=["nbval-check-output"]
mitigated = results.record(
    "IVF-F4", Estimate.mean_of(best("none") - ldc), band=(0.3, 1),
    name="sum of errors, no penalty minus LDC",
    paper=("lost; less forgetting", (0, np.inf)))
assert mitigated

# %% tags=["nbval-check-output"]
better = results.record(
    "IVF-F4", Estimate.mean_of(diagonal - ldc), band=(0, 0.5),
    name="sum of errors, diagonal EWC minus LDC",
    paper=("lost; LDC better", (0, np.inf)))
blind = results.record(
    "IVF-F4", Estimate.mean_of(diagonal - whole), band=(0, 0.5),
    name="sum of errors, diagonal EWC minus whole EWC")
assert better and blind

# %% tags=["nbval-check-output"]
no_more = results.record(
    "IVF-F4", Estimate.mean_of(ldc - whole), band=(-0.1, 0.1),
    name="sum of errors, LDC minus whole EWC")
plain = results.record(
    "IVF-F4", Estimate.mean_of(diagonal - best("L2")), band=(-0.2, 0.2),
    name="sum of errors, diagonal EWC minus L2")
assert no_more and plain

# %% [markdown]
# ## How many directions?

# %% mystnb={"figure": {"caption": "Sum of both test errors against the number of directions held, at the best strength; bars are two standard errors over seeds.", "name": "fig-ivf-forgetting-modes"}, "image": {"alt": "Semi-logarithmic plot. The sum for LDC falls steeply with the number of directions and is flat from about a twentieth of the weights on, level with the line of EWC with the whole matrix. Locking the directions altogether is somewhat worse. The lines of L2 and of diagonal EWC lie clearly above."}}
fig, ax = plt.subplots(figsize=(6, 4.2), facecolor="white", layout="tight")
for kind, colour, marker in (("LDC", "#0072B2", "o"),
                             ("lock", "#CC79A7", "x")):
    each = [Estimate.mean_of(best(f"{kind} {n}")) for n in held]
    ax.errorbar(held, [e.value for e in each], [2 * e.stderr for e in each],
                color=colour, marker=marker, capsize=2, label=kind)
for label, style in (("L2", "-."), ("diagonal EWC", "--"),
                     ("whole EWC", ":")):
    ax.axhline(best(label).mean(), ls=style, color=styles[label][0],
               label=label)
ax.set(xscale="log", xlabel="directions held, $N_c$", ylim=(0, None),
       ylabel=r"sum of errors, $\epsilon_1+\epsilon_2$")
ax.legend(fontsize=8)
plt.show()

# %%
def ratio(above, below):
    """Ratio of two means over seeds, its error by leaving seeds out."""
    n = len(above)
    left = (above.sum() - above) / (below.sum() - below)
    error = np.sqrt((n - 1) * left.var())
    return Estimate(above.mean() / below.mean(), error, n)

# %% tags=["nbval-check-output"]
enough = results.record(
    "IVF-F4", ratio(best(f"LDC {few}"), ldc), band=(0, 2),
    name="sum of errors, N_c a tenth of the weights over all",
    paper=("lost; few suffice", (0, 1.2)))
too_few = results.record(
    "IVF-F4", Estimate.mean_of(best(f"LDC {held[0]}") - ldc),
    band=(0.1, 1), name="sum of errors, smallest N_c minus all")
assert enough and too_few

# %% tags=["nbval-check-output"]
sums = {psi: best(f"LDC psi {psi}").mean() for psi in (2, 4, 8)}
insensitive = results.record(
    "IVF-F4", Estimate(max(sums.values()) - min(sums.values()), 0, 3),
    band=(0, 0.1), name="range of the sums of errors over psi = 2, 4, 8",
    paper=("lost; insensitive", (0, 0.05)))
assert insensitive

# %% [markdown]
# (The bands of this notebook were set after a look at other runs.)
#
# ## What we found
#
# - The first task is forgotten, but mostly in one sense: its classes are
#   no longer answered. Between its own two classes the network still
#   decides well.
# - LDC does beat diagonal EWC, clearly. The source's claim holds here.
# - EWC with the whole matrix does as well as LDC. So the gain is not that
#   of a new constraint. A diagonal cannot see weights that move together;
#   principal components and eigenvectors can (IVF-E14). Plain $L^2$,
#   which costs nothing, is level with diagonal EWC.
# - A twentieth of the directions suffices here, a hundredth does not.
#   Which directions they are is what counts: random ones with the
#   same stiffnesses hold nothing.
# - With $F$ from the variances, $\psi$ hardly matters, if the
#   strength is adapted to each. At a fixed strength it matters a lot.
#
# These are one data set, one network and one pair of tasks, and errors on
# 177 images each.
#
# ## Five classes against five
#
# Full profile only; finished methods are kept.

# %%
if folder is None:
    print("five against five digits: not run in the quick profile")
else:
    found = compare((0, 1, 2, 3, 4), (5, 6, 7, 8, 9))
    for label in found:
        print(f"{label}: {Estimate.mean_of(best(label))}")
