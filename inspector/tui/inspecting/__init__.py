"""Looking into storages: their tree, files in parts and bytes, and the account of their layers and devices."""
