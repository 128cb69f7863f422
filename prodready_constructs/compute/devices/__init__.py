"""Devices that speak to AWS IoT Core: what each may say, where it goes, and what is kept when it cannot get there."""
