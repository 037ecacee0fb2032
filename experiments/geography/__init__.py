"""Makes the table of zones and places from census data by ZIP; the market itself reads only what comes of it."""
