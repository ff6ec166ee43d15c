"""Singer tap for the Lazada Open Platform."""
