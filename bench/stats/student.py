"""Student's t distribution: what can be told, and how often a difference is."""

from scipy.special import gammaincinv, stdtr, stdtrit


def two_sided_p(t: float, df: float) -> float:
    """Probability that |T| >= |t|, for df > 0."""
    return float(2 * stdtr(df, -abs(t)))


def critical(confidence: float, df: float) -> float:
    """Return t such that |T| < t with this confidence (0 to 1, exclusive)."""
    return float(stdtrit(df, (1 + confidence) / 2))


def median_share(df: int) -> float:
    """Median of a sample variance with `df` degrees of freedom, as a share of the true one.

    That of the chi-squared distribution over its mean.
    """
    return float(2 * gammaincinv(df / 2, 0.5) / df)


def beyond(bound: float, effect: float, error: float, df: float) -> float:
    """Probability that the estimate of a true `effect` lies beyond `bound` >= 0, or -`bound`.

    Student's t around the effect: the estimate's standard error is itself known with `df` degrees
    of freedom only. All but `df` in one unit.
    """
    if error == 0:
        return float(abs(effect) > bound)
    above, below = (bound - effect) / error, (-bound - effect) / error
    return float(stdtr(df, -above) + stdtr(df, below))
