"""What the model was held against, what it is made of, and what it cannot do."""

from server.pages.evidence.page import EvidencePage

__all__ = ["EvidencePage"]
