"""Programmable money as data: marks, rule books, and the readable evaluator that decides by them."""
