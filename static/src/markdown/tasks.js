/** GFM's task lists: `- [ ] to do`, `- [x] done`. The box is an empty span; what it becomes is the page's matter. */

/** @param {import("markdown-it").MarkdownIt} md */
export function tasks(md) {
  md.core.ruler.after("inline", "tasks", (state) => {
    state.tokens.forEach((token, at) => {
      const item = state.tokens[at - 2];
      if (token.type !== "inline" || item?.type !== "list_item_open" || state.tokens[at - 1]?.type !== "paragraph_open") return;
      const mark = /^\[([ xX])\](?:[ \t\u3000]|$)/.exec(token.content);
      const first = token.children?.[0];
      if (!mark || first?.type !== "text" || !first.content.startsWith(mark[0].slice(0, 3))) return;
      first.content = first.content.slice(3).trimStart();
      const box = new state.Token("task", "span", 0);
      box.meta = { done: mark[1] !== " " };
      token.children?.unshift(box);
      item.attrJoin("class", "task");
    });
  });
  md.renderer.rules.task = (tokens, at) => `<span class="box${tokens[at]?.meta?.done ? " done" : ""}"></span>`;
}
