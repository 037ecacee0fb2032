"""How the story says numbers: two digits of meaning, and no blank that a line may break at."""

from __future__ import annotations

from agents.calendar import Month
from server.words import MONTH_NAMES

NO_BREAK = "\N{NO-BREAK SPACE}"
NAMES = {
    "usps": "USPS",
    "amazon": "Amazon",
    "ups": "UPS",
    "fedex": "FedEx",
    "regional": "Regional carriers",
    "large": "Large shippers",
    "small": "Small shippers",
}
_SMALL = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def firmly(text: str) -> str:
    """A text in which no line may break."""
    return text.replace(" ", NO_BREAK)


def usd(price: float) -> str:
    """A price in dollars and cents."""
    return f"{'−' if price < 0 else ''}${abs(price):.2f}"


def billions(dollars: float) -> str:
    """An amount of money without its sign, such as "$5.8 billion" or "$120 million"."""
    amount = abs(dollars) / 1e9
    return firmly(f"${amount:.1f} billion" if amount >= 0.95 else f"${abs(dollars) / 1e6:.0f} million")


def cash_ahead(dollars: float) -> str:
    """Cash that is expected in a year, or how much is missing then."""
    return billions(dollars) if dollars >= 0.0 else f"{billions(dollars)} too little"


def parcels(millions: float) -> str:
    """Parcels a year, such as "1.7 billion", "885 million" or "4.2 million"."""
    if millions >= 995.0:
        return firmly(f"{millions / 1000.0:.1f} billion")
    return firmly(f"{millions:.0f} million" if millions >= 9.95 else f"{millions:.1f} million")


def brief(millions: float) -> str:
    """Parcels a year where there is little room, such as "1.7 bn" or "885 mn"."""
    return firmly(f"{millions / 1000.0:.1f} bn" if millions >= 995.0 else f"{millions:.0f} mn")


def percent(value: float, digits: int = 0) -> str:
    """A percentage."""
    return firmly(f"{value:.{digits}f} %").replace("-", "−")


def count(number: int) -> str:
    """A whole number, in words up to twelve."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else f"{number:,}"


def months(number: int) -> str:
    """So many months."""
    return "one month" if number == 1 else f"{count(number)} months"


def name(month: Month) -> str:
    """A month in words."""
    return f"{MONTH_NAMES[month.month - 1]} {month.year}"


def short(month: Month) -> str:
    """A month in few letters."""
    return f"{MONTH_NAMES[month.month - 1][:3]} {month.year}"


def capital(text: str) -> str:
    """A text that begins with a capital letter."""
    return text[:1].upper() + text[1:]
