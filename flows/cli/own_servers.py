"""Servers of the user's own, which variables name: does one answer? Asked once, before the work that needs it."""

from __future__ import annotations

import os
import ssl
import urllib.request
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit

from schemas.errors import UserError
from tasks.settings import Settings

PREFECT, MLFLOW = "PREFECT_API_URL", "MLFLOW_TRACKING_URI"
ANSWER_TIMEOUT_S = 10


class ServerSilent(UserError):
    """A server does not answer; the message has the variable that names it, its address and the reason."""


def see_prefect() -> str | None:
    """Return the API address that the environment names, None where it names none; raises `ServerSilent`."""
    url = os.environ.get(PREFECT)
    return _asked(PREFECT, url) if url else None


def see_mlflow() -> str | None:
    """Return the address of the MLflow server that is set, None for a file or database; raises `ServerSilent`."""
    url = Settings.from_environment().mlflow_uri
    return _asked(MLFLOW, url) if url.startswith(("http:", "https:")) else None


def without_password(url: str) -> str:
    """Return an address as it may be printed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _asked(variable: str, url: str) -> str:
    address = without_password(url)
    if fault := _fault(f"{address.rstrip('/')}/health", may_lack_page=variable == MLFLOW):
        raise ServerSilent(
            f"{variable} names {address}, which does not answer ({fault}); start that server, or correct the variable"
        )
    return url


def _fault(page: str, *, may_lack_page: bool) -> str | None:
    """Return why a server cannot be worked with; None where it answers, be it that it asks who we are."""
    try:
        urllib.request.urlopen(page, timeout=ANSWER_TIMEOUT_S).close()
    except HTTPError as error:
        is_there = error.code < 500 and (error.code != 404 or may_lack_page)  # others serve MLflow's interface too
        return None if is_there else f"HTTP {error.code}"
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        return None if isinstance(reason, ssl.SSLError) else str(reason)  # whom to trust the libraries know
    return None
