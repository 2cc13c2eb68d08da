"""LOG-4: on the clock that counts loss, noise proportional to the loss becomes constant."""

import sympy as sp

from sgdtheory.theory.foundations.sgd import b
from sgdtheory.theory.log_landscape import decoupling
from sgdtheory.theory.log_landscape.symbols import NOTEBOOK, E, H, Root, eta, field, h
from sgdtheory.theory.log_landscape.symbols import L as loss
from sgdtheory.theory.statement import Mutant, Proportional, Statement, Step, equation

w = sp.Symbol("w_{i}", real=True)
h_i = sp.Symbol("h_{i}", positive=True)
rest = sp.Symbol(r"w_{\perp}", real=True)
L, u, p, p_new = (field(name)(w, rest) for name in ("L", "u", "p", r"\tilde{p}"))
PULL = -sp.Derivative(sp.log(L), w)
# They do not commute, and so come last in print.
dw, dw_new, dt, dtau, dB, dB_new = (
    sp.Symbol(rf"\mathrm{{d}}{what}", commutative=False)
    for what in ("w_{i}", r"\tilde{w}_{i}", "t", r"\tau", "B_{i}", r"\tilde{B}_{i}")
)
T, L_0 = sp.symbols(r"\tau_{\infty} L_{0}", positive=True)

OLD, CLOCK, NEW, LAWS, STOP, STOP_IF = (
    r"SGD with noise proportional to the loss, along the eigenvector $i$ of $H^*$",
    r"new clock: it counts loss",
    "on the new clock",
    "stationary laws, as histograms over the two clocks",
    r"without a floor, $L = h w^2/2$ in one dimension, the new clock stops: its last reading, "
    "from the loss $L_0$, has the mean",
    "which is finite if and only if",
)


def sde(step, drift, amplitude, time, noise) -> sp.Eq:
    return equation(step, drift * time + amplitude * noise)


def new_clock(drift=PULL, noise=2 * eta * h_i / b) -> sp.Eq:
    return sde(dw_new, drift, Root(noise), dtau, dB_new)


CLAIM = {
    OLD: sde(dw, -sp.Derivative(L, w), Root(2 * eta * h_i * L / b), dt, dB),
    CLOCK: equation(dtau, L * dt),
    NEW: new_clock(),
    LAWS: Proportional(p, p_new / L),
    STOP: equation(E(T), L_0 / (2 * h - eta * h**2 / b)),
    STOP_IF: sp.Lt(eta * h, 2 * b, evaluate=False),
}


def parts(claim, label) -> tuple[sp.Expr, sp.Expr]:
    """Drift and D of an equation ``dw = drift dt + sqrt(2 D) dB``."""
    time, noise = {OLD: (dt, dB), NEW: (dtau, dB_new)}[label]
    right = claim[label].rhs.doit()
    return right.subs({noise: 0, time: 1}), right.subs({time: 0, noise: 1}) ** 2 / 2


def generator(of, drift, D) -> sp.Expr:
    """Rate of the mean of a function of the coordinate, Itô."""
    return drift * sp.diff(of, w) + D * sp.diff(of, w, 2)


def forward(density, drift, D) -> sp.Expr:
    """Rate of a density, Itô."""
    return -sp.diff(drift * density, w) + sp.diff(D * density, w, 2)


def _noise_of_sgd(claim):
    """D = eta C/2 with the decoupled C of LOG-3."""
    drift, D = parts(claim, OLD)
    C = decoupling.CLAIM[decoupling.DECOUPLED].rhs.subs({loss: L, H: h_i})
    return [drift + sp.diff(L, w), sp.expand(D - eta * C / 2)]


def _generators(claim):
    rate = claim[CLOCK].rhs.subs(dt, 1)
    old, new = (generator(u, *parts(claim, label)) for label in (OLD, NEW))
    return sp.expand(sp.expand(old) - sp.expand(rate * new))


def _densities(claim):
    old = forward(claim[LAWS].rhs, *parts(claim, OLD))
    new = forward(p_new, *parts(claim, NEW))
    return sp.cancel(sp.expand(old - new))


WELL = h * w**2 / 2


def _in_the_well(expr) -> sp.Expr:
    return expr.subs(L, WELL).subs(h_i, h).doit()


def _stops(claim):
    """The stated mean m(w): on the old clock it falls at the rate L, on the new at 1."""
    mean = claim[STOP].rhs.subs(L_0, WELL)
    old, new = (
        generator(mean, *(_in_the_well(part) for part in parts(CLAIM, label)))
        for label in (OLD, NEW)
    )
    return [sp.cancel(old + WELL), sp.cancel(new + 1)]


def _finite(claim):
    """The mean loss falls at this rate; if it does not, its integral has no end."""
    drift, D = (_in_the_well(part) for part in parts(CLAIM, OLD))
    rate = sp.cancel(-generator(WELL, drift, D) / WELL)
    bound = claim[STOP_IF]
    return [sp.cancel(bound.gts - bound.lts - rate * b / h), bound.func in (sp.Lt, sp.Gt)]


def _logarithm_falls():
    """log L falls on average at 2h + eta h^2/b > 0, so L goes to zero at every rate."""
    drift, D = (_in_the_well(part) for part in parts(CLAIM, OLD))
    found = sp.cancel(generator(sp.log(WELL), drift, D))
    return found + 2 * h + eta * h**2 / b


EXTRA = 1 - eta * h_i / (2 * b)
LOG4 = Statement(
    id="LOG-4",
    kind="theorem",
    title="On the clock that counts loss SGD is Langevin dynamics on log L",
    source="mori2022, Equations (13)-(15)",
    assumptions=(
        (r"the decoupled form of LOG-3 with a constant $H^*$: $C = 2 L H^*/b$; Itô", None),
        (r"$L > 0$, and $\int_0^\infty L\,\mathrm{d}t = \infty$, for instance $L \ge L_* > 0$; "
         "else the new clock stops at a finite reading", None),
        (r"$w_i$: coordinates along the eigenvectors of $H^*$, with eigenvalues $h_i$; "
         r"$w_\perp$: all the others", None),
    ),
    claim=CLAIM,
    uses=("FND-6", "LOG-3"),
    steps=(
        Step(r"SGD is Itô with $D = \eta C/2$ (FND-6), and $C$ is diagonal in these "
             "coordinates", equation(sp.Symbol("{C_{ii}}"), 2 * h_i * L / b), _noise_of_sgd),
        Step(r"a random change of clock multiplies the generator by the rate of the clock "
             r"(Øksendal, Section 8.5); drift and noise are linear in it, coordinate by "
             r"coordinate",
             equation(sp.Symbol(r"\mathcal{A}_{t}u"),
                      L * sp.Symbol(r"\mathcal{A}_{\tau}u", commutative=False)),
             _generators, by="operator"),
        Step(r"its adjoint: the density over the old clock is that over the new one divided "
             r"by $L$, as $\mathrm{d}t = \mathrm{d}\tau/L$",
             equation(sp.Symbol(r"\mathcal{A}_{t}^{*}p"),
                      sp.Symbol(r"\mathcal{A}_{\tau}^{*}(L p)")), _densities, by="operator"),
        Step(r"in the quadratic well without a floor the stated mean, as a function of $w$, "
             r"falls at the rate $L$ on the old clock and at the rate one on the new",
             None, _stops, by="operator"),
        Step(r"the mean loss obeys a linear equation, $\mathrm{d}\operatorname{E}L/\mathrm{d}t "
             r"= -(2h - \eta h^2/b)\operatorname{E}L$", None, _finite),
        Step(r"$\log L$ falls at every $\eta$, at the mean rate $2h + \eta h^2/b$: in one "
             "dimension the new clock always stops, also where the mean is infinite",
             None, _logarithm_falls),
    ),
    mutants=(
        Mutant("the noise read as Stratonovich",
               {NEW: new_clock(drift=EXTRA * PULL)}),
        Mutant("the noise read as anti-Itô", {NEW: new_clock(
            drift=(2 * EXTRA - 1) * PULL)}),
        Mutant(r"a clock that counts $\sqrt{L}$", {CLOCK: equation(dtau, sp.sqrt(L) * dt)}),
        Mutant(r"half the noise on the new clock", {NEW: new_clock(noise=eta * h_i / b)}),
        Mutant("one histogram on both clocks",
               {LAWS: Proportional(p, p_new)}),
        Mutant(r"$L \tilde{p}$ instead of $\tilde{p}/L$",
               {LAWS: Proportional(p, p_new * L)}),
        Mutant("last reading without noise", {STOP: equation(E(T), L_0 / (2 * h))}),
        Mutant(r"last reading with the rate of $\log L$",
               {STOP: equation(E(T), L_0 / (2 * h + eta * h**2 / b))}),
        Mutant(r"finite for $\eta h < b$ only",
               {STOP_IF: sp.Lt(eta * h, b, evaluate=False)}),
    ),
    against_source="as-stated",
    remark=(
        r"Exact, given the noise model: it is LOG-3 that is approximate. Nothing is assumed of "
        r"the loss but that it is positive and smooth. A path and its picture on the new clock "
        r"pass through the same points in the same order; only the time spent at each differs. "
        r"Where $L$ can reach zero the source adds a constant to it."
    ),
    notebook=NOTEBOOK,
)  # fmt: skip

STATEMENTS = (LOG4,)
