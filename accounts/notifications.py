"""Mails about accounts. Each says whether it was handed to the mail server."""

import logging
from smtplib import SMTPException

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User

logger = logging.getLogger(__name__)
SECONDS_A_DAY = 24 * 60 * 60


def send_invitation(user: User, *, site_url: str) -> bool:
    """Mail `user` the link that sets the first password, in the language chosen for them."""
    context = {
        "person": user,
        "link": site_url.rstrip("/") + password_link(user),
        "days": settings.PASSWORD_RESET_TIMEOUT // SECONDS_A_DAY,
    }
    with translation.override(user.language):
        subject = _("【二次架電デスク】ご招待：パスワードを設定してください")
        body = render_to_string("accounts/invitation_mail.txt", context)
    try:
        send_mail(subject, body, None, [user.email])
    except (SMTPException, OSError) as error:
        logger.warning("invitation_failed user=%s error=%s", user.pk, type(error).__name__)
        return False
    return True


def password_link(user: User) -> str:
    """The address that lets `user` set a password; valid until used, for PASSWORD_RESET_TIMEOUT seconds."""
    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
