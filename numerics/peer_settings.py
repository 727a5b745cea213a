"""What two peer papers ran and published, as data, each entry with its source. No setting was chosen by its results.

* LOLA: Foerster et al. 2018 (AAMAS; arXiv 1709.04326), Table 3, exact gradients ("-Ex"), and the authors' code,
  github.com/alshedivat/lola. The paper gives no step size for Table 3, no number of steps and no rule that says when a
  policy counts as tit for tat (TFT). So every reading that the paper or its code supports is run:

  - δ, η: 1 and 1 (``scripts/run_lola.py``, which its README names for the paper's experiments), 1 and 1/2 (the defaults
    of ``train`` in ``lola/train_exact.py``), 1/2 and 1/2 (the paper, below Table 4: δ = 0.5).
  - rule: the shaping term alone (equation 4.4 and the code's default), or with the flag ``--pseudo`` both factors
    differentiated, which adds the LookAhead term. The naive learner has η = 0. (``--no-lola`` would not do: the exact
    code takes that option and never reads it.)
  - steps: 200 values are logged, the first before any update, so the last follows 199 updates.
  - TFT: five scores, in :mod:`numerics.peer_results`.

  The standard deviations of Table 3 and the sentence below Table 4 are from a public transcription of the paper. The
  number of runs, 50, is what one call of the code's ``train`` makes; the script makes two calls unless told otherwise.

* SOS: Letcher et al. 2019 (ICLR; arXiv 1811.08469), section 5 and appendix C, and the first author's notebook,
  github.com/aletcher/stable-opponent-shaping. The paper gives α (inner and outer step alike), γ, a, b, the law of the
  starts up to its deviation in the tandem game, and 300 runs; the notebook gives that deviation and 50 (tandem: 30)
  logged losses, the first before any update. For the tandem game the paper has b = 1/2 and the notebook, like rule
  ``sos``, b = 1/10: near its fixed points the share p of the shaping term is at most ‖v‖² in both.

In both the learner sees discounted sums over all rounds, not multiplied by 1 − γ, as here, and means per round are
reported; so step sizes need no conversion. Logits start from N(0, 1), independently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from numerics.experiments import Experiment
from theory.games import AnyGame, ipd, tandem

LOLA_PAPER, SOS_PAPER = "Foerster et al. 2018", "Letcher et al. 2019"
LOLA_RULES = ("lola-shaping", "lola")  # the code's default, and with --pseudo


@dataclass(frozen=True)
class Setting:
    """One way to run a paper's experiment.

    Attributes:
        paper: whose experiment.
        name: short name of this reading.
        game: makes the game.
        policy: ``logit``, or ``direct`` for real parameters.
        rules: the learning rules to run.
        lr: outer step (δ; α in the SOS paper).
        inner_lr: step that the others are taken to make (η; α in the SOS paper); policy gradient does not use it.
        updates: number of updates before the last logged value.
        deviation: of every parameter's normal start.
        source: where these numbers stand.
    """

    paper: str
    name: str
    game: Callable[[], AnyGame]
    policy: str
    rules: tuple[str, ...]
    lr: float
    inner_lr: float
    updates: int
    deviation: float
    source: str

    def experiment(self, count: int, seed: int) -> Experiment:
        """The same as an experiment; its success criterion is not used."""
        return Experiment(
            game=self.game(),
            success="mean-value:0",
            methods=self.rules,
            policy=self.policy,
            lr=self.lr,
            inner_lr=(self.inner_lr,),
            steps=self.updates,
            init=f"normal:{self.deviation}",
            count=count,
            seed=seed,
        )


RELEASED = Setting(
    LOLA_PAPER,
    "released command (delta 1, eta 1)",
    ipd,
    "logit",
    ("pg", *LOLA_RULES),
    1.0,
    1.0,
    199,
    1.0,
    "scripts/run_lola.py: lr 1, lr_correction 1, trace_length 200, gamma .96, 50 episodes",
)
FUNCTION_DEFAULTS = Setting(
    LOLA_PAPER,
    "defaults of train (delta 1, eta 1/2)",
    ipd,
    "logit",
    ("pg", *LOLA_RULES),
    1.0,
    0.5,
    199,
    1.0,
    "lola/train_exact.py: lr 1, lr_correction .5, trace_length 200, gamma .96, 50 episodes",
)
HALF_STEPS = Setting(
    LOLA_PAPER,
    "step size of Table 4 (delta 1/2, eta 1/2)",
    ipd,
    "logit",
    ("pg", *LOLA_RULES),
    0.5,
    0.5,
    199,
    1.0,
    "paper, below Table 4: delta .5, for that table; number of steps from lola/train_exact.py",
)
SOS_IPD = Setting(
    SOS_PAPER,
    "iterated prisoner's dilemma",
    ipd,
    "logit",
    ("sos", "lola", "lookahead", "consensus", "pg"),
    1.0,
    1.0,
    49,
    1.0,
    "paper, section 5.1: alpha 1, gamma .96, a .5, b .1, N(0, 1); notebook: 50 logged losses, coefficient 1 of CO",
)
SOS_TANDEM = Setting(
    SOS_PAPER,
    "tandem game",
    tandem,
    "direct",
    ("sos", "lola"),
    0.1,
    0.1,
    29,
    0.1,
    "paper, section 5.1: alpha .1; notebook: standard deviation .1, 30 logged losses, a .5, b .1 (paper: b .5)",
)
SETTINGS = (RELEASED, FUNCTION_DEFAULTS, HALF_STEPS, SOS_IPD, SOS_TANDEM)


@dataclass(frozen=True)
class Published:
    """One published number or statement.

    Attributes:
        paper: where.
        arm: who learns, in the paper's words.
        rules: the learning rules that may stand for this arm; none if this project has none that does.
        quantity: ``tft`` (a share), ``return`` (both players' mean per round) or ``loss`` (player 1's, per round).
        value: the number; a statement in words names an outcome, and this is its number.
        decimals: digits printed after the point (of a share, not of its percentage), or ``None`` for an exact number.
        deviation: printed standard deviation, if any.
        runs: number of runs behind it.
        statement: what is printed.
        other: for a statement in words, the number of the outcome that it excludes.
        game: the game's name.
        design: one experiment a game.
        known: ``runs`` says it.
    """

    paper: str
    arm: str
    rules: tuple[str, ...]
    quantity: Literal["tft", "return", "loss"]
    value: float
    decimals: int | None
    deviation: float | None
    runs: int
    statement: str
    other: float | None = None
    game: str = "ipd"
    design: None = None
    known: str = ""


_MOSTLY_DEFECTS = "agents mostly defect (loss 2 when both always do)"
_CLOSE_TO_ONE = "mostly tit for tat, losses close to 1"
PUBLISHED = (
    Published(LOLA_PAPER, "NL-Ex", ("pg",), "tft", 0.208, 3, None, 50, "20.8% TFT"),
    Published(LOLA_PAPER, "NL-Ex", ("pg",), "return", -1.98, 2, 0.14, 50, "R = -1.98 (0.14)"),
    Published(LOLA_PAPER, "LOLA-Ex", LOLA_RULES, "tft", 0.81, 3, None, 50, "81.0% TFT"),
    Published(LOLA_PAPER, "LOLA-Ex", LOLA_RULES, "return", -1.06, 2, 0.19, 50, "R = -1.06 (0.19)"),
    Published(SOS_PAPER, "SOS", ("sos",), "loss", 1.0, None, None, 300, _CLOSE_TO_ONE, 2.0),
    Published(SOS_PAPER, "LOLA", ("lola",), "loss", 1.0, None, None, 300, _CLOSE_TO_ONE, 2.0),
    Published(SOS_PAPER, "LA", ("lookahead",), "loss", 2.0, None, None, 300, _MOSTLY_DEFECTS, 1.0),
    Published(SOS_PAPER, "CO", ("consensus",), "loss", 2.0, None, None, 300, _MOSTLY_DEFECTS, 1.0),
    Published(SOS_PAPER, "SGA", (), "loss", 2.0, None, None, 300, _MOSTLY_DEFECTS, 1.0),
    Published(SOS_PAPER, "NL", ("pg",), "loss", 2.0, None, None, 300, _MOSTLY_DEFECTS, 1.0),
    Published(SOS_PAPER, "SOS", ("sos",), "loss", 0.0, None, None, 300, "losses averaging at 0", game="tandem"),
    Published(SOS_PAPER, "LOLA", ("lola",), "loss", 4 / 9, None, None, 300, "losses averaging at 4/9", game="tandem"),
)
