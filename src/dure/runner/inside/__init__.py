"""Programs that run where the job runs, as the user the job runs as: what they can reach, the job could reach anyway.

They are plain scripts that need Python's standard library and nothing of ours; the runner lays copies of them into
its directory, and each job sees those.
"""
