"""Where the secret key comes from: the environment in production, a file made once when embedded."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

MIN_LENGTH = 50
REFUSED_STARTS = ("django-insecure", "change-me", "changeme")


def kept_in(path: Path) -> str:
    """The key in `path`; the first process to ask makes it, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(get_random_secret_key())
    try:
        os.link(draft, path)  # fails when another process was first, and then its key counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()


def from_environment(key: str, *, debug: bool) -> str:
    """`key` itself, refused when it is absent, short or the example's."""
    if not debug and (len(key) < MIN_LENGTH or key.startswith(REFUSED_STARTS)):
        raise ImproperlyConfigured(f"SECRET_KEY must be set to {MIN_LENGTH} or more random characters.")
    return key
