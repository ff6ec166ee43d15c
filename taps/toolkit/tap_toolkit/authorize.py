"""``tap-x authorize``: walk a person through a platform's consent and keep the tokens that come of it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import secrets
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import click
from singer_sdk.exceptions import ConfigValidationError

from tap_toolkit.errors import TapError
from tap_toolkit.tokens import TokenManager, Tokens

# A name and a value; a code by itself may end in "=".
_QUERY = re.compile(r"[A-Za-z_]+=[^=]")

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="font: 1.1em sans-serif; max-width: 32em; margin: 4em auto">
<h1>{title}</h1><p>{text} You can close this window.</p></body></html>"""


class ConsentFlow(Protocol):
    """What a platform knows about its own consent; a tap is one."""

    @property
    def tokens(self) -> TokenManager:
        """Where the new tokens go."""

    def consent_url(self, redirect: str, state: str, /) -> str:
        """The link to open. The platform then sends the browser to ``redirect``, with ``state`` in its query."""

    def exchange(self, answer: Mapping[str, str], redirect: str, /) -> Mapping[str, Tokens]:
        """The tokens, by account, for the query the browser came back to ``redirect`` with.

        Its errors never hold the code.
        """


def authorize_command(
    *,
    tap_name: str,
    make_flow: Callable[[dict[str, Any], bool], ConsentFlow],
    account_name: str = "account",
) -> click.Command:
    """The command ``authorize`` of a tap.

    ``make_flow`` makes the platform's part from the merged configuration files and whether to read the environment too.
    Whatever goes wrong is one sentence and exit code 1; tokens and codes are never shown.
    """

    @click.command(
        name=f"{tap_name} authorize",
        help=f"Let the owner of {_an(account_name)} consent, and keep the tokens for {tap_name}.",
    )
    @click.option(
        "--config", multiple=True, metavar="FILE|ENV", help="Configuration file, or ENV for environment variables."
    )
    @click.option("--paste", is_flag=True, help="Paste the address you are sent to, for a browser on another machine.")
    @click.option("--port", default=0, show_default="a free one", help="Port on 127.0.0.1 where the answer is awaited.")
    @click.option(
        "--redirect-uri",
        metavar="URL",
        help="Address registered for the application with the platform, when it is not this machine.",
    )
    @click.option("--timeout", default=600.0, show_default=True, help="Seconds to wait for consent.")
    @click.option("--no-browser", is_flag=True, help="Only print the link.")
    def authorize(
        config: tuple[str, ...], paste: bool, port: int, redirect_uri: str | None, timeout: float, no_browser: bool
    ) -> None:
        with _sentences():
            flow = make_flow(_merged(config), "ENV" in config)
            manager = flow.tokens  # a store that cannot be opened is said before anybody consents
            state = secrets.token_urlsafe(24)
            if paste:
                redirect = redirect_uri or f"http://127.0.0.1{f':{port}' if port else ''}/"
                _show(flow.consent_url(redirect, state), browser=False)
                answer = _pasted()
            else:
                with _listening(port) as (server, answers):
                    redirect = redirect_uri or f"http://127.0.0.1:{server.server_port}/"
                    _show(flow.consent_url(redirect, state), browser=not no_browser)
                    click.echo(f"Waiting for the answer at {redirect} for {timeout:g} seconds …")
                    answer = _awaited(answers, timeout)
            _judge(answer, state, needs_state=not paste)
            granted = flow.exchange({name: value for name, value in answer.items() if name != "state"}, redirect)
            if not granted:
                raise TapError(f"The platform granted no {account_name}: consent again and choose at least one.")
            for account, tokens in granted.items():
                manager.adopt(account, tokens)
                click.echo(f"{account_name.capitalize()} {account} is authorized: {_validity(tokens)}.")

    return authorize


def _an(noun: str) -> str:
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    """Turn what can go wrong into click's error: one sentence, exit code 1."""
    try:
        yield
    except TapError as error:
        raise click.ClickException(str(error)) from None
    except ConfigValidationError as error:
        raise click.ClickException(" ".join(error.errors)) from None


def _merged(paths: tuple[str, ...]) -> dict[str, Any]:
    """The configuration files, later ones winning; ENV is not a file."""
    merged: dict[str, Any] = {}
    for path in paths:
        if path == "ENV":
            continue
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise TapError(f"Cannot read the configuration {path}: {error.strerror}.") from None
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise TapError(f'The configuration {path} is not a JSON object: write it like {{"setting": "value"}}.')
        merged |= content
    return merged


def _show(link: str, *, browser: bool) -> None:
    click.echo(f"Open this link, log in as the owner and consent:\n\n    {link}\n")
    # Without a screen, webbrowser would start a text browser in this very terminal.
    has_screen = sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))
    if browser and has_screen and webbrowser.open(link):
        click.echo("It has been opened in your browser.")


def _pasted() -> dict[str, str]:
    """What the person pastes: the whole address, its query, or the bare code."""
    click.echo("Afterwards the browser shows an address that begins with the redirect address; it need not load.")
    text = click.prompt("Paste that whole address (it stays hidden)", hide_input=True).strip()
    query = urlsplit(text).query if "?" in text else text
    return dict(parse_qsl(query)) if _QUERY.match(query) else {"code": text}


def _judge(answer: Mapping[str, str], state: str, *, needs_state: bool) -> None:
    """Refuse an answer that is not to our question, or that says no. A bare pasted code carries no state."""
    given = answer.get("state")
    foreign = not secrets.compare_digest((given or "").encode(), state.encode())
    if foreign and (needs_state or given is not None):
        raise TapError("The answer belongs to another consent (its state is wrong): run the command again.")
    if "error" in answer:
        said = " ".join(answer[name] for name in ("error", "error_description") if name in answer)
        shown = "".join(character for character in said if character.isprintable())[:200]
        raise TapError(f"Consent was not given ({shown}): run the command again and agree.")


@contextlib.contextmanager
def _listening(port: int) -> Iterator[tuple[ThreadingHTTPServer, queue.Queue[dict[str, str]]]]:
    """A server on 127.0.0.1 for the one request that carries an answer."""
    answers: queue.Queue[dict[str, str]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            answer = dict(parse_qsl(urlsplit(self.path).query))
            if not answer:  # browsers also ask for an icon
                self.send_error(404)
                return
            title, text = "Thank you", "The answer has arrived; the terminal says how it went on."
            if "error" in answer:
                title, text = "Not authorized", "The platform says that consent was not given."
            page = _PAGE.format(title=title, text=text).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(page)
            answers.put(answer)

        def log_message(self, *args: Any) -> None:
            """Nothing: the line would hold the code."""

    class Server(ThreadingHTTPServer):  # browsers open connections ahead of need, which must not block the one in use
        daemon_threads = True

        def handle_error(self, *args: Any) -> None:
            """Nothing: a browser that hangs up is no trouble."""

    try:
        server = Server(("127.0.0.1", port), Handler)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "not a port"
        raise TapError(f"Cannot listen on 127.0.0.1:{port} ({why}): choose another --port, or use --paste.") from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server, answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _awaited(answers: queue.Queue[dict[str, str]], timeout: float) -> dict[str, str]:
    try:
        return answers.get(timeout=timeout)
    except queue.Empty:
        raise TapError(
            f"Nobody consented within {timeout:g} seconds: run the command again, or use --paste when the browser "
            "runs on another machine."
        ) from None


def _validity(tokens: Tokens) -> str:
    """Until when the account can be read, with and without a person."""
    access = f"access until {tokens.expires_at:%Y-%m-%d %H:%M} UTC" if tokens.expires_at else "access without an end"
    if tokens.refresh_token is None:
        return access
    until = tokens.refresh_expires_at
    return f"{access}, renewed by the tap itself" + (
        f" when it runs before {until:%Y-%m-%d %H:%M} UTC" if until else ""
    )
