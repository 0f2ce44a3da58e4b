"""The label as ZPL II, the language of label printers, for 203 dots an inch: 100 × 150 mm are 799 × 1199 dots.

UTF-8 (`^CI28`), letters joined and turned where their script asks for it (`^PA1,1,1,1`). Which scripts it prints
depends on the font that the printer holds as 0: the PDF has its own, and prints them all.
"""

from fulfillment.documents import fonts
from fulfillment.documents.facts import Label
from fulfillment.documents.label import what_of

WIDTH, HEIGHT, LEFT = 799, 1199, 48
INNER = WIDTH - 2 * LEFT
_ESCAPED = str.maketrans({letter: f"_{ord(letter):02X}" for letter in "^~_\\"})


def draw(label: Label) -> str:
    """Return the commands that print the label."""
    number = label.box.number
    return "\n".join(
        [
            "^XA",
            "^CI28",
            "^PA1,1,1,1",
            f"^PW{WIDTH}^LL{HEIGHT}^LH0,0",
            *_text(["From", label.sender.name, *label.sender.lines], 48, height=26, most=7),
            f"^FO{LEFT},256^GB{INNER},3,3^FS",
            *_text(["To"], 272, height=24, most=1),
            *_text([label.to.name, *label.to.lines], 304, height=48, most=8),
            f"^FO{LEFT},704^GB{INNER},3,3^FS",
            f"^FO{LEFT},728^BQN,2,9^FDMA,{number}^FS",
            *_text(what_of(label), 744, height=36, most=5, left=LEFT + 270),
            f"^FO{LEFT},984^BY2^BCN,136,Y,N,N^FD{number}^FS",
            "^XZ",
            "",
        ]
    )


def _text(lines: list[str], top: int, *, height: int, most: int, left: int = LEFT) -> list[str]:
    """Return a field a line, each broken into two at most; what runs from the right stands at the right."""
    fields = []
    for line in [fonts.printable(line) for line in lines if line][:most]:
        side = "R" if fonts.is_right_to_left(line) else "L"
        width = WIDTH - LEFT - left
        fields.append(
            f"^FO{left},{top}^A0N,{height},{height}^FB{width},1,0,{side},0^FH_^FD{line.translate(_ESCAPED)}^FS"
        )
        top += height + 8
    return fields
