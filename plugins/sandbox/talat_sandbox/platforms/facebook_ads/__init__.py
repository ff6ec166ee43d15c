"""Meta's Graph and Marketing API. https://developers.facebook.com/docs/marketing-api"""
