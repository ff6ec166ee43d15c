"""Singer tap for LINE Ads."""
