"""reports.labels: no code without words, and sentences that print their fractions."""

import pytest
from django.utils import translation

from reports import kpi, labels
from reports.bottleneck import bottleneck
from reports.kpi import Counts

FIGURES = kpi.figures(Counts(appointments=3, follow_ups_attempted=10, customers_won=1, cost_yen=140_000))


@pytest.fixture(autouse=True)
def japanese():
    with translation.override("ja"):
        yield


def test_every_figure_has_a_label_and_a_definition():
    assert set(labels.LABELS) == set(labels.DEFINITIONS) == set(FIGURES)
    assert all(
        str(labels.LABELS[code]) and str(labels.DEFINITIONS[figure.definition]) for code, figure in FIGURES.items()
    )


def test_every_unit_has_a_word():
    assert set(labels.UNITS) == set(kpi.Unit)
    assert all(str(word) for word in labels.UNITS.values())


def test_no_two_figures_read_alike():
    for words in (labels.LABELS, labels.DEFINITIONS):
        assert len({str(text) for text in words.values()}) == len(words)


def test_every_funnel_step_has_its_short_name():
    assert list(labels.STEP_LABELS) == [code for code, _, _ in kpi.FUNNEL]


@pytest.mark.parametrize(
    ("code", "fraction", "value"),
    [
        ("appointment_rate", "3 / 10 二次架電対象", "30.0 %"),
        ("appointments", "3 商談", "3"),
        ("appointment_rate_per_call", "3 / 0 架電", "—"),
        ("cac", "140,000 円 / 1 社", "140,000 円"),
        ("cost_yen", "140,000 円", "140,000 円"),
    ],
)
def test_texts_print_the_fraction_with_its_unit(code, fraction, value):
    assert (labels.fraction_text(FIGURES[code]), labels.value_text(FIGURES[code])) == (fraction, value)


def test_texts_without_entered_cost_are_a_dash():
    cac = kpi.figures(Counts(customers_won=1))["cac"]
    assert (labels.fraction_text(cac), labels.value_text(cac)) == ("—", "—")


def test_verdict_text_names_step_fractions_and_interval():
    now = kpi.funnel_steps(Counts(follow_ups_attempted=425, follow_ups_reached=130))
    before = kpi.funnel_steps(Counts(follow_ups_attempted=425, follow_ups_reached=255))
    text = labels.verdict_text(bottleneck(now, before))
    assert text == (
        "ボトルネックは「接続」です。30.6 %（130 / 425）、前の期間は 60.0 %（255 / 425）。"
        "差 -29.4 ポイント（95 %信頼区間 -35.6 ～ -22.9）。"
    )


def test_verdict_text_says_when_nothing_can_be_named():
    same, thin = kpi.funnel_steps(Counts(leads_first_called=100, follow_ups_opened=50)), kpi.funnel_steps(Counts())
    assert "偶然の範囲内" in labels.verdict_text(bottleneck(same, same))
    assert "データ不足" in labels.verdict_text(bottleneck(thin, thin))
