"""Singer tap for LINE SHOPPING (MyShop)."""
