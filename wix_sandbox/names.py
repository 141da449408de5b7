"""The names of made-up people, companies, sites and folders."""

from __future__ import annotations

import unicodedata

FIRST = (
    "Amara", "Anders", "Aoife", "Bruno", "Camille", "Chidi", "Dalia", "Daniel", "Elena", "Emre", "Farah", "Felix",
    "Giulia", "Hana", "Hugo", "Ines", "Isaac", "Jamal", "Jana", "Jonas", "Karim", "Katya", "Lars", "Leila", "Liam",
    "Lucía", "Maja", "Marco", "Mei", "Milan", "Nadia", "Noah", "Olga", "Oscar", "Paula", "Pavel", "Quentin", "Rania",
    "Rosa", "Samir", "Sofie", "Tariq", "Teresa", "Uma", "Viktor", "Wanda", "Yara", "Yusuf", "Zoë", "Zuzana",
)  # fmt: skip
LAST = (
    "Abbott", "Almeida", "Andersen", "Bauer", "Bianchi", "Bose", "Chen", "Costa", "Dahl", "Diallo", "Dubois", "Eriksen",
    "Farouk", "Fischer", "Fontaine", "Garcia", "Gruber", "Hansen", "Horvat", "Ivanova", "Jansen", "Kaya", "Keller",
    "Kowalska", "Larsen", "Lindgren", "Lopes", "Mensah", "Meyer", "Moreau", "Müller", "Ndiaye", "Novak", "O'Brien",
    "Okoye", "Papadaki", "Pereira", "Popescu", "Quinn", "Rahman", "Rossi", "Sato", "Schulz", "Silva", "Tanaka",
    "Torres", "Ueda", "Vargas", "Weiss", "Yilmaz",
)  # fmt: skip
AWKWARD = (
    ("Ольга", "Кузнецова"),
    ("美咲", "山本"),
    ("ليلى", "حداد"),
    ("Jo 🌻", "Park"),
    ("Bob “Bobby”", "Tables'); DROP"),
    ("Anne\nMarie", "Le Goff, PhD"),
    ("=SUM(A1)", "Cell"),
)
AGENCIES = ("pixelforge.example", "brightside-media.example", "harbourline.example", "freemail.example")
SITE_KINDS = ("Bakery", "Hotel", "Clinic", "Festival", "Outlet", "Gallery", "Academy", "Brewery", "Yoga", "Realty")
SITE_PLACES = ("Riverside", "Old Town", "Harbor", "Hilltop", "Lakeside", "Central", "Garden", "Sunset", "Maple", "Nova")
FOLDER_WORDS = (
    "Retail",
    "Events",
    "Regions",
    "Landing pages",
    "Archive",
    "Drafts",
    "Partners",
    "Europe",
    "Asia",
    "Lab",
)


def slug(text: str) -> str:
    """The letters and digits of a name in plain ASCII, for addresses; empty for other alphabets."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower().replace(" ", "-") if letter.isalnum() or letter == "-").strip("-")
