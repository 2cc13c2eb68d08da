"""Letters of a mean squared displacement: lags and times count steps."""

import sympy as sp

tau, T, N = sp.symbols("tau T N", integer=True, positive=True)
k, i = sp.symbols("k i", integer=True)
t_w = sp.Symbol("t_w", integer=True, nonnegative=True)
d, sigma, beta = sp.symbols("d sigma beta", positive=True)
M, C = sp.Function("M"), sp.Function("C")

READING = "notebooks/anomalous/01_reading_a_msd"
QUADRATIC = "notebooks/anomalous/02_sgd_on_a_quadratic"
