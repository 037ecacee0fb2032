"""Terms of the pages in one line each; the '?' buttons show them (`lm-help` in assets/help.js)."""

from __future__ import annotations

import re
from functools import cache

TERMS: dict[str, str] = {
    # The run
    "scenario": "A set of assumptions: what the actors and the law do differently from the usual run.",
    "forced": "An outcome is imposed by the scenario; the agents do not find it by themselves.",
    "seed": "A number that fixes the luck of a run. The same seed brings the same luck, in every scenario.",
    "lever": "What an actor or a policy maker chooses. A change starts the run again.",
    "uncertainty": "What the world chooses: a figure that nobody knows exactly, with the range that is likely.",
    "month": "The model goes month by month. Looking back changes nothing in the run.",
    "speed": "How many months are simulated a second, as far as the machine can.",
    "link": "The address of this page holds scenario, changes, seed and month, so that it brings the same view again.",
    "what happened": "Events of the run, newest first: talks, contracts, prices, capacity. Each one opens what it "
    "tells about.",
    "shippers": "Who sends parcels. Amazon and about 2,000 more stand for all of them; fewer are faster and coarser.",
    "last month": "The last month to be simulated, written as year and month, such as 2030-12.",
    # Parcels and prices
    "last mile": "The way of a parcel from the last depot to the door.",
    "carrier": "Who carries parcels: USPS, Amazon, UPS, FedEx, and eight regional carriers.",
    "regional carrier": "A carrier that serves some states only. The eight of them are shown as one line on Watch.",
    "own share": "Share of the parcels that Amazon ships which its own vans deliver, by how densely people live.",
    "density": "How densely people live. Urban, suburban and rural are the three parts of each state.",
    "on time": "Share of the parcels that arrive on the promised day or before.",
    "service": "Economy is slow and cheap, ground takes a few days, premium is fast and dear.",
    "price paid": "Mean price that shippers other than Amazon pay for a parcel of each service, discounts included.",
    "list price": "Published price of a parcel before discounts and surcharges; of the regional carriers their mean. "
    "No line where a carrier does not offer the service.",
    "general increase": "The rise of all list prices that a carrier announces once a year.",
    # Money
    "net income": "What USPS earns or loses in a month, mail included, after all costs.",
    "debt ceiling": "At the end of each month. The law lets USPS borrow up to the ceiling and no more.",
    "statement": "Everything that a firm received and paid, by whom and for what, as the books have it.",
    "contribution": "Revenue less the cost that these parcels cause: what is left to pay for everything else.",
    "attributable cost": "Cost that a product causes. The law forbids USPS to sell below it.",
    "institutional cost": "Cost that no single product causes, such as the network that must reach every address.",
    "margin": "Revenue less cost, as a share of the revenue.",
    "target margin": "The margin that a carrier aims at when it sets its list prices.",
    "distress measure": "What USPS does, step by step, when its cash runs low: from putting off payments to slower "
    "service.",
    "put off": "Contributions to its pension funds that USPS has not paid yet.",
    # Networks
    "capacity": "Parcels that a network can deliver in a month.",
    "capacity used": "Parcels delivered, as a share of the capacity. Near 100 % parcels wait or go elsewhere.",
    "coverage": "Share of the households that a carrier reaches with routes of its own.",
    "build limit": "The most capacity that a carrier can add in a year.",
    "what binds": "Limits that were reached in the month shown, so that somebody had to act differently.",
    "belief": "What an agent expects. It acts on this, not on the truth, and learns as months go by.",
    # Talks
    "negotiation": "Two firms bargain over a contract month by month, each with limits that the other does not know.",
    "offer": "The price that one side names. The buyer bids, the seller asks; the two take turns.",
    "reservation value": "The worst price that a side would still accept; beyond it, no agreement is better.",
    "zone of agreement": "Prices that both sides would accept: between the reservation values of seller and buyer.",
    "Nash price": "A price that splits what both gain by a deal. It is a benchmark, not an offer.",
    "deadline": "When waiting begins to cost: the contract in force ends, or the buyer must order capacity of its own.",
    "published price": "What a parcel pays when there is no contract.",
    "private error": "Each side judges its own limit a little wrong, and does not know by how much.",
    "played by hand": "A visitor decides for one side. What one player does is no finding of the model.",
    # Contracts
    "escalator": "By how much the price rises at each anniversary of the contract.",
    "commitment": "Parcels a year that the buyer promises. With clearly fewer the commitment is missed.",
    "at most": "The most parcels a year that the seller must accept.",
    "contract year": "Twelve months from the start of the contract or its last anniversary.",
    "missed commitment": "What the buyer owes when it sends too few parcels in a contract year.",
    "rate agreement": "A contract by which one large shipper gets a discount from one carrier.",
    "enterprise shipper": "A large shipper: it splits its parcels over carriers and bargains for its own rates.",
    "small shipper": "A small shipper: it takes quotes and changes its carrier now and then. Each row stands for many.",
    "zone": "The urban, suburban or rural part of one state; there are 152.",
    "regulator": "Applies the law to contracts, prices, borrowing and results of USPS.",
    # Comparing
    "reference": "The run that all the others are compared with.",
    "paired replications": "Every run is repeated with the same seeds, and differences are taken seed by seed, so that "
    "luck cancels out.",
    "95 % interval": "Where the true mean lies with 95 % confidence. It holds luck only, not what is unknown about the "
    "parameters.",
    "band": "The shaded area around a line: where the runs, or their mean, lie.",
    "verdict": "Not clear means that the interval holds zero: the difference may be luck.",
    "gain": "What an actor has more, or less, than in the reference, over all months together.",
    "outcome": "A figure of a whole run or of one of its years, such as the net income of USPS in 2030.",
    "monthly series": "A figure of every month, such as the cash of USPS. Each one kept makes the store larger.",
    "changes": "Levers and parameters that differ from the scenario, one a line. The Evidence page lists them.",
    # Experiments
    "design": "Which runs are made: what is varied, over which values, how often.",
    "kind": "A grid takes every combination. A Latin hypercube spreads points evenly. Sobol and Morris ask which "
    "factors matter.",
    "factor": "A lever or an uncertainty that is varied.",
    "point": "One combination of values of all factors.",
    "store": "The folder that holds the runs of a sweep. The command line reads the same one.",
    "sweep": "All runs of a design. It can be cancelled and resumed; runs that are done are kept.",
    "heat map": "The colour shows the mean outcome for every pair of values; the note says over what the mean is.",
    "tornado": "How the outcome changes when a factor goes from its lowest to its highest value; longest bar first.",
    "response curve": "How the outcome changes along one factor.",
    "Sobol index": "Share of the variance of the outcome that goes with a factor, alone or with its interactions.",
    "Morris effect": "Mean change of the outcome when one factor alone goes through its range.",
    "share of the variance": "How much of the differences between runs goes with a factor, with factors together, or "
    "with luck. In brackets where it may be chance.",
    # Evidence
    "back-test": "The model runs through years that are past, and is compared with what was published about them.",
    "in sample": "Years whose figures were used to estimate the parameters. Being right there is no proof.",
    "out of sample": "Years that the parameters knew nothing of, from 2022 to 2024. This is the real test.",
    "persistence": "A forecast that needs no model: everything stays as it was last.",
    "drift": "A forecast that needs no model: the last trend goes on.",
    "limit": "The largest error that counts as good; written down before any run.",
    "pattern": "Something that was observed, such as a share that fell; the runs should show it too.",
    "parameter": "A number of the economy. Each has a source, a range, and a status.",
    "status": "Sourced: published. Estimate: from what is published, with a range. Derived: computed. Choice: ours.",
    "settable": "Whether a visitor can change the parameter.",
    "range": "From the lowest to the highest value that is likely; designs vary a parameter within it.",
    "phase": "A step of the month. All agents act on what was known when the month began.",
    "source": "Where a figure was published. Point at a name for the full title.",
}

# Words of labels that stand for a term; the longest one that is found in a label counts.
ALIASES: dict[str, str] = {
    "own vans": "own share",
    "list level": "list price",
    "list increase": "general increase",
    "economy": "service",
    "used": "capacity used",
    "distress measures": "distress measure",
    "can reach": "coverage",
    "reaches": "coverage",
    "add in a year": "build limit",
    "expects": "belief",
    "they believe": "belief",
    "binds this month": "what binds",
    "rate agreements": "rate agreement",
    "committed": "commitment",
    "rise a year": "escalator",
    "broken": "regulator",
    "parameters": "parameter",
    "factors": "factor",
    "scores": "back-test",
    "patterns of the past": "pattern",
    "sample": "out of sample",
    "error": "back-test",
    "a month, phase by phase": "phase",
    "data files": "source",
    "sources": "source",
    "low": "range",
    "high": "range",
    "outcomes": "outcome",
    "winners and losers": "gain",
    "what drives it": "share of the variance",
    "what moves it": "tornado",
    "sensitivity indices": "Sobol index",
    "lowest at": "point",
    "highest at": "point",
    "90 % of points": "point",
    "difference": "paired replications",
    "shortfall": "missed commitment",
    "stations": "capacity",
    "primary carrier": "carrier",
    "error in the limit": "private error",
    "what each side could accept": "reservation value",
    "what to compare": "reference",
}


@cache
def term_of(label: str) -> str:
    """The term that a label is about, empty where it is plain English.

    Args:
        label: A heading, the name of a fact, or the head of a column.
    """
    words = label.lower()
    known = {term.lower(): term for term in TERMS} | ALIASES
    # Short words such as "month" or "limit" are part of much plain English: they count only as a whole label.
    found = [
        key for key in known if (words == key or len(key) > 6) and re.search(rf"(?<!\w){re.escape(key)}(?!\w)", words)
    ]
    return known[max(found, key=len)] if found else ""


def explain(label: str) -> str:
    """What a label means, empty where it is plain English."""
    return TERMS.get(term_of(label), "")
