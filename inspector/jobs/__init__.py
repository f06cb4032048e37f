"""Background work: the queue that the processes of one catalog share."""
