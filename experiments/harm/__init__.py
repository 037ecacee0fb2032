"""Who is harmed where, in the scenarios that could harm places, as a page of the documentation."""
