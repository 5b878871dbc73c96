"""What the reader of lists means by its codes is what calls mean by them."""

from calls.models import Hearing
from calls.models.call import Result
from calls.models.hearing import FACTS, Budget, DecisionMaker, Timing
from calls.outcomes import RULES
from leads.importing import hearing, results


def test_outcome_words_lead_to_results_of_calls():
    codes = {meaning.code for meaning in results.PHRASES.values()}

    assert codes == set(Result.values) == set(RULES)
    assert {*results.REACTED, *results.NOBODY_SPOKE, *results.WEAK} <= codes
    assert {code for code, rule in RULES.items() if rule.is_reaction} <= results.REACTED
    assert {code for code, rule in RULES.items() if rule.blocks} == {"do_not_call"}


def test_hearing_words_lead_to_choices_of_a_hearing():
    assert set(hearing.DECISION_MAKERS) == set(DecisionMaker.values)
    assert set(hearing.TIMINGS) == set(Timing.values)
    assert set(hearing.BUDGETS) == set(Budget.values)
    assert {*hearing.TEXT_FACTS.values(), *hearing.CHOICE_FACTS.values()} == set(FACTS)
    assert {field.name for field in Hearing._meta.get_fields()} >= {*FACTS, "decision_maker_name"}
