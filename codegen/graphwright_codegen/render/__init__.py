"""From the IR to the files of a package."""
