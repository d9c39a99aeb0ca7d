// The list of messages: each as an element, with its files, buttons and menu.

import { component, embed, fileView } from "./components.js";
import { $, act, el, focusKept, local } from "./dom.js";
import { markdown } from "./markdown.js";
import { messageCommands, nameOf, state } from "./state.js";

const files = new Map(); // elements of files by id: a sound plays on while its message is edited
let tell = () => {};
let following = true; // the end of the channel, whatever still grows above it

/** `onError(words)` shows a sentence to the person. */
export function startMessages(onError) {
  tell = onError;
  follow();
}

/** Draw the open channel anew. */
export function showAll() {
  files.clear();
  const mine = [...state.messages.values()].filter((message) => message.place === state.place);
  $("messages").replaceChildren(...mine.map((message, index) => draw(message, mine[index - 1])));
  for (const waiting of state.waiting.values()) showWaiting(waiting);
  $("welcome").hidden = mine.length > 0;
  toEnd(true);
}

/** Draw a new or changed message of the open channel. */
export function showOne(message) {
  if (message.place !== state.place) return;
  const old = $(`m${message.id}`);
  const stay = !following && !nearEnd();
  const mine = [...state.messages.values()].filter((other) => other.place === state.place);
  const before = mine[mine.findIndex((other) => other.id === message.id) - 1];
  const focused = old?.contains(document.activeElement) ? document.activeElement.dataset.customId : null;
  const drawn = draw(message, before);
  if (old) old.replaceWith(drawn);
  else $("messages").append(drawn);
  if (focused) (drawn.querySelector(`[data-custom-id="${CSS.escape(focused)}"]`) ?? drawn.querySelector("button"))?.focus();
  $("welcome").hidden = true;
  if (!stay) toEnd();
}

/** Remove a message; who was in it is at the one before, else in the message box. */
export function hideOne(id) {
  const node = $(`m${id}`);
  const held = node?.contains(document.activeElement);
  const beside = node?.previousElementSibling?.querySelector("button:not(:disabled)");
  node?.remove();
  if (held) (beside ?? $("text")).focus();
}

/** An interaction that waits for the bot, or one that the bot left without answer. */
export function showWaiting(interaction) {
  $(`i${interaction.id}`)?.remove();
  const pressed = interaction.message && $(`m${interaction.message}`);
  if (pressed) {
    for (const control of pressed.querySelectorAll("[data-custom-id]")) {
      control.classList.toggle("busy", interaction.state === "waiting" && control.dataset.customId === interaction.custom_id);
    }
  }
  if (interaction.state === "answered" || interaction.place !== state.place) return;
  if (interaction.state === "waiting" && pressed) return;
  const failed = interaction.state === "failed";
  const label = interaction.label ? `/${interaction.label}` : "Your press";
  const words = failed ? `${label}: the application did not respond.` : `Sending ${label} …`;
  const close = failed && el("button.quiet", { type: "button", onclick: () => dismissWaiting(interaction) }, "Dismiss");
  const line = el(failed ? "li.note.bad" : "li.note", { id: `i${interaction.id}` }, words, failed ? " Only you can see this. " : null, close);
  if (pressed) pressed.after(line);
  else $("messages").append(line);
  if (!pressed && !failed) toEnd(); // one's own doing is shown wherever one was reading
}

function dismissWaiting(interaction) {
  state.waiting.delete(interaction.id);
  $(`i${interaction.id}`)?.remove();
}

function nearEnd() {
  const box = $("scroll");
  return box.scrollHeight - box.scrollTop - box.clientHeight < 120;
}

function toEnd(now = false) {
  const box = $("scroll");
  const calm = now || matchMedia("(prefers-reduced-motion: reduce)").matches;
  following = true;
  requestAnimationFrame(() => box.scrollTo({ top: box.scrollHeight, behavior: calm ? "instant" : "smooth" }));
}

/** Pictures grow when they have loaded: who was at the end stays there, unless they scroll themselves. */
function follow() {
  const box = $("scroll");
  new ResizeObserver(() => following && box.scrollTo({ top: box.scrollHeight })).observe($("messages"));
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    box.addEventListener(kind, () => (following = false), { passive: true });
  }
}

function draw(message, before) {
  const follows = before && before.author.id === message.author.id && !message.asked && !message.answers
    && message.time - before.time < 300 && before.ephemeral === message.ephemeral;
  const node = el("li.message", { id: `m${message.id}` });
  node.classList.toggle("follows", Boolean(follows));
  node.classList.toggle("ephemeral", message.ephemeral);
  node.classList.toggle("bot", message.author.role === "bot");
  const time = new Date(message.time * 1000);
  const when = el("time", { dateTime: time.toISOString(), title: time.toLocaleString() },
    time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  if (message.asked) node.append(el("p.asked", {}, el("strong", {}, message.asked.by.name), " used ", el("span.mention", {}, message.asked.label)));
  if (message.answers) node.append(el("p.asked", {}, "to ", el("strong", {}, message.answers.author.name), ` ${message.answers.text}`));
  if (!follows) node.append(avatar(message.author), head(message, when));
  node.append(body(message), tools(message));
  node.oncontextmenu = (event) => rightClick(event, node);
  return node;
}

function avatar(author) {
  if (author.role === "bot") return el("img.avatar", { src: "static/icon.svg", alt: "" });
  const hue = [...author.name].reduce((sum, letter) => sum * 31 + letter.codePointAt(0), 7) % 360;
  const node = el("span.avatar", { "aria-hidden": "true" }, author.name[0]);
  node.style.setProperty("--hue", hue);
  return node;
}

function head(message, when) {
  const tag = message.author.role === "bot" ? el("span.tag", {}, "app") : null;
  return el("p.head", {}, el("strong", {}, message.author.name), tag, when);
}

function body(message) {
  const context = {
    message,
    names: nameOf,
    press,
    file: (url) => message.files.find((file) => url === `attachment://${file.name}` || url?.includes(`/${file.id}/`)),
  };
  const shown = JSON.stringify([message.embeds, message.components]);
  const node = el("div.body");
  if (message.thinking) node.append(el("p.thinking", {}, el("span.dots", { "aria-hidden": "true" }, el("i"), el("i"), el("i")), "Encore is thinking …"));
  if (message.text) {
    const text = el("div.text", {}, ...markdown(message.text, nameOf));
    if (message.edited) text.append(el("small.edited", {}, "(edited)"));
    node.append(text);
  }
  for (const file of message.files) {
    if (shown.includes(`attachment://${file.name}`)) continue;
    if (!files.has(file.id)) files.set(file.id, fileView(file));
    const view = files.get(file.id);
    const row = node.lastChild;
    if (!view.matches(".file")) node.append(view);
    else if (row?.matches(".row.files")) row.append(view);
    else node.append(el("div.row.files", {}, view));
  }
  node.append(...message.embeds.map((data) => embed(data, context)));
  node.append(...message.components.map((part) => component(part, context)));
  if (message.ephemeral) {
    const dismiss = el("button.link", { type: "button", onclick: () => act("dismiss", { user: state.me.id, message: message.id }).catch(tellError) }, "Dismiss");
    node.append(el("p.only", {}, "Only you can see this. ", message.thinking ? null : dismiss));
  }
  return node;
}

const tellError = (error) => tell(error.message);

async function press(message, customId, values, control) {
  control.classList.add("busy");
  try {
    await act("press", { user: state.me.id, message: message.id, custom_id: customId, values });
  } catch (error) {
    control.classList.remove("busy");
    tellError(error);
  }
}

function tools(message) {
  const commands = message.ephemeral ? [] : messageCommands();
  if (!commands.length) return "";
  const use = (command) => act("use-on-message", { user: state.me.id, message: message.id, command: command.name }).catch(tellError);
  const button = el("button.quiet.round", { type: "button", "aria-label": "Apps", title: "Apps", "aria-haspopup": "menu" }, "⋯");
  button.onclick = () => openMenu(button, commands.map((command) => [local(command, "name", state.me.locale), () => use(command)]));
  return el("div.tools", {}, button);
}

/** The right mouse button opens Apps, except on what the browser has a menu of its own for. */
function rightClick(event, node) {
  const button = node.querySelector(".tools button");
  if (!button || event.shiftKey || event.target.closest("a, img, audio, input, textarea, select") || String(getSelection())) return;
  event.preventDefault();
  button.click();
  const menu = $("menu");
  menu.style.left = `${Math.max(8, Math.min(event.clientX, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(event.clientY, innerHeight - menu.offsetHeight - 8))}px`;
}

function openMenu(button, entries) {
  const menu = $("menu");
  const back = focusKept();
  const items = entries.map(([words, action]) => el("button", { type: "button", role: "menuitem", onclick: () => (menu.hidePopover(), action()) }, words));
  menu.replaceChildren(el("p", {}, "Apps · Encore"), ...items);
  menu.ontoggle = (event) => event.newState === "closed" && (menu.contains(document.activeElement) || document.activeElement === document.body) && back();
  menu.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  };
  menu.showPopover();
  const place = button.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(place.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.min(place.bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
  items[0].focus();
}
