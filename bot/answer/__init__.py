"""The answer to a member: the job that makes it, its words and files, its buttons, and its errors."""
