"""What state an installation is in, and what to do about it: looks, and changes nothing."""
