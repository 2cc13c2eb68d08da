"""Trained networks: what a Student-t fit of their weights finds, by layer and pooled."""

import sympy as sp

from sgdtheory.theory.statement import Statement

closer, kappa, rejected, missing, mixed, removed, untrained, filters = sp.symbols(
    r"\rho \hat{\kappa} f_{\chi^2} f_{\mathrm{max}} f_{\mathrm{mix}} r K_0 \gamma_{f}/\gamma",
    positive=True,
)

half = sp.Rational(1, 2)

CLOSER = "the source's: the Student t is closer to a layer's histogram than the Gaussian"
KAPPA = r"the source's: the fitted $\hat\kappa$ is small"
REJECTED = "ours: but with 8,000 weights or more the fit is rejected"
MISSING = r"ours: where a heavy tail is fitted ($\hat\nu < 4$) it is not there"
MIXED = "ours: two Gaussians describe many layers better"
REMOVED = "ours: most of a pool's excess is gone when its layers are standardised"
UNTRAINED = "ours: an untrained network's pool has an excess too"
FILTERS = "ours: part of a layer's own is that its filters differ in width"

STATEMENTS = (
    Statement(
        id="PLD-EXP752",
        kind="empirical",
        title="Weights of trained networks are not Gaussian, and not a power law",
        source="meng2020, Section 7.5.2",
        assumptions=(
            (r"seven public networks, none of them the source's: MobileNetV2, SqueezeNet 1.1 "
             r"(ImageNet), ResNet-20, 32, 44, 56 (CIFAR-10), MTCNN; 248 kernels and matrices, "
             r"6.9 million weights; no biases, no normalisation layers", None),
            (r"Student t by maximum likelihood in each layer; $\hat\kappa = (\hat\nu + 1)/2$ "
             r"as the source counts (for SGD one less, PLD-C3), its median over layers; "
             r"$\rho$: median ratio of the largest gaps between cumulative histogram and fit, "
             r"Student t over Gaussian", None),
            (r"shares of layers: $f_{\chi^2}$, the fit rejected at one per cent; "
             r"$f_{\mathrm{max}}$, the largest weight below the first percentile of what the "
             r"fit expects of it; $f_{\mathrm{mix}}$, a mixture of two Gaussians better by two "
             r"standard errors (Vuong, Schwarz' charge for its two numbers more)", None),
            (r"$r$: share of the excess kurtosis of the whole pool that goes, least of the "
             r"networks; $K_0$: kurtosis of the pool of Gaussian layers of variance 2/fan-in, "
             r"least; $\gamma_f/\gamma$: excess of a layer with every filter in its own units "
             r"over that after its weights changed places, median over the ResNets", None),
        ),
        claim={
            CLOSER: sp.Lt(closer, sp.Rational(7, 10)),
            KAPPA: sp.Lt(kappa, 6),
            REJECTED: sp.Gt(rejected, half),
            MISSING: sp.Gt(missing, half),
            MIXED: sp.Gt(mixed, sp.Rational(1, 4)),
            REMOVED: sp.Gt(removed, sp.Rational(7, 10)),
            UNTRAINED: sp.Gt(untrained, 4),
            FILTERS: sp.Lt(filters, sp.Rational(3, 4)),
        },
        uses=("PLD-C3", "TLS-4", "TLS-5"),
        status="empirical",
        against_source="not-reproduced",
        remark=(
            r"What the source reports is seen here too: a layer's histogram is peaked, and a "
            r"Student t with a small $\hat\kappa$ follows it more closely than a Gaussian. "
            r"That it is a power law is not borne out. $\hat\nu$ is set by the many weights "
            r"near the centre; where it promises a heavy tail, the largest weights fall short "
            r"of it; and mixtures of Gaussians, which have no power tail, do as well or "
            r"better. The weights of one layer are one draw of many parameters, not many "
            r"draws of one, which is what the theory speaks of. Nor do they share one law: "
            r"filters differ in width. Weights depend on each other, so that tests which "
            r"count them one by one are too severe; the shares are far from one per cent all "
            r"the same. The check starts from stored statistics of these weights. Its bands "
            r"were picked after a look at them."
        ),
        aliases=("PLD-EXP-7.5.2",),
        notebook="notebooks/tails/03_pretrained_networks",
    ),
)  # fmt: skip
