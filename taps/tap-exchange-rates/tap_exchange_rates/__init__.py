"""Singer tap for the euro foreign exchange reference rates of the European Central Bank."""
