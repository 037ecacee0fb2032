"""What a sweep says: which factors matter, how outcomes respond, where scenarios differ.

Three kinds of spread are kept apart everywhere: luck (seeds of one point), parameters (points of one scenario), and
structure (scenarios and levers).
"""
