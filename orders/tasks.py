"""What the calendar asks for."""

from celery import shared_task

from orders import services


@shared_task
def lift_due_holds() -> None:
    services.lift_due_holds()


@shared_task
def record_delays() -> None:
    services.record_delays()


@shared_task
def forget_old_keys() -> None:
    services.forget_old_keys()
