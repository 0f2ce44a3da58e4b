"""Who may go where in the warehouse: written by hand. A path that has no row here fails `test_every_door`."""

from dataclasses import dataclass, field

FLOOR = {"picker", "packer", "manager", "admin"}
WALK = {"picker", "manager", "admin"}
BENCH = {"packer", "manager", "admin"}
LEAD = {"manager", "admin"}
ALL = {"picker", "packer", "support", "manager", "auditor", "integrator", "admin"}
BOOKS = {"manager", "auditor", "admin"}

SCREENS: dict[str, set[str]] = {  # path under /floor/ → roles that come in, by whatever method it takes
    "": FLOOR,
    "find/": FLOOR,
    "switch/": FLOOR,
    "receive/": WALK,
    "receive/close/": WALK,
    "put-away/": WALK,
    "move/": WALK,
    "look-up/": FLOOR,
    "counts/": WALK,
    "counts/<int:pk>/": WALK,
    "<str:number>/": FLOOR,
    "<str:number>/pick/": WALK,
    "<str:number>/pack/": BENCH,
    "<str:number>/ship/": BENCH,
}


@dataclass(frozen=True)
class Pages:
    """The admin's pages of a model: who sees them, who adds, edits, deletes, who presses which button."""

    see: set[str]
    add: set[str] = field(default_factory=set)
    edit: set[str] = field(default_factory=set)
    delete: set[str] = field(default_factory=set)
    acts: dict[str, set[str]] = field(default_factory=dict)


ADMIN: dict[str, Pages] = {  # model → its pages
    "warehouse": Pages(ALL, add={"admin"}, edit={"admin"}),
    "bin": Pages(ALL, add={"admin"}, edit={"admin"}),
    "stockitem": Pages(ALL, add=WALK, acts={"receive": WALK, "adjust": LEAD}),
    "stockmovement": Pages(BOOKS),
    "shipment": Pages(
        ALL,
        acts={"pick": WALK, "pack": BENCH, "ship": BENCH, **dict.fromkeys(("deliver", "lose", "find", "return"), LEAD)},
    ),
    "receipt": Pages(ALL, add=LEAD, acts={"close": WALK, "open": LEAD}),
    "reorderrule": Pages(ALL, add=LEAD, edit=LEAD, delete=LEAD),
    "staff": Pages(LEAD, add=LEAD, edit=LEAD, acts=dict.fromkeys(("badge", "new-badge", "pin", "take-back"), LEAD)),
}
