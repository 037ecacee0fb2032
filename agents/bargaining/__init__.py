"""How two parties agree on a price and a quantity, or do not.

Floor 1: pure values and functions; the market says what is at stake and signs what comes out. A strategy of one's own
needs two methods, `propose` and `accept` (see `Strategy`), and goes into `AlternatingOffers`.
"""

from agents.bargaining.alternating import AlternatingOffers, Concession
from agents.bargaining.forms import MENU, Form, fall_back
from agents.bargaining.nash import FixedPoint, NashSplit, close_at_nash, nash_in_nash, nash_price
from agents.bargaining.offers import Offer, Side, Stakes, View
from agents.bargaining.packages import (
    Package,
    PackageTerms,
    as_seen,
    forecast_use,
    ranking,
    worth_leaving,
)
from agents.bargaining.pooling import PackageCase, build_package, pool_slices
from agents.bargaining.posted import PostedTariff, TakeItOrLeaveIt
from agents.bargaining.protocol import Bargaining, Strategy
from agents.bargaining.reservation import (
    PriceGroups,
    PriceStructure,
    group_stakes,
    price_groups,
    private_noise,
    tendered,
)
from agents.bargaining.seat import Answer, PlayedByHand, Question, WrongAnswerError, as_the_model
from agents.bargaining.talks import Talks
from agents.bargaining.values import (
    BuyerValues,
    Sale,
    SellerLimits,
    SliceValues,
    buyer_values,
    exit_months,
    seller_limits,
    slice_values,
    stay_weight,
    with_seller,
)

__all__ = [
    "MENU",
    "AlternatingOffers",
    "Answer",
    "Bargaining",
    "BuyerValues",
    "Concession",
    "FixedPoint",
    "Form",
    "NashSplit",
    "Offer",
    "Package",
    "PackageCase",
    "PackageTerms",
    "PlayedByHand",
    "PostedTariff",
    "PriceGroups",
    "PriceStructure",
    "Question",
    "Sale",
    "SellerLimits",
    "Side",
    "SliceValues",
    "Stakes",
    "Strategy",
    "TakeItOrLeaveIt",
    "Talks",
    "View",
    "WrongAnswerError",
    "as_seen",
    "as_the_model",
    "build_package",
    "buyer_values",
    "close_at_nash",
    "exit_months",
    "fall_back",
    "forecast_use",
    "group_stakes",
    "nash_in_nash",
    "nash_price",
    "pool_slices",
    "price_groups",
    "private_noise",
    "ranking",
    "seller_limits",
    "slice_values",
    "stay_weight",
    "tendered",
    "with_seller",
    "worth_leaving",
]
