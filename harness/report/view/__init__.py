"""The view model: everything that the report's template prints, as frozen records."""
