"""Carriers: ordinary packages that bring data and models; fetched, checked, unpacked and made ready in the data folder."""
