"""How prices are shown."""

from humanize import intcomma


def shown(cents: int, currency: str) -> str:
    """Write an amount with its currency: "1,299.00 EUR"."""
    return f"{intcomma(cents / 100, 2)} {currency}"
