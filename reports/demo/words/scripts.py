"""The second-call script as the demo's manager rewrote it: the same questions, nearer to how one speaks."""

SECOND_SCRIPT = [
    {
        "title": "前回の続きから",
        "lines": [
            {"text": "お世話になっております。先日お電話した{rep}です。いま3分ほどよろしいでしょうか。", "fact": None},
            {"text": "前回「{problem}」と伺いました。その後、社内でお話は出ましたか。", "fact": "background"},
        ],
    },
    {
        "title": "五つの事実",
        "lines": [
            {"text": "いま一番時間を取られているのは、どの作業でしょうか。", "fact": "problem"},
            {"text": "見直すとなった場合、最終的にはどなたがお決めになりますか。", "fact": "decision_maker"},
            {"text": "いつごろまでに変えられると助かりますか。", "fact": "timing"},
            {"text": "費用はどちらのご予算から出ることになりそうでしょうか。", "fact": "budget"},
            {"text": "進めるうえで、引っかかりそうな点はございますか。", "fact": "concerns"},
        ],
    },
    {
        "title": "もう一歩",
        "lines": [
            {"text": "ご決裁までの流れを教えていただけますか。", "fact": "approval_process"},
            {"text": "ほかにもご覧になっているサービスはございますか。", "fact": "competitors"},
        ],
    },
    {
        "title": "商談のご提案",
        "lines": [
            {"text": "同じ業種の会社様の例を、画面をご覧いただきながら30分ほどでご紹介できます。", "fact": None},
            {"text": "来週の火曜か木曜でしたら、どちらがご都合よろしいでしょうか。", "fact": None},
        ],
    },
]
