"""Checks a real account: what the API key may read, and what Wix answers, without showing personal data."""
