"""The statements FND-1 to FND-14: as claimed, no neighbour is, and they hang together."""

import numpy as np
import pytest
import sympy as sp

from sgdtheory.checks import verify_statement
from sgdtheory.checks.foundations import calculus as scheme
from sgdtheory.checks.foundations import kramers as escape
from sgdtheory.checks.foundations import reading as chain
from sgdtheory.checks.foundations.sampling import extrapolate
from sgdtheory.theory import catalog
from sgdtheory.theory import fokker_planck as fp
from sgdtheory.theory.foundations import (
    STATEMENTS,
    calculus,
    clt,
    first_passage,
    kramers,
    reading,
    sgd,
    time_scales,
)
from sgdtheory.theory.foundations.symbols import (
    D,
    E,
    T,
    alpha,
    dt,
    eta,
    f,
    gaussian_mean,
    lower,
    opaque,
    small_step,
    target,
    x,
    xi,
)
from sgdtheory.theory.perturb import perturbations

BY_ID = {statement.id: statement for statement in STATEMENTS}


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.id)
def test_symbols_and_numbers_agree_and_every_mutant_is_rejected_by_both(statement):
    report = verify_statement(statement)
    assert report.ok, report.problems
    assert all(symbols and numbers for _, symbols, numbers in report.mutants)


@pytest.mark.parametrize("statement", STATEMENTS[1:], ids=lambda s: s.id)
def test_numbers_notice_what_symbols_notice(statement):
    """Each perturbed part is refused by the symbols and, alone, by the numbers."""
    from sgdtheory.checks.foundations import CHECKS

    for label, wrong in perturbations(statement):
        assert not statement.judge(wrong), label
        assert any(c.rejected for c in CHECKS[statement.id](wrong)), label


def test_the_chapter_is_complete_and_ordered():
    assert list(BY_ID) == [f"FND-{i}" for i in range(1, 15)]
    assert catalog.get("PLD-E2") is catalog.get("FND-3")
    for id, used in catalog.graph().items():
        if id.startswith("FND"):
            assert all(int(u.split("-")[1]) < int(id.split("-")[1]) for u in used), id


def test_gaussian_mean_is_the_double_factorial():
    assert [gaussian_mean(xi**n) for n in range(9)] == [1, 0, 1, 0, 3, 0, 15, 0, 105]


def test_a_small_step_knows_its_index():
    """FND-4: mean (f + alpha D') dt, mean square 2 D dt, for undefined f and D."""
    step = small_step(f(x), D(x), x, dt, alpha)
    mean = gaussian_mean(step)
    assert sp.expand(mean - (f(x) + alpha * sp.diff(D(x), x)) * dt) == 0
    assert sp.expand(gaussian_mean(step**2).coeff(dt, 1) - 2 * D(x)) == 0


def test_integrals_become_letters_and_empty_ones_vanish():
    whole = sp.Integral(f(x), (x, 0, 1))
    assert opaque(sp.Integral(f(x), (x, target, target))) == 0
    assert opaque(whole - whole) == 0
    assert not opaque(whole).has(sp.Integral)


def test_a_batch_of_everything_is_noiseless_and_a_batch_of_one_is_one_sample():
    """FND-2."""
    noise = BY_ID["FND-2"].claim[sgd.WITHOUT].rhs
    assert noise.subs(sgd.b, sgd.n) == 0
    assert noise.subs(sgd.b, 1) == sgd.S


def test_the_normal_law_is_the_one_without_higher_cumulants():
    """FND-3: with zero third and fourth cumulants the fourth power is the normal one."""
    exact = BY_ID["FND-3"].claim[clt.FOURTH].rhs
    h = clt.k_1 + sp.sqrt(clt.k_2 / sgd.b) * xi
    normal = gaussian_mean((1 - eta * h) ** 4)
    assert sp.expand(exact.subs({clt.k_3: 0, clt.k_4: 0}) - normal) == 0
    assert sp.expand(exact - normal) != 0


@pytest.mark.parametrize("index", [0, sp.Rational(1, 2), 1])
def test_the_claimed_density_is_the_one_of_fokker_planck(index):
    """FND-5 against ``stationary_density`` for a drift and D in closed form."""
    drift, noise = -3 * x - x**3, 2 + x**2
    claimed = BY_ID["FND-5"].claim[calculus.LAW].rhs.subs(alpha, index)
    claimed = claimed.replace(f, lambda u: -3 * u - u**3).replace(D, lambda u: 2 + u**2).doit()
    name = next(n for n, a in fp.INDEX.items() if a == index)
    ratio = sp.log(claimed) - sp.log(fp.stationary_density(drift, noise, x, name))
    assert sp.simplify(sp.diff(ratio, x)) == 0


def test_the_scheme_tells_the_three_readings_apart():
    """FND-4: the rate of the mean of sin x is linear in the index, and its slope is not 0."""
    rates = [scheme.rate_of_sine(a) for a in (0.0, 0.5, 1.0)]
    assert rates[1] == pytest.approx((rates[0] + rates[2]) / 2, rel=1e-8)
    assert rates[2] > 2 * rates[0]


def test_a_chain_of_sgd_measures_the_index_zero():
    """FND-6: |z| <= 4 for Itô, far beyond 8 for the other two."""
    index = chain.measured_index()
    assert abs(index.z(0.0)) <= 4
    assert min(abs(index.z(0.5)), abs(index.z(1.0))) >= 8


def test_reading_by_the_wrong_index_is_repaired_by_a_drift():
    """FND-7: with it the density of index alpha is that of SGD."""

    def noise(u):
        return 1 + u**2

    repaired = BY_ID["FND-7"].claim[reading.REPAIRED].rhs.replace(reading.C, noise)
    repaired = repaired.replace(reading.g, lambda u: 2 * u).doit().subs(reading.w, x)
    for name in ("stratonovich", "anti-ito"):
        drift = repaired.subs(alpha, fp.INDEX[name])
        density = fp.stationary_density(-2 * x, eta * noise(x) / 2, x, "ito")
        assert sp.simplify(fp.flux(density, drift, eta * noise(x) / 2, x, name)) == 0


def test_the_exact_variance_is_the_sum_of_all_kicks():
    """FND-8: sum over k of eta^2 C (1 - eta h)^(2k), at three learning rates."""
    variance = BY_ID["FND-8"].claim[time_scales.VARIANCE].rhs
    value = sp.lambdify((eta, time_scales.h, time_scales.noise), variance)
    for rate in (0.01, 0.5, 1.9):
        kicks = rate**2 * 3.0 * (1 - rate) ** (2.0 * np.arange(20_000))
        assert value(rate, 1.0, 3.0) == pytest.approx(kicks.sum(), rel=1e-8)


def test_the_double_integral_of_an_ornstein_uhlenbeck_walker():
    """FND-10 at f = -x, D = 1, wall at 0, target 1, against a power series.

    T'' - x T' = -1 with T'(0) = 0: T' = -sum a_k x^(2k+1), a_0 = 1, a_k = a_(k-1)/(2k+1).
    """
    time = BY_ID["FND-10"].claim[first_passage.DOUBLE].rhs.subs({lower: 0, target: 1, x: 0})
    time = time.replace(D, lambda u: sp.S.One)
    time = time.replace(first_passage.phi, lambda u: sp.exp(-(u**2) / 2))
    a = np.cumprod([1 / (2 * k + 1) for k in range(30)])
    series = (a / (2 * np.arange(30) + 2)).sum()
    assert sp.lambdify((), time, "scipy")() == pytest.approx(series, rel=1e-8)


def test_the_backward_equation_has_the_density_as_its_integrating_factor():
    """FND-9: the two forms are the same equation, in each convention."""
    claim = BY_ID["FND-9"].claim
    for index in fp.INDEX.values():
        form = claim[first_passage.DIVERGENCE]
        form = first_passage.without_flux(form.lhs - form.rhs, index).subs(alpha, index)
        plain = fp.backward(T(x), f(x), D(x), x, index) + 1
        assert sp.expand(form - first_passage.phi(x) * plain) == 0


def test_kramers_at_a_barrier_of_five():
    """FND-11: off by more than five per cent; the first correction takes most of that."""
    claim, D_ = BY_ID["FND-11"].claim, escape.BARRIER / 5
    front, _, _ = escape.limits()
    exact = escape.prefactor(D_, escape.BEYOND) / front
    letters = (kramers.h_a, kramers.c_a, kramers.q_a, kramers.h_b, kramers.c_b, kramers.q_b)
    at = [float(escape.LOSS.deriv(n)(u)) for u in (escape.WELL, escape.TOP) for n in (2, 3, 4)]
    at[3] = -at[3]
    first = claim[kramers.NEXT].rhs.removeO().subs(dict(zip(letters, at, strict=True)))
    assert exact > 1.05
    assert abs(exact / float(first.subs(kramers.D, D_)) - 1) < (exact - 1) / 2


def test_kramers_correction_of_the_quartic_well():
    """L = B (x^2 - 1)^2: 1 + (3/8) D / B, B the height of the barrier."""
    B = sp.Symbol("B", positive=True)
    L = B * (x**2 - 1) ** 2
    well, top = ([sp.diff(L, x, n).subs(x, at) for n in (2, 3, 4)] for at in (-1, 0))
    letters = (kramers.h_a, kramers.c_a, kramers.q_a, kramers.h_b, kramers.c_b, kramers.q_b)
    values = dict(zip(letters, [*well, -top[0], *top[1:]], strict=True))
    first = BY_ID["FND-11"].claim[kramers.NEXT].rhs.removeO().subs(values)
    assert sp.simplify(first - 1 - sp.Rational(3, 8) * kramers.D / B) == 0


def test_extrapolation_is_exact_on_polynomials():
    steps = 0.5 ** np.arange(5)
    assert extrapolate(2 + 3 * steps - steps**4) == pytest.approx(2.0, rel=1e-12)


def test_expectation_prints_as_an_operator():
    assert r"\operatorname{E}" in sp.latex(E(x))
