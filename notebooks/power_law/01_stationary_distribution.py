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
# # The stationary distribution, derived
#
# Noise that grows with the distance from the minimum gives the weights
# of SGD heavy tails. How heavy? The answer hangs on a point that is
# easily passed over: in which sense the stochastic equation is read.
#
# We go from the noise model to the law in small steps, with symbols,
# and keep the reading open as a number $\alpha$: 0 is Itô, ½ is
# Stratonovich, 1 is anti-Itô. Each cell computes its formula, or proves
# it where it had to be guessed.
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

from sgdtheory.stochastic.distributions import power_law
from sgdtheory.theory import catalog
from sgdtheory.theory import fokker_planck as fp

eta, H, kappa, sigma_g, sigma_H = sp.symbols(
    "eta H kappa sigma_g sigma_H", positive=True)
Delta, t, n, q, B = sp.symbols("Delta t n q B", positive=True)
rho, u, y, M = sp.symbols("rho u y M", real=True)
alpha = sp.Symbol("alpha", nonnegative=True)

# %% tags=["parameters"]
kappas = [0.6, 1.0, 3.0]  # of the figure
reach = 12.0  # its half-width, in standard deviations of the Gaussian

# %% [markdown]
# ## 1. The noise
#
# Let $u = w - w^*$ be the distance from the minimum. The gradient of a
# minibatch is $\tilde g + \tilde H u$, with random $\tilde g$ (variance
# $\sigma_g$) and $\tilde H$ (mean $H$, variance $\sigma_H$) that have
# the covariance $\rho$. Write both through two independent letters
# $z_1, z_2$ of mean zero and variance one. The variance is the sum of
# the squares of what stands before them.

# %%
z1, z2 = sp.symbols("z1 z2")
g = sp.sqrt(sigma_g) * z1
h = rho / sp.sqrt(sigma_g) * z1 + sp.sqrt(sigma_H - rho**2 / sigma_g) * z2
noise = sp.expand(g + h * u)
C = sp.collect(sp.expand(noise.coeff(z1)**2 + noise.coeff(z2)**2), u)
C

# %% [markdown]
# A parabola. It has no real root, so the noise vanishes nowhere, as
# long as $\rho^2 < \sigma_g\sigma_H$. (PLD-P1 says what is left of this
# when the loss of a sample is not quadratic.)
#
# ## 2. Fokker-Planck, three times
#
# SGD is $w' = w - \eta(\tilde g + \tilde H u)$. On the time scale
# $t = \eta \times$ steps this has the drift $f = -Hu$ and the diffusion
# coefficient $D = \eta C/2$. The density obeys $\partial_t p =
# -\partial_u J$, with a flux $J$ that depends on the reading. Itô,
# Stratonovich, anti-Itô, from top to bottom:

# %%
f = -H * u
D_of, p = sp.Function("D")(u), sp.Function("p")(u)
fluxes = [fp.flux(p, f, D_of, u, c) for c in fp.INDEX]
sp.Matrix([sp.collect(sp.expand(J), p) for J in fluxes])

# %% [markdown]
# They differ by a drift $\alpha D'$ and by nothing else. With our
# parabola, the anti-Itô equation has this more than the one of SGD:

# %%
D = eta * C / 2
extra = sp.expand((fluxes[2] - fluxes[0]) / p)
assert extra == sp.diff(D_of, u)
sp.factor(sp.diff(D, u))

# %% [markdown]
# A push *outward*, of the strength of $H/\kappa$ with $\kappa =
# H/(\eta\sigma_H)$. SGD does not have it: the mean of one step is
# $-\eta H u$ exactly. SGD is Itô (PLD-E3, PLD-E5).
#
# ## 3. No flux
#
# In one dimension a stationary flux that vanishes at infinity vanishes
# everywhere. So $J = 0$, which is an equation for the slope of
# $\log p$:

# %%
log_p = sp.Function("ell")(u)
slope = sp.solve(fp.residual(log_p, f, D, u, alpha), sp.diff(log_p, u))[0]
slope = slope.subs(H, kappa * eta * sigma_H)
sp.simplify(slope)

# %% [markdown]
# ## 4. Pearson's fourth type
#
# The numerator is linear in $u$. Split it: a multiple of $C'$, whose
# integral is a power of $C$, and a constant, whose integral is an
# arctangent ($\Delta^2 = \sigma_g\sigma_H - \rho^2$ from completing the
# square).

# %%
power = sp.cancel(sp.limit(u * slope, u, sp.oo) / 2)
rest = sp.simplify(slope * C - power * sp.diff(C, u))
angle = sp.atan((sigma_H * u + rho) / Delta)
law = C**power * sp.exp(rest / Delta * angle)
gap = sp.diff(power * sp.log(C) + rest / Delta * angle, u) - slope
assert sp.cancel(gap.subs(sigma_g, (Delta**2 + rho**2) / sigma_H)) == 0
law

# %% [markdown]
# The reading enters the power of $C$ and nothing else: $\kappa + 1$ for
# SGD, $\kappa$ for the anti-Itô equation. The exponential leans the law
# to one side when gradient and curvature of the samples are correlated.
#
# With $u = \lambda + a\tan\theta$, $a = \Delta/\sigma_H$ and $m =
# \kappa + 1 - \alpha$ the norm is $a\int\cos^{2m-2}\theta\,
# e^{-\nu\theta}\,d\theta$, here $\nu = -2\kappa\rho/\Delta$. The closed
# form with Gamma functions, for $m = 1, 2$, against the integral:

# %%
theta, m = sp.symbols("theta m", real=True)
nu = sp.Symbol("nu", positive=True)
Z = sp.sqrt(sp.pi) * sp.gamma(m - sp.S.Half) * sp.gamma(m)
Z /= sp.gamma(m - sp.I * nu / 2) * sp.gamma(m + sp.I * nu / 2)
ends = (theta, -sp.pi / 2, sp.pi / 2)
for k in (1, 2):
    body = sp.cos(theta)**(2 * k - 2) * sp.exp(-nu * theta)
    gap = sp.gammasimp(Z.subs(m, k)) - sp.integrate(body, ends)
    assert sp.simplify(gap.rewrite(sp.exp)) == 0
sp.simplify(sp.gammasimp(Z.subs(m, 2)))

# %% [markdown]
# ## 5. What exists
#
# The density falls like $|u|^{-2m}$, so $\mathbb E|u|^k$ is finite if
# and only if $k < 2m - 1$. For $k = 0, 1, 2$ (norm, mean, variance)
# $\kappa$ must be above

# %%
tail = sp.limit(-u * slope, u, sp.oo)
bounds = [sp.solve(tail - k - 1, kappa)[0] for k in (0, 1, 2)]
sp.Matrix(bounds).T

# %% [markdown]
# Any $\kappa > 0$ will do for the norm if $\alpha = 0$, but the
# anti-Itô law needs $\kappa > 1/2$: below it there is no stationary
# law, while SGD has one.
#
# The moments follow without an integral. In a stationary law the mean
# of $(f + \alpha D')\phi' + D\phi''$ is zero, for $\phi = u$ and
# $\phi = u^2$:

# %%
M1, M2 = sp.symbols("M_1 M_2")
moment = {(0,): 1, (1,): M1, (2,): M2}
balances = []
for k in (1, 2):
    phi = fp.backward(u**k, f, D, u, alpha).subs(H, kappa * eta * sigma_H)
    balances.append(sum(c * moment[j] for j, c in sp.Poly(phi, u).terms()))
found = sp.solve(balances, [M1, M2], dict=True)[0]
sp.Matrix([sp.factor(found[M1]),
           sp.factor(sp.cancel(found[M2] - found[M1]**2).subs(alpha, 0))])

# %% [markdown]
# Above: the mean, zero for SGD and in no other reading (unless $\rho =
# 0$). Below: the variance of SGD.
#
# ## 6. Student, Tsallis, Gauss
#
# Let $\rho = 0$. Then $p \propto (1 + \sigma_H u^2/\sigma_g)^{-m}$. A
# Student t has the kernel $(1 + u^2/\nu s^2)^{-(\nu+1)/2}$, a
# $q$-Gaussian $(1 + (q-1)\beta u^2)^{-1/(q-1)}$. Compare the powers.
# Rows: Itô, Stratonovich, anti-Itô; columns: $m$, $\nu$, $q$.

# %%
rows = []
for index in fp.INDEX.values():
    m_ = -power.subs(alpha, index)
    rows.append([m_, 2 * m_ - 1, sp.factor(1 + 1 / m_)])
sp.Matrix(rows)

# %% [markdown]
# Fit a Student t to the same weights and you read off $\kappa =
# (\nu - 1)/2$ if they come from SGD; the anti-Itô formula would make it
# larger by exactly one.
#
# Now let the curvature's noise die: $\sigma_H = H/(\eta\kappa)$ with
# $\kappa\to\infty$. The three readings become one, the Gaussian of the
# Ornstein-Uhlenbeck process:

# %%
symmetric = power * sp.log(1 + sigma_H * u**2 / sigma_g)
fading = symmetric.subs(sigma_H, H / (eta * kappa))
sp.exp(sp.limit(fading, kappa, sp.oo))

# %% [markdown]
# The figure shows what the reading is worth. Same learning rate, same
# curvature, same $\sigma_g$; only $\kappa$ changes.

# %% mystnb={"figure": {"caption": "The same noise, read as SGD has it (Itô, solid) and as the anti-Itô equation has it (dashed). The smaller κ, the heavier the tail, and the further apart the two readings.", "name": "fig-two-readings"}, "image": {"alt": "Densities on a logarithmic axis against the weight. For kappa 0.6, 1 and 3 a solid Itô curve and a dashed anti-Itô curve of the same colour; the dashed one lies far higher in the tails. A black Gaussian parabola is the limit of both."}}
x = np.linspace(-reach, reach, 1201)
fig, ax = plt.subplots(figsize=(7, 4.2), facecolor="white")
COLOURS = ["#D55E00", "#009E73", "#0072B2"]
for k, colour in zip(kappas, COLOURS, strict=True):
    # Gaussian of unit variance: eta sigma_g = 2 H, so sigma_H = sigma_g/2k.
    for reading, dash in (("ito", "-"), ("anti-ito", (0, (4, 2)))):
        pdf = power_law(k, 2, 1 / k, convention=reading).pdf(x)
        label = rf"$\kappa = {k:g}$" if dash == "-" else None
        ax.plot(x, pdf, color=colour, ls=dash, lw=1.8, label=label)
gauss = np.exp(-x**2 / 2) / np.sqrt(2 * np.pi)
ax.plot(x, gauss, color="k", lw=1.8, label=r"$\kappa = \infty$")
ax.plot([], [], color="0.4", label="Itô: SGD")
ax.plot([], [], color="0.4", ls=(0, (4, 2)), label="anti-Itô")
ax.set(yscale="log", ylim=(1e-5, 1), xlim=(-reach, reach),
       xlabel="weight $u$ (standard deviations of the Gaussian)",
       ylabel="density (per unit of $u$)")
ax.legend(frameon=False, ncol=2, fontsize=9)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ## 7. How does it get there?
#
# It is tempting to let the $q$-Gaussian live: keep its power, and let
# its centre $M(t)$ and its width $B(t)$ move. From here on $q$ is that
# power itself, $1/(q - 1)$ in the letters of section 6. Put $p =
# A\,[1 + B(u - M)^2]^{-q}$ into Fokker-Planck. What results is a
# quartic in $y = u - M$: five conditions, for the rates of $A$, $B$ and
# $M$. Solve three of them; two are left over.

# %%
rates = sp.symbols(r"\dot{A} \dot{B} \dot{M}")
D0 = D.subs(rho, 0)
log_q = -q * sp.log(1 + B * (u - M)**2)
r = fp.residual(log_q, f, D0, u, alpha)
moving = [1, sp.diff(log_q, B), sp.diff(log_q, M)]
wanted = sum(a * b for a, b in zip(rates, moving, strict=True))
wanted += sp.diff(r, u) + r * sp.diff(log_q, u)
quartic = sp.Poly(sp.numer(sp.together(wanted.subs(u, y + M))), y)
y4, y3, y2, y1, y0 = quartic.all_coeffs()
solved = sp.solve([y4, y3, y2], rates, dict=True)[0]
left = sp.Matrix([sp.factor(sp.cancel(c.subs(solved))) for c in (y1, y0)])
left

# %% [markdown]
# Both must vanish. All letters but $M$ are positive, so $M = 0$, and
# then $B = \sigma_H/\sigma_g$: the width may not move. And the width
# stands still for one power only:

# %%
still = {M: 0, B: sigma_H / sigma_g, H: kappa * eta * sigma_H}
assert left.subs(still).applyfunc(sp.cancel).is_zero_matrix
sp.solve(solved[rates[1]].subs(still), q)[0]

# %% [markdown]
# So **the only $q$-Gaussian that solves the equation is the stationary
# one** (PLD-71). What really happens is read off the generator. It
# takes a polynomial of degree $n$ to one of degree $n$; the number in
# front of $u^n$ is minus the rate at which the $n$-th moment relaxes.

# %%
generated = fp.backward(u**n, f, D0, u, alpha) / u**n
rate = -sp.limit(sp.expand(generated), u, sp.oo)
rate = sp.factor(rate.subs(sigma_H, H / (eta * kappa)))
rate

# %% [markdown]
# Every moment has a rate of its own, and the kurtosis cannot stay what
# it was. Started from a point, $u = 0$, it begins at a Gaussian's 3 and
# ends, for SGD, at

# %%
rate_2, rate_4 = (rate.subs({n: k, alpha: 0}) for k in (2, 4))
second = eta * sigma_g / rate_2
fourth = 6 * eta * sigma_g * second / rate_4
kurtosis = sp.factor(sp.simplify(fourth / second**2))
assert sp.limit(kurtosis, kappa, sp.oo) == 3
kurtosis

# %% [markdown]
# A $q$-Gaussian of fixed $q$ has one kurtosis for all times.
#
# ## 8. The statement
#
# The object below holds the theorem and checks it as it shows itself:
# the steps of this page, and wrong neighbours that the same steps must
# reject, among them the source's exponent for SGD.

# %%
catalog.get("PLD-T2")

# %% [markdown]
# **When it fails.** For sample losses that are not quadratic the noise
# is no parabola (PLD-P1). For large steps and for skewed curvature the
# tail of SGD is not that of its stochastic differential equation
# (PLD-X2, PLD-X3). In more dimensions the exponent is the same only if
# curvature and noise commute (PLD-T4).
