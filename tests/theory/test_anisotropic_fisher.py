"""ANI-6 to ANI-9: what is particular to them."""

import numpy as np
import pytest
import sympy as sp
import torch
from torch.func import grad, vmap

from sgdtheory.checks.anisotropic import fisher as populations
from sgdtheory.checks.anisotropic import one_hidden_layer as nets
from sgdtheory.checks.anisotropic import sharpness as quadrature
from sgdtheory.checks.anisotropic.one_hidden_layer import hessian
from sgdtheory.theory.anisotropic import fisher, gain, one_hidden_layer, sharpness

ANI6, ANI7, ANI8 = fisher.STATEMENTS
(ANI9,) = sharpness.STATEMENTS


def test_they_answer_to_their_numbers():
    assert [s.id for s in (*fisher.STATEMENTS, ANI9)] == ["ANI-6", "ANI-7", "ANI-8", "ANI-9"]


@pytest.mark.parametrize("decay", [0.75, 1.0, 1.5, 2.0])
def test_up_to_ten_million_parameters_the_exponent_is_near_its_limit(decay):
    """Local slope of log bound in log D; at d = 3/4 corrections fall like D^(-1/4)."""
    D = 10.0 ** np.arange(3, 8)
    bound = D / (5 + (D - 5) * D**-decay) ** 2
    slopes = np.diff(np.log(bound)) / np.diff(np.log(D))
    assert abs(slopes[-1] - min(2 * decay - 1, 1)) < 0.06
    assert (bound < D).all()


def test_the_exponent_of_the_source_belongs_to_the_law_below_one_only():
    exponent = ANI6.claim[gain.EXPONENT].rhs
    assert [exponent.subs(gain.d, sp.Rational(n, 4)) for n in (3, 4, 5, 8)] == [
        sp.Rational(1, 2), 1, 1, 1
    ]  # fmt: skip


def relative(name: str, theta) -> float:
    F, H, _ = populations.populations()[name].matrices(theta)
    return populations.relative(F - H, H)


def test_fisher_is_the_hessian_where_it_should_be_and_nowhere_else():
    assert relative("well specified", populations.NET) < 1e-12
    assert relative("linear", populations.LINEAR) < 1e-12
    assert 0.2 < relative("linear", populations.LINEAR / 2) < 0.45
    assert relative("flipped", populations.LINEAR) > 0.5


def test_flipped_labels_matter_little_at_the_optimum_that_they_make():
    best = populations.optimum("flipped")
    assert populations.populations()["flipped"].matrices(best)[2].abs().max() < 1e-12
    assert 0.01 < relative("flipped", best) < 0.1


def test_the_crooked_example_differs_by_a_fifth_at_its_own_optimum():
    slope, gap, H = fisher.slope_model((1, 2), fisher.CROOKED, sp.Integer(2))
    assert slope == 0 and sp.Rational(1, 5) < gap / H < sp.Rational(1, 4)


def trained(activation, theta, x):
    """Width two; the output weights are the last two parameters."""
    return theta[4:6] @ activation(theta[:2] * x + theta[2:4])


@pytest.mark.parametrize(
    ("activation", "free", "bends"),
    [(torch.relu, 4, False), (torch.relu, 6, True), (torch.nn.functional.softplus, 4, True)],
)
def test_a_smooth_activation_or_a_free_output_layer_bends_the_output(activation, free, bends):
    theta = torch.tensor([0.8, -0.5, 0.1, 0.3, 1.0, -1.0], dtype=torch.float64)
    x = torch.linspace(-2, 2, 15, dtype=torch.float64)
    y = (x > 0.3).double()

    def f(part, x):
        return trained(activation, torch.cat([part, theta[free:]]), x)

    slopes = vmap(grad(f), (None, 0))(theta[:free], x)
    H = hessian(lambda t: ((vmap(f, (None, 0))(t, x) - y) ** 2).mean())(theta[:free])
    gap = torch.linalg.norm(H - 2 * slopes.T @ slopes / len(x)) / torch.linalg.norm(H)
    assert (gap > 0.01) if bends else (gap < 1e-12)


def test_automatic_differentiation_does_not_see_the_kinks_of_many_data():
    """The population of ANI-8: +5/6 (1 - 2 delta) from autograd, -5/6 over a finite step."""
    x = torch.linspace(-2, 2, 400_001, dtype=torch.float64)
    y, delta = (x < 0.3).double(), 0.05

    def loss(b):
        return ((torch.relu(0.6 * x + b).clamp(delta, 1 - delta) - y) ** 2).mean()

    b, step = torch.tensor(0.1, dtype=torch.float64), 0.01
    finite = (loss(b + step) - 2 * loss(b) + loss(b - step)) / step**2
    assert float(hessian(loss)(b)) == pytest.approx(5 / 6 * (1 - 2 * delta), rel=1e-3)
    assert float(finite) == pytest.approx(-5 / 6, rel=1e-3)
    assert [sp.sympify(v).subs(one_hidden_layer.delta, sp.Rational(1, 20))
            for v in one_hidden_layer.in_the_bias(one_hidden_layer.delta)] == [
        -sp.Rational(5, 6), sp.Rational(3, 4)]  # fmt: skip


def test_the_constant_is_vacuous_at_the_clip_of_the_experiments():
    floor = ANI8.claim[one_hidden_layer.FLOOR].rhs.subs(one_hidden_layer.delta, 1e-3)
    assert float(floor) == pytest.approx(1e-6, rel=0.01)
    aligned = [m["F_u"] * m["T_H"] / (m["lam1"] * m["T_F"]) for m in nets.nets()]
    assert min(aligned) > 0.3, "random small networks are far above it"


def test_a_network_without_an_unsaturated_point_is_refused():
    with pytest.raises(ValueError, match="unsaturated"):
        for seed in range(200):
            nets.measured(seed, 1)


def test_pairs_of_opposite_draws_cancel_the_gradient():
    z = np.random.default_rng(0).standard_normal((4000, 3)) * 0.01
    bent = quadrature.bent
    single, pairs = bent(z), (bent(z) + bent(-z)) / 2
    assert pairs.std() < single.std() / 50
    expected = quadrature.moments(0.01)[0]
    assert abs(pairs.mean() - expected) < 4 * pairs.std() / np.sqrt(len(z))


def test_a_mean_absolute_value_does_not_see_that_a_saddle_is_flat_on_average():
    z = np.random.default_rng(1).standard_normal((200_000, 2))
    size = np.abs((z[:, 0] ** 2 - z[:, 1] ** 2) / 2)
    assert abs(size.mean() - 2 / np.pi) < 4 * size.std() / np.sqrt(len(z))
