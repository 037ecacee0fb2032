"""The browser app: draws snapshots of running markets, never touches a live agent (floor 4)."""

from lastmile_packages import check_packages

check_packages("agents", "model", "experiments")
