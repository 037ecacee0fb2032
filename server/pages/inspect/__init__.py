"""The page on which one looks at any agent, contract, zone or shipper of the run."""

from server.pages.inspect.page import InspectPage

__all__ = ["InspectPage"]
