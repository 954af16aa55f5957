"""What a study shows: tables on the terminal, pages that need nothing but themselves."""
