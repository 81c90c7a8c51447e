"""Register the plugin for this checkout; an installed package registers itself."""
