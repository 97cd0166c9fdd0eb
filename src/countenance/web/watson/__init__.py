"""IBM Watson Visual Recognition v3 as its clients know it: detecting faces, and tokens to do so with."""
