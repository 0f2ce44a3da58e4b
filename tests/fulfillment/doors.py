"""Who may go where in the warehouse: written by hand. A path that has no row here fails `test_every_door`."""

from dataclasses import dataclass, field

FLOOR = {"picker", "packer", "manager", "admin"}
WALK = {"picker", "manager", "admin"}
BENCH = {"packer", "manager", "admin"}
LEAD = {"manager", "admin"}
ALL = {"picker", "packer", "support", "manager", "auditor", "integrator", "admin"}
SERVE = {"support", "manager", "admin"}
BOOKS = {"manager", "auditor", "admin"}

SCREENS: dict[str, set[str]] = {  # path under /floor/ → roles that come in, by whatever method it takes
    "": FLOOR,
    "find/": FLOOR,
    "switch/": FLOOR,
    "receive/": WALK,
    "receive/close/": WALK,
    "put-away/": WALK,
    "move/": WALK,
    "undo/": WALK,
    "look-up/": FLOOR,
    "counts/": WALK,
    "counts/<pk:pk>/": WALK,
    "waves/": WALK,
    "carts/": WALK,
    "carts/<pk:pk>/": WALK,
    "carts/<pk:pk>/take/": WALK,
    "carts/<pk:pk>/leave/": WALK,
    "pack/": BENCH,
    "manifest/": BENCH,
    "manifest/<pk:warehouse>/<path:carrier>/": BENCH,
    "documents/carts/<pk:pk>/pick-list.pdf": FLOOR,
    "documents/manifests/<pk:pk>/manifest.pdf": BENCH,
    "documents/parcels/<str:number>/label.pdf": BENCH,
    "documents/parcels/<str:number>/label.zpl": BENCH,
    "documents/<str:number>/slip.pdf": BENCH,
    "documents/<str:number>/pick-list.pdf": FLOOR,
    "returns/": BENCH,
    "returns/<str:number>/": BENCH,
    "<str:number>/": FLOOR,
    "<str:number>/pick/": WALK,
    "<str:number>/pack/": BENCH,
    "<str:number>/ship/": BENCH,
}


@dataclass(frozen=True)
class Pages:
    """The admin's pages of a model: who sees them, who adds, edits, deletes, who presses which button; what more paths.

    `bulk` is done to chosen rows of the list.
    """

    see: set[str]
    add: set[str] = field(default_factory=set)
    edit: set[str] = field(default_factory=set)
    delete: set[str] = field(default_factory=set)
    acts: dict[str, set[str]] = field(default_factory=dict)
    bulk: dict[str, set[str]] = field(default_factory=dict)
    more: dict[str, set[str]] = field(default_factory=dict)


ADMIN: dict[str, Pages] = {  # model → its pages
    "warehouse": Pages(ALL, add={"admin"}, edit={"admin"}),
    "bin": Pages(ALL, add={"admin"}, edit={"admin"}, bulk={"ask_for_counts": WALK}),
    "holiday": Pages(ALL, add=LEAD, edit=LEAD, delete=LEAD),
    "stockitem": Pages(
        ALL,
        add=WALK,
        acts={**dict.fromkeys(("receive", "move", "undo"), WALK), **dict.fromkeys(("adjust", "move-blocked"), LEAD)},
        bulk={"ask_for_counts": WALK},
        more={"import/": WALK, "process_import/": WALK, "export/": ALL},
    ),
    "stockmovement": Pages(BOOKS),
    "shipment": Pages(
        ALL,
        acts={
            "pick": WALK,
            "pack": BENCH,
            "ship": BENCH,
            "split": LEAD,
            "merge": LEAD,
            **dict.fromkeys(("deliver", "lose", "find", "return"), LEAD),
            "enter": SERVE,
        },
    ),
    "receipt": Pages(ALL, add=LEAD, acts={"close": WALK, "undo": WALK, "open": LEAD}, bulk={"close_deliveries": WALK}),
    "reorderrule": Pages(
        ALL,
        add=LEAD,
        edit=LEAD,
        delete=LEAD,
        more={"import/": LEAD, "process_import/": LEAD, "export/": ALL, "reorder/": ALL},
    ),
    "wave": Pages(ALL, add=LEAD),
    "cart": Pages(
        ALL,
        acts={**dict.fromkeys(("take", "short", "undo", "leave"), WALK), **dict.fromkeys(("free", "hand-over"), LEAD)},
    ),
    "picktask": Pages(ALL),
    "manifest": Pages(BENCH | BOOKS, add=BENCH),
    "count": Pages(
        ALL,
        add=LEAD,
        acts={
            **dict.fromkeys(("begin", "figures", "finish"), WALK),
            **dict.fromkeys(("approve", "recount", "cancel"), LEAD),
        },
    ),
    "return": Pages(
        ALL,
        add=BENCH,
        acts={
            **dict.fromkeys(("take-in", "decide", "close"), BENCH),
            **dict.fromkeys(("approve", "decline", "send", "cancel"), SERVE),
        },
    ),
    "reship": Pages(SERVE | {"auditor"}, acts=dict.fromkeys(("send", "decline"), SERVE)),
    "staff": Pages(LEAD, add=LEAD, edit=LEAD, acts=dict.fromkeys(("badge", "new-badge", "pin", "take-back"), LEAD)),
}
