// Making elements and asking the server: the few helpers that every script here uses.

/** An element: el("button.primary", { onclick }, "Send", child, null). Properties win over attributes. */
export function el(kind, props = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name in node && !name.startsWith("aria") && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const $ = (id) => document.getElementById(id);

/** Remember where the focus is. The result brings it back there, to what has taken its place, or to the message box. */
export function focusKept() {
  const from = document.activeElement;
  const name = from?.dataset?.customId;
  const home = from?.closest?.(".message")?.id;
  return () => {
    const again = name && home && $(home)?.querySelector(`[data-custom-id="${CSS.escape(name)}"]`);
    const goal = from?.isConnected && from !== document.body ? from : again || $("text");
    goal.focus();
    if (document.activeElement !== goal) $("text").focus(); // it is disabled, or out of sight
  };
}

/** One act of the person: the server's answer, or an Error whose message is meant for eyes. */
export async function act(name, wish, files = {}) {
  const form = new FormData();
  form.append("json", JSON.stringify(wish));
  for (const [key, some] of Object.entries(files)) {
    for (const file of [some].flat()) form.append(key, file, file.name);
  }
  let response;
  try {
    response = await fetch(`do/${name}`, { method: "POST", body: form });
  } catch {
    throw new Error("The preview does not answer. Is it still running in the terminal?");
  }
  const answer = await response.json().catch(() => ({ error: `The preview answered with ${response.status}.` }));
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** Seconds as 1:05. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The words of a thing that Discord keeps in several languages. */
export function local(thing, field, locale) {
  const words = thing[`${field}_localizations`] || {};
  return words[locale] || words[locale.split("-")[0]] || thing[field];
}
