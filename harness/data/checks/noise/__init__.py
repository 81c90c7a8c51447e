"""What mailboxes, web pages and models leave in rows."""
