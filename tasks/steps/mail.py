"""A message to people by e-mail, over the server that `TRUNKLINE_MAIL` names.

    smtp://user:password@mail.example.org:587/?from=trunkline@example.org&to=team@example.org

`smtps` speaks TLS from the first byte, `smtp` as soon as the server offers it. A password goes over TLS, or to this
machine.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

MAIL = "TRUNKLINE_MAIL"
TIMEOUT_S = 10.0
MAX_SUBJECT = 120
"""Characters; the text below has all."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def mail(address: str, text: str) -> None:
    """Send a message once; raises `OSError`, without user or password in it."""
    try:
        url = urlsplit(address)
        message, port = _message(url, text), url.port
    except ValueError as error:
        raise OSError(f"{MAIL}: {error}") from None
    context = ssl.create_default_context()
    try:
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(url.hostname or "", port or 465, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(url.hostname or "", port or 587, timeout=TIMEOUT_S)
        with server:
            is_private = url.scheme == "smtps" or url.hostname in LOOPBACK
            server.ehlo()
            if url.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=context)
                is_private = True
            if url.username is not None:
                if not is_private:
                    raise OSError(f"{MAIL}: {url.hostname} offers no TLS, so that it gets no password")
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(message)
    except smtplib.SMTPException as error:
        raise OSError(f"{MAIL}: {type(error).__name__} from {url.hostname}") from None


def _message(url: SplitResult, text: str) -> EmailMessage:
    """Return the message; raises `ValueError` where the address says not enough."""
    told = parse_qs(url.query.replace("+", "%2B"))  # a `+` is one of an address, and no space as in a web form
    if url.scheme not in ("smtp", "smtps") or not url.hostname or not {"from", "to"} <= told.keys():
        raise ValueError("expected smtp://USER:PASSWORD@HOST:PORT/?from=ADDRESS&to=ADDRESS")
    message = EmailMessage()
    message["From"], message["To"] = told["from"][0], ", ".join(told["to"])
    first = " ".join(text.split())
    message["Subject"] = first if len(first) <= MAX_SUBJECT else f"{first[: MAX_SUBJECT - 3]}..."
    message.set_content(text)
    return message
