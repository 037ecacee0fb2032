"""Negotiations without the rest of a result: their outcomes over seeds, the retained curve, the worked example."""
