"""The run as a story: figures of the stage, turning points and headlines, and what parties say of themselves."""
