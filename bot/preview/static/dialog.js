// Forms that the bot opens: text fields, choices and files in a dialog.

import { $, act, el, focusKept } from "./dom.js";
import { filePick } from "./fields.js";
import { markdown } from "./markdown.js";
import { nameOf, state } from "./state.js";

/** Show the form that answers `interaction`; when it closes, the focus returns where it came from. */
export function openForm(interaction) {
  const { modal } = interaction;
  const back = focusKept();
  const inputs = [];
  const complaint = el("p.complaint", { role: "alert" });
  const send = el("button.primary", { type: "submit" }, "Send");
  const cancel = el("button.secondary", { type: "button", onclick: () => $("modal").close() }, "Cancel");
  const form = el("form", { method: "dialog" },
    el("header", {}, el("h2", { id: "modal-title" }, modal.title)),
    ...modal.components.map((part) => drawn(part, inputs)), complaint, el("footer", {}, cancel, send));
  form.onsubmit = async (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(inputs.filter((input) => input.value).map((input) => [input.id, input.value()]));
    const files = Object.fromEntries(inputs.filter((input) => input.files).map((input) => [input.id, input.files()]));
    send.disabled = true;
    try {
      await act("submit", { user: state.me.id, interaction: interaction.id, fields }, files);
      $("modal").close();
    } catch (error) {
      complaint.textContent = error.message;
    }
    send.disabled = false;
  };
  $("modal").onclose = back;
  $("modal").setAttribute("aria-labelledby", "modal-title");
  $("modal").replaceChildren(form);
  $("modal").showModal();
}

function drawn(part, inputs, label = null) {
  if (part.type === 1) return el("div", {}, ...part.components.map((inner) => drawn(inner, inputs, { label: inner.label })));
  if (part.type === 18) return drawn(part.component, inputs, part);
  if (part.type === 10) return el("div.text", {}, ...markdown(part.content, nameOf));
  const id = `f-${part.custom_id}`;
  const input = made(part, id);
  inputs.push({ id: part.custom_id, ...input });
  const must = part.required !== false ? el("span.must", { "aria-hidden": "true" }, "*") : null;
  const hint = label?.description ? el("small", {}, label.description) : null;
  return el("div.field", {}, el("label", { htmlFor: id }, label?.label ?? "", must), hint, input.box ?? input.control);
}

function made(part, id) {
  const required = part.required !== false;
  if (part.type === 4) {
    const long = part.style === 2;
    const control = el(long ? "textarea" : "input", { id, required, placeholder: part.placeholder ?? "", value: part.value ?? "" });
    if (long) control.rows = 8;
    if (part.max_length) control.maxLength = part.max_length;
    if (part.min_length) control.minLength = part.min_length;
    return { control, value: () => control.value };
  }
  if (part.type === 19) {
    const pick = filePick(id, { many: (part.max_values ?? 1) > 1, required });
    return { control: pick.control, box: pick.box, files: pick.files };
  }
  if (part.type === 23) {
    const control = el("input", { id, type: "checkbox", checked: part.default });
    return { control, value: () => control.checked };
  }
  if (part.type === 22) {
    const boxes = part.options.map((option) => el("input", { type: "checkbox", value: option.value, checked: option.default }));
    const box = el("div.choices", { id, role: "group" }, ...part.options.map((o, n) => el("label", {}, boxes[n], o.label)));
    return { control: box, value: () => boxes.filter((one) => one.checked).map((one) => one.value) };
  }
  const many = (part.max_values ?? 1) > 1;
  const options = (part.options ?? state.people.map((person) => ({ value: person.id, label: person.name })));
  const control = el("select", { id, required, multiple: many },
    ...(many || options.some((o) => o.default) ? [] : [el("option", { value: "" }, part.placeholder ?? "Choose…")]),
    ...options.map((o) => el("option", { value: o.value, selected: o.default }, o.label)));
  return { control, value: () => [...control.selectedOptions].map((o) => o.value).filter(Boolean) };
}
