"""`replay`: folds every parcel anew from all that was ever said of it; says how many were put right."""

from typing import Any

from django.core.management import CommandError

from orders.admin.words import counted
from orders.management.house import HouseCommand
from orders.models import Actor
from tracking.services import replay_everything


class Command(HouseCommand):
    """Nothing comes of it but where the fold, or what words mean, was changed since. It may be cut short."""

    help = "Fold every parcel anew from all that was ever said of it."

    def handle(self, *_: Any, **__: Any) -> None:
        done = list(replay_everything(by=Actor.system("replay")))
        changed, failed = sum(each.changed for each in done), sum(len(each.failed) for each in done)
        self.stdout.write(f"{changed} parcels were put right." if changed != 1 else "1 parcel was put right.")
        if failed:
            raise CommandError(f"{counted(failed, 'parcel', 'parcels')} could not be folded: the log says why.")
