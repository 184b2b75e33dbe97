"""The steps of a job or of an action, and the actions they use."""
