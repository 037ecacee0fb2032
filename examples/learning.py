"""Amazon learns how far to hold back from USPS, and is compared with its usual strategy on seeds it has not seen.

It holds back by one number nine months before its contract ends and earlier, by another one when it ends, and evenly in
between. The cross-entropy method looks for the two: draw some, keep the best, draw around them.

python examples/learning.py             # under two minutes on two processors; needs the extra `learning`
python examples/learning.py 2027-09 6   # six rounds of learning instead of three
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial

import numpy as np
import pandas as pd

from experiments import workers
from experiments.learning import parallel_env
from experiments.paired import paired_table

USUAL = (0.0, 0.0)  # moves by nothing
MONTHS = 9.0


@cache
def environment(until: str):
    """The market with Amazon acting, once in each process."""
    return parallel_env(["amazon"], set={"n_shippers": 100}, until=until)


def lean(policy, months_left: float) -> float:
    """How far it moves towards USPS (below 0: away from it) when its contract ends in some months."""
    share = min(months_left, MONTHS) / MONTHS
    return share * policy[0] + (1.0 - share) * policy[1]


def play(until: str, job) -> float:
    """What a policy earns with a seed, million dollars."""
    (policy, seed), env = job, environment(until)
    seen = [field.name for field in env.sees("amazon")].index("usps_contract_months_left")
    fields = [field.name for field in env.decides("amazon")]
    moved = [fields.index("usps_offer"), fields.index("usps_acceptance")]
    observations, _ = env.reset(seed=seed)
    earned = 0.0
    while env.agents:
        action = np.zeros(len(fields), dtype=np.float32)
        action[moved] = lean(policy, observations["amazon"][seen])
        observations, rewards, *_ = env.step({"amazon": action})
        earned += rewards["amazon"]
    return earned


def earnings(run, policies, seeds) -> np.ndarray:
    """What each policy earns with each seed, million dollars, (policies, seeds)."""
    jobs = [(policy, seed) for policy in policies for seed in seeds]
    return np.array(list(run(jobs))).reshape(len(policies), len(seeds))


def learn(run, rounds: int, candidates: int, seeds) -> np.ndarray:
    """The mean of the best policies of the last round."""
    luck, usual = np.random.default_rng(1), earnings(run, [USUAL], seeds)
    mean, spread = np.array(USUAL), np.full(2, 0.4)
    for number in range(1, rounds + 1):
        drawn = np.clip(luck.normal(mean, spread, (candidates, 2)), -1.0, 1.0)
        gain = (earnings(run, drawn, seeds) - usual).mean(axis=1)
        best = drawn[np.argsort(-gain, kind="stable")[: 1 + candidates // 4]]
        mean, spread = best.mean(axis=0), best.std(axis=0) + 0.05
        print(f"round {number}: the best of {candidates} earns {dollars(gain.max())} more in training")
    return mean


def dollars(millions: float) -> str:
    """Money for people."""
    return f"{'-' if millions < 0.0 else ''}${abs(millions):,.0f} million"


def main(until: str = "2027-09", rounds: int = 3, candidates: int = 8, training: int = 4, seeds: int = 20) -> None:
    """Learn on some seeds, compare on others."""
    processes = workers.default_workers()
    with ProcessPoolExecutor(processes) as pool:
        run = partial(pool.map if processes > 1 else map, partial(play, until))
        policy = learn(run, rounds, candidates, range(1, 1 + training))
        print(f"It learns to move by {policy[0]:+.2f} at first and by {policy[1]:+.2f} when the contract ends.")
        others = range(1001, 1001 + seeds)
        earned = earnings(run, [USUAL, policy], others).ravel()
    index = pd.MultiIndex.from_product([["usual", "learned"], others])
    found = paired_table(pd.DataFrame({"earned": earned}, index), ["usual", "learned"]).loc["earned", "learned"]
    verdict = "earns more than" if found.low > 0 else "earns less than" if found.high < 0 else "cannot be told from"
    print(
        f"On {seeds} other seeds the difference by {until} is {dollars(found.difference)} "
        f"(95 % interval {dollars(found.low)} to {dollars(found.high)}): it {verdict} the usual strategy."
    )


# Other processes read this file again: they must not learn on their own.
if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:]))
