"""The store of a sweep: a folder that survives kills, full disks and torn files, and that any table library reads."""
