"""Singer tap for Shopee Ads."""
