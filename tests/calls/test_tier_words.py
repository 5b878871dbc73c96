"""What tier rules call results, stages and hearing facts is what calls call them."""

from calls.models.call import Result
from calls.models.hearing import Budget, DecisionMaker, Timing
from leads.models import SignalKind, Stage
from leads.reasons import RESULTS as RESULT_WORDS
from leads.tier_rules import CHOICES


def test_rules_know_every_word_of_the_calls():
    assert CHOICES["result"] == tuple(Result.values) == tuple(RESULT_WORDS)
    assert [str(RESULT_WORDS[code]) for code in Result.values] == [str(label) for label in Result.labels]
    assert CHOICES["timing"] == tuple(Timing.values)
    assert CHOICES["budget"] == tuple(Budget.values)
    assert CHOICES["decision_maker"] == tuple(DecisionMaker.values)
    assert CHOICES["stage"] == tuple(Stage.values)
    assert CHOICES["signal"] == tuple(SignalKind.values)
