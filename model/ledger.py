"""Double-entry ledger in whole cents: what one party pays another receives, so money is neither made nor lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CENTS = 100.0
Cents = NDArray[np.int64]
Floats = NDArray[np.float64]


def to_cents(dollars: Floats | float) -> Cents:
    """Round dollars to whole cents, half to even, once."""
    return np.asarray(np.rint(np.asarray(dollars) * CENTS), dtype=np.int64)


class Ledger:
    """Balances of all parties and the payments of the current month by category.

    Args:
        parties: Names of those who pay and receive.
        categories: Names of what is paid for.
    """

    def __init__(self, parties: Sequence[str], categories: Sequence[str]) -> None:
        self.parties = tuple(parties)
        self.categories = tuple(categories)
        self._party = {name: i for i, name in enumerate(self.parties)}
        self._category = {name: i for i, name in enumerate(self.categories)}
        shape = (len(self.categories), len(self.parties))
        self.balance: Cents = np.zeros(len(self.parties), dtype=np.int64)
        self.received: Cents = np.zeros(shape, dtype=np.int64)
        self.paid: Cents = np.zeros(shape, dtype=np.int64)

    def open_month(self) -> None:
        """Forget last month's payments; balances stay."""
        self.received[:] = 0
        self.paid[:] = 0

    def index(self, party: str) -> int:
        """Position of a party.

        Raises:
            KeyError: No such party.
        """
        return self._party[party]

    def pay(self, category: str, payer: str, payee: str, dollars: float) -> int:
        """Record one payment; a negative amount is a payment in the other direction.

        Returns:
            The cents that moved.
        """
        cents = int(to_cents(dollars))
        self.pay_many(category, np.array([self.index(payer)]), np.array([self.index(payee)]), np.array([cents]))
        return cents

    def pay_many(self, category: str, payer: NDArray[np.int64], payee: NDArray[np.int64], cents: Cents) -> None:
        """Record many payments at once.

        Args:
            category: What is paid for.
            payer: Party of each payment, (n,).
            payee: Party of each payment, (n,).
            cents: Whole cents of each payment, (n,).
        """
        row = self._category[category]
        np.add.at(self.paid[row], payer, cents)
        np.add.at(self.received[row], payee, cents)
        np.subtract.at(self.balance, payer, cents)
        np.add.at(self.balance, payee, cents)

    def cash(self, party: str) -> float:
        """Balance of a party in dollars."""
        return float(self.balance[self.index(party)]) / CENTS

    def income(self, category: str, party: str) -> float:
        """Dollars that a party received this month in a category, net of what it paid."""
        row, column = self._category[category], self.index(party)
        return float(self.received[row, column] - self.paid[row, column]) / CENTS
