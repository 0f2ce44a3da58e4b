"""A sheet of paper that takes text in any script, right to left where it runs so, and codes that scanners read."""

from typing import cast

from fpdf import FPDF
from fpdf.enums import Align

from fulfillment.documents import codes, fonts

A4, A5, LABEL = (210.0, 297.0), (148.0, 210.0), (100.0, 150.0)
"""Width and height in millimetres."""
LEADING = 0.45
"""Height of a line in millimetres a point of its letters."""


class Sheet(FPDF):
    """`margin` in millimetres. Fonts come in as their letters do."""

    def __init__(self, size: tuple[float, float], *, margin: float, title: str) -> None:
        super().__init__(unit="mm", format=size)
        self.set_auto_page_break(auto=False)
        self.set_margin(margin)
        self.c_margin = 0
        self.set_title(title)
        self.set_creator("Ordertrail")
        for style in ("", "B"):
            self.add_font(fonts.MAIN, style, fonts.path_of(fonts.MAIN, style))
        self.set_text_shaping(True)
        self.add_page()

    @property
    def right(self) -> float:
        return self.w - self.r_margin

    @property
    def bottom(self) -> float:
        return self.h - self.b_margin

    def write_in(
        self,
        text: str,
        x: float,
        y: float,
        width: float,
        *,
        points: float,
        bold: bool = False,
        align: Align | str = Align.L,
        lines: int | None = None,
    ) -> float:
        """Write text into a column, broken where it must be, at most so many lines; return where it ends.

        What runs from the right stands at the right.
        """
        shown = self._prepare(text, points, bold=bold)
        if not shown:
            return y
        is_turned = fonts.is_right_to_left(shown)
        self.set_text_shaping(True, direction="rtl" if is_turned else "ltr")
        if align == Align.L and is_turned:
            align = Align.R
        kept = self._break(shown, width)[:lines]
        for number, line in enumerate(kept):
            self._take_font(points, bold=bold)
            self.set_xy(x, y + number * LEADING * points)
            self.cell(width, LEADING * points, line, align=align)
        return y + len(kept) * LEADING * points

    def write_block(
        self, texts: list[tuple[str, bool]], x: float, y: float, width: float, height: float, *, points: float
    ) -> float:
        """Write lines, the bold ones a little larger, as large as they fit; return where they end."""
        while points > 6 and self._height(texts, width, points) > height:  # noqa: PLR2004 - smaller nobody reads
            points -= 0.5
        for text, bold in texts:
            room = int((self.h - y) / (LEADING * points))
            y = self.write_in(text, x, y, width, points=points * (1.15 if bold else 1), bold=bold, lines=room)
        return y

    def draw_qr(self, text: str, x: float, y: float, size: float) -> None:
        """Draw a QR code into a square, its quiet zone included."""
        matrix = codes.qr(text)
        module = size / (len(matrix) + 2 * codes.QUIET_QR)
        for row, modules in enumerate(matrix, start=codes.QUIET_QR):
            for start, width in codes.runs("".join("1" if each else "0" for each in modules)):
                left = x + (start + codes.QUIET_QR) * module
                self.rect(left, y + row * module, width * module, module, style="F")

    def draw_bars(self, text: str, x: float, y: float, width: float, height: float, *, most: float = 0.5) -> None:
        """Draw a Code 128 into the middle of a rectangle, its quiet zones included; a module is `most` mm at most."""
        modules = codes.bars(text)
        module = min(width / (len(modules) + 2 * codes.QUIET_BARS), most)
        x += (width - len(modules) * module) / 2
        for start, span in codes.runs(modules):
            self.rect(x + start * module, y, span * module, height, style="F")

    def rule(self, y: float, *, grey: int = 0) -> None:
        self.set_draw_color(grey)
        self.line(self.l_margin, y, self.right, y)

    def finished(self) -> bytes:
        return bytes(self.output())

    def _height(self, texts: list[tuple[str, bool]], width: float, points: float) -> float:
        total = 0.0
        for text, bold in texts:
            size = points * (1.15 if bold else 1)
            if shown := self._prepare(text, size, bold=bold):
                total += len(self._break(shown, width)) * LEADING * size
        return total

    def _break(self, shown: str, width: float) -> list[str]:
        """Return the text line by line, as it goes into a column."""
        return cast("list[str]", self.multi_cell(width, 1, shown, align=Align.L, dry_run=True, output="LINES"))

    def _prepare(self, text: str, points: float, *, bold: bool) -> str:
        """Bring in the fonts of these letters, and return the text as it can be printed."""
        shown = fonts.printable(text)
        needed = {fonts.font_of(letter) for letter in shown} - {fonts.MAIN, None}
        for name in fonts.OTHERS:
            if name in needed and name.lower() not in self.fonts:
                for style in ("", "B"):
                    self.add_font(name, style, fonts.path_of(name, style))
        here = [name for name in fonts.OTHERS if name.lower() in self.fonts]
        self.set_fallback_fonts(here, exact_match=True)
        self._take_font(points, bold=bold)
        return shown

    def _take_font(self, points: float, *, bold: bool) -> None:
        """Go back to the main font: the library goes on with that of the last letter, and believes a dry run."""
        self.font_family, self.current_font_is_set_on_page = "", False
        self.set_font(fonts.MAIN, "B" if bold else "", points)
