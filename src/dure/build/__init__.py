"""The build room: what a project's workflows do when something happens.

In: pushes and requests to run. Out: runs, their jobs and what they leave behind. Asks: code, policy.
"""
