"""What sales and marketing get: the tables of ``exports``, as files or as deliveries."""
