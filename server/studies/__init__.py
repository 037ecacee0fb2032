"""Measurements of the app as visitors find it, and its pictures; they need a Chromium and start their own servers."""
