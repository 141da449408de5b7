"""The page: one HTML file that needs nothing but itself, and may load nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wix_access_review.payload import as_script_data
from wix_access_review.receipts import moment

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from wix_access_review.overview import Review

SCRIPTS = ("dom.js", "data.js", "grid.js", "columns.js", "matrix.js", "lists.js", "detail.js", "app.js")
"""The parts of the page's script, in the order in which they need each other."""


_EARLY = 'document.documentElement.classList.add("scripted")'
"""Runs before anything is shown, so that what is only for pages without JavaScript never flashes up."""


def render(review: Review) -> str:
    """The page as HTML. Equal reviews make equal pages: no clock, no chance, no path is in it.

    Args:
        review: What it shows.
    """
    environment = _environment()
    style = _static("page.css")
    body = "\n".join(_static(name) for name in SCRIPTS)
    script = f'"use strict";\n(() => {{\n{body}\n}})();\n'
    return environment.get_template("page.html.j2").render(
        review=review,
        policy=_policy([_EARLY, script], style),
        # Files of this package, and JSON that closes no element: nothing here is escaped a second time.
        style=Markup(style),  # noqa: S704
        early=Markup(_EARLY),  # noqa: S704
        script=Markup(script),  # noqa: S704
        data=Markup(as_script_data(review.payload)),  # noqa: S704
        timeline_chart=Markup(review.timeline_chart),  # noqa: S704
        roles_chart=Markup(review.roles_chart),  # noqa: S704
    )


def render_still(template: str, title: str, **shown: Any) -> str:
    """A page without script, as HTML.

    Args:
        template: Its template.
        title: Its title.
        shown: What it shows.
    """
    style = _static("page.css")
    # A file of this package: nothing in it is escaped a second time.
    css = Markup(style)  # noqa: S704
    return _environment().get_template(template).render(title=title, style=css, policy=_policy([], style), **shown)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("wix_access_review"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        moment=moment,
        between=between,
        number=lambda value: f"{value:,}",
        pretty=_pretty,
        address=_address,
        power=_power,
    )
    return environment


def between(after: dt.datetime | None, before: dt.datetime | None) -> str:
    """When something happened, as far as it is known."""
    if not before:
        return "not known" if not after else f"after {moment(after)}"
    if not after:
        return f"at or before {moment(before)}"
    return f"between {moment(after)} and {moment(before)}"


def _power(is_privileged: bool | None) -> Markup:  # noqa: FBT001  # a filter
    """The badge of a grant."""
    kind, text = ("pending", "privilege not known") if is_privileged is None else ("power", "privileged")
    return Markup("") if is_privileged is False else Markup(' <span class="badge {}">{}</span>').format(kind, text)


def _address(text: str) -> Markup:
    """Text that may go on in the next line behind an @, so that no address is broken within a word."""
    return Markup("@<wbr>").join(text.split("@"))


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _policy(scripts: Sequence[str], style: str) -> str:
    """A policy that lets exactly these scripts and this style run, and nothing be loaded from anywhere.

    Style attributes are allowed: the pictures have them.
    """
    rules: dict[str, Any] = {
        "default-src": "'none'",
        "script-src": " ".join(map(_hash, scripts)) or "'none'",
        "style-src-elem": _hash(style),
        "style-src-attr": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _static(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text(encoding="utf-8")
