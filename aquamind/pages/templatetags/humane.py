"""Numbers as people read them."""

from django import template

register = template.Library()
NOTHING = "–"


@register.filter
def thousands(value: float | None) -> str:
    """A whole number, its thousands apart."""
    return NOTHING if value is None else f"{value:,.0f}"


@register.filter
def weight(value: float | None) -> str:
    """A weight: two decimals for fry, none for a salmon."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
