"""What every section is read with: fields, the expressions in them, patterns, and what stands on workflow and job alike."""
