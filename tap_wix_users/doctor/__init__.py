"""The first minutes with a real account: what an API key may read, and what Wix answers, without anybody's data."""
