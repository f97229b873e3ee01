"""Double entry in tiyn: chart of accounts, reference book, and the auditor that trusts neither."""
