"""Singer tap for Lazada Ads."""
