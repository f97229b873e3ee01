"""Vouchers: money for a purpose, given to families each month, that ends with the month."""

from tengesim.institutions.vouchers.model import VoucherMarkSection, VoucherSection

__all__ = ["VoucherMarkSection", "VoucherSection"]
