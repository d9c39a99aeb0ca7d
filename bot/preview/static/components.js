// Buttons, selects and the newer layout components under a message, and embeds.

import { el } from "./dom.js";
import { markdown } from "./markdown.js";
import { player } from "./player.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary" };

/** `context`: message, names(id), press(message, custom_id, values), file(reference) → a file of the message. */
export function component(part, context) {
  const make = KINDS[part.type];
  return make ? make(part, context) : el("p.unknown", {}, `(component of type ${part.type})`);
}

const all = (parts, context) => parts.map((part) => component(part, context));

function button(part, { message, press }) {
  const emoji = part.emoji?.name ? el("span", { "aria-hidden": part.label ? "true" : null }, part.emoji.name) : null;
  const words = [emoji, part.label];
  if (part.style === 5) {
    return el("a.button.secondary", { href: part.url, target: "_blank", rel: "noreferrer noopener" }, ...words, " ↗");
  }
  const node = el(`button.button.${STYLES[part.style] || "secondary"}`, { type: "button", disabled: part.disabled }, ...words);
  node.dataset.customId = part.custom_id;
  node.onclick = () => press(message, part.custom_id, [], node);
  return node;
}

function select(part, { message, press }) {
  const many = part.max_values > 1;
  const node = el("select", { disabled: part.disabled, multiple: many, "aria-label": part.placeholder || "Choose" });
  if (!many) node.append(el("option", { value: "", hidden: true, selected: true }, part.placeholder || "Choose…"));
  for (const option of part.options || []) {
    const words = [option.emoji?.name, option.label, option.description && `– ${option.description}`];
    node.append(el("option", { value: option.value, selected: option.default }, words.filter(Boolean).join(" ")));
  }
  node.dataset.customId = part.custom_id;
  const send = () => press(message, part.custom_id, [...node.selectedOptions].map((o) => o.value).filter(Boolean), node);
  if (!many) {
    node.onchange = send;
    return el("span.select", {}, node);
  }
  return el("span.select", {}, node, el("button.button.primary", { type: "button", onclick: send }, "Choose"));
}

function media(part, { file }) {
  return el("div.gallery", {}, ...part.items.map((item) => picture(file(item.media.url), item.description)));
}

export function picture(source, about) {
  if (!source) return el("p.unknown", {}, "(a picture from elsewhere is not loaded here)");
  const image = el("img", { src: source.url, alt: about || source.about || source.name, loading: "lazy" });
  return el("a.picture", { href: source.url, target: "_blank", title: "Open the picture" }, image);
}

function attached(part, { file }) {
  const found = file(part.file.url);
  return found ? fileView(found) : el("p.unknown", {}, "(a file that is gone)");
}

export function fileView(file) {
  if (/^audio\/(mpeg|ogg|wav|x-wav|mp4|flac)/.test(file.type)) return player(file);
  if (/^image\/(png|jpeg|gif|webp)/.test(file.type)) return picture(file);
  const ending = file.name.includes(".") ? file.name.split(".").pop().slice(0, 8) : "file";
  const bytes = file.size < 1024 ? `${file.size} B` : `${Math.ceil(file.size / 1024)} kB`;
  return el("a.file", { href: file.url, download: file.name }, el("span.kind", {}, ending),
    el("span.name", {}, file.name), el("span.size", {}, bytes), el("span.save", { "aria-hidden": "true" }, "↓"));
}

function section(part, context) {
  const beside = part.accessory ? component(part.accessory, context) : null;
  return el("div.section", {}, el("div", {}, ...all(part.components, context)), beside);
}

function container(part, context) {
  const node = el("div.container", {}, ...all(part.components, context));
  if (part.accent_color) node.style.setProperty("--stripe", colour(part.accent_color));
  return node;
}

const KINDS = {
  1: (part, context) => el("div.row", {}, ...all(part.components, context)),
  2: button,
  3: select,
  9: section,
  10: (part, { names }) => el("div.text", {}, ...markdown(part.content, names)),
  11: (part, { file }) => picture(file(part.media.url), part.description),
  12: media,
  13: attached,
  14: () => el("hr"),
  17: container,
};

const colour = (number) => `#${number.toString(16).padStart(6, "0")}`;

export function embed(data, { file, names }) {
  const node = el("article.embed");
  if (data.color) node.style.setProperty("--stripe", colour(data.color));
  if (data.author) node.append(el("p.author", {}, data.author.name));
  if (data.title) {
    const title = data.url ? el("a", { href: data.url, target: "_blank", rel: "noreferrer noopener" }, data.title) : data.title;
    node.append(el("h2", {}, title));
  }
  if (data.description) node.append(el("div.text", {}, ...markdown(data.description, names)));
  if (data.fields?.length) {
    const pairs = data.fields.map((f) =>
      el(f.inline ? "div.inline" : "div", {}, el("dt", {}, f.name), el("dd", {}, ...markdown(f.value, names))));
    node.append(el("dl", {}, ...pairs));
  }
  for (const image of [data.image, data.thumbnail]) if (image) node.append(picture(file(image.url)));
  if (data.footer) node.append(el("p.foot", {}, data.footer.text));
  return node;
}
