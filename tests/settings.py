"""The real settings with what tests need otherwise: a folder of their own, eager tasks, a quick password hash."""

import atexit
import os
import shutil
import tempfile

if "TESTS_VAR_DIR" not in os.environ:  # the first process of a run makes it; its helpers inherit it
    os.environ["TESTS_VAR_DIR"] = tempfile.mkdtemp(prefix="tests-")
    atexit.register(shutil.rmtree, os.environ["TESTS_VAR_DIR"], ignore_errors=True)
os.environ["VAR_DIR"] = os.environ["TESTS_VAR_DIR"]
os.environ["SECRET_KEY"] = "only-for-tests-" * 4
os.environ["HTTPS"] = "false"
os.environ["DEBUG"] = "false"
os.environ.pop("EMAIL_URL", None)

from config.settings import *  # noqa: F403
from config.settings import DATABASES, EMBEDDED, STORAGES, VAR_DIR

_SUFFIX = os.environ.get("TEST_DB_SUFFIX", "")
if EMBEDDED:
    # A file, not memory: threads of the live server then meet the same locks as in real life.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / f"test{_SUFFIX}.sqlite3"}
else:
    DATABASES["default"]["TEST"] = {"NAME": f"test_{DATABASES['default']['NAME']}{_SUFFIX}"}
    DATABASES["default"]["CONN_MAX_AGE"] = 0

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT = None
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
