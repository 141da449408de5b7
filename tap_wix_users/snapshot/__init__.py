"""What one sync saw of one account, held until it is whole."""
