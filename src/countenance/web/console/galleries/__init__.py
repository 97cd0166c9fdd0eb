"""Pages about galleries: who is in them and why, enrolling many photos while one looks on, erasing somebody."""
