"""What each client contributed to a round: its Shapley value and its leave-one-out value, for any utility of a set of clients.

The Shapley value is a client's mean gain over all orders in which clients can join; it is the one division of the whole gain that treats equal clients alike,
gives nothing to who changes nothing, and adds up over games (Shapley 1953). Here the game is one round: the players are the clients whose models arrived, and the
federated value of a run is the sum over its rounds, in which a client that was not asked gets nothing (Wang et al. 2020, A Principled Approach to Data
Valuation for Federated Learning, arXiv:2009.06192). For many clients it is estimated from random orders, each cut off where what is left can change
little (Ghorbani and Zou 2019, Data Shapley, arXiv:1904.02868, Algorithm 1).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from fedviz.core.seeds import generator

Utility = Callable[[frozenset[int]], float]
"""How good the model of a set of clients is; the empty set is the model that the round began with."""
Tell = Callable[[], None]
"""Called before each evaluation of the utility; what it raises ends the work."""


@dataclass(frozen=True)
class Values:
    """One round: values by client, in the order of `clients`, in the unit of the utility.

    `errors`: standard errors of `shapley` over the orders; zero where all subsets were evaluated. `gain`: utility of all minus that of none; exact Shapley values
    add up to it. `evaluations`: how many sets were evaluated.
    """

    clients: tuple[int, ...]
    shapley: NDArray[np.float64]
    errors: NDArray[np.float64]
    leave_one_out: NDArray[np.float64]
    gain: float
    evaluations: int


def exact(clients: Sequence[int], utility: Utility, tell: Tell = lambda: None) -> Values:
    """All 2^n subsets: the Shapley value itself, `sum over S of |S|! (n-|S|-1)! / n! (U(S + k) - U(S))`."""
    known, players = _Known(utility, tell), tuple(sorted(clients))
    shapley = np.zeros(len(players))
    for place, client in enumerate(players):
        others = [other for other in players if other != client]
        for size in range(len(others) + 1):
            gains = [known(frozenset(chosen) | {client}) - known(frozenset(chosen)) for chosen in combinations(others, size)]
            shapley[place] += sum(gains) / (comb(len(others), size) * len(players))
    return _values(players, known, shapley, np.zeros(len(players)))


def estimated(clients: Sequence[int], utility: Utility, seed: int, orders: int, tolerance: float = 0.0, tell: Tell = lambda: None) -> Values:
    """Means over `orders` random orders, at least 2, with their standard errors.

    An order is cut off as soon as the clients so far are within `tolerance` of the utility of all: those that are left get nothing in it. That biases a client's
    value by what it would still have gained there; with tolerance 0 only an order that has reached the very utility of all is cut off.
    """
    known, players = _Known(utility, tell), tuple(sorted(clients))
    draws, whole = generator(seed, "orders"), known(frozenset(players))
    gains = np.zeros((max(orders, 2), len(players)))
    for row in gains:
        reached, so_far = known(frozenset()), frozenset[int]()
        for place in draws.permutation(len(players)):
            if so_far and abs(whole - reached) <= tolerance:
                break
            so_far |= {players[place]}
            before, reached = reached, known(so_far)
            row[place] = reached - before
    return _values(players, known, gains.mean(axis=0), gains.std(axis=0, ddof=1) / len(gains) ** 0.5)


class _Known:
    """A utility that evaluates each set once."""

    def __init__(self, utility: Utility, tell: Tell) -> None:
        self._utility, self._tell = utility, tell
        self.found: dict[frozenset[int], float] = {}

    def __call__(self, chosen: frozenset[int]) -> float:
        if chosen not in self.found:
            self._tell()
            self.found[chosen] = self._utility(chosen)
        return self.found[chosen]


def _values(players: tuple[int, ...], known: _Known, shapley: NDArray[np.float64], errors: NDArray[np.float64]) -> Values:
    everyone = frozenset(players)
    whole = known(everyone)
    left_out = np.array([whole - known(everyone - {client}) for client in players])
    return Values(players, shapley, errors, left_out, whole - known(frozenset()), len(known.found))
