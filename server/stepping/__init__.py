"""Where months are simulated: by a thread for each run, in this process or in a few processes of their own."""
