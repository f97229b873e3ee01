"""Double entry in tiyn: chart of accounts, the reference book, and the auditor that trusts neither."""
