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
# # How long does SGD stay in a minimum?
#
# With constant noise the answer is Kramers' formula: a time exponential
# in the barrier. The noise of SGD grows with the loss. Then, one reads,
# the time is only a *power* of the barrier.
#
# Here we derive the formula in one dimension, from an exact double
# integral, and ask of each of its parts when it holds. Three questions
# decide what it says: is the saddle *reached* or *crossed*, in which
# sense is the equation read, and which limit is meant?
#
# *Time: a quarter of a minute on one CPU core, the same with a GPU, which
# is not used.*

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
import sympy as sp

from sgdtheory.estimate import Estimate
from sgdtheory.runs import profile, results
from sgdtheory.stochastic.first_passage import log_mean_first_passage_time
from sgdtheory.theory import catalog
from sgdtheory.theory import fokker_planck as fp

BLUE, RED, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"

# %% tags=["parameters"]
cells = profile.pick(quick=100_000, full=400_000)  # of the exact solver
targets = profile.pick(quick=77, full=305)  # of the first figure's curves
levels = profile.pick(quick=13, full=41)  # of the others'

# %% [markdown]
# ## 1. One slope for drift and noise
#
# Near a minimum $a$ the variance of the gradient grows like a parabola,
# and so does the loss (PLD-P1). So suppose that, on the way to the saddle
# $b$ and over it,
#
# $$C = \sigma_g + \frac{2}{\eta\kappa}\,\big(L(w) - L(a)\big).$$
#
# Then drift $-L'$ and noise $D = \eta C/2$ are made of one function, and
# the stationary law is a power of $C$ *whatever the loss*. Which power?
# Put $C^{-m}$ into the flux and let the reading $\alpha$ (0 Itô, 1/2
# Stratonovich, 1 anti-Itô) be open:

# %%
eta, kappa, sigma_g, m = sp.symbols("eta kappa sigma_g m", positive=True)
w, alpha, L_a = sp.symbols("w alpha L_a", real=True)
L = sp.Function("L")(w)
C = sigma_g + 2 * (L - L_a) / (eta * kappa)
flux = fp.residual(-m * sp.log(C), -sp.diff(L, w), eta * C / 2, w, alpha)
sp.solve(sp.simplify(flux), m)[0]

# %% [markdown]
# SGD is Itô: $m = \kappa + 1$. With $s = C/\sigma_g$ the exact mean time
# from $a$ to a point $c$ (FND-10) becomes
#
# $$T(a \to c) = \frac{2}{\eta\sigma_g} \int_a^c s(y)^{m-1}
# \int_{-\infty}^y s(z)^{-m}\,dz\,dy .$$
#
# ## 2. Two integrals
#
# The inner integrand is large in the well, the outer one at the saddle.
# If $\kappa$ is large both are narrow, and the double integral is a
# product of two. Our test loss is the double well $L = (w^2 - 1)^2$, of
# barrier $\Delta L = 1$; the one number left, besides $m$, is $X =
# 2\Delta L/(\kappa\eta\sigma_g)$, so that $C_b = (1 + X)\,C_a$.

# %% mystnb={"figure": {"caption": "The two integrands at m = 21 and X = 3, each over its maximum (lines), with parabolas put for s at the minimum and at the saddle (markers). Nothing else along the way counts.", "name": "fig-two-integrands"}, "image": {"alt": "A blue peak at the minimum w = minus one and a wider orange peak at the saddle w = 0, which do not overlap; round markers of the parabolic approximation lie on both lines near their tops."}}
y = np.linspace(-1.6, 0.7, 400)
s = 1 + 3 * (y**2 - 1) ** 2
fig, ax = plt.subplots(figsize=(6.4, 3.6), facecolor="white")
ax.plot(y, s**-21.0, color=BLUE, label="well, $s^{-m}$")
ax.plot(y[y > -1], (s[y > -1] / 4) ** 20, color=RED, ls="--",
        label="saddle, $s^{m-1}$, from $a$ on")
near = y[::10]
ax.plot(near, (1 + 12 * (near + 1) ** 2) ** -21.0, "o", mfc="none",
        color=BLUE)
near = near[near > -1]
hill = np.clip(1 - 1.5 * near**2, 0, None)
ax.plot(near, hill**20, "s", mfc="none", color=RED)
ax.set(xlabel="weight $w$ (no unit)", ylabel="integrand over its maximum")
ax.legend(ncol=2, loc="lower center", bbox_to_anchor=(0.5, 1),
          frameon=False)
plt.show()

# %% [markdown]
# In the well put $s = 1 + v^2$ (units of its own width): a Beta integral.
# At the saddle $s = (1 + X)(1 - u^2)$, a parabola upside down. The
# substitution $u = v/\sqrt{1 + v^2}$ turns it the right way up, so that
# it is *the same integral* with another power:

# %%
u, v = sp.symbols("u v", real=True)
curve = v / sp.sqrt(1 + v**2)
saddle = sp.powsimp(sp.simplify(((1 - u**2) ** (m - 1)).subs(u, curve)
                                * sp.diff(curve, v)))
beta = sp.integrate((1 + v**2) ** -m, (v, -sp.oo, sp.oo), conds="none")
sp.Matrix([[saddle], [beta]])

# %% [markdown]
# Above the saddle's integrand: $m$ has become $m + \frac12$. Below the
# integral for $m$. In the product of both the Gammas collapse:

# %%
half = sp.Rational(1, 2)
product = sp.expand_func(beta * beta.subs(m, m + half))
sp.simplify(product)

# %% [markdown]
# Put the widths back and the time to cross is
#
# $$\tau = \frac{2\pi\kappa}{(m - \frac12)\sqrt{H_a |H_b|}}\,
# (1 + X)^{m - \frac12} .$$
#
# For two true parabolas this is exact. For a smooth loss it holds as
# $\kappa \to \infty$ at fixed $X$, and Kramers' correction (FND-11), with
# $\ln s$ for the loss and $1/m$ for the temperature, gives the next
# order: $R = 1 + \frac1m\big(\frac3{16} + \frac3{8X}\big)$ for the double
# well, where $R$ is the exact time over the formula.
#
# ## 3. To reach, or to cross?
#
# Now the numbers, from the double integral itself.

# %%
readings = ["ito", "stratonovich", "anti-ito"]


def log_time(X, kappa, end=1.0, reading="ito", start=-1.0, **wall):
    """Logarithm of the exact mean time in L = (w^2 - 1)^2."""
    return log_mean_first_passage_time(
        lambda w: -4 * w * (w**2 - 1),
        lambda w: (1 + X * (w**2 - 1) ** 2) / (kappa * X),
        start, end, convention=reading, cells=cells, **wall)


def log_formula(X, kappa, reading="ito"):
    """PLD-L6 for the same well: H_a = 8, H_b = -4."""
    power = kappa + 0.5 - readings.index(reading) / 2
    front = 2 * np.pi * kappa / power / 32**0.5
    return np.log(front) + power * np.log1p(X)


def extrapolate(values):
    """Limit of a power series in a step that halves."""
    row, order = np.asarray(values), 0
    while len(row) > 1:
        order += 1
        row = (2**order * row[1:] - row[:-1]) / (2**order - 1)
    return row[0]

# %% mystnb={"figure": {"caption": "Exact mean time to reach a point w, over the formula, at X = 3. At the saddle it is half of what it is beyond: the formula is the time to cross. The larger κ, the sharper the step.", "name": "fig-reach-or-cross"}, "image": {"alt": "Three rising curves for kappa 5, 20 and 80 against the target point. All pass through about one half at the saddle w = 0, marked by a dot, and level off near one beyond it; the step is steepest for kappa 80."}}
where = np.linspace(-0.9, 1.0, targets)
fig, ax = plt.subplots(figsize=(6.4, 3.8), facecolor="white")
for k, colour, dash in [(5, GREEN, ":"), (20, RED, "--"), (80, BLUE, "-")]:
    ratio = [np.exp(log_time(3, k, x) - log_formula(3, k)) for x in where]
    ax.plot(where, ratio, color=colour, ls=dash, label=rf"$\kappa$ = {k}")
ax.plot(0, 0.5, "ko", label="saddle, one half")
ax.axhline(1, color="0.6", lw=1)
ax.set(xlabel="target $w$ (no unit)", ylabel="exact time / formula")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# The definition in the source is the first *reach* of the saddle; its
# formula, as we reconstruct it, is the time to *cross*. At the top the
# walker falls to either side with equal chance. If the well is symmetric
# an exact relation follows, for any noise and any $\kappa$ (PLD-D5):
#
# $$\tau_{\rm reach} = \tfrac12\,\tau_{\rm cross} - \tau_0 ,$$
#
# with $\tau_0$ the mean time from the top to leave $(-1, 1)$; by symmetry
# that is the time from a wall at $0$ to $1$. A single case off by more
# than the solver's error would refute it. We try a low barrier, where
# $\tau_0$ is no small matter.

# %% tags=["nbval-check-output"]
passed = []
for X, k in [(0.3, 1), (3, 2), (30, 5)]:
    reach, cross = (np.exp(log_time(X, k, end)) for end in (0.0, 1.0))
    top = np.exp(log_time(X, k, start=0.0, lower=0.0))
    passed.append(results.record(
        "PLD-D5", Estimate((reach + top) / cross, 0, 1),
        name=f"(reach + tau_0) / cross at X = {X:g}, kappa = {k}",
        band=(0.5 - 1e-7, 0.5 + 1e-7)))
assert all(passed)

# %% [markdown]
# ## 4. How good is it?
#
# $R$ depends on $m$ and $X$ alone. Read the table from the bottom up:
# large $m$ first. Columns: the saddle's noise over the minimum's, less 1.

# %%
columns = [0.1, 1, 10, 100, 1e4]
print("   m |" + "".join(f"  X = {X:<8g}" for X in columns))
for M in (1.5, 2, 3, 5, 10, 20, 50):
    row = [np.exp(log_time(X, M - 1) - log_formula(X, M - 1))
           for X in columns]
    print(f"{M:4g} |" + "".join(f"{R:10.3f}    " for R in row))

# %% mystnb={"figure": {"caption": "(R - 1) m against 1/m, exact, for three values of X (markers); the crosses on the axis are the derived first correction. The formula is right as κ → ∞ at fixed X, and so is its next order.", "name": "fig-next-order"}, "image": {"alt": "Three lines of markers that run to the vertical axis as one over m goes to zero and end there in the crosses at 3/16 plus 3/8X for X equal to one, three and thirty."}}
M = np.geomspace(8, 400, levels)
fig, ax = plt.subplots(figsize=(6.4, 3.8), facecolor="white")
for X, colour, mark in [(1, GREEN, "^"), (3, RED, "s"), (30, BLUE, "o")]:
    R = np.exp([log_time(X, k - 1) - log_formula(X, k - 1) for k in M])
    ax.plot(1 / M, (R - 1) * M, mark + "-", color=colour, mfc="none",
            lw=0.8, label=f"X = {X}")
    ax.plot(0, 3 / 16 + 3 / 8 / X, "x", color="k", ms=9, clip_on=False)
ax.set(xlabel="$1/m$ (no unit)", ylabel="$(R - 1)\\,m$ (no unit)",
       xlim=(0, None), ylim=(0, None))
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# To test a limit, extrapolate to it: $R$ is a power series in $1/m$, so
# halving $1/m$ again and again removes power after power (Richardson).
# The next order must come out too, and in the other readings as well.

# %% tags=["nbval-check-output"]
ladder, passed = 16 * 2.0 ** np.arange(7), []
for X, reading in [(1, "ito"), (3, "stratonovich"), (10, "anti-ito")]:
    R = np.exp([log_time(X, k, reading=reading)
                - log_formula(X, k, reading) for k in ladder])
    M = ladder + 1 - readings.index(reading) / 2
    slope = extrapolate((R - 1) * M) / (3 / 16 + 3 / 8 / X)
    for name, value in [("R", extrapolate(R)), ("its slope / claim", slope)]:
        passed.append(results.record(
            "PLD-L6", Estimate(value, 0, 1), band=(1 - 1e-5, 1 + 1e-5),
            name=f"limit of {name}, X = {X}, {reading}"))
assert all(passed)

# %% [markdown]
# ## 5. The reading is no detail
#
# The three readings differ by one half in $m$ from each to the next, and
# the time by a factor $\sqrt{C_b/C_a}$. One might hope that this fades as
# $\eta \to 0$. It does not: at a fixed strength of the noise $X$ stays,
# and the ratio of Itô to anti-Itô tends to $C_b/C_a = 1 + X$.

# %% tags=["nbval-check-output"]
ratio = [np.exp(log_time(9, k) - log_time(9, k, reading="anti-ito"))
         for k in ladder]
passed = results.record(
    "PLD-X5", Estimate(extrapolate(ratio), 0, 1), band=(9.999, 10.001),
    name="time of SGD over that of the anti-Ito equation at X = 9")
assert passed

# %% [markdown]
# With the exponent $\kappa - \frac12$ in place of $\kappa + \frac12$ the
# time of SGD is too short by this factor: ten, if the noise at the saddle
# is ten times that at the minimum.
#
# ## 6. A power of the barrier?
#
# Double the barrier and keep everything else. How the time answers is its
# local exponent $d\ln\tau/d\ln\Delta L$. For the formula it is $(m -
# \frac12)\,X/(1 + X)$. If it grows in proportion to $\Delta L$ the law is
# exponential; if it is constant, a power. (Where $\kappa X$ is of order
# one there is no barrier worth the name, and the formula says nothing.)

# %% mystnb={"figure": {"caption": "Local exponent of the escape time of SGD in the barrier: exact (markers) and from the formula (lines). While the noise has hardly grown, X ≪ 1, it rises in proportion to the barrier, as in Kramers' exponential law; for X ≫ 1 it is constant: a power.", "name": "fig-local-exponent"}, "image": {"alt": "Log-log plot of the local exponent against X for kappa 2, 10 and 50: each curve rises with slope one and bends over near X = 1 to a constant, at 2.5, 10.5 and 50.5; markers lie on the lines except at small X for kappa 2 and 10."}}
X = np.geomspace(0.03, 300, levels)
fig, ax = plt.subplots(figsize=(6.4, 4), facecolor="white")
for k, colour, mark in [(2, GREEN, "^"), (10, RED, "s"), (50, BLUE, "o")]:
    # A barrier higher by a factor e^h: same curvatures, X by e^h.
    h = 0.02
    exact = [(log_time(x * np.exp(h), k) - log_time(x, k)) / h for x in X]
    ax.loglog(X, exact, mark, color=colour, mfc="none",
              label=rf"$\kappa$ = {k}")
    ax.plot(X, (k + 0.5) * X / (1 + X), color=colour)
ax.set(xlabel=r"$X = C_b/C_a - 1$ (no unit)",
       ylabel=r"$d\,\ln\tau\,/\,d\,\ln\Delta L$ (no unit)")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# So three limits, and three answers (PLD-X5):
#
# | fixed | limit | logarithm of the time |
# |---|---|---|
# | $\kappa X$, high | $X\to0$ | $2\Delta L/\eta\sigma_g$: exponential |
# | $X$: the noise | $\eta\to0$ | $H_a\ln(1+X)/\eta\sigma_H$: exponential |
# | $\kappa$: $\sigma_H\propto1/\eta$ | $\eta\to0$ | $(m-1/2)\ln X$: a power |
#
# SGD on a given loss with a smaller and smaller step is in the second
# row: its time is exponential in $1/\eta$; only the barrier is counted in
# another currency, $\ln(1 + X)$ for $X$.
#
# In the third row the power is right and the constant is not. The saddle
# is no peak any more, the whole way over the barrier counts, and $R$
# tends to a number that depends on its shape:
#
# $$R_\infty = \frac{\Gamma(m+\frac12)}{\Gamma(m)}
# \sqrt{\frac{|H_b|}{2\pi\Delta L}}\int_a^c
# \Big(\frac{L(y) - L(a)}{\Delta L}\Big)^{m-1}dy .$$
#
# For the double well the integral is the Beta function of section 2 once
# more:

# %%
path = sp.sqrt(2 / sp.pi) * beta.subs(m, 2 * m - half)
R_oo = path * sp.gamma(m + half) / sp.gamma(m)
R_oo

# %% mystnb={"figure": {"caption": "Exact time over the formula at fixed κ as X grows (markers), and the shape constant that it tends to (dashed). At κ = 1 the formula is off by 13 per cent for good.", "name": "fig-shape-constant"}, "image": {"alt": "R against X on a logarithmic axis for kappa one half, 1, 2 and 9: each row of markers flattens out on its own dashed horizontal line at 1.20, 1.13, 1.08 and 1.02, all above one."}}
X = np.geomspace(3, 1e5, levels)
fig, ax = plt.subplots(figsize=(6.4, 3.8), facecolor="white")
for k, colour, mark in [(0.5, PINK, "v"), (1, GREEN, "^"), (2, RED, "s"),
                        (9, BLUE, "o")]:
    R = [np.exp(log_time(x, k) - log_formula(x, k)) for x in X]
    ax.semilogx(X, R, mark, color=colour, mfc="none",
                label=rf"$\kappa$ = {k:g}")
    ax.axhline(float(R_oo.subs(m, k + 1)), color=colour, ls="--", lw=1)
ax.axhline(1, color="k", lw=1)
ax.set(xlabel=r"$X = C_b/C_a - 1$ (no unit)",
       ylabel="exact time / formula", ylim=(0.98, 1.32))
ax.legend(frameon=False, ncol=2)
plt.show()

# %% tags=["nbval-check-output"]
passed = []
for k in (1, 2, 3):
    steps = 16 * 4.0 ** np.arange(6)  # a series in 1/sqrt(X)
    R = np.exp([log_time(x, k) - log_formula(x, k) for x in steps])
    ratio = extrapolate(R) / float(R_oo.subs(m, k + 1))
    passed.append(results.record(
        "PLD-X5", Estimate(ratio, 0, 1), band=(1 - 1e-4, 1 + 1e-4),
        name=f"limit of R over the shape constant, kappa = {k}"))
assert all(passed)

# %% [markdown]
# ## 7. The statement
#
# The object below checks itself as it is shown: the steps of this page,
# and wrong neighbours that the same steps must reject. Two of them are
# the source's, as we reconstruct it: the exponent for SGD, and the time
# to cross taken for the first reach.

# %%
catalog.get("PLD-L6")

# %% [markdown]
# ## What to remember
#
# - One exact double integral holds everything; each formula is a limit of
#   it, and the limit must be named.
# - The formula is the time to cross. To reach the saddle takes half as
#   long, and a walker there is as likely to fall back.
# - SGD has the exponent $\kappa + \frac12$.
# - A power of the barrier is the law of a fixed $\kappa$, not of a small
#   learning rate.
#
# **Try it.** Move the target to $w = 0.5$. For which $X$ does the time at
# $\kappa = 1$ notice, and why hardly at $\kappa = 50$?
#
# **Solution.** At $\kappa = 1$ for every $X$: the time to $w = 0.5$ is
# between 0.66 and 0.90 of the time to cross, and 0.90 is its limit for $X
# \to \infty$, the share of section 6's shape integral that lies below
# $0.5$. At $\kappa = 50$ only below $X \approx 0.1$: there it is 0.97, at
# $X = 1$ one to four digits. The outer integrand $s^{m-1}$ is a bell about
# the saddle of variance $(1 + X)/(4\kappa X)$. The target cuts nothing off
# if $0.5$ is many widths away. At $\kappa = 1$ the width is at least $0.5$;
# at $\kappa = 50$ and large $X$ it is $0.07$, and reaches $0.25$ only when
# $X$ falls to $0.09$.
