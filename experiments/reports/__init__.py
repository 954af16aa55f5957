"""What users see of studies: tables on the terminal, HTML files that load nothing."""
