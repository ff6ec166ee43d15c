"""Singer tap for Facebook Ads, by the Meta Marketing API."""
