"""The method and its limits in plain words, as they stand on the page."""

from __future__ import annotations

METHOD: tuple[tuple[str, str], ...] = (
    (
        "Who acts",
        "USPS, Amazon, UPS, FedEx, eight regional carriers and some 2,000 shippers (each small one stands for many) "
        "meet every month in 152 zones: the cities, suburbs and countryside of each state. A regulator applies the "
        "statutes.",
    ),
    (
        "What a parcel costs",
        "Stops lie on tours; the denser they lie, the cheaper each is. USPS passes every address with mail anyway, so "
        "that a rural parcel is cheap for USPS and dear for everybody else. That gap is what is bargained over.",
    ),
    (
        "How shippers choose",
        "By price, time, reliability and habit (a logit choice). Small shippers reconsider now and then, large ones "
        "split their parcels every month.",
    ),
    (
        "How carriers decide",
        "They build capacity where it pays within what they believe, with a delay and a limit on how fast; set list "
        "prices once a year; and deliver a parcel themselves or buy the last mile, whichever is cheaper. Amazon does "
        "both.",
    ),
    (
        "How contracts come about",
        "By offers that answer each other until the deadlines bite. Neither side sees what the other would still "
        "accept; in the usual scenario nothing says that they must agree.",
    ),
    (
        "How money moves",
        "Every payment leaves one account and enters another, in whole cents; parcels and money are checked every "
        "month.",
    ),
    (
        "Luck",
        "Runs with one seed share the luck of the world until they differ. A difference between scenarios is taken run "
        "by run, so that it is no luck of the draw.",
    ),
)

LIMITS: tuple[str, ...] = (
    "It compares; it predicts no dates, and it has no politics.",
    "Amazon's parcels at USPS and their price are not public. They are estimates with a wide range, and results lean "
    "on them.",
    "Private errors and rules of the talks are no data: price and volume of a contract differ a lot between seeds, and "
    "their mean is no forecast.",
    "An interval of a difference holds luck, and the parameters where the runs take draws of them. What is wrong with "
    "the model's form is only in the bands of the back-test and of a forecast.",
    "Scenarios that impose an outcome are marked as forced wherever they are shown.",
    "Regional carriers cover whole states where only metropolitan areas are known; retailers' own networks are left "
    "out.",
    "No outcome after 2024 was used; plans and price lists that were public by the end of 2025 enter as dated events.",
)

FILES: dict[str, str] = {
    "allowed_ranges.csv": "What values a parameter may take at all, by unit or by name.",
    "amazon_network_states.csv": "How many fulfilment centres Amazon opened by state and year, up to 2021.",
    "carriers.csv": "The carriers, their kind and their footprints.",
    "market_history.csv": "Published volumes, revenue and shares of the past.",
    "online_sales.csv": "What households ordered online by quarter, which spreads the demand of a past year over it.",
    "parameters.csv": "Every number of the economy with its range, status and source.",
    "places.csv": "Counties: where they are and how many households they have.",
    "regional_centres.csv": "The 59 largest metropolitan areas, which stand for the regional centres of USPS.",
    "sources.csv": "Where figures were published.",
    "start_years.csv": "Accounts and flows of the years in which a run can start.",
    "usps_autumns.csv": "What October to December brought USPS beside a year earlier: fiscal into calendar years.",
    "usps_pay.csv": "What USPS agreed to pay its clerks more, general increases and cost-of-living amounts.",
    "state_borders.csv": "Which states border which.",
    "states.csv": "Population, area and rural share of the states.",
    "timeline.csv": "Dated contracts, plans and decisions.",
    "zone_distances.csv": "How far the places of the market are from a regional centre and from a station.",
    "zones.csv": "Households, served area and density inside the places of the market, from counts by ZIP.",
}

STATUS: dict[str, str] = {
    "sourced": "published",
    "estimate": "estimated from what is published, with a range",
    "derived": "computed from other rows",
    "choice": "a choice of the modeller",
}
