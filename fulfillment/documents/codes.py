"""QR and Code 128 as patterns of bars, made by the libraries for them."""

import segno
from barcode import Code128

QUIET_QR, QUIET_BARS = 4, 10
"""Modules that stay white around a code: ISO/IEC 18004 and 15417."""


def qr(text: str) -> list[list[bool]]:
    """Return the modules of a QR code, row by row, without its quiet zone."""
    return [[bool(module) for module in row] for row in segno.make(text, micro=False, error="m").matrix]


def bars(text: str) -> str:
    """Return the modules of a Code 128 as ones and zeros, without its quiet zone. The text is ASCII."""
    return str(Code128(text).build()[0])


def runs(modules: str) -> list[tuple[int, int]]:
    """Return each bar as its first module and its width."""
    found, start = [], None
    for place, module in enumerate(f"{modules}0"):
        if module == "1" and start is None:
            start = place
        elif module == "0" and start is not None:
            found.append((start, place - start))
            start = None
    return found
