"""Double-entry ledger in whole cents: what one party pays another receives, so money is neither made nor lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CENTS = 100.0
Cents = NDArray[np.int64]
Floats = NDArray[np.float64]


def to_cents(dollars: Floats | float) -> Cents:
    """Round dollars to whole cents, half to even, once."""
    return np.asarray(np.rint(np.asarray(dollars) * CENTS), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Payments:
    """What was paid in one month, without what is zero.

    Attributes:
        place: Position in the flattened array of category, payer and payee, (n,).
        cents: Whole cents, (n,).
    """

    place: NDArray[np.int32]
    cents: Cents


class Ledger:
    """Balances of all parties, and who paid whom in the current month for what.

    Args:
        parties: Names of those who pay and receive, P.
        categories: Names of what is paid for, C.

    Attributes:
        balance: Cash of each party, (P,).
        flow: Payments of the month by category, payer and payee, (C, P, P).
        history: Payments of the months that were closed, in order.
    """

    def __init__(self, parties: Sequence[str], categories: Sequence[str]) -> None:
        self.parties = tuple(parties)
        self.categories = tuple(categories)
        self._party = {name: i for i, name in enumerate(self.parties)}
        self._category = {name: i for i, name in enumerate(self.categories)}
        self.balance: Cents = np.zeros(len(self.parties), dtype=np.int64)
        self.flow: Cents = np.zeros((len(self.categories), len(self.parties), len(self.parties)), dtype=np.int64)
        self.history: list[Payments] = []

    def open_month(self) -> None:
        """Forget last month's payments; balances stay."""
        self.flow[:] = 0

    def close_month(self) -> None:
        """Keep the month's payments for the statements of the parties."""
        places = np.flatnonzero(self.flow)
        self.history.append(Payments(places.astype(np.int32), self.flow.ravel()[places]))

    @property
    def received(self) -> Cents:
        """What each party received this month by category, (C, P)."""
        return np.asarray(self.flow.sum(axis=1))

    @property
    def paid(self) -> Cents:
        """What each party paid this month by category, (C, P)."""
        return np.asarray(self.flow.sum(axis=2))

    def index(self, party: str) -> int:
        """Position of a party.

        Raises:
            KeyError: No such party.
        """
        return self._party[party]

    def category(self, name: str) -> int:
        """Position of a category.

        Raises:
            KeyError: No such category.
        """
        return self._category[name]

    def pay(self, category: str, payer: str, payee: str, dollars: float) -> int:
        """Record one payment; a negative amount is a payment in the other direction.

        Returns:
            The cents that moved.
        """
        cents, giver, taker = round(float(dollars) * CENTS), self.index(payer), self.index(payee)  # half to even
        self.flow[self.category(category), giver, taker] += cents
        self.balance[giver] -= cents
        self.balance[taker] += cents
        return cents

    def pay_many(self, category: str, payer: NDArray[np.int64], payee: NDArray[np.int64], cents: Cents) -> None:
        """Record many payments at once.

        Args:
            category: What is paid for.
            payer: Party of each payment, (n,).
            payee: Party of each payment, (n,).
            cents: Whole cents of each payment, (n,).
        """
        np.add.at(self.flow[self.category(category)], (payer, payee), cents)
        np.subtract.at(self.balance, payer, cents)
        np.add.at(self.balance, payee, cents)

    def cash(self, party: str) -> float:
        """Balance of a party in dollars."""
        return float(self.balance[self.index(party)]) / CENTS

    def opening_cash(self, party: str) -> float:
        """Balance of a party when the month began, dollars."""
        one = self.index(party)
        return float(self.balance[one] - self.flow[:, :, one].sum() + self.flow[:, one].sum()) / CENTS

    def income(self, category: str, party: str) -> float:
        """Dollars that a party received this month in a category, net of what it paid."""
        flow, one = self.flow[self.category(category)], self.index(party)
        return float(flow[:, one].sum() - flow[one].sum()) / CENTS

    def incomes(self, category: str) -> Floats:
        """`income` of every party, dollars, (P,)."""
        flow = self.flow[self.category(category)]
        return np.asarray((flow.sum(axis=0) - flow.sum(axis=1)) / CENTS)
