"""C14: the bound on the number of restarts, what it assumes, and what restarts cost.

An epoch *enters* if it ends in the certified region, which happens with probability p, and *converges* if policy
gradient from its end reaches the target: with probability 1 − δ given that it entered, and r given that it did not.
Success is convergence, s = p(1 − δ) + (1 − p)r, and T is the number of the first epoch that succeeds.

**The bound.** Let A_n be the event that epoch n enters and converges. T > k implies that none of A_1 … A_k occurs. For
independent epochs of one law P(A_n) = p(1 − δ), so P(T > k) = (1 − s)^k ≤ (1 − p(1 − δ))^k. The two differ by
(b − f) Σ b^i f^(k−1−i) with b = 1 − p(1 − δ), f = 1 − s and b − f = (1 − p)r; the sum holds b^(k−1), and b = 0 makes
b − f = 0. So for k ≥ 1 they are equal iff (1 − p)r = 0, that is s = p(1 − δ). Only the average of the probability to
converge over the ends in the region matters, and lower bounds of p and 1 − δ do as well.

**Histories.** If after every history without success the next epoch enters with probability at least p and then
converges with at least 1 − δ, then P(T > k) = Π_j P(T > j | T > j − 1) ≤ (1 − p(1 − δ))^k: by induction, since no
history of failures fails again with a probability above b. Neither independence nor one law is needed. Independent
epochs of different laws obey the bound with the mean p(1 − δ) of the first k epochs, by the inequality of the means.

**Dependence.** Let each epoch fail with probability Y given a common draw. P(T > k) = E Y^k, and (E Y)^k ≤ E Y^k by
induction: E Y^(k+1) − E Y^k E Y = E (Y^k − Z^k)(Y − Z)/2 ≥ 0 for an independent copy Z of Y. For k ≥ 2 equality needs
a Y without variance, so epochs that share a draw break the bound that their mean promises.

**Moments.** E min(T, m) = Σ_{k<m} P(T > k) = (1 − f^m)/s by induction on m, as the geometric sum and from the law of T;
f^m → 0 gives E T = 1/s for s > 0, which is the only solution of E T = 1 + (1 − s) E T, the chain's first step.
"""

from __future__ import annotations

from itertools import product

from sympy import Add, Expr, Integer, Mul, Poly, Rational, Symbol, cancel, symbols

from theory.claims.model import Claim, Evidence, Finding, Verdict, undecided
from theory.exact import Undecided, is_zero
from theory.games import stag_hunt
from theory.separatrix import separatrix

LONGEST = 5  # chains are enumerated up to so many epochs; the induction needs none of them
ENTERS, CONVERGES, OUTSIDE = symbols("p c r", nonnegative=True)  # c = 1 - delta
STAYS_OUT, DIVERGES, FAILS_OUTSIDE = symbols("p_not c_not r_not", nonnegative=True)
COMPLEMENTS = {STAYS_OUT: 1 - ENTERS, DIVERGES: 1 - CONVERGES, FAILS_OUTSIDE: 1 - OUTSIDE}
# One epoch: (entered, converged) with its probability; a probability and its complement are kept as two letters.
OUTCOMES = {
    (True, True): ENTERS * CONVERGES,
    (True, False): ENTERS * DIVERGES,
    (False, True): STAYS_OUT * OUTSIDE,
    (False, False): STAYS_OUT * FAILS_OUTSIDE,
}
SUCCESS = ENTERS * CONVERGES + (1 - ENTERS) * OUTSIDE
BOUND = 1 - ENTERS * CONVERGES


def nonnegative(expression: Expr, letters: tuple[Symbol, ...]) -> bool:
    """Whether a polynomial has nonnegative coefficients alone, so that it is ≥ 0 for letters ≥ 0."""
    return all(coefficient >= 0 for coefficient in Poly(expression, *letters).coeffs())


# ----------------------------------------------------------------------------------------------------------- the bound


def tail(k: int) -> Expr:
    """P(T > k): the sum over all sequences of k outcomes in which no epoch converges."""
    return Add(
        *(
            Mul(*(OUTCOMES[one] for one in chain))
            for chain in product(OUTCOMES, repeat=k)
            if not any(c for _, c in chain)
        )
    )


def never_both(k: int) -> Expr:
    """The probability that none of k epochs both enters and converges: a sum over sequences of outcomes too."""
    return Add(
        *(Mul(*(OUTCOMES[one] for one in chain)) for chain in product(OUTCOMES, repeat=k) if (True, True) not in chain)
    )


def excess(k: int) -> Expr:
    """bound^k − (1 − s)^k as (b − f) Σ b^i f^(k−1−i)."""
    f = 1 - SUCCESS
    return (BOUND - f) * Add(*(BOUND**i * f ** (k - 1 - i) for i in range(k)))


def _check_bound() -> Finding:
    letters = (ENTERS, CONVERGES, OUTSIDE, *COMPLEMENTS)
    for k in range(1, LONGEST + 1):
        fails, neither = tail(k), never_both(k)
        if not is_zero(fails.subs(COMPLEMENTS) - (1 - SUCCESS) ** k):
            return undecided(f"P(T > {k}) is not (1 - s)^{k}")
        if not is_zero(neither.subs(COMPLEMENTS) - BOUND**k):
            return undecided(f"the bound at k = {k} is not the probability that no epoch enters and converges")
        if not nonnegative(neither - fails, letters):
            return undecided(f"a sequence is counted by P(T > {k}) and not by the bound")
        if nonnegative(fails - neither, letters):
            raise Undecided("the check cannot fail: it proves the bound the other way round")
        if not is_zero(excess(k) - (BOUND**k - (1 - SUCCESS) ** k)):
            return undecided(f"the difference at k = {k} does not factor")
    gap = SUCCESS - ENTERS * CONVERGES
    if not is_zero(gap - (1 - ENTERS) * OUTSIDE) or not is_zero(BOUND - (1 - SUCCESS) - gap):
        return undecided("b - f is not (1 - p) r")
    if is_zero(BOUND - (1 - SUCCESS)):
        raise Undecided("the check cannot fail: it finds no success from outside of the region")
    summary = (
        f"P(T > k) = (1 - s)^k with s = {SUCCESS} (c = 1 - delta); the bound counts every sequence that P(T > k) does; "
        f"b^k - f^k = (b - f) sum b^i f^(k-1-i) with b - f = {(1 - ENTERS) * OUTSIDE}: equality iff s = p(1 - delta)"
    )
    content = {
        "success": str(SUCCESS),
        "bound": f"({BOUND})**k",
        "gap": str((1 - ENTERS) * OUTSIDE),
        "enumerated": LONGEST,
        "outcomes": {f"entered={e} converged={c}": str(weight) for (e, c), weight in OUTCOMES.items()},
    }
    evidence = Evidence(
        "identity",
        f"event inclusion, all outcome sequences of up to {LONGEST} epochs, and the factored difference",
        summary,
        content,
    )
    return Finding(Verdict.PROVED, "an epoch that enters and converges ends the chain", (evidence,))


# ----------------------------------------------------------------------------------------------------------- histories


def adaptive_tail(k: int) -> tuple[Expr, tuple[Symbol, ...]]:
    """P(T > k) where the law of an epoch depends on which epochs before it entered, with a letter for each law.

    After a history h the epoch enters with probability p + x_h and then converges with c + y_h, where p and c are the
    guaranteed ones and x_h, y_h slacks; it never converges from outside, the worst case.
    """
    slacks: list[Symbol] = []

    def extend(history: tuple[bool, ...]) -> Expr:
        if len(history) == k:
            return Integer(1)
        name = "".join("io"[not entered] for entered in history)
        x, y = symbols(f"x_{name} y_{name}", nonnegative=True)
        slacks.extend((x, y))
        enters, converges = ENTERS + x, CONVERGES + y
        return enters * (1 - converges) * extend((*history, True)) + (1 - enters) * extend((*history, False))

    return extend(()), tuple(slacks)


def _check_adaptive() -> Finding:
    x, y, below = symbols("x y F", nonnegative=True)
    enters, converges = ENTERS + x, CONVERGES + y
    # One step: whatever comes after fails with at most F, so this history fails with at most (1 - enters converges) F.
    step = (BOUND - (1 - enters * converges)) * below
    if not nonnegative(step.expand(), (ENTERS, CONVERGES, x, y, below)):
        return undecided("one epoch can fail more often than the bound allows")
    if nonnegative((-step).expand(), (ENTERS, CONVERGES, x, y, below)):
        raise Undecided("the check cannot fail: it proves the step the other way round")
    for k in range(1, 4):
        fails, slacks = adaptive_tail(k)
        if not is_zero(fails.subs(dict.fromkeys(slacks, Integer(0))) - BOUND**k):
            return undecided(f"without slack the bound is not attained at k = {k}")
    fails, slacks = adaptive_tail(2)
    witness = dict.fromkeys(slacks, Rational(1, 8)) | {ENTERS: Rational(1, 4), CONVERGES: Rational(1, 2)}
    broken = {slack: -value if slack in slacks else value for slack, value in witness.items()}
    within, beyond = (BOUND**2 - fails).subs(witness), (BOUND**2 - fails).subs(broken)
    if not within > 0:
        return undecided("the bound fails at a point with slack")
    if not beyond < 0:
        raise Undecided("the check cannot fail: less than the guaranteed probabilities keep the bound")
    for k in (2, 3, 4):
        ordered = [Add(*letters) for letters in _growing(k)]
        letters = _growing(k)[-1]
        mean = Add(*ordered) / k
        if not nonnegative((mean**k - Mul(*ordered)).expand(), letters):
            return undecided(f"{k} independent epochs of different laws can break the bound with their mean")
        if nonnegative((Mul(*ordered) - mean**k).expand(), letters):
            raise Undecided("the check cannot fail: it proves the inequality of the means the other way round")
    evidence = Evidence(
        "identity",
        "one step of the induction; trees of histories up to 3 epochs; inequality of the means for 2 to 4 epochs",
        "after any history of failures the next epoch fails with at most 1 - p(1 - delta), so the product of these "
        "bounds P(T > k); attained where nothing exceeds the guarantee; independent epochs of different laws keep the "
        "bound at k with the mean p(1 - delta) of the first k epochs",
        {"step": str(step), "slack": str(within), "below_the_guarantee": str(beyond), "at": _texts(witness)},
    )
    return Finding(Verdict.PROVED, "the conditional probability of success is at least p(1 - delta)", (evidence,))


def _growing(k: int) -> list[tuple[Symbol, ...]]:
    """Letters whose sums are k ordered numbers ≥ 0."""
    steps = symbols(f"u1:{k + 1}", nonnegative=True)
    return [steps[: n + 1] for n in range(k)]


def _texts(values: dict[Symbol, Rational]) -> dict[str, str]:
    return {str(symbol): str(value) for symbol, value in values.items()}


# ---------------------------------------------------------------------------------------------------------- dependence


def common_draw(shares: tuple[Rational, ...], k: int) -> tuple[Rational, Rational]:
    """(P(T > k), bound) for chains whose epochs all have one of these success probabilities, drawn once, all alike."""
    n = len(shares)
    mixed = sum(((1 - share) ** k for share in shares), Integer(0)) / n
    return mixed, (1 - sum(shares, Integer(0)) / n) ** k


def covariance_form(k: int) -> Expr:
    """E Y^(k+1) − E Y^k E Y for Y = a with probability w, else b, less w(1 − w)(a^k − b^k)(a − b)."""
    w, a, b = symbols("w a b", nonnegative=True)

    def mean(power: int) -> Expr:
        return w * a**power + (1 - w) * b**power

    return mean(k + 1) - mean(k) * mean(1) - w * (1 - w) * (a**k - b**k) * (a - b)


def _check_dependent() -> Finding:
    hunt = separatrix(stag_hunt())
    sizes = (Rational(0), Rational(1, 5))
    shares = tuple(hunt.share(size) for size in sizes)
    rows = []
    for k in range(1, LONGEST + 1):
        mixed, bound = common_draw(shares, k)
        if (mixed > bound) != (k > 1):
            return undecided(f"a common draw does not break the bound at k = {k}")
        rows.append({"k": k, "tail": str(mixed), "bound": str(bound)})
    same_seed = [(1 - shares[0], (1 - shares[0]) ** k) for k in range(1, LONGEST + 1)]
    if not all(mixed > bound for mixed, bound in same_seed[1:]):
        return undecided("repeating one seed does not break the bound")
    if common_draw((shares[0],) * 2, 2)[0] != common_draw((shares[0],) * 2, 2)[1]:
        raise Undecided("the check cannot fail: a draw without effect breaks the bound")
    a, b = symbols("a b", nonnegative=True)
    for k in range(1, LONGEST + 1):
        quotient = cancel((a**k - b**k) / (a - b))
        if not is_zero(covariance_form(k)) or not nonnegative(quotient, (a, b)):
            return undecided(f"E Y^{k + 1} - E Y^{k} E Y is not a multiple of (a - b)^2 with a positive factor")
    (first, second), two = common_draw(shares, 2), Rational(1, 2)
    variance = two * sum(((share - two * sum(shares)) ** 2 for share in shares), Integer(0))
    if first - second != variance:
        return undecided("at k = 2 the excess is not the variance of the success probability")
    summary = (
        f"Stag Hunt 4,0,3,2, direct, uniform starts: one coin sets lambda to {sizes[0]} or {sizes[1]} for all "
        f"epochs, success {shares[0]} or {shares[1]} (mean {two * sum(shares)}); P(T > 2) = {first} > {second}, by "
        f"the variance {variance}; one seed used again and again: P(T > 2) = {same_seed[1][0]} > {same_seed[1][1]}"
    )
    evidence = Evidence(
        "counterexample",
        "exact basin shares of the closed form; P(T > k) = E (1 - s)^k by the common draw",
        summary,
        {
            "lambda": [str(size) for size in sizes],
            "success": [str(share) for share in shares],
            "tails": rows,
            "reason": "E Y^(k+1) - E Y^k E Y = w(1 - w)(a^k - b^k)(a - b) >= 0 for Y = a or b: Jensen's inequality",
        },
    )
    return Finding(
        Verdict.REFUTED, "epochs that share a draw have a heavier tail than their mean promises", (evidence,)
    )


# ------------------------------------------------------------------------------------------------------------- moments


def capped_mean(success: Expr, cap: int) -> Expr:
    """E min(T, m) from the law of T: Σ_{n<m} n s f^(n−1) + m f^(m−1)."""
    f = 1 - success
    return Add(*(n * success * f ** (n - 1) for n in range(1, cap)), cap * f ** (cap - 1))


def limit_mean(success: Expr, power: Symbol) -> Expr:
    """What (1 − F)/s, F = (1 − s)^m, becomes where F → 0: the limit of the capped means."""
    return ((1 - power) / success).subs(power, 0)


def _check_moments() -> Finding:
    s, power, cap = symbols("s F m", positive=True)
    f = 1 - s
    for m in range(1, 2 * LONGEST + 1):
        closed = (1 - f**m) / s
        if not is_zero(Add(*(f**k for k in range(m))) - closed) or not is_zero(capped_mean(s, m) - closed):
            return undecided(f"E min(T, {m}) is not (1 - (1 - s)^{m})/s")
        if is_zero(capped_mean(s, m) - (1 - f ** (m + 1)) / s):
            raise Undecided("the check cannot fail: a cap of one epoch more gives the same mean")
    # From m to m + 1, F standing for f^m (sum of tails) and for f^(m-1) (law of T): both grow by f^m.
    if not is_zero((1 - f * power) / s - (1 - power) / s - power):
        return undecided("the closed form does not grow by f^m")
    if not is_zero(cap * s * power + (cap + 1) * f * power - cap * power - f * power):
        return undecided("the mean from the law of T does not grow by f^m")
    whole = limit_mean(s, power)
    if not is_zero(1 + f * whole - whole):
        return undecided(f"{whole} is not 1 more than what is left after an epoch that fails")
    evidence = Evidence(
        "identity",
        f"sum of the tails and law of T, each for m = 1 to {2 * LONGEST} and by induction; for E T the limit of these "
        "means and, as the second route, one step of the chain",
        f"E min(T, m) = (1 - (1 - s)^m)/s, E T = {whole}; an epoch has a fixed number of steps, so the gradient steps "
        "until success are steps x E T",
        {"capped": "(1 - (1 - s)**m)/s", "mean": str(whole), "checked_up_to": 2 * LONGEST},
    )
    return Finding(Verdict.PROVED, "geometric sums", (evidence,))


_ALIKE = "epochs are independent and follow one law"
_PUBLISHED = (
    "published restart runs: starts U(-3, 3) per logit, 120 steps, up to 12 restarts, expanded form, alpha = 0.55, "
    "c_own = 0.35, c_peer = 1.5, eta_n = 0.9/(n+10)^0.24, clip 8"
)
_SHARED = (
    _PUBLISHED,
    "success = policy gradient from the epoch's end reaches the target; undecided ends fail in all chains or succeed "
    "in all chains, and both must pass",
)
_MEASURED = (
    "The tail of the number of epochs until success exceeds (1 - p(1 - delta))^k by less than 1/10, p and delta "
    "measured on other epochs, for policy gradient and the three corrections and for every definition of the region, "
    "and no dependence between successive epochs is detected"
)


def _measured(name: str, game: str, gradients: str) -> Claim:
    return Claim(
        f"C14.{name}",
        f"{_MEASURED}.",
        "paper, restarts, asked of its experiments",
        assumptions=_SHARED,
        scope=f"{game}, {gradients}; k = 1 to 12; definitions whose bound is nearly 1 decide nothing; refuted if a "
        "tail lies above its bound or dependence is detected, each wrongly with probability at most 5 %, together at "
        "most 10 %",
    )


CLAIMS = (
    Claim(
        "C14",
        "Restarts satisfy P(T > k) <= (1 - p(1 - delta))^k.",
        "paper, restarts",
        assumptions=(_ALIKE,),
        requires=("C14.bound",),
    ),
    Claim(
        "C14.bound",
        "For an epoch that enters with probability p and, given that, converges with probability 1 - delta, "
        "P(T > k) = (1 - s)^k <= (1 - p(1 - delta))^k with s the probability to converge; equal iff s = p(1 - delta).",
        "paper, restarts",
        assumptions=(_ALIKE, "delta averages over the ends in the region; lower bounds of p and 1 - delta do as well"),
        scope="every k >= 1; whatever the region, the learning rule and the game",
        check=_check_bound,
    ),
    Claim(
        "C14.adaptive",
        "The bound holds without independence if after every history of failures the next epoch enters with "
        "probability at least p and then converges with probability at least 1 - delta; and at every k for independent "
        "epochs of different laws with the mean p(1 - delta) of the first k epochs.",
        "chain rule; inequality of the means",
        scope="every k; restarts that use what earlier epochs saw are among them",
        check=_check_adaptive,
    ),
    Claim(
        "C14.dependent",
        "The bound holds with the mean of p(1 - delta) also for epochs that share a random draw.",
        "derived here: what independence is needed for",
        assumptions=("every epoch by itself has the same law",),
        scope="refuted in Stag Hunt 4,0,3,2 with a common random size of the correction, and by a repeated seed",
        check=_check_dependent,
    ),
    Claim(
        "C14.moments",
        "E T = 1/s, and with a cap of m epochs E min(T, m) = (1 - (1 - s)^m)/s; steps x that is the number of "
        "gradient steps until success.",
        "geometric sums",
        assumptions=(_ALIKE, "s > 0"),
        scope="every cap m >= 1",
        check=_check_moments,
    ),
    _measured("tail-stag-hunt", "Stag Hunt 4,0,3,2", "exact gradients"),
    _measured("tail-stag-hunt-sampled", "Stag Hunt 4,0,3,2", "sampled gradients, batch 384, as published"),
    _measured("tail-ipd", "memory-one IPD -1,-3,0,-2 without end, gamma = 24/25", "exact gradients"),
    Claim(
        "C14.kept-ipd",
        "In the published IPD restart runs policy gradient keeps every epoch that counts as a success: delta = 0.",
        "published count of restarts, which takes entry for success",
        assumptions=(_PUBLISHED, "both initial probabilities of cooperation >= 0.82 count as a success"),
        scope="memory-one IPD 3,0,5,1 over 12 rounds, gamma = 24/25, sampled gradients, batch 384; runs can refute "
        "delta = 0, not support it",
    ),
)
