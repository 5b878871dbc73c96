"""What every answer to a signed-in person carries."""

import pytest

pytestmark = pytest.mark.django_db


def test_pages_of_a_signed_in_person_are_kept_by_no_cache(client_for, rep):
    response = client_for(rep).get("/profile/")

    assert "no-store" in response.headers["Cache-Control"]
