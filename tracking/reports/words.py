"""How numbers read: amounts, shares, stretches of time."""

from datetime import timedelta

NO_NUMBER = "–"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def number(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")


def several(count: int, thing: str, *, text: str = "") -> str:
    """Return "1 order", "3 orders"."""
    return f"{text or number(count)} {thing}{'' if count == 1 else 's'}"


def share(part: float | None) -> str:
    """Return a share in percent: 100 % only where nothing is missing, 0 % only where there is nothing."""
    if part is None:
        return NO_NUMBER
    whole = round(part * 100)
    if part not in {0, 1} and whole in {0, 100}:
        return "< 1 %" if whole == 0 else "> 99 %"
    return f"{whole} %"


def span(took: timedelta | None) -> str:
    """Return a stretch of time as people say it: minutes (one at least), hours, or days with one decimal."""
    if took is None:
        return NO_NUMBER
    if took < HOUR:
        return f"{max(1, round(took / timedelta(minutes=1)))} min"
    if took < 2 * DAY:
        return several(round(took / HOUR), "hour")
    return f"{took / DAY:.1f} days"
