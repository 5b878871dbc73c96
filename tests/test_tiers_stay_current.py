"""Whatever happens to leads, whichever way: the stored tier is what a fresh computation says (product §2).

Random days of a desk, by the services every page, import and task uses. After each act every lead is looked at.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from calls.services import ticks
from deals import pipeline
from deals.models import Deal
from deals.services.answer_handover import return_handover
from deals.services.move_deal import move_deal
from deals.services.open_deal import enter_inbound_deal
from leads.inputs import CompanyInput, LeadInput, PhoneInput
from leads.models import DoNotCall, Lead, LeadImport, LeadList, Merge, SignalKind, TierRuleVersion
from leads.services.blocks import block_lead, block_number, lift_block
from leads.services.imports.undoing import can_be_undone, run_undo, start_undo
from leads.services.leads import create_lead, update_lead
from leads.services.merging_companies import merge_companies
from leads.services.merging_leads import merge_leads
from leads.services.signals import add_signal
from leads.services.tier_drift import check_tiers
from leads.services.tiers import clear_override, override_tier, retier_stale
from leads.services.unmerging import undo_merge
from leads.tiering import Condition
from tests.calls.factories import appointment, call
from tests.leads.import_files import content, imported, person
from tests.leads.rule_versions import set_rules

OUTCOMES = ("no_answer", "gatekeeper_refused", "absent", "call_back", "interested", "hearing_done", "appointment")
ENDINGS = ("refused", "do_not_call", "wrong_number", "fax")
RESULTS = ("資料送付希望", "お断り", "不通", "担当者不在", "継続検討", "架電禁止")
SOURCES = ("", "web", "展示会")
GROUPS = (
    (Condition("signal", days=2, standing=True),),
    (Condition("signal", ("inquiry", "call_reaction")), Condition("quiet", days=2)),
    (Condition("stage", ("follow_up", "opportunity")),),
    (Condition("stage", ("appointment", "lost", "nurturing")), Condition("contact", days=3)),
    (Condition("result", ("absent", "refused", "reaction"), days=1),),
    (Condition("problem", days=4), Condition("budget", ("secured",))),
    (Condition("timing", ("within_3_months",)), Condition("decision_maker")),
)
FAR = Condition("stage", ("follow_up", "appointment", "opportunity", "won", "lost"))
NEAR = Condition("stage", ("new", "calling", "nurturing", "refused", "blocked"))
"""Part of all rules: so every stage shows in the reasons, and no move of one goes unseen."""

HOUR = dt.timedelta(hours=1)


class Desk:
    """The people and lists of one team, and everything that can be done to its leads."""

    def __init__(self, seed: int, *, team, rep, manager, admin, now):
        self.random, self.now = random.Random(seed), now
        self.team, self.rep, self.manager, self.admin = team, rep, manager, admin
        self.lists = [LeadList.objects.create(name=name, team=team, created_by=admin) for name in ("展示会", "名簿")]
        self.numbers, self.done = 0, Counter()
        for _ in range(4):
            self.create()
        self._set_rules()

    def act(self, name: str) -> None:
        """Do one thing; what the services refuse leaves no trace."""
        try:
            with transaction.atomic():
                if getattr(self, name)():
                    self.done[name] += 1
        except ValidationError:
            pass

    def lead(self, **wanted) -> Lead | None:
        leads = list(Lead.objects.filter(**wanted).select_related("company").order_by("pk"))
        return self.random.choice(leads) if leads else None

    def data(self, company: str, **values) -> LeadInput:
        return LeadInput(
            company=CompanyInput(name=company), source=self.random.choice(SOURCES), name="見本 太郎", **values
        )

    # --- Leads and what they do ---------------------------------------------------------------------------------

    def create(self) -> bool:
        self.numbers += 1
        e164 = f"+8131234{self.numbers:04d}"
        data = self.data(f"株式会社みほん{self.numbers}", phones=(PhoneInput(e164, e164),))
        lead_list = self.random.choice([None, *self.lists])
        create_lead(data=data, team=self.team, lead_list=lead_list, by=self.rep, now=self.now)
        return True

    def edit(self) -> bool:
        lead = self.lead()
        phones = tuple(PhoneInput(phone.raw, phone.e164) for phone in lead.phones.all())
        data = self.data(lead.company.name, phones=phones)
        update_lead(lead=lead, data=data, version=lead.version, by=self.rep, now=self.now)
        return data.source != lead.source

    def react(self) -> bool:
        at = self.now - self.random.choice((0, 1, 30, 80, 800)) * HOUR
        kind = self.random.choice(SignalKind.values)
        return bool(add_signal(lead=self.lead(), kind=kind, occurred_at=at, by=self.rep, now=self.now))

    def talk(self) -> bool:
        lead = self.lead(is_blocked=False, has_callable_phone=True)
        return bool(lead and call(lead, self.rep, self.now, self.random.choice(OUTCOMES)))

    def end(self) -> bool:
        lead = self.lead(is_blocked=False, has_callable_phone=True)
        return bool(lead and call(lead, self.rep, self.now, self.random.choice(ENDINGS)))

    def tick(self) -> bool:
        lead = self.lead(is_blocked=False, has_callable_phone=True)
        if lead:
            add_signal(lead=lead, kind="inquiry", occurred_at=self.now, by=self.rep, now=self.now)
        ticks.tick(now=self.now)
        return True

    # --- Imports ------------------------------------------------------------------------------------------------

    def bring(self) -> bool:
        rows = [self._row(number) for number in self.random.sample(range(6), 4)]
        policy = self.random.choice(LeadImport.Policy.values)
        lead_list = self.random.choice(self.lists)
        return bool(imported(content(rows), lead_list=lead_list, by=self.admin, now=self.now, policy=policy))

    def _row(self, number: int) -> dict[str, str]:
        row = person(number, 流入元=self.random.choice(SOURCES))
        if self.random.random() < 0.7:
            called = self.now - self.random.randint(1, 90) * 24 * HOUR
            row |= {"前回架電日": f"{called:%Y/%m/%d}", "架電結果": self.random.choice(RESULTS)}
            row |= {"ヒアリング内容": self.random.choice(("", "集計に三日かかる"))}
        if self.random.random() < 0.5:
            row["資料請求日"] = f"{self.now - self.random.randint(0, 60) * 24 * HOUR:%Y/%m/%d}"
        return row

    def undo(self) -> bool:
        self.bring()
        imports = [each for each in LeadImport.objects.order_by("-pk")[:2] if can_be_undone(each)]
        self.random.shuffle(imports)
        start_undo(lead_import=imports[0], by=self.admin, now=self.now, lifts_blocks=self.random.random() < 0.5)
        while run_undo(pk=imports[0].pk, clock=lambda: self.now):
            pass
        return True

    # --- Merges -------------------------------------------------------------------------------------------------

    def merge(self) -> bool:
        kept, gone = self.random.sample(list(Lead.objects.order_by("pk").values_list("pk", flat=True)), 2)
        choices = {name: self.random.choice(("kept", "gone")) for name in ("source", "lead_list")}
        return bool(merge_leads(kept_id=kept, gone_id=gone, choices=choices, by=self.admin, now=self.now))

    def merge_firms(self) -> bool:
        homes = sorted(set(Lead.objects.values_list("company_id", flat=True)))
        if len(homes) < 2:
            return False
        kept, gone = self.random.sample(homes, 2)
        return bool(merge_companies(kept_id=kept, gone_id=gone, choices={}, by=self.admin, now=self.now))

    def unmerge(self) -> bool:
        merge = Merge.objects.filter(undone_at=None).order_by("-pk").first()
        if merge is None:
            return self.merge() and self.unmerge()
        return bool(undo_merge(merge=merge, by=self.admin, now=self.now))

    # --- By hand ------------------------------------------------------------------------------------------------

    def override(self) -> bool:
        until = self.now.date() + dt.timedelta(days=self.random.randint(0, 3))
        tier = self.random.choice("ABC")
        lead = self.lead()
        return bool(override_tier(lead=lead, tier=tier, reason="面談", until=until, by=self.manager, now=self.now))

    def clear(self) -> bool:
        lead = self.lead(tier_override__gt="")
        if lead is None:
            return self.override() and self.clear()
        return bool(clear_override(lead=lead, by=self.manager, now=self.now))

    def block(self) -> bool:
        lead, words = self.lead(), {"words": "不要", "requested_by": "受付", "requested_at": self.now}
        number = lead.phones.exclude(e164="").first()
        if number and self.random.random() < 0.5:
            return bool(block_number(e164=number.e164, lead=lead, by=self.rep, now=self.now, **words))
        scope = self.random.choice(("person", "company"))
        return bool(block_lead(lead=lead, scope=scope, by=self.rep, now=self.now, **words))

    def lift(self) -> bool:
        block = DoNotCall.objects.standing().order_by("-pk").first()
        if block is None:
            return self.block() and self.lift()
        lift_block(block=block, reason="本人から再開の依頼", by=self.admin, now=self.now)
        return True

    # --- Deals --------------------------------------------------------------------------------------------------

    def enter_deal(self) -> bool:
        details = appointment(self.now)
        return bool(enter_inbound_deal(lead=self.lead(), details=details, by=self.manager, now=self.now))

    def deal(self) -> bool:
        open_deals = list(Deal.objects.exclude(stage__in=pipeline.CLOSED).order_by("pk"))
        if not open_deals:
            return self.enter_deal() and self.deal()
        deal = self.random.choice(open_deals)
        moves = pipeline.moves_from(stage=deal.stage, role="admin", starts_at=deal.starts_at, now=self.now)
        to = self.random.choice([move.to_stage for move in moves])
        if to == Deal.Stage.RETURNED:
            values = {"reason": "決裁者ではなかった", "version": deal.version, "by": self.admin, "now": self.now}
            return bool(return_handover(deal=deal, **values))
        given = {"lost_reason": "見送り", "amount_yen": 100, "starts_at": self.now + 24 * HOUR}
        return bool(move_deal(deal=deal, to=to, version=deal.version, by=self.admin, now=self.now, **given))

    # --- Rules and time -----------------------------------------------------------------------------------------

    def change_rules(self) -> bool:
        self._set_rules(**self.random.choice(({}, {"source": "web"}, {"lead_list": self.lists[0]})))
        return True

    def give_up_variation(self) -> bool:
        own = TierRuleVersion.objects.filter(is_current=True).exclude(lead_list=None, source="")
        if not own.exists():
            self._set_rules(source="web")
        own.update(is_current=False, ended_at=self.now)
        retier_stale(now=self.now)
        return True

    def _set_rules(self, **scope) -> None:
        always = {"a": FAR, "b": NEAR}
        rules = {
            tier: ((stages,), *self.random.sample(GROUPS, self.random.randint(1, 3))) for tier, stages in always.items()
        }
        points = {"problem_points": self.random.randint(0, 30), "silence_days": self.random.choice((2, 90))}
        set_rules(self.now, **scope, **rules, **points)
        retier_stale(now=self.now)

    def wait(self) -> bool:
        """Some time goes by; after midnight the nightly run does its work."""
        before = self.now.date()
        self.now += self.random.choice((HOUR, 5 * HOUR, 20 * HOUR, 24 * HOUR, 30 * 24 * HOUR))
        if self.now.date() != before:
            retier_stale(now=self.now, batch=3)
        return True


ACTS = [name for name, act in vars(Desk).items() if isinstance(act, Callable) and not name.startswith("_")]
ACTS = [name for name in ACTS if name not in ("act", "lead", "data")]
OFTEN = {"wait": 2, "talk": 3, "deal": 3}


@pytest.mark.parametrize("seed", range(4))
def test_stored_tier_is_always_what_a_fresh_computation_says(
    seed, team, rep, manager, admin, field_sales, now, settings
):
    desk = Desk(seed, team=team, rep=rep, manager=manager, admin=admin, now=now)
    deck = [name for name in ACTS for _ in range(2 * OFTEN.get(name, 1))]
    desk.random.shuffle(deck)

    for at, name in enumerate(deck):
        desk.act(name)
        report = check_tiers(now=desk.now)
        assert not report.drifted, (at, name, deck[max(at - 3, 0) : at], report.first)

    assert report.checked >= 4
    assert set(desk.done) == set(ACTS), "an act that never succeeds proves nothing"
