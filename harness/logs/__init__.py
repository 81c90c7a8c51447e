"""Production logs in the forms that teams have, read as one stream of records with personal data masked."""
