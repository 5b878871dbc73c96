"""The demo's own day, through the real services: what happened since the office opened is logged, planned and told."""

import datetime as dt

from accounts.models import User
from calls.calendar import JST
from calls.inputs import AppointmentDetails, BlockRequest, CallInput
from calls.models import Outcome
from calls.selectors import business_calendar
from calls.services import leases
from calls.services.log_call import log_call
from calls.services.notices import mail_notices
from calls.services.ticks import STEPS
from leads.models import DoNotCall, Lead
from leads.services.blocks import lift_block
from leads.services.tiers import override_tier, retier_leads
from reports.demo import records
from reports.demo.generate import Demo
from reports.demo.writer import Writer

OPENED = dt.time(9, 1)
LEFT_OPEN = dt.timedelta(minutes=40)
A_MOMENT = dt.timedelta(minutes=2)
OVERRIDE_DAYS = 30
FEW_BLOCKS = 3
LIFTED_BECAUSE = "先方から改めてご連絡があり、架電のご了承をいただいた"


class Today:
    """Goes on from `demo.until` to `demo.world.now`."""

    def __init__(self, demo: Demo, writer: Writer):
        self.demo, self.writer, self.now = demo, writer, demo.world.now
        self._outcomes = Outcome.objects.in_bulk(field_name="code")

    def go_on(self) -> None:
        decided = self._decide()
        opened = dt.datetime.combine(self.now.astimezone(JST).date(), OPENED, JST)
        for moment in (opened, self.now):
            if self.demo.until <= moment <= self.now:
                tick(moment)
        called = self._call()
        self._leave_card_open()
        tick(self.now)
        retier_leads(lead_ids=[*decided, *called], now=self.now)

    def _decide(self) -> list[int]:
        """What the manager and the admin did first thing: tiers set by hand, a block lifted. Answers the leads."""
        people, until = self.demo.world.people, self.demo.until
        manager, admin = self.writer.row_of(people["manager"]), self.writer.row_of(people["admin"])
        for lead, tier, reason in self.demo.overrides:
            through = self.now.astimezone(JST).date() + dt.timedelta(days=OVERRIDE_DAYS)
            row = self.writer.row_of(lead)
            override_tier(lead=row, tier=tier, reason=reason, until=through, by=manager, now=until)
        standing = DoNotCall.objects.standing().order_by("requested_at", "pk")
        people_asked = [block.lead_id for block in standing.filter(scope="person")]
        if len(people_asked) >= FEW_BLOCKS:
            for block in standing.filter(lead=people_asked[0]):
                lift_block(block=block, reason=LIFTED_BECAUSE, by=admin, now=until)
        return [*people_asked[:1], *(self.writer.pk_of(lead) for lead, _, _ in self.demo.overrides)]

    def _call(self) -> list[int]:
        """Everybody's calls of today; answers the leads they were made to."""
        already = len(self.demo.world.calls)
        self.demo.history.go_on(self.demo.until, self.now)
        calls = self.demo.world.calls[already:]
        for call in calls:
            self.log(call)
        return [self.writer.pk_of(call.lead) for call in calls]

    def log(self, call: records.Call) -> None:
        """One call of the records as `log_call` takes it."""
        data = call_input(call, self.writer, self._outcomes)
        lead = Lead.objects.get(pk=self.writer.pk_of(call.lead))
        rep = self.writer.row_of(call.rep)
        log_call(lead=lead, data=data, form_key=call.form_key, by=rep, now=call.called_at)

    def _leave_card_open(self) -> None:
        """One card was opened and not wrapped up: it waits in the tray."""
        rep: User = self.writer.row_of(self.demo.world.people["rep"])
        lead = Lead.objects.callable().filter(owner=rep, stage="new", lease=None).order_by("pk").last()
        if lead:
            leases.claim(lead=lead, by=rep, now=business_calendar().last_callable(self.now - LEFT_OPEN) - A_MOMENT)


def call_input(call: records.Call, writer: Writer, outcomes: dict[str, Outcome]) -> CallInput:
    talk, meeting, block = call.talk, call.talk.meeting, call.talk.block
    return CallInput(
        outcome=outcomes[call.outcome.code],
        phone=writer.row_of(call.phone) if call.phone else None,
        memo=talk.memo,
        reason=talk.reason,
        retry_at=talk.retry_at,
        promised_at=talk.promised_at,
        revive_on=talk.revive_on,
        hearing=talk.hearing,
        next_action_kind=talk.action_kind,
        next_action_due_at=talk.action_due_at,
        next_action_note=talk.action_note,
        appointment=meeting
        and AppointmentDetails(
            starts_at=meeting.starts_at,
            is_online=meeting.is_online,
            place=meeting.place,
            participants=meeting.participants,
            owner=writer.row_of(meeting.owner),
            todo=meeting.todo,
        ),
        block=block and BlockRequest(block.requested_by, call.called_at, block.words, block.scope),
        script_version=writer.script_of(call),
        started_at=call.called_at - dt.timedelta(seconds=talk.seconds),
    )


def tick(now: dt.datetime) -> None:
    """What the beat does each minute, but no mail: the demo is loaded, nobody waits for one."""
    for step in STEPS:
        if step is not mail_notices:
            step(now=now)
