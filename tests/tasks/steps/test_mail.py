"""E-mail to a real SMTP receiver on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from flows.cli.servers import free_port
from tasks.steps.mail import MAIL, mail
from tasks.steps.notify import send

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")  # on loopback


class Mailbox:
    """What came in, and who was let in."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.recipients: list[list[str]] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        self.recipients.append(envelope.rcpt_tos)
        return "250 taken"


def checked(server: object, session: object, envelope: object, mechanism: str, sent: object) -> AuthResult:
    right = isinstance(sent, LoginPassword) and sent == LoginPassword(b"bot", b"p@ss/1")
    return AuthResult(success=right, handled=False)  # not: it is to say that itself


@pytest.fixture
def receiver() -> Iterator[tuple[str, Mailbox]]:
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, authenticator=checked, auth_required=True,
                            auth_require_tls=False, ready_timeout=60)  # fmt: skip
    controller.start()
    yield f"127.0.0.1:{port}/?from=trunkline@example.org&to=a@example.org&to=b@example.org", mailbox
    controller.stop()


def test_a_message_reaches_everybody_with_its_beginning_as_subject(
    receiver: tuple[str, Mailbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, mailbox = receiver
    monkeypatch.setenv(MAIL, f"smtp://bot:p%40ss%2F1@{place}")
    text = "home: version 7 is on hold.\nBcc: evil@example.org\n" + "slots: größer, " * 20
    send(MAIL, text)
    (letter,) = mailbox.letters
    assert mailbox.recipients == [["a@example.org", "b@example.org"]]
    assert letter["Subject"].startswith("home: version 7 is on hold. Bcc: evil") and letter["Subject"].endswith("...")
    assert letter["Bcc"] is None and letter["From"] == "trunkline@example.org"
    assert letter.get_content().strip() == text.strip()


def test_a_wrong_password_is_told_without_it(receiver: tuple[str, Mailbox]) -> None:
    place, mailbox = receiver
    with pytest.raises(OSError, match=f"{MAIL}: SMTPAuthenticationError") as caught:
        mail(f"smtp://bot:SECRET@{place}", "hello")
    assert "SECRET" not in str(caught.value) and mailbox.letters == []


@pytest.mark.parametrize(
    "address",
    ["http://bot:SECRET@127.0.0.1/?from=a@b&to=c@d", "smtp://bot:SECRET@127.0.0.1:1/", "smtp://127.0.0.1:99999/?from=a&to=b",
     "smtp://bot:SECRET@127.0.0.1:1/?from=a@b&to=c@d"],
)  # fmt: skip
def test_an_address_that_cannot_be_used_does_not_show_in_the_error(address: str) -> None:
    with pytest.raises(OSError) as caught:
        mail(address, "hello")
    assert "SECRET" not in str(caught.value)


def test_a_plus_in_an_address_stays_a_plus(receiver: tuple[str, Mailbox]) -> None:
    place, mailbox = receiver
    server = place.partition("?")[0]
    mail(f"smtp://bot:p%40ss%2F1@{server}?from=a%2Bbot@example.org&to=team+alerts@example.org", "hello")
    assert mailbox.recipients == [["team+alerts@example.org"]]
    assert mailbox.letters[0]["From"] == "a+bot@example.org"
