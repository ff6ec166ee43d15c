"""Singer tap for Google Ads."""
