"""Periodic work on leads. Thin: one service call each; whatever a lost message leaves undone, the next run finds."""

from celery import shared_task

from config import clock
from leads.models import LeadImport
from leads.services import doubles, tier_simulations
from leads.services.imports import claims, previews, running, undoing
from leads.services.tiers import retier_stale

SLICE = 20_000


@shared_task
def retier_all() -> int:
    """Recompute every tier of a day that is over, or by rules that were replaced since. When there is none, one look.

    A big base is done in slices, each a message of its own.
    """
    done = retier_stale(now=clock.now(), limit=SLICE)
    if done >= SLICE:
        retier_all.delay()
    return done


@shared_task
def simulate_rules(pk: int) -> None:
    """Reckon for a while what a change of the tier rules would do; what is left is a message of its own."""
    if tier_simulations.run_simulation(pk=pk, clock=clock.now):
        simulate_rules.delay(pk)


@shared_task
def sweep_simulations() -> int:
    """Wake a worker for every simulation that waits and that nobody works on; answers how many."""
    due = tier_simulations.sweep(clock.now())
    for pk in due:
        simulate_rules.delay(pk)
    return len(due)


@shared_task
def find_doubles(after: int = 0) -> int:
    """Look for possible duplicates among all leads, then among all companies. A big base is done in slices."""
    found = doubles.find_doubles_behind(after=after, limit=SLICE, now=clock.now())
    if found.seen >= SLICE:
        find_doubles.delay(found.last)
    else:
        find_company_doubles.delay()
    return found.new


@shared_task
def find_company_doubles(after: int = 0) -> int:
    """The same among companies."""
    found = doubles.find_company_doubles_behind(after=after, limit=SLICE, now=clock.now())
    if found.seen >= SLICE:
        find_company_doubles.delay(found.last)
    return found.new


@shared_task
def find_import_doubles(pk: int, after: int = 0) -> int:
    """Look for possible duplicates among what an import brought, once all of it is in."""
    lead_import = LeadImport.objects.filter(pk=pk, status=LeadImport.Status.DONE).first()
    if lead_import is None:
        return 0
    found = doubles.find_doubles_behind(after=after, limit=SLICE, now=clock.now(), lead_import=lead_import)
    if found.seen >= SLICE:
        find_import_doubles.delay(pk, found.last)
    return found.new


@shared_task
def preview_import(pk: int) -> None:
    """Reckon what an import would do."""
    previews.run_preview(pk=pk, clock=clock.now)


@shared_task
def run_import(pk: int) -> None:
    """Work on an import for a while; what is left is a message of its own."""
    if running.run_import(pk=pk, clock=clock.now):
        run_import.delay(pk)
    else:
        find_import_doubles.delay(pk)


@shared_task
def undo_import(pk: int) -> None:
    """Undo an import for a while; what is left is a message of its own."""
    if undoing.run_undo(pk=pk, clock=clock.now):
        undo_import.delay(pk)


@shared_task
def sweep_imports() -> int:
    """Wake a worker for every import that waits and that nobody works on; answers how many."""
    claims.give_up_worn_out(clock.now())
    due = list(claims.due_imports(clock.now()).values_list("pk", "status"))
    for pk, status in due:
        TASKS.get(status, run_import).delay(pk)
    return len(due)


TASKS = {LeadImport.Status.PREVIEWING: preview_import, LeadImport.Status.UNDOING: undo_import}
"""Who takes up an import that waits; all others are run."""
