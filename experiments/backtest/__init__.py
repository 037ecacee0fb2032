"""The model against history: observed figures, naive forecasts, errors, patterns, and the pages that show them."""
