"""Programmable money as data: marks, rule books, and the evaluator that decides by them."""
