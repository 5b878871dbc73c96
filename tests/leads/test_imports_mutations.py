"""Files broken by chance, over HTTP: never an error of ours, never half a file; what is refused says why."""

import io
import random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from leads.models import Company, ImportIssue, Lead, LeadImport, LeadList
from leads.services.imports.previews import run_preview
from leads.services.imports.running import confirm_import, run_import
from tests.leads.import_files import content, person

pytestmark = pytest.mark.django_db
SEEDS = range(20)
VALUES = (
    "",
    " ",
    "-",
    "〃",
    "=1+1",
    "'",
    '"',
    '""',
    "令和8年2月30日",
    "2026/13/45",
    "９９９９９９９９９９９９９９９９９９",
    "1" * 400,
    "あ" * 40_000,
    "a\nb",
    "a\r\nb",
    "\u202e逆",
    "\ufeff",
    "%s %(x)s %",
    "<script>alert(1)</script>",
    "1e308",
    "03-1234-5678/090-1234-5678 内線12",
)


def cells_replaced(data: bytes, chance: random.Random) -> bytes:
    rows = [person(n) for n in range(1, 12)]
    for _ in range(6):
        row = chance.choice(rows)
        row[chance.choice(list(row))] = chance.choice(VALUES)
    return content(rows, encoding="utf-8")


def bytes_flipped(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def separators_lost(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    lines[at] = lines[at].replace(b",", chance.choice((b"", b"\t", b";", b'"', b",,")), chance.randint(1, 5))
    return b"\n".join(lines)


def cut_short(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def noise_added(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    noise = chance.choice((b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b$B", b"\r", b'"', b"PK\x03\x04", b"\x81"))
    return data[:at] + noise * chance.randint(1, 3) + data[at:]


def header_broken(data: bytes, chance: random.Random) -> bytes:
    head, _, rest = data.partition(b"\n")
    names = head.decode().split(",")
    chance.shuffle(names)
    names[0] = chance.choice(("", names[1], "担当者", "TEL1", "会社名"))
    return ",".join(names * chance.choice((1, 1, 40))).encode() + b"\n" + rest


def anything(data: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.randint(1, 3000))


@pytest.mark.parametrize(
    "mutate", [cells_replaced, bytes_flipped, separators_lost, cut_short, noise_added, header_broken, anything]
)
def test_broken_file_is_refused_whole_or_taken_row_by_row(client_for, admin, team, now, mutate):
    client = client_for(admin)
    good = {name: content([person(n) for n in range(1, 12)], encoding=name) for name in ("utf-8", "cp932")}
    for seed in SEEDS:
        chance = random.Random(f"{mutate.__name__} {seed}")
        base = good["utf-8"] if mutate is header_broken else chance.choice(list(good.values()))
        upload = SimpleUploadedFile("x.csv", mutate(base, chance))
        values = {"file": upload, "name": f"リスト{seed}", "team": team.pk}
        before = (LeadImport.objects.count(), LeadList.objects.count())

        answer = client.post(reverse("leads:import_upload"), values)

        if answer.status_code == 422:
            assert answer.context["form"].errors["file"], seed
            assert (LeadImport.objects.count(), LeadList.objects.count()) == before
        else:
            assert answer.status_code == 302, seed
            go_on(client, now)


def go_on(client, now) -> None:
    """The rest of the road, as far as the file allows."""
    saved = LeadImport.objects.latest("pk")
    url = reverse("leads:import_columns", args=[saved.pk])
    form = client.get(url).context["form"]
    chosen = {field.html_name: field.value() or "extra" for field in form}
    if client.post(url, chosen).status_code == 422:
        return
    run_preview(pk=saved.pk, clock=lambda: now)
    known = (Lead.objects.count(), Company.objects.count())
    assert client.get(reverse("leads:import_preview", args=[saved.pk]), follow=True).status_code == 200
    saved.refresh_from_db()
    if saved.status == LeadImport.Status.FAILED:
        assert saved.failure["code"]
        assert (Lead.objects.count(), Company.objects.count()) == known
        return
    confirm_import(lead_import=saved, policy="fill_blanks", by=None, now=now)
    run_import(pk=saved.pk, clock=lambda: now, batch_size=4)
    saved.refresh_from_db()
    assert saved.status == LeadImport.Status.DONE
    assert sum(saved.counts.values()) - saved.counts["blocked"] == saved.rows_total
    assert saved.counts == saved.preview["counts"]["fill_blanks"]
    assert ImportIssue.objects.filter(lead_import=saved, is_error=True, line=0).count() == 0
    assert client.get(reverse("leads:import_detail", args=[saved.pk])).status_code == 200
    assert io.BytesIO(b"".join(client.get(reverse("leads:import_errors", args=[saved.pk])).streaming_content))
