"""All contracts of the market: the one place where they change, and the events that this leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.contracts import (
    Contract,
    ContractState,
    Settlement,
    advance,
    give_notice,
    next_version,
    over_by,
    quiet_until,
    settle,
)
from model.events import EventLog
from model.words import party_name, shortfall_in_words


@dataclass(slots=True)
class Holding:
    """A contract with what was delivered under it in the running contract year.

    Attributes:
        contract: Latest version.
        delivered: Parcels of the contract year so far, by price group.
        quiet: A version and the index of the month until which the calendar asks nothing of it.
    """

    contract: Contract
    delivered: list[float] = field(default_factory=list)
    quiet: tuple[Contract, int] | None = None

    def rests(self, today: int) -> bool:
        """Whether nothing is due this month."""
        return self.quiet is not None and self.quiet[0] is self.contract and today < self.quiet[1]


class ContractBook:
    """Contracts by (seller, buyer), with one event for each change.

    Args:
        events: Where changes are recorded.
        names: Names of the carriers for people, by key.
    """

    def __init__(self, events: EventLog, names: Mapping[str, str] | None = None) -> None:
        self._events, self._names = events, names or {}
        self._held: dict[tuple[str, str], Holding] = {}
        self._upcoming: dict[tuple[str, str], Contract] = {}
        # What ended in a month and is not told yet: until the month is over a successor can still be signed.
        self._ended: dict[tuple[str, str], tuple[Month, Contract]] = {}
        self.history: list[Contract] = []
        # What missed commitments cost, oldest first: month, the contract until then, and the result.
        self.shortfalls: list[tuple[Month, Contract, Settlement]] = []

    def hold(self, contract: Contract, delivered: tuple[float, ...] | None = None) -> None:
        """Take over a contract that is older than the run: it is in force, and nothing happens today.

        Args:
            contract: Terms; its start lies in the past.
            delivered: Parcels already delivered in the running contract year, by group.
        """
        active = replace(contract, state=ContractState.ACTIVE)
        self._held[contract.seller, contract.buyer] = Holding(active, list(delivered or (0.0,) * len(contract.groups)))
        self.history.append(active)

    def sign(self, contract: Contract, month: Month, delivered: tuple[float, ...] | None = None) -> Contract:
        """Put a contract into the book; one that starts later waits beside the one in force until its start has come.

        Args:
            contract: Terms.
            month: Month of signature.
            delivered: Parcels already delivered in the running contract year, for contracts older than the run.
        """
        signed = next_version(contract, state=ContractState.SIGNED)
        if signed.start <= month:
            self._end_replaced(signed, month)
        buyer, seller = self.name(contract.buyer), self.name(contract.seller)
        self._record(signed, month, f"{buyer} and {seller} sign for {contract.term_months} months")
        if signed.start > month:
            self._upcoming[contract.seller, contract.buyer] = signed
            return signed
        return self._begin(signed, month, delivered)

    def offer(self, contract: Contract, month: Month) -> None:
        """Record terms that both sides want and that somebody else still has to approve; nothing is in force yet.

        Args:
            contract: Terms in the state "offered".
            month: Month of the agreement.
        """
        buyer, seller = self.name(contract.buyer), self.name(contract.seller)
        self._record(contract, month, f"{buyer} and {seller} table terms for {contract.term_months} months")

    def give_notice(self, seller: str, buyer: str, month: Month) -> Contract:
        """End the contract in force between two parties after its period of notice.

        Raises:
            KeyError: They have none in force.
        """
        holding = self._held.get((seller, buyer))
        if holding is None or not holding.contract.in_force:
            raise KeyError(f"{seller} and {buyer} have no contract in force")
        if holding.contract.ends is not None:
            return holding.contract
        after = give_notice(holding.contract, month)
        return self._replace(holding, after, month, f"is given notice and ends by {after.ends}")

    def delivered(self, seller: str, buyer: str) -> tuple[float, ...]:
        """Parcels delivered in the running contract year, by price group; empty without a contract."""
        holding = self._held.get((seller, buyer))
        return () if holding is None else tuple(holding.delivered)

    def _begin(self, signed: Contract, month: Month, delivered: tuple[float, ...] | None = None) -> Contract:
        self._end_replaced(signed, month)
        holding = Holding(signed, list(delivered or (0.0,) * len(signed.groups)))
        self._held[signed.seller, signed.buyer] = holding
        return self._replace(holding, advance(signed, month), month, "comes into force")

    def _end_replaced(self, signed: Contract, month: Month) -> None:
        """End the contract of the same parties that is in force, or has ended this month, when a new one begins."""
        parties = signed.seller, signed.buyer
        before = self._held.get(parties)
        _, ended = self._ended.pop(parties, (month, None))
        if before is not None and ended is not None:  # its last version is made already, and told nowhere
            self._replaced(before, ended, month, ended.version)
        elif before is not None and before.contract.in_force:
            self._replaced(before, before.contract, month, before.contract.version + 1)

    def _replaced(self, holding: Holding, contract: Contract, month: Month, version: int) -> None:
        ends = month if contract.months_left(month) > 0 else contract.ends
        last = replace(contract, state=ContractState.REPLACED, ends=ends, version=version)
        self._replace(holding, last, month, "is replaced by a new one")

    def _end(self, holding: Holding, over: ContractState, month: Month) -> None:
        """Take a contract out of force; it is told at once where a successor begins, else at the end of the month."""
        contract = holding.contract
        parties = contract.seller, contract.buyer
        signed = self._upcoming.get(parties)
        if signed is not None and month >= signed.start:
            self._replaced(holding, contract, month, contract.version + 1)
        else:
            holding.contract = next_version(contract, state=over)
            self._ended[parties] = month, holding.contract

    def tell_endings(self) -> None:
        """Record the contracts that have ended and that nothing has replaced: the month is over."""
        for parties, (month, ended) in self._ended.items():
            what, signed = "ends after notice", self._upcoming.get(parties)
            if ended.state is ContractState.EXPIRED:
                what = "expires" + (f"; the next one begins in {signed.start}" if signed is not None else "")
            self._record(ended, month, self._sentence(ended, what))
        self._ended.clear()

    def upcoming(self, seller: str, buyer: str) -> Contract | None:
        """Return the contract that is signed and waits for its start, if any."""
        return self._upcoming.get((seller, buyer))

    def get(self, seller: str, buyer: str) -> Contract | None:
        """Return the latest version between two parties, in force or not; the one to come where there was none."""
        holding = self._held.get((seller, buyer))
        return self._upcoming.get((seller, buyer)) if holding is None else holding.contract

    def in_force(self) -> list[Contract]:
        """Return all contracts under which parcels move."""
        return [holding.contract for holding in self._held.values() if holding.contract.in_force]

    def deliver(self, seller: str, buyer: str, parcels: float, group: int = 0) -> None:
        """Count parcels delivered under a contract."""
        self._held[seller, buyer].delivered[group] += parcels

    def advance(self, month: Month) -> list[tuple[Contract, Settlement]]:
        """Move every contract to this month: settle anniversaries, activate, expire.

        Returns:
            Settlements with a payment or a change of price.
        """
        self.tell_endings()
        settled = []
        today = month.index
        for holding in [one for one in self._held.values() if not one.rests(today)]:
            contract = holding.contract
            over = over_by(contract, month)
            if contract.in_force and month > contract.start and (over or contract.is_anniversary(month)):
                months = (month - contract.start - 1) % MONTHS_PER_YEAR + 1
                result = settle(contract, month, tuple(holding.delivered), months / MONTHS_PER_YEAR)
                holding.delivered = [0.0] * len(contract.groups)
                if result.shortfall > 0.0:
                    text = shortfall_in_words(contract.shortfall_rule, result.shortfall, result.payment)
                    self._replace(holding, result.contract, month, text, shortfall_parcels=result.shortfall)
                    settled.append((contract, result))
                    self.shortfalls.append((month, contract, result))
                elif result.contract is not contract:
                    self._replace(holding, result.contract, month, "meets its commitment again")
            if over is not None:
                self._end(holding, over, month)
            holding.quiet = (holding.contract, quiet_until(holding.contract, month))
        for parties, signed in list(self._upcoming.items()):
            if month >= signed.start:
                del self._upcoming[parties]
                self._begin(signed, month)
        return settled

    def renew(self, contract: Contract, month: Month, term_months: int, price: tuple[float, ...]) -> Contract:
        """Sign the same terms anew from this month on.

        Args:
            contract: The contract whose terms continue.
            month: First month of the new term.
            term_months: Length in months.
            price: Dollars per parcel by group at the new start.
        """
        fresh = replace(
            contract,
            price=price,
            start=month,
            term_months=term_months,
            state=ContractState.OFFERED,
            version=1,
            peak_surcharge=0.0,
            reopener=None,
            published=0.0,
            reverted=False,
            ends=None,
            owed_at_start=1.0,
            build_up=0.0,
        )
        return self.sign(fresh, month)

    def reprice(self, contract: Contract, price: tuple[float, ...], month: Month) -> None:
        """Change the prices of a contract in force; they count from this month on."""
        holding = self._held[contract.seller, contract.buyer]
        self._replace(holding, next_version(contract, price=price), month, "is repriced")

    def leave(self, party: str, month: Month) -> None:
        """End all contracts of a party that leaves the market, in force or signed, at once."""
        for parties, signed in list(self._upcoming.items()):
            if party in parties:
                del self._upcoming[parties]
                ended = next_version(signed, state=ContractState.TERMINATED, ends=month)
                self._record(ended, month, self._sentence(ended, "does not begin: one side has left"))
        for parties, holding in self._held.items():
            if party in parties and holding.contract.in_force:
                ended = next_version(holding.contract, state=ContractState.TERMINATED, ends=month)
                self._replace(holding, ended, month, "ends: one side has left")

    def hand_over(self, seller: str, successor: str, buyer: str, month: Month) -> None:
        """Let another seller step into a contract, in force or signed: same terms, same parcels delivered so far.

        Args:
            seller: The seller that leaves.
            successor: The seller that takes its place; it must have no contract with the buyer.
            buyer: The buyer.
            month: Month in which this happens.

        Raises:
            ValueError: The successor has a contract with the buyer already.
        """
        held = self._held.get((successor, buyer))
        if (held is not None and held.contract.in_force) or (successor, buyer) in self._upcoming:
            raise ValueError(f"{successor} cannot take over a contract of {seller}: it has one with {buyer} already")
        holding = self._held.get((seller, buyer))
        if holding is not None and holding.contract.in_force:
            before = holding.contract
            passed = Holding(next_version(before, seller=successor), list(holding.delivered))
            ended = next_version(before, state=ContractState.ASSIGNED, ends=month)
            self._replace(holding, ended, month, f"passes to {self.name(successor)}", passed.contract)
            self._held[successor, buyer] = passed
            self.history.append(passed.contract)
        signed = self._upcoming.pop((seller, buyer), None)
        if signed is not None:
            self._upcoming[successor, buyer] = next_version(signed, seller=successor)
            self.history.append(self._upcoming[successor, buyer])

    def name(self, key: str) -> str:
        """Name of a party for people."""
        return self._names.get(key) or party_name(key)

    def _sentence(self, contract: Contract, what: str) -> str:
        return f"The contract of {self.name(contract.buyer)} with {self.name(contract.seller)} {what}"

    def _replace(
        self,
        holding: Holding,
        contract: Contract,
        month: Month,
        what: str,
        successor: Contract | None = None,
        **numbers: float,
    ) -> Contract:
        if contract is not holding.contract:
            holding.contract = contract
            self._record(contract, month, self._sentence(contract, what), successor, **numbers)
        return contract

    def _record(
        self, contract: Contract, month: Month, text: str, successor: Contract | None = None, **numbers: float
    ) -> None:
        self.history.append(contract)
        spoken_of = (contract,) if successor is None else (contract, successor)
        self._events.add(
            month,
            "enterprise_contract" if contract.buyer.startswith("enterprise") else "contract",
            (contract.buyer, contract.seller),
            text,
            about=tuple(f"contract:{one.key}" for one in spoken_of),
            price_usd=contract.price_at(month),
            commitment_parcels=sum(contract.commitment),
            years=contract.term_months / MONTHS_PER_YEAR,
            **numbers,
        )
