// One input for each kind of option of a command or field of a form; each tells its value, files and complaint.

import { el, local, size } from "./dom.js";

const KIND = { text: 3, whole: 4, yesNo: 5, person: 6, number: 10, file: 11 };

/** `context`: locale, people, complete(name, typed) → choices. The result: node, control, value(), files(), put(file). */
export function optionField(option, context) {
  const id = `o-${option.name}`;
  const field = make(option, id, context);
  const label = el("label", { htmlFor: id }, local(option, "name", context.locale));
  if (option.required) label.append(el("span.must", { title: "required", "aria-hidden": "true" }, "*"));
  const hint = el("small", { id: `${id}-hint` }, describe(option, context.locale));
  field.control.setAttribute("aria-describedby", `${id}-hint`);
  field.control.required = Boolean(option.required);
  field.node = el("div.field", {}, label, field.box ?? field.control, hint);
  field.option = option;
  field.files ??= () => [];
  field.put ??= () => false;
  return field;
}

function describe(option, locale) {
  const words = local(option, "description", locale);
  const ends = [option.min_value, option.max_value];
  const needless = ends.includes(undefined) || ends.every((end) => words.replace(",", ".").includes(end));
  return needless ? words : `${words} (${ends.join("–")})`;
}

function make(option, id, context) {
  if (option.type === KIND.file) return filePick(id, { many: false });
  if (option.type === KIND.yesNo) return choice(id, [["true", "Yes"], ["false", "No"]]);
  if (option.type === KIND.person) return choice(id, context.people.map((person) => [person.id, person.name]));
  if (option.choices?.length) return choice(id, option.choices.map((c) => [c.value, local(c, "name", context.locale)]));
  if (option.autocomplete) return completed(option, id, context);
  const control = el("input", { id, type: "text", autocomplete: "off" });
  if (option.type === KIND.whole || option.type === KIND.number) {
    Object.assign(control, { type: "number", step: option.type === KIND.whole ? 1 : "any", inputMode: "decimal" });
    if (option.min_value !== undefined) control.min = option.min_value;
    if (option.max_value !== undefined) control.max = option.max_value;
  } else if (option.max_length) control.maxLength = option.max_length;
  return { control, value: () => control.value.trim() };
}

function choice(id, pairs) {
  const control = el("select", { id }, el("option", { value: "" }, "—"), ...pairs.map(([value, words]) => el("option", { value }, words)));
  return { control, value: () => control.value };
}

/** A drop zone around a file input; `put(file)` fills it from elsewhere. */
export function filePick(id, { many, required = false }) {
  const control = el("input", { id, type: "file", multiple: many, required });
  const words = el("span", {}, many ? "Choose files or drop them here" : "Choose a file or drop it here");
  const box = el("div.pick", {}, control, words);
  const show = () => {
    const chosen = [...control.files];
    box.classList.toggle("full", chosen.length > 0);
    words.textContent = chosen.map((file) => `${file.name} · ${size(file.size)}`).join(", ")
      || (many ? "Choose files or drop them here" : "Choose a file or drop it here");
  };
  control.onchange = () => {
    show();
    if (control.files.length) control.form?.querySelector("[type=submit]")?.focus(); // Enter sends, and opens no files anew
  };
  const put = (file) => {
    const transfer = new DataTransfer();
    transfer.items.add(file);
    control.files = transfer.files;
    show();
    return true;
  };
  return { control, box, value: () => "", files: () => [...control.files], put };
}

function completed(option, id, context) {
  const control = el("input", { id, type: "text", autocomplete: "off", role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list" });
  const offers = el("ul.offers", { id: `${id}-list`, role: "listbox", hidden: true });
  const box = el("div.completed", {}, control, offers);
  let chosen = null;
  let asked = 0;
  let active = -1;

  function close() {
    offers.hidden = true;
    control.setAttribute("aria-expanded", "false");
    control.removeAttribute("aria-activedescendant");
    active = -1;
  }
  function pick(offer) {
    asked += 1; // what is still on its way comes too late: it would open over what is tapped next
    chosen = offer;
    control.value = offer.name;
    close();
    if (matchMedia("(pointer: coarse)").matches) control.blur(); // the keyboard goes now, and not under the next tap
  }
  async function ask() {
    const mine = ++asked;
    await new Promise((done) => setTimeout(done, 120));
    if (mine !== asked) return;
    const found = await context.complete(option.name, control.value);
    if (mine !== asked || document.activeElement !== control) return;
    offers.replaceChildren(...found.map((offer, index) => el("li", {
      id: `${id}-${index}`, role: "option", onmousedown: (event) => (event.preventDefault(), pick(offer)),
    }, local(offer, "name", context.locale))));
    offers.hidden = !found.length;
    control.setAttribute("aria-expanded", String(found.length > 0));
    active = -1;
    offers.found = found;
  }
  control.oninput = () => ((chosen = null), ask());
  control.onfocus = ask;
  control.onblur = () => {
    asked += 1;
    // What was tapped must not move before the click; and whoever comes back at once finds the offers again.
    setTimeout(() => document.activeElement === control || close(), 150);
  };
  control.onkeydown = (event) => {
    if (offers.hidden) return;
    const count = offers.children.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      active = active < 0 && step < 0 ? count - 1 : (active + step + count) % count;
      for (const [index, item] of [...offers.children].entries()) item.setAttribute("aria-selected", String(index === active));
      offers.children[active].scrollIntoView({ block: "nearest" });
      control.setAttribute("aria-activedescendant", offers.children[active].id);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      event.stopPropagation();
      pick(offers.found[active]);
    } else if (event.key === "Tab" && !event.shiftKey && (active >= 0 || control.value)) {
      pick(offers.found[Math.max(active, 0)]); // and on to the next field
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  };
  return { control, box, value: () => (chosen ? chosen.value : control.value.trim()) };
}
