"""Parts that pages are put together from; each is a function from words and numbers to markup."""
