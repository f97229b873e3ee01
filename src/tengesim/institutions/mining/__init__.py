"""Mining for the state: fleets and power, coins and their cost, month by month."""
