"""Public procurement: plan, tender, contract, work, acceptance, payment, and those who cheat."""

__all__: list[str] = []
