"""Files of rows by how they are written: JSON, CSV, Parquet and Arrow. ``values.read_values`` reads any of them."""
