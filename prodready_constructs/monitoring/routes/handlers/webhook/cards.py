"""A notice as Slack, Teams, Discord or a program of yours reads it, no longer than each of them takes.

Sources: https://docs.slack.dev/reference/block-kit/blocks (header 150, section 3,000 characters)
https://discord.com/developers/docs/resources/message#embed-object-embed-limits (title 256, description 4,096, field 1,024, all 6,000)
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook (28 KB a message)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from .notices import Notice

SLACK_HEADER, SLACK_SECTION = 150, 3_000
DISCORD_TITLE, DISCORD_DESCRIPTION, DISCORD_FIELD = 256, 3_000, 1_024
#: 28 KB, with room for what Teams adds.
TEAMS_BYTES = 27_000
#: What we promise a program: no more than SNS itself carries.
JSON_BYTES = 262_144
CUT = "…"

#: State or severity -> sign, words, Discord's colour, Teams' colour.
_LOOKS = {
    "OK": ("🟢", "Back to normal", 0x2EB67D, "Good"),
    "INSUFFICIENT_DATA": ("⚪", "No data", 0x8D8D8D, "Default"),
    "critical": ("🔴", "CRITICAL", 0xE01E5A, "Attention"),
    "warning": ("🟠", "Warning", 0xECB22E, "Warning"),
}


def write(kind: str, notice: Notice, dashboard: str) -> bytes:
    """The request's body for a webhook of *kind*."""
    return _encoded(_WRITERS[kind](notice, dashboard))


def _slack(notice: Notice, dashboard: str) -> dict[str, Any]:
    sign, words, _, _ = _looks(notice)
    links = _whole([f"<{_slack_url(url)}|{name}>" for name, url in _links(notice, dashboard)], SLACK_SECTION)
    head = f"{sign} {words}: {notice.title}"
    texts = (_slack_text(notice.meaning), _slack_text(notice.reason, 2_500), links)
    small = _slack_text(" · ".join(_facts(notice).values()))
    return {
        # What a phone shows; the blocks are what the channel shows.
        "text": _slack_text(f"{head} {notice.meaning}"),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": cut(head, SLACK_HEADER), "emoji": True}},
            *({"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in texts if text),
            *([{"type": "context", "elements": [{"type": "mrkdwn", "text": small}]}] if small else []),
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _teams(notice: Notice, dashboard: str) -> dict[str, Any]:
    longest = 12_000
    while len(_encoded(card := _teams_card(notice, dashboard, longest))) > TEAMS_BYTES:
        longest //= 2
    return card


def _teams_card(notice: Notice, dashboard: str, longest: int) -> dict[str, Any]:
    sign, words, _, colour = _looks(notice)
    facts = [{"title": name, "value": cut(value, min(300, longest))} for name, value in _facts(notice).items()]
    texts = [_markdown(cut(text, longest)) for text in (notice.meaning, notice.reason) if text]
    title = _markdown(cut(f"{sign} {words}: {notice.title}", min(500, longest)))
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "msteams": {"width": "Full"},
                    "body": [
                        {"type": "TextBlock", "text": title, "weight": "Bolder", "size": "Large", "color": colour, "wrap": True},
                        *({"type": "TextBlock", "text": text, "wrap": True} for text in texts),
                        {"type": "FactSet", "facts": facts},
                    ],
                    # A link that was cut would lead nowhere.
                    "actions": [
                        {"type": "Action.OpenUrl", "title": name, "url": url}
                        for name, url in _links(notice, dashboard)
                        if len(url) <= 4_000
                    ],
                },
            }
        ],
    }


def _discord(notice: Notice, dashboard: str) -> dict[str, Any]:
    sign, words, colour, _ = _looks(notice)
    # An angle bracket keeps Discord from drawing a preview of a link.
    links = [f"[{name}](<{url}>)" for name, url in _links(notice, dashboard)]
    fields = [("What happened", _markdown(notice.reason)), ("Links", _whole(links, DISCORD_FIELD)), *_facts(notice).items()]
    return {
        # Nobody is called by what an alert happens to quote.
        "allowed_mentions": {"parse": []},
        "embeds": [
            {
                "title": cut(f"{sign} {words}: {notice.title}", DISCORD_TITLE),
                "description": cut(_markdown(notice.meaning), DISCORD_DESCRIPTION),
                "color": colour,
                "fields": [
                    # At most six fields, the small ones of 100 characters: all of it stays below Discord's 6,000.
                    {"name": name, "value": cut(value, DISCORD_FIELD if index < 2 else 100), "inline": index > 1}
                    for index, (name, value) in enumerate(fields)
                    if value
                ],
            }
        ],
    }


def _json(notice: Notice, dashboard: str) -> dict[str, Any]:
    whole = {
        "version": 1,
        "id": notice.id,
        "title": notice.title,
        "severity": notice.severity,
        "state": notice.state,
        "meaning": notice.meaning,
        "reason": notice.reason,
        "runbook": notice.runbook or None,
        "dashboard": dashboard or None,
        "console": notice.console or None,
        "account": notice.account,
        "region": notice.region,
        "time": notice.time,
        "original": notice.original,
        "truncated": False,
    }
    if len(_encoded(whole)) <= JSON_BYTES:
        return whole
    # No character takes more than twelve bytes as JSON writes it.
    short = {name: cut(value, 3_000) if isinstance(value, str) else value for name, value in whole.items()}
    return {**short, "original": None, "truncated": True}


_WRITERS: dict[str, Callable[[Notice, str], dict[str, Any]]] = {"SLACK": _slack, "TEAMS": _teams, "DISCORD": _discord, "JSON": _json}


def cut(text: str, longest: int) -> str:
    """*text*, or as much of it as fits, and a sign that there was more."""
    return text if len(text) <= longest else text[: longest - len(CUT)] + CUT


def _looks(notice: Notice) -> tuple[str, str, int, str]:
    return _LOOKS.get(notice.state) or _LOOKS[notice.severity]


def _links(notice: Notice, dashboard: str) -> Iterator[tuple[str, str]]:
    for name, url in (("Runbook", notice.runbook), ("Dashboard", dashboard), ("Console", notice.console)):
        if url:
            yield name, url


def _facts(notice: Notice) -> dict[str, str]:
    facts = {"Severity": notice.severity, "Account": notice.account, "Region": notice.region, "Time": notice.time}
    return {name: value for name, value in facts.items() if value}


def _whole(parts: list[str], longest: int) -> str:
    """As many of *parts* as fit, none of them cut."""
    text = ""
    for part in parts:
        longer = f"{text} · {part}" if text else part
        if len(longer) <= longest:
            text = longer
    return text


def _slack_text(text: str, longest: int = SLACK_SECTION) -> str:
    """Escaped as Slack demands, so that no alert calls a channel; cut before, and never in the middle of an escape."""
    escaped = [{"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(letter, letter) for letter in text]
    if sum(map(len, escaped)) <= longest:
        return "".join(escaped)
    kept, room = [], longest - len(CUT)
    for letter in escaped:
        if (room := room - len(letter)) < 0:
            break
        kept.append(letter)
    return "".join(kept) + CUT


def _slack_url(url: str) -> str:
    return url.replace("&", "&amp;").replace("|", "%7C").replace("<", "%3C").replace(">", "%3E")


def _markdown(text: str) -> str:
    """No link, emphasis or mention that the alert did not mean."""
    return re.sub(r"([\\`*_\[\]~|<>#])", r"\\\1", text)


def _encoded(card: dict[str, Any]) -> bytes:
    return json.dumps(card, ensure_ascii=False, default=str).encode()
