"""Paths of least action against potentials and against linear drifts."""

import numpy as np
import pytest
import scipy.linalg

from sgdtheory.stochastic.minimum_action import action, minimum_action_path, spread

BENT = [(-1, 0), (-0.4, 0.6), (0, 0)]


def gradient(x, y):
    """``-D grad U`` with ``D = (2, 1/2)`` and a valley of U that is not straight."""
    return (-2 * (4 * x * (x**2 - 1) + 0.8 * y**2), -0.5 * (6 * y + 1.6 * x * y))


def constant(x, y):
    return 2.0 + 0 * x, 0.5 + 0 * x


@pytest.mark.parametrize("initial", [None, BENT])
def test_a_potential_has_to_be_climbed_once(initial):
    """U rises by one from the minimum to the saddle; free downhill."""
    path, least = minimum_action_path(gradient, constant, (-1, 0), (0, 0), initial=initial)
    assert path.shape == (257, 2)
    assert least == pytest.approx(1, rel=2e-5)
    on = [(-1, 0), (0, 0), (1, 0)]
    assert minimum_action_path(gradient, constant, (-1, 0), (1, 0), initial=on)[1] == (
        pytest.approx(1, rel=1e-4)
    )
    assert minimum_action_path(gradient, constant, (0, 0), (1, 0))[1] == pytest.approx(
        0, abs=1e-9
    )


def test_the_error_falls_like_the_square_of_the_distance():
    errors = [
        minimum_action_path(gradient, constant, (-1, 0), (0, 0), points=k)[1] - 1
        for k in (33, 65, 129)
    ]
    assert np.log2(np.divide(errors[:-1], errors[1:])) == pytest.approx([2, 2], abs=0.05)


def test_a_drift_that_turns():
    """``f = -B x``: the law is a Gaussian with ``B S + S B' = 2 D``, and V its exponent."""
    B, D, end = np.array([[1, -2], [1.5, 1.2]]), np.diag([1.0, 0.4]), np.array([1.0, 0.7])
    S = scipy.linalg.solve_continuous_lyapunov(B, 2 * D)
    _, least = minimum_action_path(
        lambda x, y: (-x + 2 * y, -1.5 * x - 1.2 * y), lambda x, y: (1 + 0 * x, 0.4 + 0 * x),
        (0, 0), end, points=513,
    )  # fmt: skip
    assert least == pytest.approx(end @ np.linalg.solve(S, end) / 2, rel=1e-3)


def well(omega):
    """The double well of LOG-8 with noise across that is ``omega`` times that along."""

    def D(x, y):
        loss = 1 + 3 * (x**2 - 1) ** 2 + 12 * omega * y**2
        return loss, omega * loss

    return lambda x, y: (-12 * x * (x**2 - 1), -24 * omega * y), D


def test_two_paths_are_locally_the_best():
    """The start decides; noise across of 3 keeps the path straight, of 6 bends it."""
    found = {}
    for omega in (3, 6):
        up = [(-1, 0), (-1, 1), (0, 1), (0, 0)]
        found[omega] = [
            minimum_action_path(*well(omega), (-1, 0), (0, 0), initial=initial)[1]
            for initial in (None, up)
        ]
        assert found[omega][0] == pytest.approx(np.log(4), rel=1e-4)
    assert found[3][1] > 1.05 * np.log(4)
    assert found[6][1] < 0.75 * np.log(4)


def test_action_of_a_given_path_and_how_fast_it_is_run_through():
    straight = np.linspace((-1, 0), (0, 0), 200)
    uneven = np.column_stack([-(np.linspace(1, 0, 400) ** 2), np.zeros(400)])
    assert action(*well(6), straight) == pytest.approx(np.log(4), rel=1e-4)
    assert action(*well(6), uneven) == pytest.approx(np.log(4), rel=1e-4)
    assert spread(np.array([[0.0, 0], [1, 0], [1, 1]]), 5)[:, 0] == pytest.approx(
        [0, 0.5, 1, 1, 1]
    )


@pytest.mark.parametrize(
    "change, says",
    [
        ({"end": (-1, 0)}, "must differ"),
        ({"initial": [(0, 0), (1, 1)]}, "put the two ends into it"),
        ({"initial": [(-1, 0, 0), (0, 0, 0)]}, "points"),
        ({"points": 3}, "points must be >= 5"),
        ({"tol": 0}, "tol must be > 0"),
        ({"D": lambda x, y: x}, "D must be > 0"),
        ({"drift": lambda x, y: (1 / (0 * x), y)}, "drift must be finite"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_refusals(change, says):
    given = dict(drift=gradient, D=constant, start=(-1, 0), end=(0, 0)) | change
    with pytest.raises(ValueError, match=says):
        minimum_action_path(**given)
