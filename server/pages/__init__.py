"""The pages of the app, one module or package each; a page draws a session's snapshots and leaves it wishes."""
