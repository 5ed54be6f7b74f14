class StackError(RuntimeError):
    """The embedded servers cannot be had; the message is one line that names the mend."""
