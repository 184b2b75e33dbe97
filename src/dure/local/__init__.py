"""Local: runs the workflows of a folder on this machine, with the planner and the supervisor of a house, and no house.

A workflow that ends well here ends well there: what decides (`dure.workflow`) and what does (`dure.runner`) are the
same. What a house keeps in tables is kept in memory here, and what a runner asks of it comes from folders.

In:    a folder with workflow files, what the person says beside it. Out: what came of each job, on a terminal, line by
       line, or as JSON; an exit code.
Asks:  `workflow` what runs, `runner` to do it.

Its words are loaded when they are said, so nothing is handed out here.
"""
