"""What people may ask of their data: to find it, to have it erased; and what is not kept for longer than it is needed."""
