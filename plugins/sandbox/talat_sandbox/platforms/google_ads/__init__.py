"""Google's Ads API. https://developers.google.com/google-ads/api/docs"""
