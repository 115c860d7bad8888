// What can be seen to be wrong without eyes. Each answers with lines of words; tests/e2e/looks.py asks.
(() => {
  const CONTROLS = "button, a[href], input, select, textarea, summary, [role=option], [role=menuitem]";
  const LABELS = "button, a, label, h1, h2, h3, summary, th, .badge, .chip, .note, dt, dd";
  const PARTS = [".skip", "#side", "#top", "#banner", "#log", "#dock", "#toasts"];
  const NAMES = ["aria-label", "title", "placeholder", "alt"];

  const shown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    !element.closest(".vh, .skip, [inert], [aria-hidden=true]") &&
    element.getClientRects().length > 0;

  const named = (element) => {
    const name = (element.getAttribute("aria-label") || element.innerText || "").trim().slice(0, 40);
    return `${element.localName}${element.id ? `#${element.id}` : ""}.${[...element.classList].join(".")} "${name}"`;
  };

  /** Texts with the elements they are in. */
  function* texts() {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode.data.trim();
      if (text) yield [text, walk.currentNode.parentElement];
    }
  }

  /** Whether something around it scrolls sideways or cuts it off on purpose. */
  const scrolls = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { overflowX } = getComputedStyle(at);
      if (["auto", "scroll", "hidden"].includes(overflowX) && at.clientWidth <= innerWidth) return true;
    }
    return false;
  };

  const how = (element) => {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (box.left < -1 || (box.right > innerWidth + 1 && !scrolls(element))) return "outside";
    if (style.textOverflow === "ellipsis" || style.display === "inline") return null; // a sign of it is enough
    if (element.scrollWidth > element.clientWidth + 1 && ["hidden", "clip"].includes(style.overflowX)) return "cut";
    if (element.scrollHeight > element.clientHeight + 2 && ["hidden", "clip"].includes(style.overflowY)) return "too low";
    return null;
  };

  return {
    /** Until what moves only once has come to rest. */
    async still() {
      const ends = document.getAnimations().filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime));
      await Promise.allSettled(ends.map((one) => one.finished));
      return [];
    },

    overflow() {
      const wide = document.documentElement.scrollWidth;
      return wide > innerWidth ? [`the page is ${wide} px wide in ${innerWidth}`] : [];
    },

    /** Words in a control that are cut off without a sign of it, or lie outside the window. */
    clipped() {
      return [...document.querySelectorAll(LABELS)]
        .filter((element) => shown(element) && element.innerText?.trim())
        .flatMap((element) => (how(element) ? [`${named(element)} ${how(element)}`] : []));
    },

    /** Text below 12 px. */
    tiny() {
      const found = new Set();
      for (const [, element] of texts()) {
        if (!shown(element) || element.closest("script, math, sub, sup")) continue;
        const size = parseFloat(getComputedStyle(element).fontSize);
        if (size < 12) found.add(`${named(element)} ${size} px`);
      }
      return [...found];
    },

    /** Controls smaller than so many px; links inside sentences are excepted (WCAG 2.5.8). */
    small(least) {
      return [...document.querySelectorAll(CONTROLS)].flatMap((element) => {
        if (!shown(element) || element.disabled || (element.localName === "a" && element.closest("p, td, blockquote, article li"))) return [];
        const box = (element.closest("label") ?? element).getBoundingClientRect();
        const fits = box.width >= least && box.height >= least;
        return fits ? [] : [`${named(element)} ${Math.round(box.width)}x${Math.round(box.height)}`];
      });
    },

    /** Elements that would scroll smoothly. */
    smooth() {
      return [...document.querySelectorAll("*")].filter((one) => getComputedStyle(one).scrollBehavior === "smooth").map(named);
    },

    /** Where the focus is; null: nowhere. known: which stop before it was the same one, -1: none. place: which part. */
    focused() {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      window.stops ??= [];
      const known = window.stops.indexOf(at);
      if (known < 0) window.stops.push(at);
      const frame = at.matches("textarea") ? (at.closest("form") ?? at) : at; // a box shows it on its frame
      const { outlineStyle, outlineWidth, outlineColor, borderTopColor, borderTopWidth } = getComputedStyle(frame);
      const border = borderTopColor === outlineColor ? parseFloat(borderTopWidth) : 0;
      const box = at.getBoundingClientRect();
      return {
        known,
        place: PARTS.findIndex((one) => at.closest(one)),
        name: named(at),
        ring: outlineStyle === "none" ? 0 : parseFloat(outlineWidth) + border,
        shown: box.width > 1 && box.height > 1 && at.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
      };
    },

    /** What can be used and never was a stop of `focused`. */
    unreached() {
      return [...document.querySelectorAll(`${CONTROLS}, [tabindex="0"]`)]
        .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0)
        .filter((one) => !one.closest("[inert]") && !window.stops.includes(one))
        .map(named);
    },

    /** All that the page says, to eyes and ears; not code, formulas, or what is marked as another language. */
    said() {
      const found = [document.title];
      const out = "#status, script, style, noscript, pre, code, math, .tex, [hidden], [lang]:not(html)";
      for (const [text, element] of texts()) if (!element.closest(out)) found.push(text);
      for (const element of document.body.querySelectorAll(NAMES.map((name) => `[${name}]`).join())) {
        if (element.closest("[lang]:not(html), .tex")) continue;
        for (const name of NAMES) if (element.getAttribute(name)) found.push(element.getAttribute(name));
      }
      return found;
    },
  };
})()
