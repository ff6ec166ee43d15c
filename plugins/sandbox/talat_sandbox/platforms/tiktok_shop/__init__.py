"""TikTok Shop Open API. https://partner.tiktokshop.com/docv2"""
