"""Order numbers such as OT-7K3F9Q2M: Crockford's base32, not to be guessed from each other, the last a check (Luhn)."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 7
PREFIX = "OT-"


PK_DIGITS = 18
"""As many as fit into a database's largest integer, whatever they are."""


def read_pk(text: str) -> int | None:
    """Return the primary key that a form sent, or None if it can be none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= PK_DIGITS else None


def new_number() -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{PREFIX}{body}{check_character(body)}"


def check_character(body: str) -> str:
    """Return Luhn's check modulo 32: it catches any one wrong character and nearly any two swapped."""
    total = 0
    for place, char in enumerate(reversed(body)):
        value = ALPHABET.index(char) * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def read_number(text: str) -> str | None:
    """Return the number that a person typed, or None if it cannot be one. Case, blanks, O for 0, I and L for 1 pass."""
    body = text.upper().replace(" ", "").removeprefix("OT").removeprefix("-").replace("-", "")
    body = body.translate(str.maketrans("OIL", "011"))
    if len(body) != LENGTH + 1 or set(body) - set(ALPHABET) or check_character(body[:-1]) != body[-1]:
        return None
    return f"{PREFIX}{body}"
