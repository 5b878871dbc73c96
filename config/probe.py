"""`python -m config.probe`: ends with 0 when this machine's web server says it is healthy. For container checks."""

import os
import sys
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 5


def is_healthy(environment: dict[str, str]) -> bool:
    """Ask /healthz under a name the site answers to."""
    request = urllib.request.Request(f"http://127.0.0.1:{environment.get('PORT', '8000')}/healthz")
    request.add_header("Host", environment.get("ALLOWED_HOSTS", "localhost").split(",")[0])
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(0 if is_healthy(dict(os.environ)) else 1)
