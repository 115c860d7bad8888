/** highlight.js with the languages that a company's people ask about. A chunk of its own: loaded for the first closed fence. */

import core from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import lua from "highlight.js/lib/languages/lua";
import makefile from "highlight.js/lib/languages/makefile";
import markdown from "highlight.js/lib/languages/markdown";
import nginx from "highlight.js/lib/languages/nginx";
import php from "highlight.js/lib/languages/php";
import powershell from "highlight.js/lib/languages/powershell";
import python from "highlight.js/lib/languages/python";
import r from "highlight.js/lib/languages/r";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import scss from "highlight.js/lib/languages/scss";
import shell from "highlight.js/lib/languages/shell";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const all = {
  bash, c, cpp, csharp, css, diff, dockerfile, go, ini, java, javascript, json, kotlin, lua, makefile,
  markdown, nginx, php, powershell, python, r, ruby, rust, scss, shell, sql, typescript, xml, yaml,
};
for (const [name, language] of Object.entries(all)) core.registerLanguage(name, language);
core.registerAliases(["less", "sass"], { languageName: "scss" });

/** @typedef {string | { scope?: string, children: Piece[] }} Piece */

/** Whether this word after a fence is a language that is known, under any of its names. @param {string} name @returns {boolean} */
export function knows(name) {
  return core.getLanguage(name) !== undefined;
}

/** @param {string} code @param {string} language @returns {Piece} the code as a tree: its own, not HTML */
export function read(code, language) {
  const found = /** @type {any} */ (core.highlight(code, { language, ignoreIllegals: true }));
  return found._emitter.root;
}
