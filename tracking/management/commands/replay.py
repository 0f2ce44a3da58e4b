"""`replay`: folds every parcel anew from all that was ever said of it; says how many were put right."""

from typing import Any

from orders.management.house import HouseCommand
from orders.models import Actor
from tracking.services import replay_everything


class Command(HouseCommand):
    """Nothing comes of it but where the fold, or what words mean, was changed since. It may be cut short."""

    help = "Fold every parcel anew from all that was ever said of it."

    def handle(self, *_: Any, **__: Any) -> None:
        changed = sum(replay_everything(by=Actor.system("replay")))
        self.stdout.write(f"{changed} parcels were put right." if changed != 1 else "1 parcel was put right.")
