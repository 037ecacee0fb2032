"""The world and its clock: zones, demand, allocation, contracts, ledger, scenarios and `Economy`."""

from lastmile_packages import check_packages

check_packages("agents")
