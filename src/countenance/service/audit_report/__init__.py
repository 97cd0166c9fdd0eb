"""The audit report: one result document in, one self-contained HTML file out. It draws and computes nothing."""
