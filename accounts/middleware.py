"""Request-wide settings of the signed-in person."""

from django.utils import translation


class UserLanguageMiddleware:
    """Answer in the language the signed-in person chose; a visitor gets the language of `LocaleMiddleware`."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class NoStoreMiddleware:
    """Pages of a signed-in person are kept by no cache: neither "back" after saving nor "back" after logging out may
    show what stood there before."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "no-store, private"
        return response
