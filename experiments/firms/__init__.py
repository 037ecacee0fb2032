"""Whether carriers behave like firms: what each sells, asks, earns and hands over by year, and what may not happen."""
