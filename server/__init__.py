"""The browser app: draws snapshots of running markets, never touches a live agent (floor 4)."""
