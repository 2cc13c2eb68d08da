"""ANI-E3: which noise leaves a sharp minimum of a small convolutional network."""

import sympy as sp

from sgdtheory.theory.statement import Statement

gain = sp.Symbol(r"\frac{\operatorname{Tr}(H\bar{C})}{\operatorname{Tr}(HC)}", positive=True)
sgd = sp.Symbol(r"\frac{L_{0}}{\max L_{\mathrm{SGD}}}", positive=True)
isotropic = sp.Symbol(r"\frac{L_{0}}{\max L_{\mathrm{iso}}}", positive=True)

GAIN = "the noise lies along the curvature"
LEAVES = "SGD leaves"
STAYS = "isotropic noise of the same strength stays"

STATEMENTS = (
    Statement(
        id="ANI-E3",
        kind="empirical",
        title="In thirty steps SGD is thrown out of a sharp minimum, isotropic noise is not",
        source="zhu2019, Figures 3 and 5",
        assumptions=(
            (
                "a CNN of 11,330 weights, brought by 3,000 steps of gradient descent "
                r"($\eta = 0.07$) to a minimum with loss $L_0$ on 1,200 FashionMNIST images, "
                "200 of them with random labels",
                None,
            ),
            (
                r"from there 30 steps with the same $\eta$: SGD with $b = 20$, or full "
                r"gradients with isotropic noise $\bar C$ of the trace of $C$ at the start",
                None,
            ),
        ),
        claim={
            GAIN: sp.Gt(1 - gain, sp.Rational(9, 10)),
            LEAVES: sp.Gt(1 - sgd, sp.Rational(9, 10)),
            STAYS: sp.Gt(isotropic, sp.Rational(1, 2)),
        },
        uses=("ANI-5",),
        status="empirical",
        against_source="as-stated",
        remark=(
            r"The source as we remember it; its images, labels and initial weights are not "
            r"ours. $\operatorname{Tr}(HC)$ is taken along the five leading directions of "
            r"$C$ only. Leaving is no passage over a barrier: the loss rises to that of "
            r"guessing, and SGD learns anew. The minimum that it then finds is several times "
            r"less sharp; a gain in test accuracy does not show with 500 test images. Bands "
            r"were set after a look at other runs."
        ),
        notebook="notebooks/anisotropic/04_fashion_mnist",
    ),
)
