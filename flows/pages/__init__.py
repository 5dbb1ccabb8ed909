"""Pages: one self-contained HTML file a store, a clip or a run.

What a page is: one file, readable on a phone, in light and dark, without any network. Its Content Security
Policy allows the one script and the one style sheet that stand in it (by their sha256) and nothing else.
Everything that comes from a clip (ids, words, errors, column names) is data: escaped by Jinja2 where it
stands in the markup, and set as text, never as markup, where the script draws it.

Why uPlot draws the plots. Looked at: plotly (4.8 MB in every page, and its inline styles need a lax policy),
matplotlib to SVG (small pages, but no value under the finger, and text that shrinks with the figure on a
phone), uPlot (51 kB, MIT; canvas, cursors shared between curves, zoom, gaps where there is no value, and no
`eval`, `innerHTML` or style element, so the strict policy holds). Its build stands in `vendor/` as published
on npm, with its licence.
"""

from flows.pages.clip_page import write_clip_page
from flows.pages.film import Media
from flows.pages.run_look import write_look
from flows.pages.run_page import write_run_page
from flows.pages.store_page import write_store_page

__all__ = ["Media", "write_clip_page", "write_look", "write_run_page", "write_store_page"]
