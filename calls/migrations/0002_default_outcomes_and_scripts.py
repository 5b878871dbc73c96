"""The outcome list of product §3 and one script for first and one for second calls, to start from."""

from django.db import migrations

# code, label, English label, connection, reached, result
OUTCOMES = [
    ("no_answer", "不通", "No answer", "none", "nobody", "no_answer"),
    ("busy", "話中", "Busy", "none", "nobody", "no_answer"),
    ("voicemail", "留守電", "Voicemail", "none", "nobody", "no_answer"),
    ("absent", "担当者不在", "Person absent", "yes", "gatekeeper", "absent"),
    ("gatekeeper_refused", "受付拒否", "Refused at reception", "yes", "gatekeeper", "gatekeeper_refused"),
    ("call_back", "かけ直し希望", "Call back requested", "yes", "person", "call_back"),
    ("interested", "興味あり", "Interested", "yes", "person", "reaction"),
    ("documents_wanted", "資料送付希望", "Wants documents", "yes", "person", "reaction"),
    ("contact_later", "後日連絡希望", "Contact later", "yes", "person", "reaction"),
    ("hearing_done", "ヒアリング済・継続検討", "Hearing done, considering", "yes", "person", "hearing_done"),
    ("appointment", "商談獲得", "Appointment set", "yes", "person", "appointment"),
    ("refused", "お断り", "Not interested", "yes", "person", "refused"),
    ("out_of_service", "現アナ", "Out of service", "none", "nobody", "invalid_number"),
    ("fax", "FAX", "Fax", "none", "nobody", "invalid_number"),
    ("wrong_number", "番号違い", "Wrong number", "yes", "other", "wrong_number"),
    ("do_not_call", "架電禁止の申し出", "Asked not to be called", "yes", "person", "do_not_call"),
    ("complaint", "クレーム・受付", "Complaint (reception)", "yes", "gatekeeper", "do_not_call"),
]

FIRST_SCRIPT = [
    {
        "title": "名乗り",
        "lines": [
            {"text": "お世話になっております。{rep}と申します。{company}の{department}ご担当の{name}様はいらっしゃいますか。", "fact": None},
            {"text": "（ご不在のとき）お戻りのお時間を伺ってもよろしいでしょうか。", "fact": None},
        ],
    },
    {
        "title": "きっかけ",
        "lines": [
            {"text": "{signal}の件でお電話いたしました。1分だけよろしいでしょうか。", "fact": None},
            {"text": "いまの業務で、手間や時間がかかっていると感じておられるところはございますか。", "fact": "problem"},
        ],
    },
    {
        "title": "次につなげる",
        "lines": [
            {"text": "資料をお送りし、明日以降に改めて{rep}からお電話してもよろしいでしょうか。", "fact": None},
        ],
    },
]

SECOND_SCRIPT = [
    {
        "title": "前回の続きから",
        "lines": [
            {"text": "先日お話を伺った{rep}です。前回「{problem}」とおっしゃっていた件でお電話しました。", "fact": None},
            {"text": "その後、状況にお変わりはございませんか。", "fact": "background"},
        ],
    },
    {
        "title": "五つの事実",
        "lines": [
            {"text": "具体的に、どの業務で一番お困りでしょうか。", "fact": "problem"},
            {"text": "進めるとなった場合、どなたがお決めになりますか。", "fact": "decision_maker"},
            {"text": "いつごろまでに解決したいとお考えですか。", "fact": "timing"},
            {"text": "ご予算はすでに確保されていますか。", "fact": "budget"},
            {"text": "ご不安な点や、気になる点はございますか。", "fact": "concerns"},
        ],
    },
    {
        "title": "もう一歩",
        "lines": [
            {"text": "社内ではどのような手順でご決裁になりますか。", "fact": "approval_process"},
            {"text": "ほかに比較されているサービスはございますか。", "fact": "competitors"},
        ],
    },
    {
        "title": "商談のご提案",
        "lines": [
            {"text": "30分ほど、担当の者から事例をご紹介できればと存じます。来週でしたらいつがよろしいでしょうか。", "fact": None},
        ],
    },
]


def add_defaults(apps, schema_editor):
    outcome = apps.get_model("calls", "Outcome")
    for position, (code, label, label_en, connection, reached, result) in enumerate(OUTCOMES):
        outcome.objects.create(
            code=code,
            label=label,
            label_en=label_en,
            connection=connection,
            reached=reached,
            result=result,
            position=position,
        )
    script = apps.get_model("calls", "Script")
    version = apps.get_model("calls", "ScriptVersion")
    for name, kind, sections in (("一次架電 標準", "first", FIRST_SCRIPT), ("二次架電 標準", "second", SECOND_SCRIPT)):
        version.objects.create(script=script.objects.create(name=name, kind=kind), number=1, sections=sections)


def remove_defaults(apps, schema_editor):
    apps.get_model("calls", "Outcome").objects.all().delete()
    apps.get_model("calls", "Script").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("calls", "0001_initial")]

    operations = [migrations.RunPython(add_defaults, remove_defaults)]
