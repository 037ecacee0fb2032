"""Amazon with a learning rule: lastmile run baseline --roster amazon=examples/learning_amazon.py:LearningAmazon."""

from dataclasses import replace
from types import SimpleNamespace

from agents.amazon import Amazon
from model.market import ParcelMarket


class LearningAmazon(Amazon):
    """Amazon, which remembers from one negotiation to the next what it has paid each carrier."""

    def bargains(self, side, other):
        """Bargain as usual, but where the price has risen since it can remember, a deal must be a tenth cheaper."""
        self.paid = {other: [], **getattr(self, "paid", {})}
        paid, rule = self.paid[other], super().bargains(side, other)

        def learned(view):
            paid.append(float(view.current_price.mean()))
            return replace(view, reservation=view.reservation * (0.9 if paid[-1] > paid[0] else 1.0))

        return SimpleNamespace(
            propose=lambda view: rule.propose(learned(view)),
            accept=lambda view, price: rule.accept(learned(view), price),
        )


if __name__ == "__main__":
    print(ParcelMarket(roster={"amazon": LearningAmazon}).run().outcomes()["amazon_delivered_cost_usd"])
