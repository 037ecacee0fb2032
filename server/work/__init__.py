"""Work that takes longer than a click: a bounded pool of processes, and sweeps in processes of their own."""
