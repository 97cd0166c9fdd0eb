"""What is allowed: request, rules and time in; a decision with rule ids and plain reasons out. Pure.

Rules kept here:

- Packs only forbid; the operator's list only permits what no rule forbids. Nothing a setting says can widen either.
- Every request attribute is required and typed. A missing, mistyped or unknown attribute is a denial, and so is any
  error while deciding.
- A permit means "no loaded rule objected", and says so. It is not a finding about the law.
"""
