"""The shelf of data sets: one file a data set; ENTRIES of variant → DatasetEntry."""
