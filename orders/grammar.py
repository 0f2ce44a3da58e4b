"""Words that follow a number."""


def agree(count: int, one: str, many: str) -> str:
    """Return the word that goes with so many: 1 lies, 2 lie."""
    return one if count == 1 else many
