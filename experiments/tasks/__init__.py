"""What can be studied: a folder per task, with what it reads, fits, scores, writes and prints.

`study` and `run_task` are the same for all of them.
"""
