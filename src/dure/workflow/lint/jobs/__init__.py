"""The jobs of a workflow: their matrix, their runners and containers, and the workflows they call."""
