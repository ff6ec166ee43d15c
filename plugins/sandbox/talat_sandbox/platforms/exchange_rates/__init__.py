"""The European Central Bank's files of the euro's reference rates. https://www.ecb.europa.eu/stats/eurofxref/"""
