"""The world and its clock: zones, demand, allocation, contracts, ledger, scenarios and `Economy`."""
