"""The JSON examples that the API contract was compiled with, and values of the kinds that an API might send instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

EXAMPLES = Path(__file__).parent / "examples"


def example(name: str) -> bytes:
    """An example as the body of an answer: `team`, `roles`, `sites`, and so on (docs/api-contract.md, section 2)."""
    return (EXAMPLES / f"{name}.json").read_bytes()


def body(document: Any) -> bytes:
    """A document as the body of an answer."""
    return json.dumps(document, ensure_ascii=False).encode()


KNOWN_NAMES = (
    *("teamMembers", "facets", "user", "invite", "id", "email", "name", "firstName", "assignments", "restrictions"),
    *("policyId", "assignmentId", "policy", "subject", "subjectType", "site", "conditions", "resource"),
    *("conditionType", "resourceType", "value", "values", "count", "str", "int", "unparsed", "model_extra"),
)
"""Names that mean something to the reader, to pydantic, or to Python, so that odd values meet odd places."""

names = st.sampled_from(KNOWN_NAMES) | st.text(max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["FOLDER", "SITE", "2024-01-15T12:00:00Z", "\u2028", "\r\n\t", "6601492336091027458"])
)
json_values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)
"""Any JSON value."""
