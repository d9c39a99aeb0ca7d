// The panel of a chosen slash command: required options at once, the others behind a button each.

import { $, act, el, local } from "./dom.js";
import { optionField } from "./fields.js";
import { here, state } from "./state.js";

let open = null; // { command, fields }
let after = () => {};
let tell = () => {};

/** `onClose()` when the panel closes, `onError(words)` for sentences to the person. */
export function startPanel(onClose, onError) {
  after = onClose;
  tell = onError;
  $("panel").onsubmit = (event) => (event.preventDefault(), send());
  $("panel").addEventListener("keydown", (event) => {
    if (event.key === "Escape") closePanel();
  });
}

export const panelOpen = () => open !== null;

/** Show the options of a command; `first` is a file to put into the first option that takes one. */
export function openPanel(command, first = null) {
  open = { command, fields: [], place: state.place };
  const locale = state.me.locale;
  const path = command.words.map((word) => local(word, "name", locale)).join(" ");
  const grid = el("div.fields");
  const more = el("div.more", { role: "group", "aria-label": "More options" });
  const close = el("button.quiet.round", { type: "button", "aria-label": "Leave this command", onclick: closePanel }, "✕");
  const title = el("header", {}, el("strong", {}, `/${path}`), el("span", {}, local(command.words.at(-1), "description", locale)), close);
  const go = el("button.primary", { type: "submit" }, `Send /${path}`);
  $("panel").replaceChildren(title, grid, el("footer", {}, more, go));
  $("panel").hidden = false;
  for (const option of command.options) {
    if (option.required || option.type === 11) add(option, grid);
    else more.append(chip(option, grid, locale));
  }
  more.hidden = !more.children.length;
  if (first) putFile(first);
  (open.fields.find((field) => !field.files().length)?.control ?? go).focus();
}

function chip(option, grid, locale) {
  const node = el("button.chip", { type: "button", title: local(option, "description", locale) }, `+ ${local(option, "name", locale)}`);
  node.onclick = () => {
    const field = add(option, grid);
    const remove = el("button.quiet.remove", { type: "button", "aria-label": `Remove ${option.name}` }, "✕");
    remove.onclick = () => {
      open.fields = open.fields.filter((other) => other !== field);
      field.node.remove();
      node.hidden = false;
      node.focus();
    };
    field.node.append(remove);
    node.hidden = true;
    field.control.focus();
  };
  return node;
}

function add(option, grid) {
  const field = optionField(option, { locale: state.me.locale, people: state.people, complete });
  open.fields.push(field);
  grid.append(field.node);
  return field;
}

/** Put a file into the first free option for files; false when there is none. */
export function putFile(file) {
  const free = open?.fields.find((field) => field.option.type === 11 && !field.files().length);
  return Boolean(free?.put(file));
}

export function closePanel() {
  open = null;
  $("panel").hidden = true;
  $("panel").replaceChildren();
  after();
}

function filled() {
  const pairs = open.fields.filter((field) => field.option.type !== 11).map((field) => [field.option.name, field.value()]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""));
}

async function complete(focused, typed) {
  const wish = { user: state.me.id, place: open.place, command: open.command.path, focused, options: { ...filled(), [focused]: typed } };
  return act("complete", wish).then((answer) => answer.choices, () => []);
}

async function send() {
  const { command, fields, place } = open;
  const files = Object.fromEntries(fields.filter((field) => field.files().length).map((field) => [field.option.name, field.files()[0]]));
  const button = $("panel").querySelector("[type=submit]");
  button.disabled = true;
  try {
    await act("use", { user: state.me.id, place, command: command.path, options: filled() }, files);
    tell("");
    if (here()) closePanel();
  } catch (error) {
    tell(error.message);
    button.disabled = false;
  }
}
