"""Register the plugin; nothing else. An installed package registers it by its entry point."""
