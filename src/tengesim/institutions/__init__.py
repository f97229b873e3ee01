"""Who acts: one SimPy actor per file or folder; they meet through the ledger and the bulletin."""
