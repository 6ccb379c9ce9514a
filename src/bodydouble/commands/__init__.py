"""What the command line can do: one function a command; each reads its options and calls the library."""
