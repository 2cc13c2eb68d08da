"""What pooled weights can show: moments and tails of a mixture of layers."""

import sympy as sp

from sgdtheory.theory.statement import Mutant, Statement, Step, equation
from sgdtheory.theory.tails.pooled_tails import TLS_5

V, K, K_1, p, r, CV, nu = map(
    lambda name: sp.Symbol(name, positive=True),
    ("V", "K", r"{K_{\mathrm{std}}}", "p", "r", r"\mathrm{CV}", "nu"),
)
M_4 = sp.Symbol("M_4", positive=True)
half = sp.Rational(1, 2)


def mean(what: str) -> sp.Symbol:
    """Mean over the layers, each with the share that it has of the weights."""
    return sp.Symbol(rf"{{\langle {what}\rangle}}", real=True)


v_, v2_, kv2_, k_, excess_ = map(mean, ("v", "v^2", "k v^2", "k", "(k-3)v^2"))
mu_, mu2_, d4_, vd2_, sd_ = map(mean, (r"\mu", r"\mu^2", "d^4", "v d^2", "s d"))

WITHIN, FOURTH, KURT, SPLIT, STD, GAUSS, FLOOR, NU, TWO, WIDE = (
    "variance of the pool: within and between layers",
    "its fourth central moment",
    "kurtosis, layers of one mean",
    "its excess: between and within layers",
    "kurtosis after every layer was standardised",
    "Gaussian layers",
    "Gaussian layers of one mean: never below 3",
    "the Student t of that kurtosis",
    "two Gaussian widths",
    r"one wide layer, $r \to \infty$",
)
TWO_WIDTHS = 3 * (1 - p + p * r**2) / (1 - p + p * r) ** 2
CLAIM = {
    WITHIN: equation(V, v_ + (mu2_ - mu_**2)),
    FOURTH: equation(M_4, kv2_ + 4 * sd_ + 6 * vd2_ + d4_),
    KURT: equation(K, kv2_ / v_**2),
    SPLIT: equation(K - 3, 3 * CV**2 + excess_ / v_**2),
    STD: equation(K_1, k_),
    GAUSS: equation(K, 3 * (1 + CV**2)),
    FLOOR: sp.Ge(K, 3, evaluate=False),
    NU: equation(nu, 4 + 2 / CV**2),
    TWO: equation(K, TWO_WIDTHS),
    WIDE: equation(sp.Limit(K, r, sp.oo), 3 / p),
}

# Two layers: shares p and 1 - p, means, variances, third central moments, kurtoses.
mus = sp.symbols("mu1:3", real=True)
vs, ks = sp.symbols("v1:3", positive=True), sp.symbols("k1:3", positive=True)
ss = sp.symbols("s1:3", real=True)


def over(values) -> sp.Expr:
    """Mean over the two layers."""
    first, second = values
    return p * first + (1 - p) * second


centre = over(mus)
MEANS = {
    v_: over(vs),
    v2_: over(v**2 for v in vs),
    k_: over(ks),
    kv2_: over(k * v**2 for k, v in zip(ks, vs, strict=True)),
    excess_: over((k - 3) * v**2 for k, v in zip(ks, vs, strict=True)),
    mu_: centre,
    mu2_: over(mu**2 for mu in mus),
    d4_: over((mu - centre) ** 4 for mu in mus),
    vd2_: over(v * (mu - centre) ** 2 for v, mu in zip(vs, mus, strict=True)),
    sd_: over(s * (mu - centre) for s, mu in zip(ss, mus, strict=True)),
}
SPREAD = sp.sqrt(MEANS[v2_] / MEANS[v_] ** 2 - 1)  # CV of the variances


def central(order: int) -> sp.Expr:
    """Central moment of the pool, from E(w - c)^n = sum of binomial terms of each layer."""
    own = [(1, 0, v, s, k * v**2) for v, s, k in zip(vs, ss, ks, strict=True)]
    return over(
        sum(sp.binomial(order, j) * moments[j] * (mu - centre) ** (order - j)
            for j in range(order + 1))
        for mu, moments in zip(mus, own, strict=True)
    )  # fmt: skip


SAME_MEAN = dict.fromkeys(mus, 0) | dict.fromkeys(ss, 0)
POOLED = (central(4) / central(2) ** 2).subs(SAME_MEAN)
NORMAL = dict.fromkeys(ks, 3)


def put(label):
    """Right side of a part with the means over the two layers put in."""
    return lambda claim: claim[label].rhs.subs(CV, SPREAD).subs(MEANS)


def _split(claim):
    return sp.cancel(POOLED - 3 - put(SPLIT)(claim))


def _standardised(claim):
    return POOLED.subs(dict.fromkeys(vs, 1)) - put(STD)(claim)


def _floor(claim):
    """K - bound is three times a square, zero for layers of one width."""
    bound = claim[FLOOR]
    gap = POOLED.subs(NORMAL) - bound.rhs
    square = 3 * p * (1 - p) * (vs[0] - vs[1]) ** 2 / over(vs) ** 2
    return [sp.cancel(gap - square), bound.func is sp.Ge]


def _student(claim):
    """Kurtosis 3 + 6/(nu - 4) of a Student t."""
    return 3 + 6 / (claim[NU].rhs - 4) - claim[GAUSS].rhs


def _student_kurtosis():
    """w = xi sqrt(v), 1/v of a Gamma law of shape a = nu/2: E v^2/(E v)^2 by its moments."""
    a = sp.Symbol("a", positive=True)  # nu = 2a + 4, so that both moments exist
    x = sp.Symbol("x", positive=True)
    law = x ** (a + 1) * sp.exp(-x)
    first, second = (sp.integrate(law * x**-n, (x, 0, sp.oo)) for n in (1, 2))
    ratio = 3 * second * sp.gamma(a + 2) / first**2
    return sp.gammasimp(ratio) - (3 + 6 / (2 * a + 4 - 4))


def _two(claim):
    widths = dict(zip(vs, (r, 1), strict=True))
    return POOLED.subs(NORMAL).subs(widths) - claim[TWO].rhs


def _wide(claim):
    return sp.limit(claim[TWO].rhs, r, sp.oo) - claim[WIDE].rhs


def _gaussian_kurtosis():
    x = sp.Symbol("x", real=True)
    density = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    return sp.integrate(x**4 * density, (x, -sp.oo, sp.oo)) - 3


def _means_apart():
    """Two narrow layers at -1 and 1: kurtosis near 1, below 3."""
    apart = dict(zip(mus, (-1, 1), strict=True)) | dict.fromkeys(vs, sp.Rational(1, 10))
    apart |= dict.fromkeys(ss, 0) | NORMAL | {p: half}
    return sp.Max(0, 3 - (central(4) / central(2) ** 2).subs(apart))


TLS_4 = Statement(
    id="TLS-4",
    kind="proposition",
    title="Kurtosis of a pool of layers",
    source="sgdtheory",
    assumptions=(
        (r"a weight drawn from the pool lies in layer $l$ with probability $p_l$, that "
         r"layer's share of the weights; $\langle\cdot\rangle = \sum_l p_l\,(\cdot)_l$", None),
        (r"layer $l$: mean $\mu$, variance $v$, third central moment $s$, kurtosis $k$, all "
         r"finite; $d = \mu - \langle\mu\rangle$", None),
        (r"$\mathrm{CV}^2 = \langle v^2\rangle/\langle v\rangle^2 - 1$: of the *variances*, "
         r"not of the widths", None),
        (r"from the third line on: layers of one mean; two widths: a layer of share $p$ with "
         r"$r$ times the variance of all others", p < 1),
    ),
    claim=CLAIM,
    steps=(
        Step("second moment about the common mean, layer by layer", None,
             lambda claim: sp.expand(central(2) - put(WITHIN)(claim))),
        Step("fourth moment about it: binomial terms", None,
             lambda claim: sp.expand(central(4) - put(FOURTH)(claim))),
        Step("one mean: their ratio", None, lambda claim: POOLED - put(KURT)(claim)),
        Step("take 3 off every layer's kurtosis", None, _split),
        Step("in own units all $v = 1$", None, _standardised),
        Step("a Gaussian has kurtosis 3", None, _gaussian_kurtosis, by="integral"),
        Step("put it in for every layer", None,
             lambda claim: sp.cancel(POOLED.subs(NORMAL) - put(GAUSS)(claim))),
        Step("the excess is a square, zero where the widths are equal", None, _floor),
        Step(r"a Student t is such a pool, with inverse-Gamma variances: $K = 3 + 6/(\nu-4)$",
             None, _student_kurtosis, by="integral"),
        Step("equate", None, _student),
        Step("two widths", None, _two),
        Step("let one grow", None, _wide, by="limit"),
        Step("layers of unlike means can have less than 3", None, _means_apart,
             by="counterexample"),
    ),
    mutants=(
        Mutant("the widths' own variance left out", {WITHIN: equation(V, v_)}),
        Mutant("cross term counted thrice",
               {FOURTH: equation(M_4, kv2_ + 4 * sd_ + 3 * vd2_ + d4_)}),
        Mutant("kurtosis is the mean kurtosis", {KURT: equation(K, k_)}),
        Mutant("between layers without its factor",
               {SPLIT: equation(K - 3, CV**2 + excess_ / v_**2)}),
        Mutant("layers weighted by their variance, standardised too",
               {STD: equation(K_1, kv2_ / v2_)}),
        Mutant("spread of the widths for that of the variances",
               {GAUSS: equation(K, 3 * (1 + CV**2 / 4))}),
        Mutant("excess taken for kurtosis", {NU: equation(nu, 4 + 6 / CV**2)}),
        Mutant("widths instead of variances",
               {TWO: equation(K, TWO_WIDTHS.subs(r, sp.sqrt(r)))}),
        Mutant("bounded by 3", {WIDE: equation(sp.Limit(K, r, sp.oo), 3 / (1 - p))}),
    ),
    status="conditional",
    remark=(
        r"A pooled histogram weights the layers twice: by their share and, in the fourth "
        r"moment, by $v^2$. So a small layer of wide weights decides how heavy the pool looks: "
        r"with one per cent of the weights it can lift the kurtosis of Gaussians to 300. "
        r"Standardised, the layers count by their size alone. The two numbers measure "
        r"different things; neither is an index of a tail (TLS-5)."
    ),
    notebook="notebooks/tails/03_pretrained_networks",
)  # fmt: skip

STATEMENTS = (TLS_4, TLS_5)
