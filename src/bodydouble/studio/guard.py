"""Who may talk to the server: this machine's user, from this page, with the token that the address carried.

The token stands behind the # of the address, which browsers send to nobody; the page sends it in a header. A cookie
would go to every other port of this machine, too.
"""

from __future__ import annotations

import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_OWN_SITES = ("same-origin", "none")  # none: typed, or opened from outside the browser


class Guard:
    """Lets through what comes from the page itself; under /api, only what carries the token."""

    def __init__(self, app: ASGIApp, token: str, port: int, content_policy: str) -> None:
        """
        Args:
            token: what a request's `Authorization: Bearer` has to say.
            port: of the server; what asks for another host or port was meant for somebody else.
            content_policy: the page's Content-Security-Policy.
        """
        self._app, self._token = app, token
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._headers = {**_HEADERS, "Content-Security-Policy": content_policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return
        refusal = self._refusal(Headers(scope=scope), scope["path"])

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        answer = self._app if refusal is None else JSONResponse({"error": refusal}, 403)
        await answer(scope, receive, send_guarded)

    def _refusal(self, headers: Headers, path: str) -> str | None:
        """Why a request is refused; None where it is not."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:
            return "this server answers to 127.0.0.1 alone"
        if origin is not None and origin != f"http://{host}":
            return "this server answers to its own page alone"
        if headers.get("sec-fetch-site", "none") not in _OWN_SITES:
            return "this server answers to its own page alone"
        told = headers.get("authorization", "")
        if path.startswith("/api") and not secrets.compare_digest(told.encode(), f"Bearer {self._token}".encode()):
            return "open the address that the studio printed: it carries the key to this page"
        return None
