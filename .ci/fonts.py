"""Makes fulfillment/documents/fonts from the Debian packages fonts-noto-core and fonts-noto-cjk.

`apt-get install fonts-noto-core fonts-noto-cjk && uv run python .ci/fonts.py`. Of the font for Chinese, Japanese and
Korean it keeps what the national standards name (JIS X 0208, GB 2312, the common part of Big5, KS X 1001): 14,000 of
65,000 glyphs, 2.6 of 19 MB.
"""

import shutil
from pathlib import Path

from fontTools import subset

SYSTEM = Path("/usr/share/fonts")
FONTS = Path(__file__).parent.parent / "fulfillment" / "documents" / "fonts"
WHOLE = ("NotoSans", "NotoSansArabic", "NotoSansHebrew", "NotoSansThai", "NotoSansDevanagari")
STANDARDS = ("euc_jp", "gb2312", "euc_kr", "big5")
BIG5_COMMON = range(0xA4, 0xC7)
FIRST_IDEOGRAPH = 0x3400


def common() -> set[int]:
    """Return the code points of kana, hangul, ideographs and their punctuation that the standards name."""
    kept = {*range(0x3000, 0x3100), *range(0xFF00, 0xFFF0)}
    for codec in STANDARDS:
        for high in range(0xA1, 0xFF):
            for low in range(0x40, 0xFF):
                text = bytes((high, low)).decode(codec, "ignore")
                rare = codec == "big5" and high not in BIG5_COMMON
                if len(text) == 1 and not (rare and ord(text) >= FIRST_IDEOGRAPH):
                    kept.add(ord(text))
    return {point for point in kept if point >= 0x2E80}  # noqa: PLR2004 - what is below stands in Noto Sans


def main() -> None:
    for name in WHOLE:
        for style in ("Regular", "Bold"):
            shutil.copy(SYSTEM / "truetype" / "noto" / f"{name}-{style}.ttf", FONTS)
    options = subset.Options(font_number=0, hinting=False, layout_features=[], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14])
    options.drop_tables += ["VORG", "vhea", "vmtx", "BASE"]
    font = subset.load_font(str(SYSTEM / "opentype" / "noto" / "NotoSansCJK-Regular.ttc"), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=common())
    subsetter.subset(font)
    subset.save_font(font, str(FONTS / "NotoSansCJK-Regular.otf"), options)


if __name__ == "__main__":
    main()
