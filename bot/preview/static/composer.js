// The message box: text, files, and the list of commands that opens with a slash.

import { closePanel, openPanel, panelOpen, putFile, startPanel } from "./command.js";
import { $, act, el, local, size } from "./dom.js";
import { startRecorder, stopRecording } from "./recorder.js";
import { here, slashCommands, state } from "./state.js";

let attached = [];
let offers = [];
let active = 0;

export function startComposer() {
  startPanel(() => {
    $("write").hidden = false;
    $("text").focus();
  }, tell);
  $("text").oninput = () => (tell(""), grow(), suggest());
  $("text").onkeydown = onKey;
  $("write").onsubmit = (event) => (event.preventDefault(), send());
  $("attach").onclick = () => $("picker").click();
  $("picker").onchange = () => (take([...$("picker").files]), ($("picker").value = ""));
  document.addEventListener("paste", (event) => take([...(event.clipboardData?.files ?? [])]));
  startRecorder((file) => take([file]), tell);
  dropping();
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, button, dialog, [popover], a");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) $("text").focus();
  });
}

/** A sentence to the person under the message box; empty clears it. */
export function tell(words) {
  $("error").textContent = words;
}

/** Adapt to the channel that was opened. */
export function composeHere() {
  if (panelOpen()) closePanel();
  const place = here();
  $("text").placeholder = `Message ${place.server ? `#${place.name}` : place.name}, or type /`;
  suggest();
}

/** Open a command by its path, as if it had been typed; false when there is none. */
export function choose(path, file = null) {
  const command = slashCommands().find((one) => one.path === path);
  if (command) start(command, file);
  return Boolean(command);
}

/** Files that were picked, dropped or pasted: into the open command, else onto the message. */
function take(files) {
  for (const file of files) if (!(panelOpen() && putFile(file))) attached.push(file);
  showAttached();
}

function showAttached() {
  $("attached").replaceChildren(...attached.map((file) => {
    const remove = el("button.quiet", { type: "button", "aria-label": `Remove ${file.name}` }, "✕");
    remove.onclick = () => ((attached = attached.filter((other) => other !== file)), showAttached(), $("text").focus());
    return el("li", {}, el("span.name", {}, file.name), el("span.size", {}, size(file.size)), remove);
  }));
}

function suggest() {
  const typed = $("text").value;
  const locale = state.me?.locale ?? "en-US";
  const words = typed.slice(1).toLowerCase().trimEnd();
  const shown = typed.startsWith("/") && !typed.includes("\n");
  const score = (command) => {
    const names = [command.path, command.words.map((word) => local(word, "name", locale)).join(" ")];
    if (names.some((name) => name.startsWith(words))) return 0;
    return names.some((name) => name.includes(words)) ? 1 : 2;
  };
  offers = shown ? slashCommands().filter((c) => score(c) < 2).sort((a, b) => score(a) - score(b)) : [];
  active = 0;
  const box = $("suggest");
  box.hidden = !shown;
  if (!shown) return $("text").removeAttribute("aria-activedescendant");
  const nothing = !state.online ? "Encore is not there yet." : "There is no such command here.";
  const rows = offers.map((command, index) => el("li", {
    id: `s-${index}`, role: "option", onmousedown: (event) => (event.preventDefault(), start(command)),
  }, el("strong", {}, `/${command.words.map((word) => local(word, "name", locale)).join(" ")}`),
    el("span.about", {}, local(command.words.at(-1), "description", locale)),
    el("span.hints", {}, ...command.options.map((o) => el(o.required ? "span.hint.needed" : "span.hint", {}, local(o, "name", locale))))));
  box.replaceChildren(el("p", { id: "suggest-title" }, offers.length ? "Commands of Encore" : nothing),
    el("ul", { role: "listbox", "aria-labelledby": "suggest-title" }, ...rows));
  mark();
}

function mark() {
  for (const [index, row] of [...$("suggest").querySelectorAll("li")].entries()) {
    row.setAttribute("aria-selected", String(index === active));
    if (index === active) {
      row.scrollIntoView({ block: "nearest" });
      $("text").setAttribute("aria-activedescendant", row.id);
    }
  }
}

function onKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (offers.length && step) {
    event.preventDefault();
    active = (active + step + offers.length) % offers.length;
    mark();
  } else if (offers.length && (event.key === "Tab" || event.key === "Enter") && !event.shiftKey) {
    event.preventDefault();
    start(offers[active]);
  } else if (event.key === "Escape" && !$("suggest").hidden) {
    $("text").value = "";
    suggest();
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
}

function start(command, file = null) {
  stopRecording();
  $("text").value = "";
  tell("");
  grow();
  suggest();
  $("write").hidden = true;
  const first = file ?? (command.options.some((option) => option.type === 11) ? attached.shift() : null);
  openPanel(command, first);
  showAttached();
}

async function send() {
  const text = $("text").value.trim();
  const files = attached;
  if (!text && !files.length) return;
  if (text.startsWith("/")) return tell("Choose a command from the list, or write the message without the slash.");
  const voice = !text && files.length === 1 && files[0].voice;
  const who = { user: state.me.id, place: state.place };
  put("", []); // at once: Enter, pressed again, sends nothing, and what is typed meanwhile stays
  try {
    if (voice) await act("say-aloud", { ...who, ...voice }, { files });
    else await act("say", { ...who, text }, { files });
    $("recording").textContent = "";
    tell("");
  } catch (error) {
    put($("text").value || text, [...files, ...attached]);
    tell(error.message);
  }
}

/** What is written and attached, but not sent. */
function put(text, files) {
  $("text").value = text;
  attached = files;
  grow();
  showAttached();
}

function grow() {
  const text = $("text");
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 200)}px`;
}

function dropping() {
  let depth = 0;
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (!carries(event) || $("modal").open) return;
    depth += 1;
    $("drop").hidden = false;
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) $("drop").hidden = true;
  });
  document.addEventListener("dragover", (event) => {
    if (carries(event) && event.target.type !== "file") event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    depth = 0;
    $("drop").hidden = true;
    if (!carries(event) || event.target.type === "file") return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
}
