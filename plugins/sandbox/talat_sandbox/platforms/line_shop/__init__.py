"""LINE SHOPPING: the MyShop API of LINE OA Plus. https://developers-oaplus.line.biz"""
