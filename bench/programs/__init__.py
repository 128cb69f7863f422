"""Small programs, each run as a whole process with its parts chosen on the command line."""
