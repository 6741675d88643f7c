"""/metrics for Prometheus and /healthz for whoever supervises the worker, on a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from engine.core.errors import BadInput

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's own name for it
        """A scrape every few seconds is not worth a line."""


def _application(registry: CollectorRegistry) -> WSGIApplication:
    metrics: WSGIApplication = make_wsgi_app(registry)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            return metrics(environ, start_response)
        found = environ["PATH_INFO"] == "/healthz"
        start_response("200 OK" if found else "404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"ok\n" if found else b"only /metrics and /healthz are here\n"]

    return answer


class MetricsServer:
    """Serves until closed. `port` is the one it listens on."""

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        """Raises BadInput when the address cannot be had."""
        try:
            self._server = make_server(host, port, _application(registry), _Server, _Quiet)
        except OSError as error:
            raise BadInput(
                f"metrics cannot be served on {host}:{port}: {error.strerror}; choose another port"
            ) from None
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; a scrape under way is not waited for."""
        self._server.shutdown()
        self._server.server_close()
