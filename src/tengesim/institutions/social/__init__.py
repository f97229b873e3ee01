"""Social programmes: who is entitled, how the money reaches them, how those who serve are paid."""
