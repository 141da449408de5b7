"""The role catalogue. The first three ids and titles are documented; the other titles are known from support pages."""

from __future__ import annotations

from wix_sandbox.records import Role, dice

OWNER = "6601492336091027458"
CO_OWNER = "6642345101181663232"
SITE_ADMIN = "6732588207941061632"
UNUSED = "Freelance photographer"
"""A custom role that is never granted."""

_PREDEFINED = (
    (OWNER, "Owner", "Full access, billing and domains included.", None),
    (CO_OWNER, "Account Admin (Co-Owner)", "Everything except closing the account.", "Site"),
    (SITE_ADMIN, "Admin (Co-Owner)", "Full access to one site, no delete or transfer.", "Account"),
    ("6600344420111308827", "Website Manager", "Edits sites, settings and apps.", None),
    ("6715904137285630112", "Website Designer", "Edits the design of sites.", None),
    ("6728490215530471936", "Back Office Manager", "Manages the dashboard, not the design.", "NoRestriction"),
    ("6733162049871105280", "Billing Manager", "Manages payment methods and premium plans.", "Site"),
    ("6740058812946227301", "Domain Manager", "Manages domains and mailboxes.", "Site"),
    ("6751337690254413824", "Marketing Manager", "Manages campaigns, SEO and social posts.", None),
    ("6760921185537802249", "Store Manager", "Manages products and orders.", "Account"),
    ("6772845503391744001", "Blog Editor", "Writes, edits and publishes posts.", "Account"),
    ("6784410927746318350", "Blog Writer", "Writes posts and publishes their own.", "Account"),
    ("6791550368214900743", "Guest Writer", "Drafts posts for review.", "Account"),
)
_CUSTOM = (
    ("Content intern", "Custom", None),
    ("Regional editor", "Pages and posts of one region, “no prices”", "NoRestriction"),
    (UNUSED, "Uploads to the media manager", None),
)
_GERMAN = {
    "Owner": "Inhaber",
    "Account Admin (Co-Owner)": "Konto-Admin (Mitinhaber)",
    "Admin (Co-Owner)": "Admin (Mitinhaber)",
    "Website Manager": "Website-Manager",
    "Billing Manager": "Abrechnungsmanager",
    "Blog Editor": "Blog-Redakteur",
}


def catalogue(seed: object) -> list[Role]:
    """Every role of a new account. Predefined ids are the same everywhere, custom ones are the account's own."""
    chance = dice(seed, "roles")
    predefined = [Role(*row) for row in _PREDEFINED]
    predefined[4].editor_types = frozenset({"STUDIO", "EDITORX"})
    predefined[8].extra = {"requiredApps": ["marketing-suite"]}
    custom = [
        Role(str(chance.randrange(7 * 10**18, 8 * 10**18)), title, description, level, custom=True)
        for title, description, level in _CUSTOM
    ]
    return predefined + custom


def translated(title: str, locale: str) -> str:
    """A title in another language, or unchanged if there is no translation."""
    return _GERMAN.get(title, title) if locale.lower().startswith("de") else title
