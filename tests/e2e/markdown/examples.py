"""Documents of our own, put together by chance from pieces that answers are made of."""

from __future__ import annotations

import random
from typing import Final

PIECES: Final = [
    "Plain words in one line.",
    "两行中文，\n第二行接着写。",
    "**注意：**这里要小心，`pip install x` 之后再试。",
    "Some *emphasis*, **strong**, ***both***, ~~gone~~ and __more__ words_with_underscores.",
    "Unclosed **bold and `code and *em",
    "2*3*4 = 24, a * b * c, 5 * 6",
    "# Title",
    "### 三级标题",
    "## With `code` and **bold** ##",
    "Setext\n===",
    "Another\n---",
    "- one\n- two\n- three",
    "- one\n\n- two, loose\n\n- three",
    "- a\n  - b\n    - c\n- d",
    "1. first\n2. second\n\n   a paragraph inside\n3. third",
    "1. first\n\n2",
    "7) seven\n8) eight",
    "- [ ] 待办\n- [x] 完成\n- [X] also",
    "* star\n+ plus\n- minus",
    "> quoted\n> more\nlazy",
    "> - list in quote\n>   > deeper\n\n> second quote",
    "---",
    "***",
    "```python\ndef f(x):\n    return x * 2\n\n# 注释\n```",
    "```\nplain\n  ``\n~~~\n```",
    "~~~~sh\n```\nls -la\n~~~\n~~~~",
    "````md\n```js\nlet x;\n```\n````",
    "```js",
    "```\nopen to the end",
    "1. step:\n   ```bash\n   make run\n   ```\n2. next",
    "- item\n  ```\n  inside",
    "    indented code\n\n    more of it",
    "\tcode by tab",
    "| a | b |\n|---|:-:|\n| 1 | 2 |\n| `x` | **y** |",
    "a | b\n--|--\n1 | 2",
    "text before\n| 列 | 值 |\n|:--|--:|\n| 甲 | 1 |",
    "| not a table |",
    "|a|b|\n|-|-|\n|1|",
    '[link](https://example.com/a?b=c "title") and [other](http://例子.cn/路径)',
    "[broken](https://example.com and [also broken",
    "[relative](docs/a.md), [dead](javascript:alert(1)), <https://example.com>",
    "访问https://example.com，然后继续。（见 https://example.com/a?b=c）。后文 example.com/x",
    "![picture](https://example.com/p.png) and ![](x.png)",
    "[1] a note, [a][b], array[0], f[i][j]",
    "价格是$5到$10之间, $HOME/$USER, US$5",
    "公式 \\(a_1^2\\) 和 $x_1$ 与 $y = \\frac{1}{2}$",
    "\\[ E=mc^2 \\]",
    "$$\n\\sum_i x_i\n- y\n$$",
    "$$ a = b $$",
    "$$\nnever closed\n# not a heading",
    "\\[ open\n\nnext",
    "line one  \nline two\\\nline three",
    "&amp; &copy; &#x4e2d; & &notanentity;",
    "<b>html</b> <script>alert(1)</script> <!-- x -->",
    "\\*not em\\* \\# \\`",
    "emoji 👩‍💻 and 𝒳 beyond",
    "trailing spaces   \n\n\n\n",
    "a\r\nb\rc",
    "=",
    "-",
    "2024. was a year",
    "``a ` b`` and ` `` `",
    "https://example.com/very/long?q=" + "x" * 50,
]
REFERENCES: Final = [
    "[b]: https://example.com/b",
    "See [b] and [this][b].",
    "[c]:\n  <https://example.com/c>\n  'title'",
]
JOINTS: Final = ["\n\n", "\n\n", "\n\n", "\n", "\n", "", " ", "\n\n\n", "\n  ", "\n> "]


def document(dice: random.Random, references: bool = False) -> str:
    """A text of one to nine pieces; now and then a character is lost or doubled."""
    choice = PIECES + REFERENCES * 4 if references else PIECES
    text = "".join(dice.choice(choice) + dice.choice(JOINTS) for _ in range(dice.randint(1, 9)))
    if dice.random() < 0.3 and text:
        at = dice.randrange(len(text))
        text = text[:at] + (text[at] * 2 if dice.random() < 0.5 else "") + text[at + 1 :]
    return text if dice.random() < 0.5 else text.rstrip()


def cut(dice: random.Random, text: str) -> list[str]:
    """The text in pieces of a character to a few lines."""
    longest = dice.choice([1, 3, 8, 40, 200])
    pieces: list[str] = []
    while text:
        length = dice.randint(1, longest)
        pieces.append(text[:length])
        text = text[length:]
    return pieces
