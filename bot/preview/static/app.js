// Starts the page: the stream of what happens, the list of channels, who one is.

import { panelOpen } from "./command.js";
import { choose, composeHere, startComposer, tell } from "./composer.js";
import { openForm } from "./dialog.js";
import { $, act, el } from "./dom.js";
import { hideOne, showAll, showOne, showWaiting, startMessages } from "./messages.js";
import { here, slashCommands, state } from "./state.js";

const LANGUAGES = {
  "en-US": "English", "de": "Deutsch", "fr": "Français", "es-ES": "Español", "it": "Italiano", "nl": "Nederlands",
  "pt-BR": "Português", "pl": "Polski", "sv-SE": "Svenska", "uk": "Українська", "ja": "日本語", "zh-CN": "中文",
};
const ROLES = { admin: "admin", moderator: "moderator", member: "member" };
let stream = null;

function connect(user) {
  stream?.close();
  stream = new EventSource(`live${user ? `?user=${user}` : ""}`);
  stream.onmessage = (event) => hear(JSON.parse(event.data));
  stream.onerror = () => presence({ online: false, trouble: "The preview does not answer. Is it still running in the terminal?" });
}

function hear(event) {
  const handlers = { all: everything, created: changed, edited: changed, deleted, interaction, commands, presence };
  handlers[event.kind]?.(event);
}

function everything(event) {
  const { me, people, places, messages, examples } = event;
  const back = me.id === state.me?.id && me.locale === state.me.locale && places.some((place) => place.id === state.place);
  Object.assign(state, { me, people, places, examples, commands: event.commands });
  state.messages = new Map(messages.map((message) => [message.id, message]));
  state.waiting.clear();
  sessionStorage.user = me.id;
  $("person").replaceChildren(...people.map((person) =>
    el("option", { value: person.id, selected: person.id === me.id }, `${person.name} (${ROLES[person.role]})`)));
  $("locale").replaceChildren(...Object.entries(LANGUAGES).map(([code, words]) =>
    el("option", { value: code, selected: code === me.locale }, words)));
  const wanted = places.some((place) => place.id === state.place) ? state.place : places[0].id;
  presence(event);
  if (back && panelOpen()) showAll(); // after a break, as of a computer that slept: the command that was begun stays
  else open(wanted);
}

function changed({ message }) {
  state.messages.set(message.id, message);
  if (message.place !== state.place && message.author.id !== state.me.id) {
    state.unread.add(message.place);
    showPlaces();
  }
  showOne(message);
}

function deleted({ message }) {
  state.messages.delete(message.id);
  hideOne(message.id);
}

function interaction({ interaction: asked }) {
  if (asked.state === "answered") state.waiting.delete(asked.id);
  else state.waiting.set(asked.id, asked);
  showWaiting(asked);
  if (asked.state === "answered" && asked.modal) openForm(asked);
}

function commands(event) {
  state.commands = event.commands;
  welcome();
  if (here()) composeHere();
}

function presence({ online, trouble }) {
  state.online = online;
  $("presence").textContent = online ? "Encore is here" : trouble ? "Encore is away" : "Encore is coming …";
  $("presence").className = online ? "here" : trouble ? "away" : "coming";
  $("trouble").textContent = trouble;
  $("trouble").hidden = !trouble;
}

function open(id) {
  state.place = id;
  state.unread.delete(id);
  const place = here();
  $("place-name").textContent = place.server ? `# ${place.name}` : place.name;
  $("place-server").textContent = place.server ?? "direct messages";
  document.title = `${place.server ? `#${place.name}` : place.name} · Encore preview`;
  showPlaces();
  welcome();
  composeHere();
  showAll();
}

function showPlaces() {
  const groups = Map.groupBy(state.places, (place) => place.server ?? "Direct messages");
  $("places").replaceChildren(...[...groups].map(([name, places]) => el("section", {}, el("h2", {}, name),
    el("ul", {}, ...places.map((place) => {
      const current = place.id === state.place;
      const sign = el("span.sign", { "aria-hidden": "true" }, place.server ? "#" : "@");
      const news = state.unread.has(place.id) ? el("span.news", { title: "new messages" }) : null;
      const button = el("button", { type: "button", "aria-current": current ? "page" : null }, sign, place.name, news);
      button.onclick = () => (open(place.id), closeSide(), $("text").focus());
      return el("li", {}, button);
    })))));
}

function welcome() {
  const place = here();
  if (!place) return;
  const paths = slashCommands().map((command) => command.path);
  const tries = ["extend", "accompany", "compose", "about"].filter((path) => paths.includes(path));
  const buttons = tries.map((path) => el("button.button.secondary", { type: "button", onclick: () => choose(path) }, `/${path}`));
  const tunes = paths.includes("extend") ? state.examples.slice(0, 4) : [];
  $("welcome").replaceChildren(el("img", { src: "static/icon.svg", alt: "", width: 72, height: 72 }),
    el("h2", {}, place.server ? `Welcome to #${place.name}` : "Encore, in private"),
    el("p", {}, "This is Discord in small, on your machine alone, with the real bot in it. Give Encore a tune and it plays on."),
    el("p", {}, "Type ", el("kbd", {}, "/"), " for the commands, drop a MIDI, ABC or MusicXML file anywhere, or hum: the microphone below records it."),
    el("div.row", {}, ...buttons),
    tunes.length ? el("div.tunes", {}, el("p", {}, "Nothing at hand? Take one of these:"),
      el("div.row", {}, ...tunes.map((name) => el("button.chip", { type: "button", onclick: () => example(name) }, `♪ ${name}`)))) : "");
}

async function example(name) {
  const response = await fetch(`examples/${encodeURIComponent(name)}`);
  if (!response.ok) return tell(`The example ${name} cannot be read.`);
  choose("extend", new File([await response.blob()], name));
}

function closeSide() {
  document.body.classList.remove("side-open");
}

$("open-side").onclick = () => {
  document.body.classList.add("side-open");
  $("close-side").focus();
};
$("close-side").onclick = () => (closeSide(), $("open-side").focus());
$("side").addEventListener("keydown", (event) => event.key === "Escape" && $("close-side").click());
document.querySelector("main").addEventListener("pointerdown", closeSide);
$("person").onchange = () => connect($("person").value);
$("locale").onchange = async () => {
  await act("speak", { user: state.me.id, locale: $("locale").value }).catch((error) => tell(error.message));
  connect(state.me.id);
};
startMessages(tell);
startComposer();
connect(sessionStorage.user);
