"""Offline purses: digital tenge on devices that pay without reaching anybody."""
