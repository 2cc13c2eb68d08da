"""Rough paths and surfaces: exact covariances, slopes, dimensions of known sets, refusals."""

import numpy as np
import pytest

from sgdtheory.estimate import Estimate
from sgdtheory.stochastic import fractal

INDICES = (0.1, 0.3, 0.5, 0.74, 0.76, 0.9)


@pytest.mark.parametrize("H", INDICES)
def test_covariance_of_fractional_brownian_motion(H):
    """Every entry, by 8,000 paths; the variance of neighbour 1.1 H is rejected."""
    n = 16
    path = fractal.fbm(H, n, paths=8_000, seed=1)
    assert path.shape == (8_000, n + 1) and (path[:, 0] == 0).all()
    i, j = np.indices((n + 1, n + 1))
    exact = (i ** (2 * H) + j ** (2 * H) - np.abs(i - j) ** (2 * H)) / 2
    for a, b in ((1, 1), (1, 2), (4, 16), (8, 16), (16, 16)):
        assert abs(Estimate.mean_of(path[:, a] * path[:, b]).z(exact[a, b])) <= 4
    if H > 0.3:
        assert abs(Estimate.mean_of(path[:, n] ** 2).z(n ** (2.2 * H))) >= 8


def test_the_two_halves_of_a_transform_are_independent():
    path = fractal.fbm(0.8, 64, paths=20_000, seed=2)[:, -1]
    assert abs(Estimate.mean_of(path[:10_000] * path[10_000:]).z(0.0)) <= 4
    assert fractal.fbm(0.8, 64, paths=3, seed=2).shape == (3, 65)


def test_a_covariance_of_nothing_is_refused():
    """A cosine that ends in the middle of a period is not nonnegative on the circle."""
    with pytest.raises(ValueError, match="no negative eigenvalue"):
        fractal.stationary_gaussian(np.cos(np.arange(11) * 0.7), paths=1, seed=1)


@pytest.mark.parametrize("H", INDICES)
def test_an_exact_surface_has_the_increments_of_its_index(H):
    """Along the axes, along the diagonal, and across the whole square."""
    z = fractal.surface_exact(H, 33, draws=400, seed=3)
    assert (z[:, 0, 0] == 0).all()
    for a, b in (((0, 0), (0, 1)), ((3, 5), (4, 6)), ((0, 0), (32, 32)), ((32, 0), (0, 20))):
        square = (z[(slice(None), *a)] - z[(slice(None), *b)]) ** 2
        exact = np.hypot(a[0] - b[0], a[1] - b[1]) ** (2 * H)
        assert abs(Estimate.mean_of(square).z(exact)) <= 4
    assert abs(fractal.hurst(z, [1, 2, 4]).z(H)) <= 4
    assert abs(fractal.hurst(z, [1, 2, 4]).z(H + 0.1)) >= 8


@pytest.mark.parametrize("H", [0.3, 0.7, 0.9])
def test_an_exact_surface_has_the_covariance_that_a_matrix_says(H):
    """Both halves of the embedding (H below and above 3/4), all pairs at once: the mean
    log-likelihood under the Cholesky factor of the true covariance."""
    n = 6
    z = fractal.surface_exact(H, n, draws=2_000, seed=4).reshape(-1, n * n)[:, 1:]
    x = np.stack(np.indices((n, n)), -1).reshape(-1, 2)[1:].astype(float)
    r = (x**2).sum(1)
    covariance = (r[:, None] ** H + r**H - ((x[:, None] - x) ** 2).sum(2) ** H) / 2
    white = np.linalg.solve(np.linalg.cholesky(covariance), z.T)
    assert abs(Estimate.mean_of((white**2).sum(0)).z(n * n - 1)) <= 4
    assert np.abs(white @ white.T / 2_000 - np.eye(n * n - 1)).max() < 6 / np.sqrt(1_000)


@pytest.mark.parametrize(("H", "bias"), [(0.3, 0.06), (0.5, 0.02), (0.8, -0.05)])
def test_the_stated_error_of_spectral_surfaces(H, bias):
    found = fractal.hurst(fractal.surface_spectral(H, 256, draws=24, seed=5), [2, 4, 8, 16])
    assert abs(found.z(H + bias)) <= 4
    assert abs(found.value - H - bias) < 0.02


def test_a_spectral_surface_is_scaled_by_its_neighbours():
    z = fractal.surface_spectral(0.4, 64, draws=200, seed=6)
    square = (z - np.roll(z, 1, axis=2)) ** 2
    assert abs(Estimate.mean_of(square.mean(axis=(1, 2))).z(1.0)) <= 4


def operator(levels: int, ratio: float) -> np.ndarray:
    """Diamond-square as a matrix: one column an offset, by the scheme written out anew."""
    side, columns, values = 2**levels, [], {}
    corners = [(i, j) for i in (0, side) for j in (0, side)]
    values = {node: {} for node in corners}
    for level in range(levels):
        h = side >> (level + 1)
        size = ratio**level / np.sqrt(12)
        for shift in ("square", "edge"):
            new = {}
            for i in range(0, side + 1, h):
                for j in range(0, side + 1, h):
                    if (i, j) in values:
                        continue
                    odd = (i // h) % 2 + (j // h) % 2
                    if (shift == "square") != (odd == 2):
                        continue
                    steps = ((h, h), (h, -h), (-h, h), (-h, -h)) if odd == 2 else (
                        (h, 0), (-h, 0), (0, h), (0, -h))  # fmt: skip
                    near = [values[i + a, j + b] for a, b in steps if (i + a, j + b) in values]
                    mean: dict = {}
                    for other in near:
                        for k, v in other.items():
                            mean[k] = mean.get(k, 0) + v / len(near)
                    mean[len(columns) + len(new)] = size
                    new[i, j] = mean
            columns += [None] * len(new)
            values |= new
    matrix = np.zeros((side + 1, side + 1, len(columns)))
    for (i, j), weights in values.items():
        for k, v in weights.items():
            matrix[i, j, k] = v
    return matrix


@pytest.mark.parametrize("ratio", [0.5, 0.75])
def test_midpoint_displacement_has_the_variance_of_its_scheme(ratio):
    """Centre, edge, an inner node and a node beside the border, against the linear map."""
    exact = (operator(3, ratio) ** 2).sum(-1)
    z = fractal.surface_midpoint(3, ratio, draws=40_000, seed=7)
    assert z.shape == (40_000, 9, 9) and not z[:, [0, 0, 8, 8], [0, 8, 0, 8]].any()
    for node in ((4, 4), (0, 4), (3, 5), (1, 0), (2, 7)):
        assert abs(Estimate.mean_of(z[(slice(None), *node)] ** 2).z(exact[node])) <= 4


def test_the_ratio_sets_the_index_and_halving_falls_short_of_one():
    """2^-0.3 gives 0.3; one half, H = 1 by the rule, gives visibly less (ANO-S10)."""
    rough = fractal.hurst(fractal.surface_midpoint(8, 2**-0.3, draws=20, seed=8))
    assert abs(rough.value - 0.3) < 0.02
    halved = fractal.hurst(fractal.surface_midpoint(8, 0.5, draws=20, seed=8))
    assert 0.7 < halved.value < 0.9


def test_structure_function_of_known_functions():
    x = np.arange(64.0)
    lags, S = fractal.structure_function(3 * x, axes=1)
    assert S == pytest.approx(9.0 * lags**2)
    plane = np.stack([x[:, None] + 0 * x, 2 * x + 0 * x[:, None]])
    lags, S = fractal.structure_function(plane, [1, 3])
    assert S == pytest.approx(np.array([[0.5, 4.5], [2, 18]])), "the mean of both axes"
    walk = fractal.fbm(0.25, 4096, paths=30, seed=9)
    assert abs(fractal.hurst(walk, [1, 2, 4, 8, 16], axes=1).z(0.25)) <= 4


def cantor(n: int) -> np.ndarray:
    line = np.ones(1, bool)
    for _ in range(n):
        line = np.concatenate([line, np.zeros_like(line), line])
    return np.outer(line, line)


@pytest.mark.parametrize(
    ("mask", "sizes", "dimension"),
    [
        (np.eye(64, dtype=bool), None, 1.0),
        (np.ones((64, 64), bool), None, 2.0),
        (np.arange(64)[:, None] + 0 * np.arange(64) == 17, None, 1.0),
        (np.indices((64, 64)).sum(0) == 0, None, 0.0),
        (cantor(5), [1, 3, 9, 27], 2 * np.log(2) / np.log(3)),
    ],
    ids=["diagonal", "square", "line", "point", "Cantor dust"],
)
def test_box_dimension_of_known_sets(mask, sizes, dimension):
    assert fractal.box_dimension(*fractal.count_boxes(mask, sizes)) == pytest.approx(
        dimension, abs=1e-12
    )


def test_a_flat_graph_takes_one_box_a_column():
    sizes, counts = fractal.count_graph_boxes(np.full((65, 65), 0.3), height=1.0)
    assert (counts == (64 // sizes) ** 2).all()
    x = np.arange(65) / 64
    smooth = (x - 0.4) ** 2 + (x[:, None] - 0.6) ** 2
    assert 2 < fractal.box_dimension(*fractal.count_graph_boxes(smooth)) < 2.1


def test_boxes_of_a_graph_are_biased_downwards_and_more_so_the_flatter_it_is():
    """Truth 3 - H; a tall surface approaches it (ANO-S9)."""
    for H in (0.2, 0.5, 0.8):
        (z,) = fractal.surface_exact(H, 257, seed=10)
        found = [
            fractal.box_dimension(
                *fractal.count_graph_boxes(z, [2, 4, 8, 16], np.ptp(z) / tall)
            )
            for tall in (0.1, 1, 30)
        ]
        assert 2 < found[0] < found[1] < found[2] < 3 - H
        assert found[1] < 3 - H - 0.08


def test_level_sets():
    (z,) = fractal.surface_exact(0.5, 257, seed=11)
    found = fractal.box_dimension(*fractal.count_boxes(fractal.level_set(z, np.median(z))))
    assert 1.3 < found < 1.6
    x = np.arange(65.0)
    assert fractal.level_set(x[:, None] + 0 * x, 10.5).sum() == 64


@pytest.mark.parametrize("H", [0.4, 0.6, 0.9])
@pytest.mark.parametrize("b", [1.5, 2.0])
def test_weierstrass_and_mandelbrot(H, b):
    t = np.array([0.3, 1.0])
    S = fractal.weierstrass_structure
    assert S(b * t, H, b) == pytest.approx(b ** (2 * H) * S(t, H, b), rel=1e-11)
    W = fractal.weierstrass_mandelbrot([0, *t], H, b, paths=4_000, seed=12)
    assert not W[:, 0].any()
    for k in (1, 2):
        assert abs(Estimate.mean_of(W[:, k] ** 2).z(S(t, H, b)[k - 1])) <= 4
    assert abs(Estimate.mean_of((W[:, 2] - W[:, 1]) ** 2).z(S([0.7], H, b)[0])) <= 4


@pytest.mark.parametrize("H", [0, 1, -0.3, 1.2])
def test_a_hurst_index_outside_its_range_is_refused(H):
    for make in (
        lambda: fractal.fbm(H, 8, seed=1),
        lambda: fractal.surface_exact(H, 8, seed=1),
        lambda: fractal.surface_spectral(H, 8, seed=1),
        lambda: fractal.weierstrass_structure([1.0], H),
        lambda: fractal.weierstrass_mandelbrot([1.0], H, seed=1),
    ):
        with pytest.raises(ValueError, match="H must lie between 0 and 1"):
            make()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fractal.weierstrass_structure([1.0], 0.5, b=1.0), "b must be > 1"),
        (lambda: fractal.surface_midpoint(3, 1.0, seed=1), "ratio must lie"),
        (lambda: fractal.surface_midpoint(3, 0.5, amplitude=0, seed=1), "amplitude"),
        (lambda: fractal.count_boxes(np.zeros((8, 8), bool)), "empty set"),
        (lambda: fractal.count_boxes(np.ones((8, 8))), "booleans"),
        (lambda: fractal.count_boxes(np.ones((8, 8), bool), [4]), "into >= 4 boxes"),
        (lambda: fractal.count_boxes(np.ones((9, 9), bool), [2]), "must divide the 9"),
        (lambda: fractal.count_graph_boxes(np.ones((5, 5))), "height"),
        (lambda: fractal.count_graph_boxes(np.eye(3)), "into >= 4 boxes"),
        (lambda: fractal.box_dimension([1, 2], [4, 1]), ">= 3 different x"),
        (lambda: fractal.box_dimension([1, 2, 4], [4, 1, 0]), "empty bins"),
        (lambda: fractal.structure_function(np.ones((5, 5)), [5]), "leave pairs"),
        (lambda: fractal.structure_function(np.ones((5, 6))), "2 equal axes"),
        (lambda: fractal.hurst(np.ones((2, 8, 8)), [1, 2, 4]), "empty bins"),
        (lambda: fractal.stationary_gaussian([1.0], paths=1, seed=1), ">= 2 values"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_no_standard_error_from_one_draw():
    with pytest.raises(ValueError, match=">= 2 draws"):
        fractal.hurst(fractal.surface_exact(0.5, 33, seed=1))
