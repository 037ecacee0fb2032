"""The tests mirror the four floors. A package of its own name: some library installs one called `tests`, too."""
