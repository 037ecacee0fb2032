"""The state of the market at its start: accounts of 2024 turned into agents, prices, contracts and capacity."""
