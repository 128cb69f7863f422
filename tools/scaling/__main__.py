"""Write the plots and the tables of ``docs/scaling.md``."""

from tools.scaling.page import write

if __name__ == "__main__":
    write()
