"""Reads a PDF as a person and a scanner would: its words, its letters one by one, its codes."""

import io
from typing import Any

import pypdfium2
import zxingcpp
from pypdf import PdfReader
from pypdf.generic import ContentStream

MM = 72 / 25.4


class Paper:
    """A PDF that was printed."""

    def __init__(self, content: bytes) -> None:
        self.reader = PdfReader(io.BytesIO(content))
        self.sheets = pypdfium2.PdfDocument(content)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in millimetres."""
        box = self.reader.pages[0].mediabox
        return round(float(box.width) / MM), round(float(box.height) / MM)

    @property
    def text(self) -> str:
        return "\n".join(sheet.get_textpage().get_text_range() for sheet in self.sheets)

    def codes(self) -> set[tuple[str, str]]:
        """Return kind and text of every code that a scanner finds on the first page, printed at 203 dots an inch."""
        picture = self.sheets[0].render(scale=203 / 72).to_pil().convert("L")
        return {(found.format.name, found.text) for found in zxingcpp.read_barcodes(picture)}

    def glyphs(self) -> list[tuple[str, int]]:
        """Return font and glyph of every letter that is drawn."""
        return [each for page in self.reader.pages for each in _drawn(page, self.reader)]


def _drawn(page: Any, reader: PdfReader) -> list[tuple[str, int]]:
    fonts = page["/Resources"]["/Font"]
    drawn, font = [], ""
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator == b"Tf":
            font = str(fonts[operands[0]]["/BaseFont"])
        if operator in (b"Tj", b"TJ"):
            for piece in operands[0] if operator == b"TJ" else operands:
                if hasattr(piece, "original_bytes"):
                    raw = piece.original_bytes
                    drawn += [(font, int.from_bytes(raw[at : at + 2])) for at in range(0, len(raw), 2)]
    return drawn
