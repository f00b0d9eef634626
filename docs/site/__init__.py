"""Builds the site of the course: the solved copies as pages, and a front page with a lattice that lives in the browser.

    python docs/site [--out DIR]

It reads `notebooks/src` (titles, needs, order), `notebooks/solutions` (what the pages show), `README.md` (words and
pictures of the front page) and `docs/*.md` (pages for teachers). Nothing is executed, and no page asks another server
for anything.

    command     the command line                     front        the front page
    build       puts all together, calls Sphinx      course_map   the map on it
    pages       a solved copy as a page              vendored     MathJax and plotly, copied
    outputs     what its cells show, as HTML         links        looks at every link of the finished site
    captions    alternative texts of figures         conf         Sphinx's settings

`static/` holds the styles and scripts; `static/lattice.js` is the physics of the live lattice, `static/live.js` its
controls. `films/` holds three short films of `course_utils.showcase`; CONTRIBUTING.md says how they were made.
"""
