"""Designs: ordered tables of points over levers and uncertainties.

`read_design` turns a TOML file or a mapping into a `Design` and tells everything that is wrong with it at once.
"""

from experiments.designs.design import Design
from experiments.designs.factors import Factor
from experiments.designs.reading import read_design

__all__ = ["Design", "Factor", "read_design"]
