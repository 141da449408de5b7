"""A made-up but lifelike Wix account, served over real HTTP.

A simulation written from public documentation: no real Wix data or service is involved. It shares no code
with the tap, so that a misreading of the API in one of them cannot hide the same misreading in the other.

    records  ->  account  ->  story, generate, life  ->  world  ->  wire, endpoints  ->  app  ->  server  ->  cli
    plain data   changes      who is in it, what happens             JSON              HTTP, faults
"""

from tap_wix_users.sandbox.account import Account
from tap_wix_users.sandbox.app import Rules
from tap_wix_users.sandbox.faults import Fault
from tap_wix_users.sandbox.server import Sandbox
from tap_wix_users.sandbox.world import Size, World

__all__ = ["Account", "Fault", "Rules", "Sandbox", "Size", "World"]
