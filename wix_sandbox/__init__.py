"""A made-up but lifelike Wix account, served over real HTTP.

A simulation written from public documentation: no real Wix data or service is involved. It shares no code
with the tap, so that a misreading of the API in one of them cannot hide the same misreading in the other.

    records  ->  account  ->  story, generate, life  ->  world  ->  wire, endpoints  ->  app  ->  server  ->  cli
    plain data   changes      who is in it, what happens             JSON              HTTP, faults
"""

from wix_sandbox.account import Account
from wix_sandbox.app import ApiOptions
from wix_sandbox.faults import Fault
from wix_sandbox.records import Size
from wix_sandbox.server import Sandbox
from wix_sandbox.world import World

__all__ = ["Account", "ApiOptions", "Fault", "Sandbox", "Size", "World"]
