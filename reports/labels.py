"""The words of the figures: label, unit and definition of every code in `reports.kpi`, and sentences made of them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from reports import kpi
from reports.bottleneck import StepChange, Verdict
from reports.kpi import Figure, Kind, Unit
from reports.selectors.filters import Basis

UNITS = {
    Unit.LEAD: pgettext_lazy("unit", "リード"),
    Unit.CALL: pgettext_lazy("unit", "架電"),
    Unit.FOLLOW_UP: pgettext_lazy("unit", "二次架電対象"),
    Unit.APPOINTMENT: pgettext_lazy("unit", "商談"),
    Unit.OPPORTUNITY: pgettext_lazy("unit", "案件"),
    Unit.WIN: pgettext_lazy("unit", "受注"),
    Unit.CUSTOMER: pgettext_lazy("unit", "社"),
    Unit.YEN: pgettext_lazy("unit", "円"),
}

LABELS = {
    "leads": gettext_lazy("リード数"),
    "leads_first_called": gettext_lazy("一次架電リード数"),
    "first_calls": gettext_lazy("一次架電コール数"),
    "first_leads_reached": gettext_lazy("一次接続リード数"),
    "follow_ups_opened": gettext_lazy("反応数（二次架電対象）"),
    "windows_closed": gettext_lazy("期限を迎えた枠の数"),
    "on_time_stored": gettext_lazy("枠内に実施した数"),
    "on_time_raw": gettext_lazy("補正前の枠内に実施した数"),
    "follow_ups_attempted": gettext_lazy("二次架電実施数"),
    "second_calls": gettext_lazy("二次架電コール数"),
    "second_calls_connected": gettext_lazy("二次架電の着電数"),
    "second_calls_reached": gettext_lazy("二次架電の担当者接続数"),
    "follow_ups_reached": gettext_lazy("接続数"),
    "appointments": gettext_lazy("商談数"),
    "appointments_held": gettext_lazy("実施済み商談数"),
    "opportunities": gettext_lazy("案件数"),
    "won": gettext_lazy("受注数"),
    "customers_won": gettext_lazy("受注社数"),
    "cost_yen": gettext_lazy("架電コスト"),
    "first_connect_rate": gettext_lazy("一次接続率"),
    "reaction_rate": gettext_lazy("リアクション率"),
    "attempt_rate": gettext_lazy("実施率"),
    "on_time_rate": gettext_lazy("窓内実施率"),
    "on_time_rate_raw": gettext_lazy("窓内実施率（補正前の枠）"),
    "connect_rate": gettext_lazy("接続率"),
    "connect_rate_answered_per_call": gettext_lazy("着電率（コールあたり）"),
    "connect_rate_reached_per_call": gettext_lazy("担当者接続率（コールあたり）"),
    "appointment_rate": gettext_lazy("商談化率"),
    "appointment_rate_per_call": gettext_lazy("商談化率（÷ 二次架電コール）"),
    "appointment_rate_per_reached_call": gettext_lazy("商談化率（÷ 担当者接続コール）"),
    "appointment_rate_per_reached": gettext_lazy("商談化率（÷ 接続した対象）"),
    "appointment_rate_per_opened": gettext_lazy("商談化率（÷ 反応した対象）"),
    "appointment_rate_per_lead": gettext_lazy("商談化率（÷ 全リード）"),
    "held_rate": gettext_lazy("アポ実施率"),
    "opportunity_rate": gettext_lazy("案件化率"),
    "opportunity_rate_per_appointment": gettext_lazy("案件化率（÷ 商談）"),
    "win_rate": gettext_lazy("受注率"),
    "win_rate_per_opportunity": gettext_lazy("受注率（÷ 案件）"),
    "win_rate_per_lead": gettext_lazy("受注率（÷ 全リード）"),
    "cumulative_attempted": gettext_lazy("二次架電まで（÷ 一次架電リード）"),
    "cumulative_reached": gettext_lazy("接続まで（÷ 一次架電リード）"),
    "cumulative_appointments": gettext_lazy("商談まで（÷ 一次架電リード）"),
    "cumulative_opportunities": gettext_lazy("案件まで（÷ 一次架電リード）"),
    "cumulative_won": gettext_lazy("受注まで（÷ 一次架電リード）"),
    "cac": gettext_lazy("CAC"),
    "cost_per_opportunity": gettext_lazy("案件獲得単価"),
    "cost_per_appointment": gettext_lazy("商談獲得単価"),
}

BASIS_NAMES = {Basis.ACTIVITY: gettext_lazy("実績"), Basis.COHORT: gettext_lazy("反応日")}
BASIS_HINTS = {
    Basis.ACTIVITY: gettext_lazy("（期間中の出来事）"),
    Basis.COHORT: gettext_lazy("（期間中の反応のその後）"),
}
BASIS_NOTES = {
    Basis.ACTIVITY: gettext_lazy("期間中に起きた出来事を数えます。前の期間の反応への架電や商談も含みます。"),
    Basis.COHORT: gettext_lazy(
        "期間中の反応が今日までにどうなったかを、失注も含めて数えます。一次架電は期間中のものです。"
    ),
}

STEP_LABELS = {
    "leads_first_called": gettext_lazy("一次架電"),
    "follow_ups_opened": gettext_lazy("反応"),
    "follow_ups_attempted": gettext_lazy("二次架電"),
    "follow_ups_reached": gettext_lazy("接続"),
    "appointments": gettext_lazy("商談"),
    "opportunities": gettext_lazy("案件"),
    "won": gettext_lazy("受注"),
}

DEFINITIONS = {
    "leads": gettext_lazy(
        "期間の終わりまでに登録された、条件に当てはまるすべてのリード。架電していないリードも含みます。担当・チーム・Tierは現在の値です。"
    ),
    "leads_first_called": gettext_lazy("期間中に一次架電を1回以上したリード。"),
    "first_calls": gettext_lazy("一次架電の発信回数。同じリードへの複数回も数えます。"),
    "first_leads_reached": gettext_lazy("一次架電で担当者と話せたリード。"),
    "follow_ups_opened": gettext_lazy("反応があり、二次架電の対象になったもの。商談の差戻しで再開したものも含みます。"),
    "windows_closed": gettext_lazy(
        "二次架電の枠（営業時間に合わせた24–72時間）が終わった二次架電対象。取り消したものも含みます。"
    ),
    "on_time_stored": gettext_lazy("枠が終わった対象のうち、最初の二次架電が枠の中だったもの。"),
    "on_time_raw": gettext_lazy("枠が終わった対象のうち、最初の二次架電が反応からちょうど24–72時間の中だったもの。"),
    "follow_ups_attempted": gettext_lazy("二次架電を1回以上した二次架電対象。発信回数ではありません。"),
    "second_calls": gettext_lazy("二次架電の発信回数。同じ対象への複数回も数えます。"),
    "second_calls_connected": gettext_lazy("相手先の誰かが電話に出た二次架電の回数。"),
    "second_calls_reached": gettext_lazy("担当者本人と話せた二次架電の回数。"),
    "follow_ups_reached": gettext_lazy("二次架電で担当者本人と話せた二次架電対象。"),
    "appointments": gettext_lazy("商談を獲得した二次架電対象。"),
    "appointments_held": gettext_lazy("獲得した商談のうち、実際に行われたもの。"),
    "opportunities": gettext_lazy("獲得した商談のうち、案件（提案・見積）になったもの。"),
    "won": gettext_lazy("二次架電で獲得した商談のうち、受注したもの。"),
    "customers_won": gettext_lazy("一次架電・二次架電で獲得した商談から受注した会社の数。インバウンドは含みません。"),
    "cost_yen": gettext_lazy(
        "期間の架電コスト（人件費・代行費・ツール費）の合計。月の途中は日割りです。チームより細かい条件では計算しません。"
    ),
    "first_connect_rate": gettext_lazy("一次架電で担当者と話せたリード ÷ 一次架電したリード"),
    "reaction_rate": gettext_lazy("反応した二次架電対象 ÷ 一次架電したリード"),
    "attempt_rate": gettext_lazy("二次架電した対象 ÷ 反応した対象"),
    "on_time_rate": gettext_lazy("最初の二次架電が枠の中だった対象 ÷ 枠が終わった対象"),
    "on_time_rate_raw": gettext_lazy("最初の二次架電が反応からちょうど24–72時間の中だった対象 ÷ 枠が終わった対象"),
    "connect_rate": gettext_lazy("担当者と話せた対象 ÷ 二次架電した対象"),
    "connect_rate_answered_per_call": gettext_lazy("誰かが電話に出た二次架電 ÷ 二次架電の発信回数"),
    "connect_rate_reached_per_call": gettext_lazy("担当者と話せた二次架電 ÷ 二次架電の発信回数"),
    "appointment_rate": gettext_lazy("商談を獲得した対象 ÷ 二次架電した対象"),
    "appointment_rate_per_call": gettext_lazy("商談を獲得した対象 ÷ 二次架電の発信回数"),
    "appointment_rate_per_reached_call": gettext_lazy("商談を獲得した対象 ÷ 担当者と話せた二次架電の回数"),
    "appointment_rate_per_reached": gettext_lazy("商談を獲得した対象 ÷ 担当者と話せた対象"),
    "appointment_rate_per_opened": gettext_lazy("商談を獲得した対象 ÷ 反応した対象"),
    "appointment_rate_per_lead": gettext_lazy("商談を獲得した対象 ÷ すべてのリード"),
    "held_rate": gettext_lazy("実施済みの商談 ÷ 獲得した商談"),
    "opportunity_rate": gettext_lazy("案件になった商談 ÷ 実施済みの商談"),
    "opportunity_rate_per_appointment": gettext_lazy("案件になった商談 ÷ 獲得した商談"),
    "win_rate": gettext_lazy("受注 ÷ 二次架電で獲得した商談"),
    "win_rate_per_opportunity": gettext_lazy("受注 ÷ 案件"),
    "win_rate_per_lead": gettext_lazy("受注 ÷ すべてのリード"),
    "cumulative_attempted": gettext_lazy("二次架電した対象 ÷ 一次架電したリード"),
    "cumulative_reached": gettext_lazy("担当者と話せた対象 ÷ 一次架電したリード"),
    "cumulative_appointments": gettext_lazy("商談を獲得した対象 ÷ 一次架電したリード"),
    "cumulative_opportunities": gettext_lazy("案件 ÷ 一次架電したリード"),
    "cumulative_won": gettext_lazy("受注 ÷ 一次架電したリード"),
    "cac": gettext_lazy("架電コスト ÷ 受注した顧客の数"),
    "cost_per_opportunity": gettext_lazy("架電コスト ÷ 案件"),
    "cost_per_appointment": gettext_lazy("架電コスト ÷ 獲得した商談"),
}


NEWLY_LABELS = {
    "newly_called": gettext_lazy("初めて架電したリード"),
    "newly_reacted": gettext_lazy("初回架電の後に反応したリード"),
    "newly_met": gettext_lazy("初回架電の後に商談を獲得したリード"),
    "newly_won": gettext_lazy("初回架電の後に受注したリード"),
}
NEWLY_DEFINITIONS = {
    "newly_called": gettext_lazy("期間中に初めて一次架電をしたリード。Tierはその架電の直前の値です。"),
    "newly_reacted": gettext_lazy("期間中に初めて一次架電をし、その後今日までに反応または商談のあったリード。"),
    "newly_met": gettext_lazy("期間中に初めて一次架電をし、その後今日までに架電で商談を獲得したリード。"),
    "newly_won": gettext_lazy("期間中に初めて一次架電をし、その後架電で獲得した商談が今日までに受注になったリード。"),
}
"""Counts of the page about tiers; they are no figures of the funnel."""


@dataclass(frozen=True)
class RowsWords:
    """What a list of rows is called."""

    label: str
    definition: str
    unit: str


def rows_words(code: str) -> RowsWords:
    """The words of the rows a count counted."""
    if code in NEWLY_LABELS:
        return RowsWords(str(NEWLY_LABELS[code]), str(NEWLY_DEFINITIONS[code]), str(UNITS[Unit.LEAD]))
    return RowsWords(str(LABELS[code]), str(DEFINITIONS[code]), str(UNITS[kpi.COUNT_UNITS[code]]))


def fraction_text(figure: Figure) -> str:
    """「3 / 10 二次架電対象」, 「10 二次架電対象」, 「140,000 円 / 1 社」: the fraction with its units."""
    if figure.numerator is None:
        return kpi.NO_VALUE
    if figure.denominator_unit is None:
        return f"{figure.fraction_text} {UNITS[figure.numerator_unit]}"
    if figure.kind == Kind.MONEY:
        top, bottom = kpi.number_text(figure.numerator), kpi.number_text(figure.denominator)
        return f"{top} {UNITS[figure.numerator_unit]} / {bottom} {UNITS[figure.denominator_unit]}"
    return f"{figure.fraction_text} {UNITS[figure.denominator_unit]}"


def value_text(figure: Figure) -> str:
    """「83.3 %」, 「10」, 「140,000 円」 or 「—」."""
    if figure.kind == Kind.MONEY and figure.value is not None:
        return f"{figure.text} {UNITS[figure.numerator_unit]}"
    return figure.text


def verdict_text(verdict: Verdict) -> str:
    """The bottleneck against the period before in one sentence, with both fractions and the 95 % interval."""
    if verdict.worst:
        return _drop_text(verdict.worst)
    if verdict.code == "no_difference":
        return _("前の期間との差は、どの段階も偶然の範囲内です。")
    return _("データ不足のため、ボトルネックは判定できません。")


def _drop_text(change: StepChange) -> str:
    interval = change.difference.interval
    return _(
        "ボトルネックは「%(step)s」です。%(now)s（%(now_fraction)s）、前の期間は %(then)s（%(then_fraction)s）。"
        "差 %(points)s ポイント（95 %%信頼区間 %(low)s ～ %(high)s）。"
    ) % {
        "step": STEP_LABELS[change.step],
        "now": change.current.text,
        "now_fraction": change.current.fraction_text,
        "then": change.reference.text,
        "then_fraction": change.reference.fraction_text,
        "points": kpi.points_text(change.difference.value),
        "low": kpi.points_text(interval.low),
        "high": kpi.points_text(interval.high),
    }
