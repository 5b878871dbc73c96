"""Do not call: what a refusal blocks at once, mirrored from `leads.services.blocks`."""

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING

from reports.demo.records import Call, DoNotCall, Lead
from reports.demo.ticks import MINUTE, minute_from

if TYPE_CHECKING:
    from reports.demo.desk import Desk


class Blocks:
    """Standing blocks, and the leads they concern."""

    def __init__(self, desk: "Desk"):
        self.desk = desk
        self._by_number: dict[str, list[Lead]] = defaultdict(list)
        self._by_company: dict[int, list[Lead]] = defaultdict(list)
        self._blocked_numbers: set[str] = set()
        self._blocked_companies: set[int] = set()

    def know(self, lead: Lead) -> None:
        """A lead that came in, with its numbers."""
        self._by_company[id(lead.company)].append(lead)
        for phone in lead.phones:
            self._by_number[phone.e164].append(lead)
        self.refresh(lead)

    def refresh(self, lead: Lead) -> None:
        valid = [phone for phone in lead.phones if phone.is_valid and phone.label != "fax"]
        free = [phone for phone in valid if phone.e164 not in self._blocked_numbers]
        asked = lead.asked_not_to or id(lead.company) in self._blocked_companies
        lead.is_blocked = asked or bool(valid and not free)
        lead.has_callable_phone = bool(free)

    def block(self, call: Call) -> None:
        lead, block = call.lead, call.talk.block
        if call.phone and call.phone.e164 not in self._blocked_numbers:
            self._blocked_numbers.add(call.phone.e164)
            self._put_block(call, "number", call.phone.e164)
        touched = {id(other): other for other in self._by_number[call.phone.e164 if call.phone else ""]}
        if block.scope == "company":
            if id(lead.company) not in self._blocked_companies:
                self._blocked_companies.add(id(lead.company))
                self._put_block(call, "company", "")
            touched |= {id(other): other for other in self._by_company[id(lead.company)]}
        elif not lead.asked_not_to:
            lead.asked_not_to = True
            self._put_block(call, "person", "")
        touched[id(lead)] = lead
        for other in touched.values():
            self.refresh(other)
            if other.follow_up and (other.is_blocked or not other.has_callable_phone):
                self.desk.at(
                    minute_from(call.called_at) + MINUTE, lambda moment, one=other: self._cancel_blocked(one, moment)
                )

    def _put_block(self, call: Call, scope: str, e164: str) -> None:
        asked = call.talk.block
        row = DoNotCall(call.lead, scope, e164, asked.words, asked.requested_by, call.called_at, call.rep)
        self.desk.world.blocks.append(row)
        self.desk.audit(call.called_at, call.rep, "block", row, {"scope": [None, scope]})

    def _cancel_blocked(self, lead: Lead, at: dt.datetime) -> None:
        if lead.follow_up and (lead.is_blocked or not lead.has_callable_phone):
            self.desk.change_state(lead.follow_up, "cancelled", None, at, "blocked" if lead.is_blocked else "no_number")
