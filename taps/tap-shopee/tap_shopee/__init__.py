"""Singer tap for the Shopee Open Platform."""
