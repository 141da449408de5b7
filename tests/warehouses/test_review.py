"""The review from a server that cannot be read, or not as it is: a sentence, and no password in it."""

from __future__ import annotations

from contextlib import closing
from urllib.parse import quote

import pytest

from tests.warehouses.review import address_of
from tests.warehouses.snowflake import PASSPHRASE
from wix_access_review.contract import NEEDED
from wix_access_review.database import reading
from wix_access_review.errors import ReviewError
from wix_access_review.rows import load
from wix_access_review.servers import copied


@pytest.mark.parametrize("warehouse", ["postgres", "snowflake"], indirect=True)
def test_what_is_not_there_is_said(warehouse, monkeypatch):
    """Without the models it says so, and an address that leads nowhere is not repeated with its password."""
    loaded = warehouse()
    address = address_of(loaded, monkeypatch)
    kind = {"target-postgres": "Postgres", "target-snowflake": "Snowflake"}[loaded.name]
    with pytest.raises(ReviewError, match=f"the models are not built in {kind}"), reading(address):
        pass
    with pytest.raises(ReviewError, match=f"the models in {kind} cannot be read") as raised, reading(f"{address}x"):
        pass
    secret = getattr(loaded.server, "password", PASSPHRASE)
    assert secret not in str(raised.value)


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_a_password_in_the_address_is_not_repeated(warehouse):
    """Neither as it was written nor as it is meant."""
    server = warehouse().server
    password = quote(server.password, safe="")
    address = f"postgresql://{server.user}:{password}@{server.host}:{server.port}/{server.database}x"
    with pytest.raises(ReviewError, match="the models in Postgres cannot be read") as raised, reading(address):
        pass
    assert password not in str(raised.value)
    assert server.password not in str(raised.value)


@pytest.mark.parametrize("warehouse", ["snowflake"], indirect=True)
def test_models_that_are_built_while_they_are_copied(warehouse, monkeypatch):
    """A build that began in between: nothing is made of the two halves."""
    loaded = warehouse()
    address = address_of(loaded, monkeypatch)
    with closing(loaded.server.connect()) as connection:
        cursor = connection.cursor()
        cursor.execute("create schema ACCESS_WIX")
        columns = ", ".join(f"{name} {kind}" for name, kind in NEEDED["access_wix.build"].items())
        cursor.execute(f"create table access_wix.build ({columns})")

        def slowly(*arguments, **options):
            load(*arguments, **options)
            cursor.execute("insert into access_wix.build values ('begun', false)")

        monkeypatch.setattr("wix_access_review.snowflake.load", slowly)
        with (
            pytest.raises(ReviewError, match="the models in Snowflake were built while they were copied: try again"),
            copied(address),
        ):
            pass
