"""The manual: pages made of the program's own data, as Markdown and for ``man``."""
