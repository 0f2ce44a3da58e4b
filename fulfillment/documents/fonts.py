"""Which font has which letter. All of them come with the project, under the SIL Open Font License (fonts/OFL.txt)."""

import unicodedata
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

FOLDER = Path(__file__).parent / "fonts"
MAIN = "NotoSans"
OTHERS = ("NotoSansArabic", "NotoSansHebrew", "NotoSansThai", "NotoSansDevanagari", "NotoSansCJK")
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
SILENT = {"Cc", "Cf", "Cs", "Co", "Cn"}
RIGHT_TO_LEFT = {"R", "AL"}
JOINERS = "\u200c\u200d"
"""They say whether letters join: Persian and the scripts of India need them."""


def path_of(name: str, style: str = "") -> Path:
    """Return the file of a font; one that has no bold is as good as it gets."""
    found = [FOLDER / f"{name}-{'Bold' if style else 'Regular'}.ttf", FOLDER / f"{name}-Regular.otf"]
    return next(path for path in found if path.exists())


@cache
def letters_of(name: str) -> frozenset[int]:
    with TTFont(path_of(name), lazy=True) as font:
        return frozenset(font.getBestCmap())


def font_of(letter: str) -> str | None:
    """Return the first font that has the letter."""
    point = ord(letter)
    return next((name for name in (MAIN, *OTHERS) if point in letters_of(name)), None)


def printable(text: str) -> str:
    """Return the text as it can be printed: what no font knows shows as a replacement, what has no shape goes."""
    shown = []
    for letter in " ".join(unicodedata.normalize("NFC", text).split()):
        if letter in JOINERS or (unicodedata.category(letter) not in SILENT and font_of(letter)):
            shown.append(letter)
        elif unicodedata.category(letter) not in SILENT:
            shown.append(UNKNOWN)
    return "".join(shown)


def is_right_to_left(text: str) -> bool:
    """Say whether the first letter that has a direction runs from the right, as the Unicode algorithm decides."""
    strong = (unicodedata.bidirectional(letter) for letter in text)
    return next((each in RIGHT_TO_LEFT for each in strong if each in {"L", *RIGHT_TO_LEFT}), False)
