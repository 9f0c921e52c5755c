"""What runs in the lab's environment, beside the services: supervisor, drivers, and what makes SQLite fit for them."""
