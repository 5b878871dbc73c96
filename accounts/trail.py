"""What the audit trail's codes are called on screen. Each app describes its own verbs and rows when it starts."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

VERBS: dict[str, str] = {
    "invite_user": _("ユーザーを招待"),
    "resend_invitation": _("招待メールを再送"),
    "update_user": _("ユーザーを変更"),
    "deactivate_user": _("ユーザーを停止"),
    "reactivate_user": _("ユーザーを再開"),
    "update_profile": _("プロフィールを変更"),
    "set_working_hours": _("勤務時間を変更"),
    "add_absence": _("不在を登録"),
    "delete_absence": _("不在を取消"),
    "create_team": _("チームを作成"),
    "update_team": _("チームを変更"),
}

TARGETS: dict[str, str] = {
    "accounts.user": _("ユーザー"),
    "accounts.team": _("チーム"),
}

# Names in `changes` that are no field of the row, or `app.model.name` where one app means its own by it; any other
# field is called by its verbose name.
FIELDS: dict[str, str] = {
    "absence": _("不在"),
    "working_hours": _("勤務時間"),
}


# What codes mean in `changes` that are no field of the row; a field's own choices need no word here.
VALUES: dict[str, Mapping[str, str]] = {}


def describe(
    *,
    verbs: Mapping[str, str],
    targets: Mapping[str, str],
    fields: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Add an app's words; called from `AppConfig.ready`. Verbs are service names, targets `app.model`."""
    VERBS.update(verbs)
    TARGETS.update(targets)
    FIELDS.update(fields or {})
    VALUES.update(values or {})


def verb_label(verb: str) -> str:
    return str(VERBS.get(verb, verb))


def field_label(target_type: str, name: str) -> str:
    """What a name in `changes` is called; empty when its field knows."""
    return str(FIELDS.get(f"{target_type}.{name}") or FIELDS.get(name, ""))


def target_label(target_type: str) -> str:
    return str(TARGETS.get(target_type, target_type))
