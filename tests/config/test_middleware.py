"""What every request meets: login by default, also under htmx, and the headers of every answer."""

import pytest
from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("page/", lambda request: HttpResponse("hello"), name="page"),
    path("", include("config.urls")),
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def test_page_without_login_leads_to_the_login_form(client):
    response = client.get("/page/")

    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/page/"


def test_fragment_without_login_redirects_the_whole_page(client):
    response = client.get("/page/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/page/?q=1"})

    assert response.status_code == 200
    assert response["HX-Redirect"].startswith("/accounts/login/?next=")
    assert b"hello" not in response.content


def test_page_opens_for_a_signed_in_person(client_for, rep):
    response = client_for(rep).get("/page/")

    assert response.content == b"hello"


def test_answer_allows_nothing_but_our_own_files(client_for, rep):
    policy = client_for(rep).get("/page/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_answer_cannot_be_framed_or_guessed(client_for, rep):
    response = client_for(rep).get("/page/")

    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def test_signing_up_is_closed(client):
    response = client.post(
        "/accounts/signup/",
        {"email": "new@example.jp", "password1": "correct horse battery", "password2": "correct horse battery"},
    )

    from accounts.models import User

    assert response.status_code == 200
    assert not User.objects.exists()
