// Discord's markdown as elements, never as HTML text: what a bot or a person writes cannot become markup of its own.

import { el } from "./dom.js";

const INLINE = [
  [/^`` ?([^]+?) ?``|^`([^`]+)`/, (m) => el("code", {}, m[1] ?? m[2])],
  [/^\*\*([^]+?)\*\*(?!\*)/, (m, names) => el("strong", {}, ...inline(m[1], names))],
  [/^__([^]+?)__/, (m, names) => el("u", {}, ...inline(m[1], names))],
  [/^~~([^]+?)~~/, (m, names) => el("s", {}, ...inline(m[1], names))],
  [/^\|\|([^]+?)\|\|/, (m, names) => spoiler(inline(m[1], names))],
  [/^\*([^*\s][^]*?)\*/, (m, names) => el("em", {}, ...inline(m[1], names))],
  [/^_([^_]+)_(?!\w)/, (m, names) => el("em", {}, ...inline(m[1], names))],
  [/^\[([^\]]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, (m, names) => link(m[2], inline(m[1], names))],
  [/^<(https?:\/\/[^>\s]+)>|^(https?:\/\/[^\s<>]+[^\s<>.,:;"')\]])/, (m) => link(m[1] ?? m[2], [m[1] ?? m[2]])],
  [/^<@!?(\d+)>/, (m, names) => el("span.mention", {}, `@${names(m[1])}`)],
  [/^<\/([^:>]+):\d+>/, (m) => el("span.mention", {}, `/${m[1]}`)],
  [/^<t:(\d+)(?::\w)?>/, (m) => el("time", {}, new Date(m[1] * 1000).toLocaleString())],
  [/^\\([^\w\s])/, (m) => m[1]],
];

function link(href, children) {
  return el("a", { href, target: "_blank", rel: "noreferrer noopener" }, ...children);
}

function spoiler(children) {
  const hidden = el("button.spoiler", { type: "button", title: "Show", onclick: () => hidden.classList.add("shown") });
  hidden.append(el("span", {}, ...children));
  return hidden;
}

function inline(text, names) {
  const nodes = [];
  let plain = "";
  while (text) {
    const found = INLINE.map(([pattern, make]) => [text.match(pattern), make]).find(([match]) => match);
    if (found) {
      if (plain) nodes.push(plain);
      plain = "";
      nodes.push(found[1](found[0], names));
      text = text.slice(found[0][0].length);
    } else {
      const step = text.match(/^(\w+|[^])/u)[0];
      plain += step;
      text = text.slice(step.length);
    }
  }
  if (plain) nodes.push(plain);
  return nodes;
}

const BLOCKS = [
  [/^```(?:[\w+-]*\n)?([^]*?)```\n?/, (m) => el("pre", {}, el("code", {}, m[1].replace(/\n$/, "")))],
  [/^(#{1,3}) (.+)\n?/, (m, names) => el(`h${m[1].length + 1}`, {}, ...inline(m[2], names))],
  [/^-# (.+)\n?/, (m, names) => el("small.subtext", {}, ...inline(m[1], names))],
  [/^(?:> .*(?:\n|$))+/, (m, names) => el("blockquote", {}, ...blocks(m[0].replace(/^> ?/gm, ""), names))],
  [/^(?: *[-*] .+(?:\n|$))+/, (m, names) => list("ul", m[0].trimEnd().split("\n"), /^ *[-*] /, names)],
  [/^(?: *\d+\. .+(?:\n|$))+/, (m, names) => list("ol", m[0].trimEnd().split("\n"), /^ *\d+\. /, names)],
];

function list(kind, lines, mark, names) {
  return el(kind, {}, ...lines.map((line) => el("li", {}, ...inline(line.replace(mark, ""), names))));
}

function blocks(text, names) {
  const nodes = [];
  while (text) {
    const found = BLOCKS.map(([pattern, make]) => [text.match(pattern), make]).find(([match]) => match);
    if (found) {
      nodes.push(found[1](found[0], names));
      text = text.slice(found[0][0].length);
      continue;
    }
    const line = text.match(/^[^\n]*\n?/)[0];
    const last = nodes.at(-1);
    const words = inline(line.replace(/\n$/, ""), names);
    if (last?.tagName === "P") last.append(el("br"), ...words);
    else nodes.push(el("p", {}, ...words));
    text = text.slice(line.length);
  }
  return nodes;
}

/** Elements for a text; `names(id)` gives the name of a person. */
export const markdown = (text, names) => blocks(text.replace(/\r/g, ""), names);
