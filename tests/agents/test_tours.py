"""The spacing of stops in the cost formula against explicit tours (market design, section 19, check 3)."""

from __future__ import annotations

import numpy as np
import pytest

from agents.delivery_cost import NetworkRates, StreetGeometry, route_economics
from model.parameters import Parameters


def nearest_neighbour_tour(distance: np.ndarray) -> np.ndarray:
    tour = [0]
    free = np.ones(len(distance), dtype=bool)
    free[0] = False
    while free.any():
        tour.append(int(np.argmin(np.where(free, distance[tour[-1]], np.inf))))
        free[tour[-1]] = False
    return np.array(tour)


def improve_by_2_opt(tour: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Reverse a section while that shortens the closed tour."""
    n = len(tour)
    improved = True
    while improved:
        improved = False
        for i in range(n - 2):
            a, b = tour[i], tour[i + 1]
            ends, after = tour[i + 2 :], np.append(tour[i + 3 :], tour[0])
            gain = distance[a, b] + distance[ends, after] - distance[a, ends] - distance[b, after]
            best = int(np.argmax(gain))
            if gain[best] > 1e-12:
                tour[i + 1 : i + 3 + best] = tour[i + 1 : i + 3 + best][::-1].copy()
                improved = True
    return tour


@pytest.mark.parametrize("seed", [1, 2])
def test_local_miles_match_an_explicit_tour(seed: int) -> None:
    stops, area = 1000, 25.0
    points = np.random.default_rng(seed).random((stops, 2)) * np.sqrt(area)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    tour = improve_by_2_opt(nearest_neighbour_tour(distance), distance)
    miles = distance[tour, np.roll(tour, -1)].sum()

    # A network that pays for nothing but local miles: its street cost per stop is the spacing of the model.
    zero, one = np.zeros(1), np.ones(1)
    rates = NetworkRates(zero, zero, zero, one, np.full(1, 1e9), one, np.ones((1, 3)), np.zeros((1, 3)))
    geometry = StreetGeometry(
        tour_constant=Parameters.default().tour_constant_euclidean,
        productive_hours=8.0,
        service_minutes=np.ones(3),
        local_speed=np.full(3, 20.0),
        stem_miles=np.zeros(3),
        stem_speed=np.full(3, 20.0),
    )
    routes = route_economics(np.array([[stops / area]]), np.array([0]), np.ones((1, 1)), rates, geometry)
    assert miles == pytest.approx(routes.street_cost[0, 0, 0] * stops, rel=0.12)
