"""The demo's world into the database: a bulk insert per table, in an order in which every row finds its neighbours."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import F, Model, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest

from accounts.models import Absence, AuditEntry, Team, User, WorkingHours
from calls.calendar import JST
from calls.models import Call, FollowUp, FollowUpMove, Hearing, NextAction, Notice, Script, ScriptVersion
from calls.selectors import business_calendar
from deals.models import Deal, DealMove, Handover
from deals.services.costs import set_calling_cost
from leads.models import Company, DoNotCall, Lead, LeadList, PhoneNumber, Signal, StageMove
from reports.demo import records, rows
from reports.demo.people import PASSWORD
from reports.demo.words.scripts import SECOND_SCRIPT

BATCH = 400
READ_AFTER = dt.timedelta(hours=2)
COSTS = {"first": (1_150_000, 0, 68_000), "second": (1_480_000, 0, 68_000), "agency": (120_000, 640_000, 24_000)}
"""People, agency and tools in yen a month, by team."""


class Writer:
    """Writes `world` once into an empty database. `pk_of` and `row_of` answer with what became of a record."""

    def __init__(self, world: records.World, outcomes: dict[str, int]):
        self.world, self.outcomes = world, outcomes
        self._rows: dict[int, Model] = {}

    def pk_of(self, record: Any) -> int | None:
        return None if record is None else self._rows[id(record)].pk

    def row_of(self, record: Any) -> Any:
        return self._rows[id(record)]

    def put(self, record: Any, row: Model) -> None:
        """`record` became `row`."""
        self._rows[id(record)] = row

    def write(self) -> None:
        self._people()
        self._leads()
        self._scripts()
        self._calls_and_follow_ups()
        self._deals()
        self._costs()
        self._words()
        self._set_creation_times()

    def _create(self, model: type[Model], items: Iterable[Any], make: Callable[[Any, rows.Ids], Model]) -> None:
        """One row per record, remembered under it."""
        items = list(items)
        made = model.objects.bulk_create([make(item, self.pk_of) for item in items], batch_size=BATCH)
        self._rows.update({id(item): row for item, row in zip(items, made, strict=True)})

    # --- People ---------------------------------------------------------------------------------------------------

    def _people(self) -> None:
        self._create(Team, self.world.teams, lambda team, pk: Team(name=team.name, is_agency=team.is_agency))
        for person in self.world.people.values():
            user = User.objects.create_user(
                person.email,
                PASSWORD,
                name=person.name,
                role=person.role,
                team_id=self.pk_of(person.team),
                slots_per_hour=person.slots_per_hour,
            )
            self.put(person, user)
            user.managed_teams.set([self.pk_of(team) for team in person.managed])
        WorkingHours.objects.bulk_create(
            WorkingHours(user_id=self.pk_of(person), weekday=weekday, starts_at=start, ends_at=end)
            for person in self.world.people.values()
            for weekday, blocks in (person.hours or {}).items()
            for start, end in blocks
        )
        manager = self.pk_of(self.world.people["manager"])
        Absence.objects.bulk_create(
            Absence(
                user_id=self.pk_of(person),
                starts_at=absence.starts_at,
                ends_at=absence.ends_at,
                reason=absence.reason,
                created_by_id=manager,
            )
            for person in self.world.people.values()
            for absence in person.absences
        )

    # --- Leads ----------------------------------------------------------------------------------------------------

    def _leads(self) -> None:
        leads = self.world.leads
        admin = self.pk_of(self.world.people["admin"])
        companies = {id(lead.company): lead.company for lead in leads}
        self._create(Company, companies.values(), rows.company_row)
        self._create(
            LeadList,
            self.world.lists,
            lambda item, pk: LeadList(
                name=item.name,
                team_id=pk(item.team),
                source=item.source,
                acquired_on=item.acquired_on,
                purpose=item.purpose,
                created_by_id=admin,
            ),
        )
        self._create(Lead, leads, rows.lead_row)
        self._create(PhoneNumber, [phone for lead in leads for phone in lead.phones], rows.phone_row)
        self._create(Signal, [signal for lead in leads for signal in lead.signals], rows.signal_row)
        self._create(StageMove, self.world.stage_moves, rows.stage_move_row)
        self._create(DoNotCall, self.world.blocks, rows.block_row)

    # --- Calls ----------------------------------------------------------------------------------------------------

    def _scripts(self) -> None:
        """The scripts that come with the product; the one for second calls was put right halfway."""
        versions = {script.kind: script.versions.get(number=1) for script in Script.objects.all()}
        self._first_script, self._second_script = versions["first"], versions["second"]
        self._rewritten_at = self.world.now - (self.world.now.date() - self.world.start) / 2
        self._second_again = ScriptVersion.objects.create(
            script_id=self._second_script.script_id,
            number=2,
            sections=SECOND_SCRIPT,
            created_by_id=self.pk_of(self.world.people["manager"]),
        )
        ScriptVersion.objects.filter(pk=self._second_again.pk).update(created_at=self._rewritten_at)

    def script_of(self, call: records.Call) -> ScriptVersion:
        if call.kind == "first":
            return self._first_script
        return self._second_again if call.called_at >= self._rewritten_at else self._second_script

    def _calls_and_follow_ups(self) -> None:
        """First calls, what they opened, then second calls; a returned hand-over's follow-up after the one before."""
        calls = self.world.calls
        self._create(Call, [call for call in calls if call.follow_up is None], self._call)
        waiting = list(self.world.follow_ups)
        while waiting:
            ready = [item for item in waiting if item.returned_from is None or id(item.returned_from) in self._rows]
            self._create(FollowUp, ready, rows.follow_up_row)
            waiting = [item for item in waiting if id(item) not in self._rows]
        self._create(Call, [call for call in calls if call.follow_up is not None], self._call)
        heard = [call for call in calls if call.is_reached and call.talk.hearing]
        Hearing.objects.bulk_create([rows.hearing_row(call, self.pk_of) for call in heard], batch_size=BATCH)
        self._create(FollowUpMove, self.world.follow_up_moves, rows.follow_up_move_row)
        self._create(NextAction, self.world.actions, rows.action_row)

    def _call(self, call: records.Call, pk: rows.Ids) -> Call:
        outcome_id = self.outcomes[call.outcome.code]
        return rows.call_row(call, pk, outcome_id=outcome_id, script_version=self.script_of(call))

    # --- Deals ----------------------------------------------------------------------------------------------------

    def _deals(self) -> None:
        self._create(Deal, self.world.deals, rows.deal_row)
        self._create(DealMove, self.world.deal_moves, rows.deal_move_row)
        Handover.objects.bulk_create(
            [rows.handover_row(deal, self.pk_of) for deal in self.world.deals], batch_size=BATCH
        )

    def _costs(self) -> None:
        """What calling cost, entered by the manager month by month."""
        manager, today = self.row_of(self.world.people["manager"]), self.world.now.astimezone(JST).date()
        month = self.world.start.replace(day=1)
        while month <= today:
            entered_at = dt.datetime.combine(month, dt.time(17, 30), JST) + dt.timedelta(days=1)
            for team in self.world.teams:
                people, agency, tools = COSTS[team.key]
                set_calling_cost(
                    team=self.row_of(team),
                    month=month,
                    people_yen=people,
                    agency_yen=agency,
                    tools_yen=tools,
                    by=manager,
                    now=min(entered_at, self.world.now),
                )
            month = (month + dt.timedelta(days=32)).replace(day=1)

    # --- Words ----------------------------------------------------------------------------------------------------

    def _words(self) -> None:
        day = business_calendar().add_business_days(self.world.now.astimezone(JST).date(), -2)
        self._read_until = dt.datetime.combine(day, dt.time(12), JST)
        self._create(Notice, self.world.notices, self._notice)
        self._create(AuditEntry, self.world.audits, self._audit)

    def _notice(self, notice: records.Notice, pk: rows.Ids) -> Notice:
        user = self.pk_of(notice.user)
        called_at = notice.follow_up.first_attempted_at if notice.kind in ("opened", "closing") else None
        read_at = called_at or (notice.at + READ_AFTER if notice.at < self._read_until else None)
        return Notice(
            user_id=user,
            kind=notice.kind,
            follow_up_id=self.pk_of(notice.follow_up),
            lead_id=self.pk_of(notice.lead),
            key=notice.key.format(about=self.pk_of(notice.about), user=user),
            created_at=notice.at,
            read_at=read_at,
            mail_due=notice.mail,
            mailed_at=notice.at + rows.MAIL_TAKES if notice.mail else None,
        )

    def _audit(self, entry: records.Audit, pk: rows.Ids) -> AuditEntry:
        target = self.row_of(entry.target)
        return AuditEntry(
            at=entry.at,
            by_id=self.pk_of(entry.by),
            verb=entry.verb,
            target_type=target._meta.label_lower,
            target_id=target.pk,
            changes={field: [self._plain(value) for value in pair] for field, pair in entry.changes.items()},
        )

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dt.datetime):
            return value.astimezone(dt.UTC).isoformat()
        return self.pk_of(value) if id(value) in self._rows else value

    # --- When rows came to be -------------------------------------------------------------------------------------

    def _set_creation_times(self) -> None:
        """Rows were made at their own moments, not when the demo was loaded."""
        for moment in {lead.created_at for lead in self.world.leads}:
            ids = [self.pk_of(lead) for lead in self.world.leads if lead.created_at == moment]
            Lead.objects.filter(pk__in=ids).update(created_at=moment, updated_at=moment)
        Lead.objects.exclude(last_called_at=None).update(updated_at=Greatest("created_at", "last_called_at"))
        lead_of = Lead.objects.filter(pk=OuterRef("lead_id")).values("created_at")[:1]
        Signal.objects.update(created_at=Greatest("occurred_at", Subquery(lead_of)))
        first = Lead.objects.filter(company_id=OuterRef("pk")).order_by("created_at").values("created_at")[:1]
        Company.objects.update(created_at=Coalesce(Subquery(first), F("created_at")))
        Call.objects.update(created_at=F("called_at"))
        opened = FollowUpMove.objects.filter(follow_up=OuterRef("pk"), from_state="").values("at")[:1]
        FollowUp.objects.update(created_at=Coalesce(Subquery(opened), F("created_at")))
        called = Call.objects.filter(pk=OuterRef("call_id")).values("called_at")[:1]
        NextAction.objects.update(created_at=Coalesce(Subquery(called), F("created_at")))
        Deal.objects.update(created_at=F("appointment_at"))
        DoNotCall.objects.update(created_at=F("requested_at"))
        begun = dt.datetime.combine(self.world.start, dt.time(8), JST) - dt.timedelta(days=30)
        for model in (Team, User, Script):
            model.objects.update(created_at=begun)
        for item in self.world.lists:
            LeadList.objects.filter(pk=self.pk_of(item)).update(created_at=item.imported_at)
