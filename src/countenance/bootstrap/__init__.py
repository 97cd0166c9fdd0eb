"""The composition root: settings to the real parts. The only package that knows everything."""
