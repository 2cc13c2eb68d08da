"""How well a sample can tell the tail: Fisher information of the Student t."""

from functools import lru_cache

import sympy as sp

from sgdtheory.theory.statement import Asymptotic, Mutant, Statement, Step, equation

nu, s, b, t, n, x, z = sp.symbols("nu s b t n x z", positive=True)
y = sp.Symbol("y", real=True)
half = sp.Rational(1, 2)
I_mm, I_ss, I_sn, I_nn, I_nu, se_nu, se_kappa, se_k, draws, null_k = (
    sp.Symbol(name, positive=True)
    for name in (
        r"{I_{\mu\mu}}", r"{I_{ss}}", r"{I_{s\nu}}", r"{I_{\nu\nu}}", r"{I_\nu}",
        r"{\mathrm{s.e.}\,\hat\nu}", r"{\mathrm{s.e.}\,\hat\kappa}",
        r"{\mathrm{s.e.}(1/\hat\nu)}", r"{n_z}", r"{I_{1/\nu}(0)}",
    )
)  # fmt: skip

LOC, SCALE, CROSS, OWN = (
    "information of one draw: location", "scale", "scale and $\\nu$", r"$\nu$ alone",
)  # fmt: skip
LEFT, ERROR, KAPPA = (
    r"left for $\nu$ when location and scale are unknown",
    r"standard error of $\hat\nu$ from $n$ draws",
    r"of $\hat\kappa$, in every convention",
)
LIGHT, HEAVY, GAUSS = (
    r"nearly Gaussian, $\nu \to \infty$",
    r"very heavy tails, $\nu \to 0$",
    r"at the Gaussian, of $1/\nu$",
)
DRAWS = r"draws that put $1/\hat\nu$ beyond $z$ standard errors of 0, $\nu \to \infty$"

CURVED = sp.polygamma(1, nu / 2) - sp.polygamma(1, (nu + 1) / 2)


def left(gap=(nu + 3) / (2 * nu * (nu + 1) ** 2)):
    return equation(I_nu, CURVED / 4 - gap)


CLAIM = {
    LOC: equation(I_mm, (nu + 1) / ((nu + 3) * s**2)),
    SCALE: equation(I_ss, 2 * nu / ((nu + 3) * s**2)),
    CROSS: equation(I_sn, -2 / ((nu + 1) * (nu + 3) * s)),
    OWN: equation(I_nn, CURVED / 4 - (nu + 5) / (2 * nu * (nu + 1) * (nu + 3))),
    LEFT: left(),
    ERROR: equation(se_nu, 1 / sp.sqrt(n * I_nu)),
    KAPPA: equation(se_kappa, se_nu / 2),
    LIGHT: Asymptotic(se_nu, nu**2 * sp.sqrt(2 / (3 * n))),
    HEAVY: Asymptotic(se_nu, nu / sp.sqrt(n)),
    GAUSS: equation(null_k, sp.Rational(3, 2)),
    DRAWS: Asymptotic(draws, 2 * z**2 * nu**2 / 3),
}


@lru_cache(maxsize=1)
def generating() -> sp.Expr:
    """E b^t of b = 1/(1 + z^2/nu): the norm of nu + 2t degrees over that of nu."""
    return (
        sp.gamma(nu / 2 + t) * sp.gamma((nu + 1) / 2)
        / (sp.gamma(nu / 2) * sp.gamma((nu + 1) / 2 + t))
    )  # fmt: skip


def _generating():
    """With r = z^2/nu the norm is the Beta integral of r^(-1/2) (1+r)^(-(nu+1)/2-t)."""
    r, c = sp.symbols("r c", positive=True)
    beta = sp.integrate(1 / sp.sqrt(r) / (1 + r) ** (c + half), (r, 0, sp.oo))
    ratio = beta.subs(c, nu / 2 + t) / beta.subs(c, nu / 2)
    return sp.gammasimp(ratio / generating()) - 1


def shifted(order: int, start, steps: int) -> sp.Expr:
    """psi or psi' at ``start + steps``, by its recurrence, in terms of that at ``start``."""
    rises = (sp.diff(sp.log(x), x, order + 1).subs(x, start + j) for j in range(steps))
    return sp.polygamma(order, start) + sum(rises)


def mean(power: int, logs: int) -> sp.Expr:
    """E b^power (ln b)^logs, in psi and psi' of nu/2 and (nu + 1)/2."""
    first, second = (
        shifted(order, nu / 2, power) - shifted(order, (nu + 1) / 2, power) for order in (0, 1)
    )
    # Gamma(x + 1) = x Gamma(x), in numerator and denominator.
    value = sp.prod([(nu + 2 * j) / (nu + 1 + 2 * j) for j in range(power)])
    return value * (1, first, first**2 + second)[logs]


def _derivatives():
    """The logarithm of E b^t has psi and psi' for its derivatives in t."""
    low, high = nu / 2 + t, (nu + 1) / 2 + t
    log = sp.loggamma(low) - sp.loggamma(high)
    return [
        sp.diff(log, t, k + 1) - sp.polygamma(k, low) + sp.polygamma(k, high) for k in (0, 1)
    ]


def expectation(polynomial) -> sp.Expr:
    """Of a polynomial in b and ln b."""
    L = sp.Symbol("L")
    poly = sp.Poly(sp.expand(polynomial).subs(sp.log(b), L), b, L)
    return sum(c * mean(*powers) for powers, c in poly.terms())


LOG_P = (
    sp.loggamma((nu + 1) / 2) - sp.loggamma(nu / 2) - sp.log(nu * sp.pi) / 2 - sp.log(s)
    - (nu + 1) / 2 * sp.log(1 + y**2 / (nu * s**2))
)  # fmt: skip
#: Score in s (times s) and in nu; that in the location is 2 (nu+1)/(2s) z b/nu.
SCORE_S = (nu + 1) * (1 - b) - 1
CONSTANT = (sp.digamma((nu + 1) / 2) - sp.digamma(nu / 2) - 1 / nu) / 2
SCORE_NU = CONSTANT + sp.log(b) / 2 + (nu + 1) / (2 * nu) * (1 - b)


def _scores():
    """Slopes of the log-density, with 1/(1 + y^2/(nu s^2)) called b."""
    at = {b: 1 / (1 + y**2 / (nu * s**2))}
    in_s = s * sp.diff(LOG_P, s) - SCORE_S.subs(at)
    in_nu = sp.diff(LOG_P, nu) - SCORE_NU.subs(at)
    in_y = sp.diff(LOG_P, y) ** 2 - ((nu + 1) ** 2 / (nu * s**2) * b * (1 - b)).subs(at)
    return [sp.simplify(gap) for gap in (in_s, sp.expand_log(in_nu, force=True), in_y)]


def _location(claim):
    found = expectation((nu + 1) ** 2 / nu * b * (1 - b)) / s**2
    return sp.cancel(found - claim[LOC].rhs)


def _scale(claim):
    return sp.cancel(expectation(SCORE_S**2) / s**2 - claim[SCALE].rhs)


def _cross(claim):
    return sp.cancel(expectation(SCORE_S * SCORE_NU) / s - claim[CROSS].rhs)


def _own(claim):
    return sp.cancel(expectation(SCORE_NU**2) - claim[OWN].rhs)


def _left(claim):
    taken = claim[CROSS].rhs ** 2 / claim[SCALE].rhs
    return sp.simplify(claim[OWN].rhs - taken - claim[LEFT].rhs)


def _errors(claim):
    """Variance is the inverse of the information of n draws; kappa is half nu and a number."""
    per_nu = claim[KAPPA].rhs / se_nu - sp.diff((nu - 1) / 2, nu)
    return [claim[ERROR].rhs ** 2 * n * I_nu - 1, per_nu]


@lru_cache(maxsize=1)
def watson() -> sp.Expr:
    """psi'(nu/2) - psi'((nu+1)/2) = 4 int_0^oo y e^(-nu y)/(1 + e^-y) dy, to nu^-5."""
    series = sp.series(1 / (1 + sp.exp(-x)), x, 0, 4).removeO()
    terms = sp.Poly(series, x).terms()
    return 4 * sum(c * sp.factorial(k + 1) / nu ** (k + 2) for (k,), c in terms)


def _watson():
    """The integral turns each psi' into a geometric series, term by term."""
    q = sp.exp(-x / 2)
    return sp.simplify((1 - q) / (1 - q**2) - 1 / (1 + q))


def _limit(claim, asked, curved, end) -> sp.Expr:
    """Square of the error asked for over that claimed, ``curved`` put for the two psi'."""
    high = sp.polygamma(1, nu / 2 + half)
    information = sp.expand(claim[LEFT].rhs).subs(sp.polygamma(1, nu / 2), curved + high)
    error = claim[ERROR].rhs.subs(I_nu, sp.expand(information))
    return sp.limit(sp.cancel((asked / error) ** 2), nu, end) - 1


def _light(claim):
    return _limit(claim, claim[LIGHT].rhs, watson(), sp.oo)


def _heavy(claim):
    """psi'(nu/2) = 4/nu^2 + a finite part."""
    return _limit(claim, claim[HEAVY].rhs, 4 / nu**2 + sp.Symbol("c", positive=True), 0)


def _heavy_lemma():
    near = sp.polygamma(1, nu / 2 + 1) + 4 / nu**2
    return sp.simplify(sp.expand_func(near) - sp.polygamma(1, nu / 2))


def _gauss(claim):
    """Score in 1/nu at the Gaussian, freed of the score in s: He_4/4."""
    k = sp.Symbol("k", positive=True)
    density = sp.exp(-(y**2) / 2) / sp.sqrt(2 * sp.pi)

    def average(g):
        return sp.integrate(sp.expand(g) * density, (y, -sp.oo, sp.oo))

    norm = -k / 4  # of the logarithm of the norm, first order in k = 1/nu
    score = sp.series(norm - (1 + k) / (2 * k) * sp.log(1 + k * y**2), k, 0, 2).removeO()
    score = sp.diff(score, k).subs(k, 0)
    width = y**2 - 1
    own, across, wide = average(score**2), average(score * width), average(width**2)
    return own - across**2 / wide - claim[GAUSS].rhs


def _same(claim):
    """One over nu has the standard error s.e.(nu)/nu^2; both limits are one."""
    return claim[LIGHT].rhs ** 2 / nu**4 * n * claim[GAUSS].rhs - 1


def _draws(claim):
    """z = (1/nu) / s.e.(1/nu), solved for n."""
    error = claim[LIGHT].rhs.subs(n, claim[DRAWS].rhs) / nu**2
    return sp.simplify(1 / (nu * error) / z - 1)


TLS2 = Statement(
    id="TLS-2",
    kind="theorem",
    title="How many draws it takes to know a tail",
    source="sgdtheory",
    assumptions=(
        (r"$n$ independent draws of $\mu + s\,t_\nu$, all three fitted by maximum likelihood; "
         r"standard errors to leading order in $n$", None),
    ),
    claim=CLAIM,
    uses=("PLD-C3",),
    steps=(
        Step(r"with $b = 1/(1 + z^2/\nu)$, $z = (x-\mu)/s$, every score is a polynomial in $b$ "
             r"and $\ln b$, the location's times $z$", None, _scores),
        Step("the mean of $b^t$ is a ratio of two norms",
             equation(sp.Symbol("{E\\,b^t}"), generating()), _generating, by="integral"),
        Step(r"its derivatives in $t$ bring logarithms; $\psi(x + 1) = \psi(x) + 1/x$", None,
             _derivatives),
        Step("location", None, _location),
        Step("scale", None, _scale),
        Step(r"scale and $\nu$: one derivative of $E\,b^t$ in $t$", None, _cross),
        Step(r"$\nu$: two derivatives; the digammas cancel", None, _own),
        Step(r"the location is of the other parity and costs nothing; an unknown scale takes "
             r"$I_{s\nu}^2/I_{ss}$", None, _left),
        Step(r"the inverse of the information; $\hat\kappa = (\hat\nu - 1)/2 + \alpha$", None,
             _errors),
        Step(r"$\psi'$ as an integral: geometric series under it",
             equation(CURVED, 4 * sp.Integral(x * sp.exp(-nu * x) / (1 + sp.exp(-x)),
                                              (x, 0, sp.oo))), _watson),
        Step("expanded by Watson's lemma; the first two orders cancel", None, _light,
             by="series"),
        Step(r"$\psi'(\nu/2) = 4/\nu^2 + \psi'(1 + \nu/2)$", None, _heavy_lemma),
        Step("which at small $\\nu$ is all", None, _heavy, by="limit"),
        Step(r"the score of $1/\nu$ at a Gaussian is $\frac14 He_4$ once the scale is free: "
             r"variance $4!/16$", None, _gauss, by="integral"),
        Step("and the limit of large $\\nu$ is the same number", None, _same),
        Step("solved for $n$", None, _draws, by="limit"),
    ),
    mutants=(
        Mutant("scale taken as known", {LEFT: left((nu + 5) / (2 * nu * (nu + 1) * (nu + 3)))}),
        Mutant(r"standard error of $\hat\kappa$ as of $\hat\nu$",
               {KAPPA: equation(se_kappa, se_nu)}),
        Mutant(r"growth as $\nu$ for light tails",
               {LIGHT: Asymptotic(se_nu, nu * sp.sqrt(2 / (3 * n)))}),
        Mutant("the scale known at the Gaussian", {GAUSS: equation(null_k, sp.Rational(7, 2))}),
        Mutant("kurtosis of a Gaussian sample, 24, in place of 6",
               {LIGHT: Asymptotic(se_nu, nu**2 * sp.sqrt(8 / (3 * n)))}),
        Mutant("draws that grow as $\\nu$", {DRAWS: Asymptotic(draws, 2 * z**2 * nu / 3)}),
        Mutant("scale as of a Gaussian", {SCALE: equation(I_ss, 2 / s**2)}),
    ),
    remark=(
        r"The two limits say on which scale to think: for heavy tails the error is a fixed "
        r"share of $\nu$ ($\log\nu$), for light ones it is fixed in $1/\nu$. An interval "
        r"$\hat\nu \pm 2$ s.e. is right on neither; the package gives that of the profile "
        r"likelihood, which needs no scale. To see at two standard errors that $\nu = 100$ is "
        r"not infinite takes some 27,000 independent draws; one layer of a network has "
        r"enough, if its weights were independent, which they are not."
    ),
    status="asymptotic",
    notebook="notebooks/tails/01_fitting_a_power_law",
)  # fmt: skip
