"""The machine: its memory and cores, threads, files and the terminal."""
