"""Terms of the pages in one line each; the '?' buttons show them."""

from __future__ import annotations

TERMS: dict[str, str] = {
    "own share": "Share of the parcels that Amazon ships which its own vans deliver, by how densely people live.",
    "net income": "What USPS earns or loses in a month, mail included, after all costs.",
    "debt ceiling": "At the end of each month. The law lets USPS borrow up to the ceiling and no more.",
    "price paid": "Mean price that shippers other than Amazon pay for a parcel of each service, discounts included.",
    "list price": "Published price of a parcel before discounts and surcharges; of the regional carriers their mean. "
    "No line where a carrier does not offer the service.",
    "seed": "The same seed brings the same luck, in every scenario.",
    "forced": "An outcome is imposed by the scenario; the agents do not find it by themselves.",
    "lever": "What an actor or a policy maker chooses.",
    "uncertainty": "What the world chooses: a figure that nobody knows exactly, with the range that is likely.",
    "last mile": "The way of a parcel from the last depot to the door.",
    "reservation value": "The worst price that a side would still accept; beyond it, no agreement is better.",
    "zone of agreement": "Prices that both sides would accept: between the reservation values of seller and buyer.",
}
