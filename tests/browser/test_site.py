"""The site as a reader meets it: on a desk and on a phone, in light and dark, by mouse and by keyboard."""

import pytest

pytestmark = pytest.mark.browser

DESKTOP, PHONE = 1280, 390
LESSON_04, LESSON_07 = "lessons/04_temperature_of_learning.html", "lessons/07_ising_on_thrml.html"
LESSON_00, LESSON_12 = "lessons/00_start_here.html", "lessons/12_scaling_out.html"
SEARCH = "search.html?q=vortex"

RAW_FORMULAS = r"""() => {
    const inCode = "pre, code, script, style, mjx-container, title, .math, textarea";
    const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT), found = [];
    while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        if (!parentElement.closest(inCode) && /\$|\\\(|\\[a-z]{2,}/.test(data)) found.push(data.trim().slice(0, 80));
    }
    return found;
}"""


@pytest.mark.parametrize(("width", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
@pytest.mark.parametrize("path", ["index.html", LESSON_04, LESSON_07, SEARCH])
def test_a_page_is_sound_on_a_desk_and_on_a_phone(site, path: str, width: int, scheme: str) -> None:
    """It scrolls down only, complains of nothing, and asks nobody else for anything."""
    opened = site.open(path, width, scheme)
    page = opened.page
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.complaints == []
    assert opened.outside == []
    if path.startswith("lessons"):
        assert page.locator("article mjx-container").count() > 20
        assert page.locator("article mjx-merror").count() == 0
        assert page.evaluate(RAW_FORMULAS) == []
        assert page.locator("article details").count() >= 15
        assert page.locator("article details[open]").count() == 0
    else:
        assert opened.violations() == []


@pytest.mark.parametrize(("path", "scheme"), [(LESSON_00, "dark"), (LESSON_12, "light")])
def test_a_lesson_keeps_nobody_out(site, path: str, scheme: str) -> None:
    """All lessons have the same colours and parts; axe takes minutes on a long one, so two short ones are looked at."""
    assert site.open(path, PHONE, scheme).violations() == []


def test_an_explorer_shows_its_picture_and_an_answer_opens_by_keyboard(site) -> None:
    page = site.open(LESSON_12).page
    still = page.locator(".explorer-still")
    picture = still.locator("img")
    picture.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
    assert "Question." in still.inner_text()
    assert "Its controls move in the notebook" in still.inner_text()

    solutions = page.locator("article details", has_text="Show our solution")
    assert solutions.count() == 4
    assert solutions.first.locator("pre").is_hidden()
    page.locator("article a.open-button").last.focus()
    assert "summary" in focused(page, 6)  # the set-up
    solutions.first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert solutions.first.locator("pre").is_visible()


def test_a_figure_of_plotly_turns_when_asked(site) -> None:
    opened = site.open(LESSON_04)
    page = opened.page
    loaded = []
    page.on("request", lambda request: loaded.append(request.url))
    button = page.get_by_role("button", name="Turn it with the mouse")
    assert not page.evaluate("'Plotly' in window")
    assert opened.violations(".turnable") == []
    button.focus()
    page.keyboard.press("Enter")
    page.locator(".turning .js-plotly-plot, .turning.js-plotly-plot").wait_for()
    assert any(url.endswith("plotly.min.js") for url in loaded)
    assert page.evaluate("document.querySelector('.turning').data.length") > 0
    assert page.locator(".turning .main-svg").first.is_visible()
    assert page.evaluate("document.activeElement.className").startswith("turning")
    assert opened.outside == []
    assert page.evaluate("document.documentElement.scrollWidth") <= DESKTOP


def test_search_finds_the_lesson_of_vortices_without_a_server_of_others(site) -> None:
    opened = site.open(SEARCH)
    found = opened.page.locator("#search-results li a")
    found.first.wait_for()
    assert any("09_xy.html" in link for link in found.evaluate_all("links => links.map(l => l.href)"))
    assert opened.outside == []


def test_dark_and_light_are_chosen_by_a_button(site) -> None:
    page = site.open("index.html").page
    for scheme in ("dark", "light"):
        page.locator(".theme-switch-button:visible").focus()
        page.keyboard.press("Enter")
        page.locator(f".theme-change-button[data-mode={scheme}]:visible").press("Enter")
        assert page.evaluate("document.documentElement.dataset.theme") == scheme


def focused(page, presses: int) -> list[str]:
    """What Tab reaches, from the top of the page."""
    reached = []
    for _ in range(presses):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                    const e = document.activeElement, kind = e.tagName.toLowerCase();
                    return e.dataset?.live || e.getAttribute("href") || (e.name ? `${kind}:${e.name}` : kind);
                }"""
            )
        )
    return reached


def test_the_keyboard_reaches_the_lessons_and_moves_the_lattice(site) -> None:
    page = site.open("index.html").page
    reached = focused(page, 55)
    assert "lessons/14_fractals_and_zeros.html" in reached
    for control in ("input:live-model", "temperature", "run", "step", "critical", "random", "aligned", "speed"):
        assert control in reached, reached
    assert reached.count("lessons/00_start_here.html") >= 2  # at the side, and on the map
    slider = page.locator("#live-temperature")
    slider.focus()
    before = page.evaluate("CourseLattice.live.lattice.temperature")
    assert before == pytest.approx(1.05 * 2.2692, abs=0.005)  # it opens a little above the transition
    page.keyboard.press("ArrowRight")
    assert page.evaluate("CourseLattice.live.lattice.temperature") == pytest.approx(before + 0.005)
    page.locator("input[value=ising]").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("CourseLattice.live.kind") == "potts"
    page.locator("[data-live=run]").focus()
    page.keyboard.press("Space")
    page.wait_for_function("CourseLattice.live.frames > 5")
    assert page.locator("[data-live=run]").inner_text() == "Pause"
    page.wait_for_function("document.querySelector('[data-live=status]').textContent.startsWith('Running. Potts, 3')")


def test_the_map_leads_into_a_lesson(site) -> None:
    page = site.open("index.html").page
    page.locator(".course-map a[aria-label^='00']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/lessons/00_start_here.html")
    assert page.locator("h1:visible").inner_text().startswith("00 · Start here")
