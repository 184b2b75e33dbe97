"""What every section is read with: fields, the expressions in them, patterns, what workflow and job have in common."""
