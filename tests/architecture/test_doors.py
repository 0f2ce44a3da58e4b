"""One door for a status, one writer of stock: proved over the syntax tree of everything that is not a test."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("config", "orders", "fulfillment", "tracking", "notifications")
WRITES = {
    "update", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete", "save", "raw",
}  # fmt: skip
STOCK = {"StockItem", "BinStock", "Reservation", "StockMovement"}
TRAIL = {"Event", "Outbox"}
FSM = {"Order", "Shipment"}
COUNTED = {"OrderLine", "ShipmentLine"}
NO_ROWS = {"ledger", "struct"}
"""What has methods of the same names as our transitions."""
OWNERS = {
    **dict.fromkeys(STOCK, "fulfillment/ledger/"),
    "Event": "orders/lifecycle.py",
    "Outbox": ("orders/outbox.py", "notifications/relay.py"),
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield every method call with its method's name and the source of what it is called on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func.attr, ast.unparse(node.func.value)


def test_stock_and_trail_are_written_by_their_owners_alone() -> None:
    foreign = [
        f"{name}:{call.lineno} {on}.{method}"
        for name, tree in sources()
        for call, method, on in calls(tree)
        for model in STOCK | TRAIL
        if method in WRITES and on.startswith(f"{model}.") and not name.startswith(OWNERS[model])
    ]
    assert foreign == []


def test_the_units_of_lines_are_moved_by_the_ledger_alone() -> None:
    foreign = [
        f"{name}:{call.lineno} {on}.{method}"
        for name, tree in sources()
        for call, method, on in calls(tree)
        for model in COUNTED
        if method in {"update", "bulk_update", "delete"} and on.startswith(f"{model}.")
        if not name.startswith(OWNERS["StockItem"])
    ]
    assert foreign == []


def test_no_status_of_an_order_or_shipment_is_written_past_the_door() -> None:
    past = [
        f"{name}:{call.lineno}"
        for name, tree in sources()
        for call, method, on in calls(tree)
        if method == "update"
        and any(keyword.arg == "status" for keyword in call.keywords)
        and any(on.startswith(f"{model}.") or f".{model.lower()}s" in on for model in FSM)
    ]
    born = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).removesuffix(".objects.create") in FSM
        and any(keyword.arg == "status" for keyword in node.keywords)
    ]
    assert (past, born) == ([], [])


def test_transitions_are_called_inside_change_only() -> None:
    from fulfillment.models import Shipment
    from orders.models import Order

    verbs = {
        each.name for model in (Order, Shipment) for each in model._meta.get_field("status").get_all_transitions(model)
    }
    outside = [
        f"{name}:{call.lineno} {on}.{method}"
        for name, tree in sources()
        for call, method, on in outside_change(tree)
        if method in verbs and on not in NO_ROWS
    ]
    assert outside == []


def outside_change(tree: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield the calls that do not stand in a `with change(…)` or in a function that is given to such a block."""
    inside = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.With) and any(is_change(item.context_expr) for item in block.items)
        for node in ast.walk(block)
    }
    handed_on = {  # def arrive(fresh): … that _travel() calls in its change()
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and [arg.arg for arg in function.args.args] == ["fresh"]
        for node in ast.walk(function)
    }
    return ((call, method, on) for call, method, on in calls(tree) if id(call) not in inside | handed_on)


def is_change(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Call) and ast.unparse(expression.func) == "change"


@pytest.mark.parametrize(("limit", "kind"), [(400, "file"), (40, "function")])
def test_nothing_is_longer_than_the_house_allows(limit: int, kind: str) -> None:
    too_long = []
    for name, tree in sources():
        if kind == "file":
            lengths = [
                (name, max((node.end_lineno or 0 for node in ast.walk(tree) if hasattr(node, "end_lineno")), default=0))
            ]
        else:
            lengths = [
                (f"{name} {node.name}", (node.end_lineno or 0) - node.lineno + 1)
                for node in ast.walk(tree)
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            ]
        too_long += [each for each in lengths if each[1] > limit]
    assert too_long == []


def test_the_layers_name_every_module() -> None:
    """The contract over the whole cannot be exhaustive, so it is compared with what is there."""
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = "".join(contracts[0]["layers"])
    modules = {
        f"{app}.{path.stem}"
        for app in APPS[1:]
        for path in (ROOT / app).iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists())
        and path.stem not in {"__init__", "apps", "migrations"}
    }
    assert {module for module in modules if f"({module})" not in named} == set()
