"""Parts of the page, in its order: a report in, a section out."""
