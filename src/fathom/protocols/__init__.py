"""The shelf of protocols: one file a family; ENTRIES of variant → Protocol."""
